//! Each flow of a client, with a fault: it ends, and the client goes on. The same for both adapters.

use core::time::Duration;

use gatepass::{SignInReason, Why};
use gatepass_faults::proxy::{Cut, How, Side, Wire};
use gatepass_issuer::Endpoint;
use gatepass_store::driver::Error;

use super::{Client, NAME, call, discovered, new, run};
use crate::{
    front::{Front, LAPSE, check, sent},
    sweep::{Ran, sweep},
    world::{REDIRECT_URI, grant},
};

/// Longer than any test: what was replaced still counts.
pub(super) const OVERLAP: Duration = Duration::from_secs(3600);

pub(super) async fn sign_in(front: &Front, client: &Client) -> Result<(), String> {
    let url = client.begin_sign_in(&grant(), REDIRECT_URI).await.map_err(|error| format!("no sign-in begins: {error}"))?;
    let redirect = front.world.issuer.visit(&url).unwrap();
    client.finish_sign_in(&redirect).await.map_err(|error| format!("no sign-in ends: {error}"))
}

pub(super) async fn signed_in(front: &Front) -> Client {
    let client = new(front.settings());
    sign_in(front, &client).await.unwrap();
    client
}

/// Whoever starts now finds a token that the API takes.
pub(super) async fn goes_on(front: &Front, client: &Client) -> Result<(), String> {
    let token = client.access_token(Duration::ZERO).await.map_err(|error| format!("no token: {error}"))?;
    let restarted = new(front.settings());
    let stored = restarted.access_token(Duration::ZERO).await.map_err(|error| format!("no token in the store: {error}"))?;
    check(stored.secret() == token.secret(), || "another token is stored".to_owned())?;
    let (status, _) = call(client, &front.url(Endpoint::Api), None).await?;
    check(status == 200, || format!("the API says {status} to the token"))
}

fn once_each(wires: &[Wire], parameter: &str) -> Result<(), String> {
    let sent = sent(wires, parameter);
    check(sent.values().all(|times| *times <= 1), || format!("{parameter}: {:?}", sent.values()))
}

/// Whether it may have been cut before there was a connection.
const fn is_at_the_door(cut: Cut) -> bool {
    matches!(cut, Cut { how: How::Refuse, .. } | Cut { how: How::Reset, side: Side::Request, at: 0, .. })
}

/// Not a byte was heard.
fn nothing_sent(wires: &[Wire]) -> Result<(), String> {
    check(wires.iter().all(|wire| wire.request.is_empty()), || "sent all the same".to_owned())
}

/// Nobody has connected once more.
fn nothing_more(front: &Front, wires: &[Wire]) -> Result<(), String> {
    let now = front.proxy.wires().len();
    check(now == wires.len(), || format!("{now} connections instead of {}", wires.len()))
}

async fn redeem(cut: Option<Cut>) -> Ran {
    let front = Front::new(Duration::ZERO);
    let client = new(front.settings());
    let url = client.begin_sign_in(&grant(), REDIRECT_URI).await.unwrap();
    let redirect = front.world.issuer.visit(&url).unwrap();
    front.proxy.arm(cut);
    let finished = client.finish_sign_in(&redirect).await;
    let wires = front.proxy.wires();
    front.mend()?;
    match (finished, cut) {
        (Ok(()), _) => {}
        (Err(Error::SignInRequired { reason: SignInReason::Failed, .. }), Some(Cut { how: How::End | How::Reset | How::Stall, .. })) => {
            let again = client.access_token(Duration::ZERO).await;
            check(matches!(again, Err(Error::SignInRequired { .. })), || format!("after a failed sign-in: {again:?}"))?;
            nothing_more(&front, &wires)?;
            sign_in(&front, &client).await?;
        }
        // It waits for the network, with its code.
        (Err(Error::Waiting { why: Why::Offline, .. }), Some(cut)) if is_at_the_door(cut) => {
            nothing_sent(&wires)?;
            front.world.advance(Duration::from_secs(3));
        }
        (other, _) => return Err(format!("{other:?}")),
    }
    goes_on(&front, &client).await?;
    once_each(&front.proxy.wires(), "code")?;
    check(front.world.issuer.counts().code_reuses == 0, || "a code was sent twice".to_owned())?;
    front.end(wires)
}

