//! The drivers over real sockets, to the embedded issuer, and over streams that fail.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::std_instead_of_core,
    clippy::unwrap_used,
    clippy::wildcard_enum_match_arm,
    missing_docs,
    reason = "a test fails by panicking, also in its helpers"
)]

mod world;

use core::{
    convert::Infallible,
    pin::pin,
    task::{Context, Waker},
    time::Duration,
};

use embassy_futures::{block_on, yield_now};
use embedded_io_async::{ErrorType, Read, Write};
use gatepass::{Discovery, Input, Output, Policy, Session, WellKnown, Why};
use gatepass_embedded::{BadRequest, BadResponse, Call, Cause, Error, Exchange, Part, discover, discover_async};
use gatepass_issuer::{Endpoint, Fault, FaultKind, Issuer, Malformed};
use world::{Endpoints, Memory, Stop, at, connect, drive, over_socket, signed_in};

/// A blocking stream in asynchronous clothes, which keeps everybody waiting.
struct Lazy<S>(S);

impl<S: embedded_io::ErrorType> ErrorType for Lazy<S> {
    type Error = S::Error;
}

impl<S: embedded_io::Read> Read for Lazy<S> {
    async fn read(&mut self, buf: &mut [u8]) -> Result<usize, S::Error> {
        yield_now().await;
        self.0.read(buf)
    }
}

impl<S: embedded_io::Write> Write for Lazy<S> {
    async fn write(&mut self, buf: &[u8]) -> Result<usize, S::Error> {
        yield_now().await;
        self.0.write(buf)
    }
    async fn flush(&mut self) -> Result<(), S::Error> {
        self.0.flush()
    }
}

/// A stream with a given answer. It takes `takes` bytes.
struct Canned {
    answer: &'static [u8],
    takes: usize,
    taken: Vec<u8>,
}

impl Canned {
    const fn new(answer: &'static [u8]) -> Self {
        Self { answer, takes: usize::MAX, taken: Vec::new() }
    }
}

impl embedded_io::ErrorType for Canned {
    type Error = Infallible;
}

impl embedded_io::Read for Canned {
    fn read(&mut self, buf: &mut [u8]) -> Result<usize, Infallible> {
        embedded_io::Read::read(&mut self.answer, buf)
    }
}

impl embedded_io::Write for Canned {
    fn write(&mut self, buf: &[u8]) -> Result<usize, Infallible> {
        let taken = buf.len().min(self.takes).min(100);
        self.takes -= taken;
        self.taken.extend_from_slice(&buf[..taken]);
        Ok(taken)
    }
    fn flush(&mut self) -> Result<(), Infallible> {
        Ok(())
    }
}

/// When the first access token is no longer good: what a device waits for then is told, and not how long it may sleep.
const EXPIRED: gatepass::Timestamp = at(120_000);

struct Device {
    issuer: Issuer,
    endpoints: Endpoints,
    store: Memory,
    session: Session<[u8; 4096]>,
}

impl Device {
    fn new() -> Self {
        let issuer = Issuer::builder().start().unwrap();
        Self { endpoints: Endpoints::of(&issuer), issuer, store: Memory::default(), session: Session::new() }
    }

    fn signed_in() -> Self {
        let mut device = Self::new();
        signed_in(&mut device.session, &device.endpoints.config(Policy::DEFAULT), &mut device.store, &device.issuer);
        device
    }

