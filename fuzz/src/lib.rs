//! What the targets share: inputs cut into pieces, and configurations of an invented server.
#![forbid(unsafe_code)]

use gatepass::{Audience, Client, Config, Policy, Quirks, Server};

/// An input's first byte, the sizes of pieces behind it (as many as its lowest three bits say), and the rest.
pub fn split(data: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (&first, data) = data.split_first()?;
    let (sizes, rest) = data.split_at(data.len().min(usize::from(first & 7)));
    Some((first >> 3, sizes, rest))
}

/// The bytes in pieces of these sizes, over and over; in one, where there are none.
pub fn pieces<'d>(data: &'d [u8], sizes: &'d [u8]) -> impl Iterator<Item = &'d [u8]> + Clone {
    let mut rest = data;
    let mut sizes = sizes.iter().cycle();
    std::iter::from_fn(move || {
        let size = sizes.next().map_or(usize::MAX, |size| usize::from(*size).max(1));
        let (piece, after) = rest.split_at(rest.len().min(size));
        rest = after;
        (!piece.is_empty()).then_some(piece)
    })
}

/// The most steps that the tokenizer may take for a byte.
const MOST_STEPS: usize = 6;

/// Reads so many bytes of JSON, in so many pieces at most, with no more work than they are worth.
pub fn linear<T>(len: usize, pieces: usize, read: impl FnOnce() -> T) -> T {
    let before = gatepass::fuzzing::steps();
    let told = read();
    let steps = gatepass::fuzzing::steps() - before;
    assert!(steps <= MOST_STEPS * len + pieces, "{steps} steps for {len} bytes in {pieces} pieces");
    told
}

pub const ISSUER: &str = "https://as.example/tenant";
pub const OTHER: &str = "https://files.example/";
pub const AUDIENCES: [Audience<'static>; 2] = [Audience::named(OTHER).scope("read"), Audience::resource("urn:example:mail")];
pub const MEMBERS: [&str; 3] = ["patient", "team", "instance_url"];

/// The default policy, or one that tolerates every quirk.
pub fn policy(is_lax: bool) -> Policy {
    let names = ["MISSING_TOKEN_TYPE", "ANY_CONTENT_TYPE", "BYTE_ORDER_MARK", "SCOPE_COMMAS"];
    let mut policy = Policy::DEFAULT;
    if is_lax {
        policy.quirks = names.into_iter().filter_map(Quirks::named).fold(policy.quirks, Quirks::union);
    }
    policy
}

pub fn server() -> Server<'static> {
    Server::new(ISSUER, "https://as.example/authorize?tenant=x", "https://as.example/token")
}

/// With this policy, two audiences and three members.
pub fn config(server: Server<'static>, policy: Policy) -> Config<'static> {
    let config = Config::new(server, Client::secret_post("client", "SECRETOFCLIENT")).and_then(|config| config.with_policy(policy));
    config.and_then(|config| config.with_audiences(&AUDIENCES)).and_then(|config| config.with_members(&MEMBERS)).unwrap()
}
