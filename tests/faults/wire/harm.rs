//! Each flow of a client against servers that mean harm: it ends, tells nobody else, and goes on. The same for both adapters.

use core::time::Duration;

use gatepass::{SignInReason, Why};
use gatepass_faults::hostile::{Answer, Hostile};
use gatepass_store::driver::{Discover, Error};

use super::{
    NAME, discovered,
    flows::{OVERLAP, goes_on, sign_in, signed_in},
    new, peek, run, whole,
};
use crate::{
    front::{Front, LAPSE, check, sent},
    sweep::{Outcome, Tally, all},
    world::{REDIRECT_URI, grant},
};

/// Whatever a server may answer; redirects lead to the stranger.
fn answers(stranger: &Hostile) -> Vec<Answer> {
    let there = stranger.url();
    let mut answers = Answer::STAYING.to_vec();
    // A place that is none must not be taken for an address of ours that was never asked.
    let places = [format!("{there}/"), format!("//{}/", stranger.address()), "http://[".to_owned(), "\u{e9}:\\".to_owned(), String::new()];
    let redirects = [301, 302, 303, 307, 308].map(|status| places.clone().map(|place| Answer::Redirect(status, place)));
    answers.extend(redirects.into_iter().flatten());
    answers
}

/// One flow against each.
fn meet(flow: &str, one: impl Fn(&Hostile) -> Outcome + Sync) {
    let stranger = Hostile::new(Answer::Mute);
    let answers = answers(&stranger);
    let all: Vec<Outcome> = all(&(0..answers.len()).collect::<Vec<_>>(), 8, |at| {
        let hostile = Hostile::new(answers[at].clone());
        let outcome = one(&hostile).map_err(|error| format!("{:?}: {error}", answers[at]));
        outcome.map(|_| hostile.calls() > 0)
    });
    let mut tally = Tally::default();
    tally.add(all);
    assert_eq!(stranger.calls(), 0, "a second origin was asked");
    tally.report(&format!("{NAME}-hostile-{flow}"));
}

async fn refresh(hostile: &Hostile) -> Outcome {
    let front = Front::new(OVERLAP);
    let client = signed_in(&front).await;
    front.world.expire();
    front.proxy.arm(None);
    front.proxy.lead_to(hostile.address());
    let token = client.access_token(Duration::ZERO).await;
    check(matches!(token, Err(Error::Waiting { why: Why::InDoubt | Why::Refused, .. })), || format!("{token:?}"))?;
    let wires = front.proxy.wires();
    check(sent(&wires, "refresh_token").values().eq(&[1]), || "not sent once".to_owned())?;
    front.proxy.lead_to(front.world.issuer.address());
    front.world.advance(LAPSE);
    goes_on(&front, &client).await?;
    Ok(true)
}

async fn redeem(hostile: &Hostile) -> Outcome {
    let front = Front::new(OVERLAP);
    let client = new(front.settings());
    let url = client.begin_sign_in(&grant(), REDIRECT_URI).await.unwrap();
    let redirect = front.world.issuer.visit(&url).unwrap();
    front.proxy.arm(None);
    front.proxy.lead_to(hostile.address());
    let finished = client.finish_sign_in(&redirect).await;
    check(matches!(finished, Err(Error::SignInRequired { reason: SignInReason::Failed, .. })), || format!("{finished:?}"))?;
    check(client.access_token(Duration::ZERO).await.is_err(), || "a token out of nothing".to_owned())?;
    check(sent(&front.proxy.wires(), "code").values().eq(&[1]), || "not sent once".to_owned())?;
    front.proxy.lead_to(front.world.issuer.address());
    sign_in(&front, &client).await?;
    goes_on(&front, &client).await?;
    Ok(true)
}

async fn revoke(hostile: &Hostile) -> Outcome {
    let front = Front::new(OVERLAP);
    let client = signed_in(&front).await;
    front.proxy.lead_to(hostile.address());
    // A status is all that counts of an answer.
    let out = client.sign_out().await;
    check(matches!(out, Ok(()) | Err(Error::Waiting { why: Why::Revocation, .. })), || format!("{out:?}"))?;
    check(!client.is_signed_in().await, || "still signed in".to_owned())?;
    front.proxy.lead_to(front.world.issuer.address());
    front.world.advance(LAPSE);
    client.sign_out().await.map_err(|error| format!("the repeat: {error}"))?;
    sign_in(&front, &client).await?;
    goes_on(&front, &client).await?;
    Ok(true)
}

/// An API is whoever it is: its answers are the caller's to bound, and cost no token.
async fn api(hostile: &Hostile) -> Outcome {
    let front = Front::new(OVERLAP);
    let client = new(front.settings().origin(&hostile.url()));
    sign_in(&front, &client).await?;
    front.world.issuer.reset_counts();
    let _: Result<(u16, usize), String> = peek(&client, &format!("{}/api", hostile.url())).await;
    check(hostile.calls() == 1, || format!("asked {} times", hostile.calls()))?;
    check(front.world.issuer.counts().token_requests == 0, || "it cost a token".to_owned())?;
    goes_on(&front, &client).await?;
    Ok(true)
}

async fn discovery(hostile: &Hostile) -> Outcome {
    let look = Discover::new(&hostile.url()).danger_allow_http_on_loopback();
    check(discovered(&look).await.is_err(), || "it was believed".to_owned())?;
    Ok(true)
}

// R056, R068
#[test]
fn a_token_endpoint_that_means_harm_gets_one_refresh_and_the_grant_lives_on() {
    meet("refresh", |hostile| run(refresh(hostile)));
}

// R056, R068
#[test]
fn a_token_endpoint_that_means_harm_gets_one_code_and_a_new_sign_in_succeeds() {
    meet("redeem", |hostile| run(redeem(hostile)));
}

// R056, R068
#[test]
fn a_revocation_endpoint_that_means_harm_keeps_nobody_signed_in() {
    meet("revoke", |hostile| run(revoke(hostile)));
}

// R056
#[test]
fn an_api_that_means_harm_costs_no_token_and_leads_nowhere() {
    meet("api", |hostile| run(api(hostile)));
}

// R056, R068
#[test]
fn metadata_that_mean_harm_are_not_believed() {
    meet("discover", |hostile| run(discovery(hostile)));
}

/// What an API says to a token that it does not take, before a body without end.
const REJECTED: &str = "WWW-Authenticate: Bearer error=\"invalid_token\"\r\n";

#[test]
fn a_rejection_without_end_costs_one_refresh() {
    run(async {
        let (front, hostile) = (Front::new(OVERLAP), Hostile::new(Answer::Endless(401, REJECTED)));
        let client = new(front.settings().origin(&hostile.url()));
        sign_in(&front, &client).await.unwrap();
        front.world.issuer.reset_counts();
        assert_eq!(peek(&client, &hostile.url()).await.unwrap().0, 401);
        assert_eq!((hostile.calls(), front.world.issuer.counts().refresh_requests), (2, 1));
        goes_on(&front, &client).await.unwrap();
    });
}

#[test]
fn what_is_packed_is_not_unpacked() {
    run(async {
        let (front, hostile) = (Front::new(OVERLAP), Hostile::new(Answer::Bomb));
        let client = new(front.settings().origin(&hostile.url()));
        sign_in(&front, &client).await.unwrap();
        assert_eq!(whole(&client, &hostile.url()).await, gatepass_faults::hostile::bomb());
    });
}