    /// Refreshes; whatever carries the request, the session is told.
    fn refresh(&mut self, send: impl FnMut(Exchange<'_, Box<dyn FnMut() -> gatepass::Timestamp>>, &str)) -> Stop {
        let config = self.endpoints.config(Policy::DEFAULT);
        self.session.handle(&config, EXPIRED, Input::Refresh).unwrap();
        drive(&mut self.session, &config, &mut self.store, &self.issuer, EXPIRED, send)
    }
}

#[test]
fn a_whole_life_over_a_blocking_stream() {
    let mut device = Device::signed_in();
    assert_eq!(device.refresh(over_socket), Stop::Asleep);
    let config = device.endpoints.config(Policy::DEFAULT);
    device.session.sign_out(&config, EXPIRED).unwrap();
    let mut has_ended = false;
    while !has_ended {
        let mut out = [0; 4096];
        match device.session.poll(&config, EXPIRED, &mut out).unwrap() {
            Output::Save(save) => device.store.answer(&mut device.session, &config, EXPIRED, save),
            Output::Send(request) => {
                let authority = request.authority();
                Exchange::new(&mut device.session, &config, request, || EXPIRED).run(&mut connect(authority), &mut [0; 512]).unwrap();
            }
            output => has_ended = matches!(output, Output::SignIn(_)),
        }
    }
    let counts = device.issuer.counts();
    assert_eq!((counts.code_successes, counts.refresh_successes, counts.revocations, counts.reuse_detections), (1, 1, 1, 0));
}

#[test]
fn a_whole_life_over_an_asynchronous_stream() {
    let mut device = Device::new();
    let config = device.endpoints.config(Policy::DEFAULT);
    let over_async = |exchange: Exchange<'_, _>, authority: &str| {
        block_on(exchange.run_async(&mut Lazy(connect(authority)), &mut [0; 128])).unwrap();
    };
    assert_eq!(drive(&mut device.session, &config, &mut device.store, &device.issuer, at(0), over_async), Stop::Asleep);
    assert_eq!(device.refresh(over_async), Stop::Asleep);
    assert_eq!(device.issuer.counts().refresh_successes, 1);
}

#[test]
fn answers_in_chunks_slow_or_with_a_giant_member_are_taken() {
    let mut device = Device::signed_in();
    for kind in [FaultKind::Chunked(1), FaultKind::Chunked(7), FaultKind::Slow(Duration::from_micros(50)), FaultKind::Giant(90 << 10)] {
        device.issuer.fault(Fault::new(Endpoint::Token, kind));
        assert_eq!(device.refresh(over_socket), Stop::Asleep);
    }
    assert_eq!(device.issuer.counts().refresh_successes, 4);
}

#[test]
fn a_token_response_of_100_kb_that_nobody_asked_for_needs_no_more_room() {
    let issuer = Issuer::builder().start().unwrap();
    let members = serde_json::json!({ "id_token": "x".repeat(90 << 10), "more": ["y".repeat(5 << 10), "z".repeat(5 << 10)] });
    issuer.set_extra_members(members.as_object().unwrap().clone());
    let endpoints = Endpoints::of(&issuer);
    let config = endpoints.config(Policy::DEFAULT);
    let mut session = Session::<[u8; 1024]>::new();
    let send = |exchange: Exchange<'_, _>, authority: &str| exchange.run(&mut connect(authority), &mut [0; 128]).unwrap();
    assert_eq!(drive(&mut session, &config, &mut Memory::default(), &issuer, at(0), send), Stop::Asleep);
    assert!(session.access_token(at(0)).is_some());
}

#[test]
fn an_answer_that_is_cut_is_in_doubt() {
    for kind in [FaultKind::DropDuring, FaultKind::DropAfter, FaultKind::DropBefore] {
        let mut device = Device::signed_in();
        device.issuer.fault(Fault::new(Endpoint::Token, kind));
        let stop = device.refresh(|exchange, authority| {
            assert!(matches!(exchange.run(&mut connect(authority), &mut [0; 512]), Err(Error::NoResponse(_))));
        });
        assert_eq!(stop, Stop::Waits(Why::InDoubt));
    }
}

#[test]
fn a_refusal_of_the_session_is_told_once() {
    let mut device = Device::signed_in();
    device.issuer.fault(Fault::new(Endpoint::Token, FaultKind::Malformed(Malformed::Html)));
    let stop = device.refresh(|exchange, authority| {
        assert!(matches!(exchange.run(&mut connect(authority), &mut [0; 512]), Err(Error::Refused(_))));
    });
    assert_eq!(stop, Stop::Waits(Why::InDoubt));
}