async fn refresh(overlap: Duration, cut: Option<Cut>) -> Ran {
    let front = Front::new(overlap);
    let client = signed_in(&front).await;
    front.world.expire();
    front.proxy.arm(cut);
    let token = client.access_token(Duration::ZERO).await;
    let wires = front.proxy.wires();
    front.mend()?;
    let has_rotated = front.world.issuer.counts().refresh_successes > 0;
    match (token, cut) {
        (Ok(_), _) => check(wires.len() == 1, || format!("{} connections for one refresh", wires.len()))?,
        (Err(Error::Waiting { why: Why::InDoubt, .. }), Some(Cut { how: How::End | How::Reset | How::Stall, .. })) => {
            once_each(&wires, "refresh_token")?;
            // Within the lease it is not repeated.
            let again = client.access_token(Duration::ZERO).await;
            check(matches!(again, Err(Error::Waiting { why: Why::InDoubt, .. })), || format!("within the lease: {again:?}"))?;
            let restarted = new(front.settings()).access_token(Duration::ZERO).await;
            check(matches!(restarted, Err(Error::Waiting { .. })), || format!("restarted within the lease: {restarted:?}"))?;
            nothing_more(&front, &wires)?;
            front.world.advance(LAPSE);
            if has_rotated && overlap.is_zero() {
                let ended = client.access_token(Duration::ZERO).await;
                let is_ended = matches!(ended, Err(Error::SignInRequired { reason: SignInReason::Ended, .. }));
                check(is_ended, || format!("after a rotation that was lost: {ended:?}"))?;
                sign_in(&front, &client).await?;
            }
        }
        // The intent was given back: the next try needs no lapse.
        (Err(Error::Waiting { why: Why::Offline, .. }), Some(cut)) if is_at_the_door(cut) => {
            nothing_sent(&wires)?;
            front.world.advance(Duration::from_secs(3));
        }
        (other, _) => return Err(format!("{other:?}")),
    }
    goes_on(&front, &client).await?;
    let sent = sent(&front.proxy.wires(), "refresh_token");
    check(sent.values().all(|times| *times <= 2), || format!("once for each lapse: {:?}", sent.values()))?;
    let counts = front.world.issuer.counts();
    check(overlap.is_zero() || counts.reuse_detections == 0, || "a replaced token was sent".to_owned())?;
    front.end(wires)
}

/// Two calls over a connection that is kept, and one that must not be made twice.
async fn api(cut: Option<Cut>) -> Ran {
    let front = Front::new(Duration::ZERO);
    let client = signed_in(&front).await;
    let url = front.url(Endpoint::Api);
    front.world.issuer.reset_counts();
    front.proxy.arm(cut);
    let (mut failed, mut wires) = (0, Vec::new());
    // The last one finds a connection that was cut when all had been said.
    for (at, body) in [None, None, Some("four"), None].into_iter().enumerate() {
        match call(&client, &url, body).await {
            Ok((status, text)) => check(status == 200 && text.contains("alice"), || format!("{status} {text}"))?,
            Err(_) => failed += 1,
        }
        if failed > 0 {
            front.mend()?;
        }
        if at == 2 {
            wires = front.proxy.wires();
        }
    }
    front.mend()?;
    check(failed <= usize::from(front.proxy.is_struck()), || format!("{failed} of four calls failed"))?;
    let posts = front.world.issuer.requests().iter().filter(|request| request.body_len == 4).count();
    check(posts <= 1, || "a call was made twice".to_owned())?;
    check(front.world.issuer.counts().token_requests == 0, || "a call that failed cost a token".to_owned())?;
    goes_on(&front, &client).await?;
    front.end(wires)
}

