//! Every state, reached through the public API alone.

use super::*;

/// A fresh session in this state, or `None` where no run leads to it.
///
/// Before it lies a first sign-in, which a second one replaces: so that every state has a grant before its own. What is
/// being saved has been handed out.
pub fn reach(deployment: Deployment, state: StateName) -> Option<World> {
    reach_over(deployment, state, 1)
}

/// [`reach`], where a sign-in replaces this revision at least, if there can be a later one than the first.
pub fn reach_over(deployment: Deployment, state: StateName, revision: u64) -> Option<World> {
    use StateName::*;
    let refreshes = deployment.refresh;
    let rotates = refreshes && deployment.rotation != Rotation::Fixed;
    let revokes = deployment.revoke;
    let possible = match state {
        SavingIntent | SavingGiveBack | InDoubt => rotates,
        RefreshReady | RefreshSent | RefreshReading | SavingCommit | SavingClear | Waiting => refreshes,
        RevokeReady | RevokeSent | SavingForget | OrphanReady | OrphanSent => revokes,
        _ => true,
    };
    if !possible {
        return None;
    }
    let mut world = World::new(deployment).signed_in();
    world.tick(10_000);
    let signs_in = matches!(state, Visiting | AwaitingRedirect | RedeemReady | RedeemSent | RedeemReading | SavingSignIn);
    if revision > 1 && signs_in && refreshes {
        let later = rival::record(world.store.as_ref().unwrap(), revision - 1, world.now, rival::Kind::Live).unwrap();
        world.store = Some(later.clone());
        world.history.push(later.clone());
        world.live = later;
        world.superseded().unwrap();
    }
    steps(&mut world, state, rotates, revokes);
    assert_eq!(world.state(), state);
    Some(world)
}

/// Whether `Vacant` is reached through an empty store: in one deployment, so that both ways there are taken.
pub fn finds_nothing(deployment: Deployment) -> bool {
    !deployment.refresh && !deployment.revoke
}

/// Whether `InDoubt` is reached through time alone, so that the answer may still come: in one deployment, so that both ways there are taken.
pub fn may_be_answered(deployment: Deployment) -> bool {
    deployment.refresh && !deployment.revoke && deployment.rotation == Rotation::Rotating(Overlap::Unknown)
}

fn steps(world: &mut World, state: StateName, rotates: bool, revokes: bool) {
    use StateName::*;
    world.sign_in();
    world.poll();
    if state == Visiting {
        return;
    }
    world.handle(Input::Visited).unwrap();
    if state == AwaitingRedirect {
        return;
    }
    world.redirect("code=SECRETCODE").unwrap();
    if state == RedeemReady {
        return;
    }
    world.sent();
    if state == RedeemSent {
        return;
    }
    world.head(JSON).unwrap();
    if state == RedeemReading {
        return;
    }
    let tokens = world.fresh_tokens();
    world.finish(&tokens).unwrap();
    if state == SavingSignIn {
        world.poll();
        return;
    }
    if matches!(state, OrphanReady | OrphanSent) || (state == Loading && revokes) {
        let other = rival::record(world.store.as_ref().unwrap(), 0, world.now, rival::Kind::Other).unwrap();
        world.store = Some(other.clone());
        world.history.push(other.clone());
        world.live = other;
        world.superseded().unwrap();
        if state == OrphanReady {
            return;
        }
        world.sent();
        if state == Loading {
            world.head(JSON).unwrap();
        }
        return;
    }
    world.saved();
    match state {
        Loading => {
            world.session = Held::Usual(Box::default());
            world.poll();
            return;
        }
        // Out of both states that lead there: one knows what the store held, the other nothing.
        Leaving if !revokes => {
            world.session = Held::Usual(Box::default());
            world.sign_out().unwrap();
            world.poll();
            return;
        }
        Vacant if finds_nothing(world.deployment) => {
            world.store = None;
            world.restart(Box::new(Session::<[u8; 1024]>::new()));
            return;
        }
        Vacant | Leaving => {
            world.sign_in();
            world.handle(Input::Cancel).unwrap();
            if state == Leaving {
                world.sign_out().unwrap();
                world.poll();
            }
            return;
        }
        SavingSignOut | RevokeReady | RevokeSent | SavingForget => {
            world.sign_out().unwrap();
            if state == SavingSignOut {
                world.poll();
                return;
            }
            world.saved();
            if state == RevokeReady {
                return;
            }
            world.sent();
            if state == SavingForget {
                world.head(JSON).unwrap();
                world.poll();
            }
            return;
        }
        Live => return,
        Waiting => {
            let claimed = rival::record(world.store.as_ref().unwrap(), 0, world.now, rival::Kind::Claimed).unwrap();
            world.store = Some(claimed.clone());
            world.history.push(claimed.clone());
            world.live = claimed;
            world.leased = world.now;
            world.superseded().unwrap();
            return;
        }
        _ => {}
    }
    world.handle(Input::Refresh).unwrap();
    if rotates {
        world.poll();
        if state == SavingIntent {
            return;
        }
        world.saved();
    }
    if state == RefreshReady {
        return;
    }
    world.sent();
    match state {
        RefreshSent => return,
        InDoubt if may_be_answered(world.deployment) => {
            world.tick(LEASE);
            world.poll();
            return;
        }
        InDoubt => {
            let ticket = world.request;
            world.handle(Input::NoResponse(ticket)).unwrap_err();
            return;
        }
        SavingGiveBack => {
            let ticket = world.request;
            world.handle(Input::NotSent(ticket)).unwrap();
            world.poll();
            return;
        }
        _ => {}
    }
    world.head(JSON).unwrap();
    match state {
        RefreshReading => {}
        SavingCommit => {
            let tokens = world.fresh_tokens();
            world.finish(&tokens).unwrap();
            world.poll();
        }
        SavingClear => {
            world.finish(r#"{"error":"invalid_grant"}"#).unwrap_err();
            world.poll();
        }
        other => panic!("no way to {other}"),
    }
}