#[test]
fn a_request_that_was_not_handed_to_a_stream_was_not_sent() {
    assert_eq!(Device::signed_in().refresh(|exchange, _| drop(exchange)), Stop::Waits(Why::Offline));
    let short = Device::signed_in().refresh(|exchange, _| {
        let ended = exchange.run(&mut Canned::new(b""), &mut [0; 127]);
        assert_eq!(ended, Err(Error::NotSent(Cause::Request(BadRequest::Scratch))));
    });
    assert_eq!(short, Stop::Waits(Why::Offline));
}

#[test]
fn past_its_deadline_no_byte_leaves_and_no_answer_is_awaited() {
    for late_after in 0..6 {
        let mut device = Device::signed_in();
        let config = device.endpoints.config(Policy::DEFAULT);
        let mut out = [0; 4096];
        let Output::Save(intent) = device.session.poll(&config, EXPIRED, &mut out).unwrap() else { panic!("no intent") };
        device.store.answer(&mut device.session, &config, EXPIRED, intent);
        let Output::Send(request) = device.session.poll(&config, EXPIRED, &mut out).unwrap() else { panic!("no request") };
        let (mut asked, deadline) = (0, request.deadline());
        let clock = || {
            asked += 1;
            if asked > late_after { deadline } else { EXPIRED }
        };
        let mut stream = Canned::new(b"HTTP/1.1 200 OK\r\n");
        let ended = Exchange::new(&mut device.session, &config, request, clock).run(&mut stream, &mut [0; 512]);
        let expected = if late_after > 0 { Error::NoResponse(Cause::Late) } else { Error::NotSent(Cause::Late) };
        assert_eq!(ended, Err(expected));
        // A write takes 100 bytes at most, and the clock is asked before each.
        assert!(stream.taken.len() <= 100 * usize::saturating_sub(late_after, 1), "{} after {late_after}", stream.taken.len());
    }
}

#[test]
fn a_stream_that_takes_no_byte_is_closed() {
    for takes in [0, 1, 200] {
        let stop = Device::signed_in().refresh(|exchange, _| {
            let mut stream = Canned { takes, ..Canned::new(b"") };
            assert_eq!(exchange.run(&mut stream, &mut [0; 512]), Err(Error::NoResponse(Cause::Closed)));
        });
        assert_eq!(stop, Stop::Waits(Why::InDoubt), "after {takes} bytes nobody knows what left");
    }
}

#[test]
fn a_request_leaves_whole_with_its_length_whatever_the_scratch() {
    let mut written = Vec::new();
    for size in [128, 200, 512, 4096] {
        Device::signed_in().refresh(|exchange, _| {
            let mut stream = Canned::new(b"HTTP/1.1 503 x\r\n\r\n");
            let _ = exchange.run(&mut stream, &mut vec![0; size]);
            written.push(String::from_utf8(stream.taken).unwrap());
        });
    }
    for text in &written {
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        assert!(head.starts_with("POST /token HTTP/1.1\r\nHost: 127.0.0.1:") && head.ends_with("\r\nConnection: close"), "{head}");
        assert!(head.contains(&format!("\r\nContent-Length: {}\r\n", body.len())), "{head}");
    }
}