/// A call whose token is rejected, the refresh, and the call again.
async fn rejected(cut: Option<Cut>) -> Ran {
    let front = Front::new(OVERLAP);
    let client = signed_in(&front).await;
    let url = front.url(Endpoint::Api);
    front.world.issuer.revoke_all_access_tokens();
    front.world.issuer.reset_counts();
    front.proxy.arm(cut);
    let called = call(&client, &url, Some("four")).await;
    let wires = front.proxy.wires();
    front.mend()?;
    let was_answered = called.is_ok();
    match called {
        Ok((200, text)) => check(text.contains("alice"), || text)?,
        Ok(other) => return Err(format!("{other:?}")),
        Err(error) => check(front.proxy.is_struck(), || error)?,
    }
    once_each(&wires, "refresh_token")?;
    let counts = front.world.issuer.counts();
    check(counts.api_requests <= 2 && counts.api_ok <= 1, || format!("called too often: {counts:?}"))?;
    front.world.advance(LAPSE);
    // It finds a connection that was cut when all had been said, or a token that was rejected and nobody learnt of it.
    match call(&client, &url, None).await {
        Ok((status, _)) => check(status == 200, || format!("the next call: {status}"))?,
        Err(error) => check(front.proxy.is_struck() && was_answered, || format!("the next call: {error}"))?,
    }
    goes_on(&front, &client).await?;
    check(front.world.issuer.counts().reuse_detections == 0, || "a replaced token was sent".to_owned())?;
    front.end(wires)
}

async fn revoke(cut: Option<Cut>) -> Ran {
    let front = Front::new(Duration::ZERO);
    let client = signed_in(&front).await;
    front.proxy.arm(cut);
    let out = client.sign_out().await;
    let wires = front.proxy.wires();
    front.mend()?;
    check(!client.is_signed_in().await && !new(front.settings()).is_signed_in().await, || "still signed in".to_owned())?;
    match (out, cut) {
        (Ok(()), _) => {}
        (Err(Error::Waiting { why: Why::Revocation | Why::Offline, .. }), Some(_)) => {
            front.world.advance(LAPSE);
            client.sign_out().await.map_err(|error| format!("the repeat: {error}"))?;
        }
        (other, _) => return Err(format!("{other:?}")),
    }
    let (grants, revocations) = (front.world.issuer.live_grants(), front.world.issuer.counts().revocations);
    check((grants, revocations) == (0, 1), || format!("{grants} grants are left after {revocations} revocations"))?;
    sign_in(&front, &client).await?;
    goes_on(&front, &client).await?;
    front.end(wires)
}

async fn discovery(cut: Option<Cut>) -> Ran {
    let front = Front::new(Duration::ZERO);
    front.proxy.arm(cut);
    let asked = discovered(&front.discover()).await;
    let wires = front.proxy.wires();
    front.mend()?;
    check(asked.is_ok() || front.proxy.is_struck(), || format!("{asked:?}"))?;
    discovered(&front.discover()).await?;
    front.end(wires)
}

#[test]
fn a_code_is_sent_once_wherever_its_connection_fails() {
    sweep(&format!("{NAME}-redeem"), 1, |cut| run(redeem(cut)));
}

// R078
#[test]
fn a_refresh_token_is_sent_once_a_lease_wherever_its_connection_fails() {
    sweep(&format!("{NAME}-refresh"), 1, |cut| run(refresh(OVERLAP, cut)));
}

// R078
#[test]
fn a_refresh_that_is_lost_at_a_server_without_overlap_ends_in_a_sign_in() {
    sweep(&format!("{NAME}-lost"), 16, |cut| run(refresh(Duration::ZERO, cut)));
}

#[test]
fn a_call_fails_alone_wherever_its_connection_fails() {
    sweep(&format!("{NAME}-api"), 5, |cut| run(api(cut)));
}

#[test]
fn a_rejected_call_is_repeated_once_wherever_a_connection_fails() {
    sweep(&format!("{NAME}-rejected"), 5, |cut| run(rejected(cut)));
}

#[test]
fn a_revocation_is_repeated_wherever_its_connection_fails() {
    sweep(&format!("{NAME}-revoke"), 1, |cut| run(revoke(cut)));
}

#[test]
fn a_server_is_asked_again_wherever_its_connection_fails() {
    sweep(&format!("{NAME}-discover"), 3, |cut| run(discovery(cut)));
}
