//! Every event, applied to a session in any state.

use super::{rival::Kind, *};

/// What came of an event: the answer, and what a poll at the same moment said, where the event was a poll.
pub fn apply(world: &mut World, event: Event) -> Option<Reply> {
    use Event::*;
    let request = world.request;
    let save = world.save;
    let foreign = Ticket::default();
    Some(match event {
        FoundNothing | FoundSame | FoundLive | FoundClaimed | FoundNewer | FoundCleared | FoundSignedOut | FoundForgotten | FoundOther
        | FoundReplaced | FoundOlder | FoundTooLarge | FoundDamaged => {
            let record = stored(world, event)?;
            let entropy = world.entropy();
            world.handle(Input::Found(record.as_deref(), &entropy)).into()
        }
        SupersededByNothing
        | SupersededBySame
        | SupersededByMine
        | SupersededByLive
        | SupersededByClaimed
        | SupersededByNewer
        | SupersededByCleared
        | SupersededBySignedOut
        | SupersededByForgotten
        | SupersededByOther
        | SupersededByReplaced
        | SupersededByOlder
        | SupersededByTooLarge
        | SupersededByDamaged => {
            let record = stored(world, event)?;
            world.handle(Input::Superseded(record.as_deref())).into()
        }

        Visited => world.handle(Input::Visited).into(),
        RedirectCode => world.redirect("code=SECRETCODE").into(),
        RedirectDeclined => world.redirect("error=access_denied&error_description=No").into(),
        RedirectInteraction => world.redirect("error=login_required").into(),
        RedirectElsewhere => {
            let uri = format!("http://127.0.0.1:49153/callback?state={}&code=SECRETCODE", world.state);
            world.handle(Input::Redirect(&uri)).into()
        }
        RedirectRepeated => world.redirect("code=SECRETCODE&c%6fde=SECRETCODE").into(),
        RedirectState => world.handle(Input::Redirect(&format!("{REDIRECT_URI}?code=SECRETCODE&state=guessed"))).into(),
        RedirectIssuer => world.redirect("code=SECRETCODE&iss=https%3A%2F%2Fevil.example").into(),
        RedirectMalformed => world.redirect("code=%zz").into(),
        RedirectNoOutcome => world.redirect("session_state=1").into(),
        RedirectTooLarge => world.redirect(&format!("code={}", "c".repeat(2000))).into(),
        RedirectLate => {
            world.tick(600_000);
            world.redirect("code=SECRETCODE").into()
        }

        HeadJson => world.head(JSON).into(),
        HeadHtml => world.head(Head { content_type: Some("text/html"), ..JSON }).into(),
        HeadTooMany => world.head(Head { status: 429, retry_after: Some("7"), ..JSON }).into(),
        HeadServerError => world.head(Head { status: 503, ..JSON }).into(),
        HeadElsewhere => world.head(Head { status: 307, ..JSON }).into(),
        HeadOdd => world.head(Head { status: 204, ..JSON }).into(),
        BodyPart => world.body(b"{\"access_").into(),
        BodyMalformed => world.body(b"{]").into(),
        BodyTooLong => world.body(&vec![b' '; (1 << 17) + 1]).into(),
        EndTokens => {
            let tokens = world.fresh_tokens();
            world.finish(&tokens).into()
        }
        EndTokensKept => world.finish(r#"{"access_token":"SECRETACCESSALONE","token_type":"bearer"}"#).into(),
        EndAccessTooLarge => {
            let large = format!(r#"{{"access_token":"{}","token_type":"bearer","refresh_token":"r"}}"#, "a".repeat(2000));
            world.finish(&large).into()
        }
        EndRefreshTooLarge => {
            let large = format!(r#"{{"access_token":"a","token_type":"bearer","refresh_token":"{}"}}"#, "r".repeat(2000));
            world.finish(&large).into()
        }
        EndInvalidGrant => world.finish(r#"{"error":"invalid_grant"}"#).into(),
        EndClient => world.finish(r#"{"error":"invalid_client"}"#).into(),
        EndRequest => world.finish(r#"{"error":"invalid_scope"}"#).into(),
        EndInteraction => world.finish(r#"{"error":"interaction_required"}"#).into(),
        EndDenied => world.finish(r#"{"error":"access_denied"}"#).into(),
        EndServerError => world.finish(r#"{"error":"temporarily_unavailable"}"#).into(),
        EndOtherError => world.finish(r#"{"error":"bad_verification_code"}"#).into(),
        EndNothing => world.finish("{}").into(),
        EndContradiction => world.finish(r#"{"access_token":"a","token_type":"bearer","error":"invalid_grant"}"#).into(),
        EndTokenType => world.finish(r#"{"access_token":"a","token_type":"mac"}"#).into(),
        EndEarly => world.finish(r#"{"access_token":"a""#).into(),
        NotSent => world.handle(Input::NotSent(request)).into(),
        NoResponse => world.handle(Input::NoResponse(request)).into(),

        Saved => world.handle(Input::Saved(save)).into(),
        NotSaved => world.handle(Input::NotSaved(save)).into(),

        LateHead => world.handle(Input::Head(foreign, JSON)).into(),
        LateBody => world.handle(Input::Body(foreign, b"{]")).into(),
        LateEnd => world.handle(Input::End(foreign)).into(),
        LateNotSent => world.handle(Input::NotSent(foreign)).into(),
        LateNoResponse => world.handle(Input::NoResponse(foreign)).into(),
        LateSaved => world.handle(Input::Saved(foreign)).into(),
        LateNotSaved => world.handle(Input::NotSaved(foreign)).into(),

        Refresh => world.handle(Input::Refresh).into(),
        RefreshFor => world.handle(Input::RefreshFor(OTHER.name())).into(),
        RefreshForOther => world.handle(Input::RefreshFor("https://elsewhere.example/")).into(),
        TokenRejected | OldTokenRejected => {
            let generation = generation_of(world, event == TokenRejected)?;
            world.handle(Input::TokenRejected(generation)).into()
        }
        Cancel => world.handle(Input::Cancel).into(),
        SignIn => world.begin_sign_in(AuthorizationCode::new(), REDIRECT_URI).into(),
        SignInElsewhere => world.begin_sign_in(AuthorizationCode::new(), "http://192.0.2.1/callback").into(),
        SignInTooLarge => world.begin_sign_in(AuthorizationCode::new().scope(&"s".repeat(1000)), REDIRECT_URI).into(),
        Resume => {
            let mut other = World::new(world.deployment);
            other.seed = 900_000;
            other.poll();
            other.load().unwrap();
            other.sign_in();
            let pending = pending(&mut other)?;
            let now = world.time();
            world.session.resume(&world.config, now, &pending).into()
        }
        ResumeDamaged => {
            let now = world.time();
            world.session.resume(&world.config, now, b"gpS\x01").into()
        }
        SignOut => world.sign_out().into(),

        other => asks(world, later(other).unwrap_or_else(|| panic!("no way to apply {other:?}"))),
    })
}

/// How much later a poll comes.
pub fn later(event: Event) -> Option<u64> {
    Some(match event {
        Event::Poll => 0,
        Event::PollHalfLease => LEASE / 2,
        Event::PollLapse => LEASE,
        Event::PollLate => 2 * 30_000,
        Event::PollAbandoned => 600_000,
        Event::PollDue => LIFE - 60_000,
        Event::PollExpired => LIFE,
        _ => return None,
    })
}

fn asks(world: &mut World, later: u64) -> Reply {
    // Every state was reached at one moment: what counts from it is reached this much later.
    world.tick(later);
    let now = world.time();
    let mut out = vec![0; 1 << 12];
    let output = world.session.poll(&world.config, now, &mut out).unwrap();
    Reply::Asks((&output).into())
}

/// The bytes of a sign-in that waits.
pub fn pending(world: &mut World) -> Option<Vec<u8>> {
    let mut out = [0; 1024];
    world.session.pending(&world.config, &mut out).ok().map(<[u8]>::to_vec)
}

/// The generation of the tokens that are held, or of others.
fn generation_of(world: &World, current: bool) -> Option<Generation> {
    if current && let Some(token) = world.session.access_token(world.time()) {
        return Some(token.generation());
    }
    let mut other = World::new(world.deployment);
    other.seed = 77_000;
    Some(other.signed_in().generation())
}

/// What the store holds in such an event; `None` where no run can lead to it.
pub fn stored(world: &World, event: Event) -> Option<Option<Vec<u8>>> {
    use Event::*;
    let above = world.store.as_deref().map_or(0, |record| Version::of(record).unwrap().revision());
    // While the first tokens are saved, a record of their family means that they were.
    let own = if world.state() == StateName::SavingSignIn { world.saving.as_ref().unwrap() } else { &world.live };
    // A new process has seen nothing yet: to it no record is older, and none its own.
    let new = match world.state() {
        StateName::Loading | StateName::Leaving => !world.deployment.revoke,
        StateName::Vacant => states::finds_nothing(world.deployment),
        _ => false,
    };
    let rival = |kind| rival::record(own, above, world.now, kind).map(Some);
    match event {
        FoundNothing | SupersededByNothing => Some(None),
        // An empty store is `FoundNothing`.
        FoundSame | SupersededBySame => world.store.clone().map(Some),
        SupersededByMine | FoundOlder | SupersededByOlder if new => None,
        // Where the store held one record only, none is older.
        FoundOlder | SupersededByOlder if world.history.len() == 1 => None,
        SupersededByMine => world.saving.clone().map(Some),
        FoundLive | SupersededByLive => rival(Kind::Live),
        FoundClaimed | SupersededByClaimed => rival(Kind::Claimed),
        FoundNewer | SupersededByNewer => rival(Kind::Newer),
        FoundCleared | SupersededByCleared => rival(Kind::Cleared),
        FoundSignedOut | SupersededBySignedOut => rival(Kind::SignedOut),
        FoundForgotten | SupersededByForgotten => rival(Kind::Forgotten),
        FoundOther | SupersededByOther => rival(Kind::Other),
        FoundReplaced | SupersededByReplaced => rival::record(&world.history[0], above, world.now, Kind::Live).map(Some),
        FoundOlder | SupersededByOlder => Some(Some(world.history[0].clone())),
        FoundTooLarge | SupersededByTooLarge => rival(Kind::TooLarge),
        _ => {
            let mut damaged = world.history[0].clone();
            damaged[20] ^= 1;
            Some(Some(damaged))
        }
    }
}
