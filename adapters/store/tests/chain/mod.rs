//! Chains of records: each is to be stored over the one before.

#[path = "../records/mod.rs"]
mod records;
pub use records::version;

/// Of a sign-in, then of intents and the tokens after each.
pub fn chain(length: usize) -> Vec<Vec<u8>> {
    // Of different lengths, so that the room for one is not always enough for the next.
    let tokens = (0..1500).map(|at| Some(at * 74 % 3000)).collect();
    records::Records::new(0).with_tokens(tokens).take(length).collect()
}
