//! Any bytes as the answer to a call, in pieces of any size: no panic, and the same verdict however they are cut.
//!
//! The first byte says the method (odd: `HEAD`) and how many of the next bytes, up to seven, are sizes of pieces; the rest is the response.
#![no_main]

use std::convert::Infallible;

use gatepass_embedded::{Call, Error, Part, Reply};
use gatepass_fuzz::Wire;
use libfuzzer_sys::fuzz_target;

#[derive(PartialEq, Debug, Default)]
struct Told {
    challenges: usize,
    head: Option<(u16, Option<String>, Option<String>)>,
    body: Vec<u8>,
}

fn read(method: &str, rest: &[u8], sizes: &[u8]) -> (Result<Reply, Error<Infallible>>, Told) {
    let mut told = Told::default();
    let sink = |part: Part<'_>| {
        match part {
            Part::Challenge(_) => told.challenges += 1,
            Part::Head(head) => {
                assert!(told.head.is_none());
                told.head = Some((head.status, head.content_type.map(Into::into), head.retry_after.map(Into::into)));
            }
            Part::Body(bytes) => {
                assert!(told.head.is_some() && !bytes.is_empty());
                told.body.extend_from_slice(bytes);
            }
        }
        true
    };
    let call = Call::new(method, "https://api.example/", "Bearer token");
    let reply = call.run(&mut Wire::new(rest, sizes), &mut [0; 256], sink);
    (reply, told)
}

fuzz_target!(|data: &[u8]| {
    let Some((&first, data)) = data.split_first() else { return };
    let method = if first & 1 == 1 { "HEAD" } else { "GET" };
    let (sizes, response) = data.split_at(data.len().min(usize::from(first >> 1 & 7)));
    let whole = read(method, response, &[]);
    assert_eq!(read(method, response, sizes), whole);
    assert_eq!(read(method, response, &[1]), whole);
    assert!(whole.1.body.len() <= response.len());
});
