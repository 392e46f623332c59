//! What other holders of the same grant leave in the store, made by real runs of their own sessions.

use super::*;
use std::{cell::RefCell, collections::HashMap};

/// What a record is to the one who meets it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Kind {
    Live,
    Claimed,
    Newer,
    Cleared,
    SignedOut,
    Forgotten,
    Other,
    TooLarge,
}

type Made = HashMap<(Vec<u8>, u64, u64, Kind), Option<Vec<u8>>>;

thread_local! {
    static MADE: RefCell<Made> = RefCell::default();
}

/// A record of this kind in a revision above `above`, made from a live one; `None` if no real run can make it.
pub fn record(from: &[u8], above: u64, now: u64, kind: Kind) -> Option<Vec<u8>> {
    let run = (from.to_vec(), above, now, kind);
    let known = MADE.with_borrow(|made| made.get(&run).cloned());
    known.unwrap_or_else(|| {
        let record = make(from, above, now, kind);
        MADE.with_borrow_mut(|made| made.insert(run, record.clone()));
        record
    })
}

fn make(from: &[u8], above: u64, now: u64, kind: Kind) -> Option<Vec<u8>> {
    let mut rival = World::sized(Deployment::USUAL, Box::new(Session::<[u8; 8192]>::new()));
    rival.now = now;
    rival.seed = 500_000 + now % 1000;
    rival.store = Some(from.to_vec());
    rival.poll();
    rival.load().unwrap();
    let steps = match kind {
        Kind::Live | Kind::Newer | Kind::Cleared | Kind::TooLarge | Kind::Forgotten => 2,
        Kind::Claimed | Kind::SignedOut | Kind::Other => 1,
    };
    while revision(&rival) + steps <= above || (kind == Kind::Live && revision(&rival) <= above) {
        give_back(&mut rival)?;
        if kind == Kind::Live {
            return if revision(&rival) > above { rival.store } else { record(&rival.store.unwrap(), above, now, kind) };
        }
    }
    match kind {
        Kind::Live => give_back(&mut rival)?,
        Kind::Claimed => claim(&mut rival)?,
        Kind::Newer => {
            claim(&mut rival)?;
            rival.sent();
            rival.answer_tokens();
            rival.saved();
        }
        Kind::TooLarge => {
            claim(&mut rival)?;
            rival.sent();
            let large = format!(r#"{{"access_token":"{}","token_type":"bearer","refresh_token":"x"}}"#, "a".repeat(2000));
            rival.answer(200, &large).unwrap();
            rival.saved();
        }
        Kind::Cleared => {
            claim(&mut rival)?;
            rival.sent();
            rival.answer(400, r#"{"error":"invalid_grant"}"#).unwrap_err();
            rival.saved();
        }
        Kind::SignedOut => {
            rival.sign_out().unwrap();
            rival.saved();
        }
        Kind::Forgotten => {
            rival.sign_out().unwrap();
            rival.saved();
            rival.sent();
            rival.head(JSON).unwrap();
            rival.saved();
        }
        Kind::Other => {
            rival.whole_sign_in();
        }
    }
    rival.store
}

pub fn revision(world: &World) -> u64 {
    Version::of(world.store.as_deref().unwrap()).unwrap().revision()
}

/// Puts an intent on the grant, as soon as that may be.
fn claim(rival: &mut World) -> Option<()> {
    if !rival.session.can_refresh() {
        return None;
    }
    rival.now += 2 * LIFE;
    rival.until_due();
    // Nobody knows when its access token expires.
    if rival.state() == StateName::Live {
        rival.handle(Input::Refresh).unwrap();
    }
    if !matches!(rival.poll(), Ask::Save { .. }) {
        return None;
    }
    rival.saved();
    (rival.state() == StateName::RefreshReady).then_some(())
}

fn give_back(rival: &mut World) -> Option<()> {
    claim(rival)?;
    rival.sent();
    let ticket = rival.request;
    rival.handle(Input::NotSent(ticket)).unwrap();
    rival.saved();
    Some(())
}