#[test]
fn a_future_that_is_dropped_tells_the_truth_about_what_left() {
    // The first poll hands the first bytes to the stream; a future that was never polled has handed out none.
    for polls in 0..6 {
        let mut device = Device::signed_in();
        let stop = device.refresh(|exchange, authority| {
            let mut stream = Lazy(connect(authority));
            let mut scratch = [0; 128];
            let mut future = pin!(exchange.run_async(&mut stream, &mut scratch));
            for _ in 0..polls {
                assert!(future.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
            }
        });
        assert_eq!(stop, Stop::Waits(if polls == 0 { Why::Offline } else { Why::InDoubt }), "{polls}");
    }
}

#[test]
fn an_api_is_called_with_the_token_and_its_rejection_leads_to_the_next() {
    let mut device = Device::signed_in();
    let config = device.endpoints.config(Policy::DEFAULT);
    let url = device.issuer.api_url();
    let call = |device: &Device| {
        let token = device.session.access_token(at(1000)).unwrap();
        let mut header = [0; 512];
        let call = Call::get(&url, token.header(&mut header).unwrap()).with_headers(&[("Accept", "application/json")]);
        let call = call.danger_allow_http_on_loopback();
        let (mut body, mut challenges, mut head) = (Vec::new(), 0, None);
        let sink = |part: Part<'_>| {
            match part {
                Part::Challenge(challenge) => challenges += usize::from(challenge.is_invalid_token()),
                Part::Head(told) => head = Some(told.status),
                Part::Body(bytes) => body.extend_from_slice(bytes),
            }
            true
        };
        let reply = call.run(&mut connect(&device.issuer.address().to_string()), &mut [0; 1024], sink).unwrap();
        assert_eq!(head, Some(reply.status()));
        assert_eq!(challenges > 0, reply.is_token_rejected());
        (reply, body, token.generation())
    };
    let (reply, body, generation) = call(&device);
    assert_eq!((reply.status(), reply.is_whole(), reply.is_token_rejected(), body.is_empty()), (200, true, false, false));
    device.issuer.revoke_all_access_tokens();
    assert!(call(&device).0.is_token_rejected());
    device.session.handle(&config, at(1000), Input::TokenRejected(generation)).unwrap();
    assert_eq!(drive(&mut device.session, &config, &mut device.store, &device.issuer, at(1000), over_socket), Stop::Asleep);
    assert_eq!(call(&device).0.status(), 200);
}

#[test]
fn a_sink_that_wants_no_more_ends_the_call() {
    let answer = b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\nsome bytes";
    let call = Call::new("POST", "https://api.example/v1?x", "Bearer t").with_body(b"body");
    let mut stream = Lazy(Canned::new(answer));
    let reply = block_on(call.run_async(&mut stream, &mut [0; 128], |part| !matches!(part, Part::Body(_)))).unwrap();
    assert!(!reply.is_whole() && reply.status() == 200);
    let text = String::from_utf8(stream.0.taken).unwrap();
    let expected =
        "POST /v1?x HTTP/1.1\r\nHost: api.example\r\nAuthorization: Bearer t\r\nContent-Length: 4\r\nConnection: close\r\n\r\nbody";
    assert_eq!(text, expected);
}

#[test]
fn a_call_that_may_not_be_sent_leaves_nothing() {
    let mut stream = Canned::new(b"");
    let ended = Call::get("http://api.example/", "Bearer t").run(&mut stream, &mut [0; 128], |_| true);
    assert_eq!(ended, Err(Error::NotSent(Cause::Request(BadRequest::Url))));
    assert!(stream.taken.is_empty());
    let ended = Call::get("https://api.example/", "Bearer t").run(&mut stream, &mut [0; 128], |_| true);
    assert_eq!(ended, Err(Error::NoResponse(Cause::Response(BadResponse::Early))));
}

// R116 R156
#[test]
fn metadata_is_fetched_and_checked() {
    let issuer = Issuer::builder().start().unwrap();
    let url = issuer.url();
    let (mut kept, mut out) = ([0; 1024], [0; 256]);
    let discovery = Discovery::danger_allow_http_on_loopback(&url, WellKnown::OAuth, &mut kept).unwrap();
    let request = discovery.request(at(30_000), &mut out).unwrap();
    let server = discover(discovery, &request, &mut connect(request.authority()), &mut [0; 256]).unwrap();
    assert!(gatepass::Config::new(server, gatepass::Client::public("demo")).unwrap().can_revoke());
    let mut kept = [0; 1024];
    let discovery = Discovery::danger_allow_http_on_loopback(&url, WellKnown::OpenId, &mut kept).unwrap();
    let mut stream = Lazy(Canned::new(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n{\"issuer\":\"https://evil.example\"}"));
    let ended = block_on(discover_async(discovery, &request, &mut stream, &mut [0; 256])).err();
    assert_eq!(ended, Some(Error::Refused(gatepass::Violation::OtherIssuer.into())));
}
