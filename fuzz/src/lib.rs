//! What the targets share: inputs cut into pieces, a peer that sends them, answers read in three ways, and an invented server.
#![forbid(unsafe_code)]

use std::convert::Infallible;

use embedded_io::{ErrorType, Read, Write};
use gatepass::{
    Audience, Client, Config, Entropy, Head, Policy, Quirks, Server,
    fuzzing::{self, Answer},
};

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

/// A peer that sends pieces of these sizes, over and over, or of 255 bytes; what it is sent nobody reads.
pub struct Wire<'d> {
    rest: &'d [u8],
    sizes: std::iter::Cycle<std::slice::Iter<'d, u8>>,
}

impl<'d> Wire<'d> {
    pub fn new(rest: &'d [u8], sizes: &'d [u8]) -> Self {
        Self { rest, sizes: sizes.iter().cycle() }
    }
}

impl ErrorType for Wire<'_> {
    type Error = Infallible;
}

impl Read for Wire<'_> {
    fn read(&mut self, room: &mut [u8]) -> Result<usize, Infallible> {
        let size = usize::from(*self.sizes.next().unwrap_or(&255)).max(1);
        let (piece, rest) = self.rest.split_at(self.rest.len().min(size).min(room.len()));
        room[..piece.len()].copy_from_slice(piece);
        self.rest = rest;
        Ok(piece.len())
    }
}

impl Write for Wire<'_> {
    fn write(&mut self, bytes: &[u8]) -> Result<usize, Infallible> {
        Ok(bytes.len())
    }
    fn flush(&mut self) -> Result<(), Infallible> {
        Ok(())
    }
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

/// Reads an answer of the token endpoint whole, in the input's pieces and byte by byte, which must say the same; then what was read, and the
/// body.
pub fn answer(data: &[u8], status: u16, then: impl FnOnce(Answer<'_>, &[u8])) {
    let Some((flags, sizes, body)) = split(data) else { return };
    let config = config(server(), policy(flags & 1 == 1));
    let room = if flags >> 1 == 15 { 8192 } else { usize::from(flags >> 1) * 16 };
    let (mut first, mut second, mut third) = (vec![0; room], vec![0; room], vec![0; room]);
    let whole = fuzzing::answer(&config, status, pieces(body, &[]), &mut first);
    assert_eq!(fuzzing::answer(&config, status, pieces(body, sizes), &mut second), whole);
    let bytewise = linear(body.len(), body.len(), || fuzzing::answer(&config, status, pieces(body, &[1]), &mut third));
    assert_eq!(bytewise, whole);
    if let Some(answer) = whole {
        then(answer, body);
    }
}

pub const JSON: Head<'static> = Head { status: 200, content_type: Some("application/json"), retry_after: None };

pub fn entropy(salt: u8) -> Entropy {
    Entropy::from_bytes(std::array::from_fn(|at| at as u8 ^ salt)).unwrap()
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
