//! The records of one grant, as a real session writes them: each is to be stored over the one before.

#[allow(unreachable_pub, reason = "shared with other tests")]
#[path = "../../../adapters/store/tests/records/mod.rs"]
mod records;

/// A record, and how a driver stores it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// Its bytes.
    pub record: Vec<u8>,
    /// Whether it is the intent to refresh, which takes the room for what follows.
    pub is_intent: bool,
}

/// What becomes of the sign-in and of each intent: tokens of so many bytes beyond the least, or the request does not leave and the
/// intent is given back.
const ROUNDS: [Option<usize>; 8] = [Some(0), Some(700), Some(150), None, Some(300), Some(6000), Some(60), Some(60)];

/// The links that a worker stores at most. What lies beyond them is for whoever goes on.
pub const REACH: usize = 11;

/// A sign-in, then of each round the intent and what became of it: tokens that get longer, shorter, a give-back, and tokens for
/// which the room of the intent is too small.
#[must_use]
pub fn chain() -> Vec<Link> {
    let mut records = records::Records::new(0).with_tokens(ROUNDS.to_vec());
    let link = |_| records.next().map(|record| Link { record, is_intent: records.is_intent() });
    let chain: Vec<Link> = (1..2 * ROUNDS.len()).map_while(link).collect();
    assert!(chain.iter().enumerate().all(|(at, link)| link.is_intent == (at % 2 == 1)));
    chain
}
