//! Streams of bare metal whose calls fail, each in its turn: the drivers of `gatepass-embedded`, blocking and awaited.

use core::time::Duration;
use std::{
    io::{Read as _, Write as _},
    net::{Shutdown, TcpStream},
    time::Instant,
};

use embassy_futures::block_on;
use embedded_io::ErrorKind;
use gatepass::{Config, Discovery, Input, Output, Policy, Session, Timestamp, WellKnown, Why};
use gatepass_embedded::{Call, Error, Exchange, Part, discover, discover_async};
use gatepass_faults::hostile::{Answer, Hostile};
use gatepass_issuer::Issuer;

use crate::{
    front::check,
    sweep::{Outcome, Tally, all},
};

#[path = "../../../adapters/embedded/tests/world/mod.rs"]
pub(crate) mod device;

use device::{Endpoints, Memory, Stop, at, drive, over_socket};

/// What a call does instead of what it should.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Failing {
    /// It is an error, as are all after it.
    With(ErrorKind),
    /// The peer is gone: nothing is taken, or nothing more comes.
    Ended,
}

/// The call (from 0) that fails, and how many bytes the others move at most.
#[derive(Clone, Copy, Debug)]
struct Fault {
    nth: usize,
    failing: Failing,
    moves: usize,
}

/// A connection whose calls fail.
struct Faulty {
    stream: TcpStream,
    fault: Fault,
    calls: usize,
    left: Vec<u8>,
}

impl Faulty {
    fn connect(authority: &str, fault: Fault) -> Self {
        let stream = TcpStream::connect(authority).unwrap();
        stream.set_nodelay(true).unwrap();
        Self { stream, fault, calls: 0, left: Vec::new() }
    }

    const fn is_struck(&self) -> bool {
        self.calls > self.fault.nth
    }

    /// `Some` from the call on that fails.
    fn call(&mut self) -> Option<Result<usize, ErrorKind>> {
        self.calls += 1;
        self.is_struck().then_some(match self.fault.failing {
            Failing::With(kind) => Err(kind),
            Failing::Ended => Ok(0),
        })
    }
}

/// What was sent is heard and answered before anything else is: what is seen afterwards is final.
impl Drop for Faulty {
    fn drop(&mut self) {
        let _ = self.stream.shutdown(Shutdown::Write);
        while let Ok(1..) = self.stream.read(&mut [0; 4096]) {}
    }
}

impl embedded_io::ErrorType for Faulty {
    type Error = ErrorKind;
}

impl embedded_io::Read for Faulty {
    fn read(&mut self, room: &mut [u8]) -> Result<usize, ErrorKind> {
        let most = room.len().min(self.fault.moves);
        self.call().unwrap_or_else(|| Ok(self.stream.read(&mut room[..most]).unwrap()))
    }
}

impl embedded_io::Write for Faulty {
    fn write(&mut self, bytes: &[u8]) -> Result<usize, ErrorKind> {
        let most = bytes.len().min(self.fault.moves);
        if let Some(failed) = self.call() {
            return failed;
        }
        let taken = self.stream.write(&bytes[..most]).unwrap();
        self.left.extend_from_slice(&bytes[..taken]);
        Ok(taken)
    }

    fn flush(&mut self) -> Result<(), ErrorKind> {
        match self.call() {
            Some(Err(kind)) => Err(kind),
            _ => Ok(()),
        }
    }
}

impl embedded_io_async::Read for Faulty {
    async fn read(&mut self, room: &mut [u8]) -> Result<usize, ErrorKind> {
        embassy_futures::yield_now().await;
        embedded_io::Read::read(self, room)
    }
}

impl embedded_io_async::Write for Faulty {
    async fn write(&mut self, bytes: &[u8]) -> Result<usize, ErrorKind> {
        embassy_futures::yield_now().await;
        embedded_io::Write::write(self, bytes)
    }

    async fn flush(&mut self) -> Result<(), ErrorKind> {
        embedded_io::Write::flush(self)
    }
}

/// Which of the two drivers.
#[derive(Clone, Copy)]
enum Driver {
    Blocking,
    Awaited,
}

impl Driver {
    fn run<C: FnMut() -> Timestamp>(self, exchange: Exchange<'_, C>, stream: &mut Faulty) -> Result<(), Error<ErrorKind>> {
        match self {
            Self::Blocking => exchange.run(stream, &mut [0; 128]),
            Self::Awaited => block_on(exchange.run_async(stream, &mut [0; 128])),
        }
    }
}

struct Device {
    issuer: Issuer,
    endpoints: Endpoints,
    store: Memory,
    session: Session<[u8; 4096]>,
}

impl Device {
    fn new() -> Self {
        let issuer = Issuer::builder().overlap(Duration::from_secs(3600)).start().unwrap();
        Self { endpoints: Endpoints::of(&issuer), issuer, store: Memory::default(), session: Session::new() }
    }

    fn signed_in() -> Self {
        let mut device = Self::new();
        device.goes_on(at(0)).unwrap();
        device
    }

    /// Drives it until it rests.
    fn drive(&mut self, now: Timestamp, send: impl FnMut(Exchange<'_, Box<dyn FnMut() -> Timestamp>>, &str)) -> Stop {
        let config = self.endpoints.config(Policy::DEFAULT);
        drive(&mut self.session, &config, &mut self.store, &self.issuer, now, send)
    }

    /// Drives it over a stream that fails: how it rests, whether the fault struck, and what had left.
    fn drive_over(&mut self, now: Timestamp, driver: Driver, fault: Fault) -> (Stop, bool, Vec<Vec<u8>>) {
        let (mut is_struck, mut left) = (false, Vec::new());
        let stop = self.drive(now, |exchange, authority| {
            let mut stream = Faulty::connect(authority, fault);
            let ended = driver.run(exchange, &mut stream);
            is_struck |= stream.is_struck();
            assert!(ended.is_ok() || stream.is_struck(), "{ended:?}");
            left.push(core::mem::take(&mut stream.left));
        });
        (stop, is_struck, left)
    }

    /// With a network that works it comes to rest with tokens, and the API takes them.
    fn goes_on(&mut self, now: Timestamp) -> Result<(), String> {
        let stop = self.drive(now, over_socket);
        check(stop == Stop::Asleep, || format!("it does not go on: {stop:?}"))?;
        let held = self.store.0.clone();
        let mut restarted = Session::<[u8; 4096]>::new();
        let config = self.endpoints.config(Policy::DEFAULT);
        let stop = drive(&mut restarted, &config, &mut Memory(held), &self.issuer, now, over_socket);
        let is_same = restarted.access_token(now).map(|token| token.secret().to_owned())
            == self.session.access_token(now).map(|token| token.secret().to_owned());
        check(stop == Stop::Asleep && is_same, || format!("other tokens are stored: {stop:?}"))
    }

    fn refreshes(&self, times: u64) -> Result<(), String> {
        let counts = self.issuer.counts();
        check(counts.refresh_requests <= times, || format!("{} refreshes", counts.refresh_requests))?;
        check(counts.reuse_detections == 0, || "a replaced token was sent".to_owned())
    }
}

/// When the first access token has expired; and when a lease since has lapsed.
const EXPIRED: Timestamp = at(120_000);
const LAPSED: Timestamp = at(155_000);

fn redeem(driver: Driver, fault: Fault) -> Outcome {
    let mut device = Device::new();
    let (stop, is_struck, left) = device.drive_over(at(0), driver, fault);
    match stop {
        Stop::Asleep => {}
        Stop::SignIn if is_struck => {
            check(left.len() == 1, || format!("the code was sent {} times", left.len()))?;
        }
        stop => return Err(format!("{stop:?}")),
    }
    device.goes_on(at(1000))?;
    check(device.issuer.counts().code_reuses == 0, || "a code was sent twice".to_owned())?;
    Ok(is_struck)
}

fn refresh(driver: Driver, fault: Fault) -> Outcome {
    let mut device = Device::signed_in();
    let config = device.endpoints.config(Policy::DEFAULT);
    device.session.handle(&config, EXPIRED, Input::Refresh).unwrap();
    let (stop, is_struck, left) = device.drive_over(EXPIRED, driver, fault);
    match stop {
        Stop::Asleep => {}
        // Within its lease it is not repeated.
        Stop::Waits(Why::InDoubt) if is_struck => check(left.len() == 1, || format!("sent {} times", left.len()))?,
        stop => return Err(format!("{stop:?}")),
    }
    device.goes_on(LAPSED)?;
    device.refreshes(2)?;
    Ok(is_struck)
}

fn revoke(driver: Driver, fault: Fault) -> Outcome {
    let Device { issuer, endpoints, mut store, mut session } = Device::signed_in();
    let config = endpoints.config(Policy::DEFAULT);
    session.sign_out(&config, at(1000)).unwrap();
    let mut is_struck = false;
    let mut step = |now, fault: Fault| -> Result<bool, String> {
        for _ in 0..16 {
            let mut out = [0; 4096];
            match session.poll(&config, now, &mut out).map_err(|error| error.to_string())? {
                Output::Save(save) => store.answer(&mut session, &config, now, save),
                Output::Send(request) => {
                    let mut stream = Faulty::connect(request.authority(), fault);
                    let ended = driver.run(Exchange::new(&mut session, &config, request, || now), &mut stream);
                    is_struck |= stream.is_struck();
                    check(ended.is_ok() || stream.is_struck(), || format!("{ended:?}"))?;
                }
                Output::SignIn(_) => return Ok(true),
                Output::Wait(..) => {
                    check(session.access_token(now).is_none(), || "still signed in".to_owned())?;
                    return Ok(false);
                }
                output => return Err(format!("{output:?}")),
            }
        }
        Err("it never rests".to_owned())
    };
    let mut is_out = step(at(1000), fault)?;
    if !is_out {
        is_out = step(at(120_000), Fault { nth: usize::MAX, ..fault })?;
    }
    let counts = issuer.counts();
    check(is_out && issuer.live_grants() == 0 && counts.revocations == 1, || format!("not revoked: {counts:?}"))?;
    Ok(is_struck)
}

fn api(driver: Driver, fault: Fault) -> Outcome {
    let device = Device::signed_in();
    let url = device.issuer.api_url();
    let call = |fault| {
        let token = device.session.access_token(at(1000)).unwrap();
        let (mut header, mut body) = ([0; 512], Vec::new());
        let call = Call::new("POST", &url, token.header(&mut header).unwrap()).with_body(b"four").danger_allow_http_on_loopback();
        let mut stream = Faulty::connect(&device.issuer.address().to_string(), fault);
        let mut sink = |part: Part<'_>| {
            if let Part::Body(bytes) = part {
                body.extend_from_slice(bytes);
            }
            true
        };
        let reply = match driver {
            Driver::Blocking => call.run(&mut stream, &mut [0; 128], &mut sink),
            Driver::Awaited => block_on(call.run_async(&mut stream, &mut [0; 128], &mut sink)),
        };
        (reply, stream.is_struck(), body)
    };
    let (reply, is_struck, body) = call(fault);
    match reply {
        Ok(reply) => check(reply.status() == 200 && reply.is_whole() && !body.is_empty(), || format!("{reply:?}"))?,
        // The API may have acted on it.
        Err(Error::NoResponse(_)) if is_struck => {}
        Err(error) => return Err(format!("{error:?}")),
    }
    check(device.issuer.counts().api_requests <= 1, || "a call was made twice".to_owned())?;
    let (reply, ..) = call(Fault { nth: usize::MAX, ..fault });
    check(reply.is_ok_and(|reply| reply.status() == 200), || format!("the next call: {reply:?}"))?;
    Ok(is_struck)
}

fn metadata(driver: Driver, fault: Fault) -> Outcome {
    let issuer = Issuer::builder().start().unwrap();
    let url = issuer.url();
    let ask = |fault| {
        let (mut kept, mut out) = ([0; 1024], [0; 256]);
        let discovery = Discovery::danger_allow_http_on_loopback(&url, WellKnown::OAuth, &mut kept).unwrap();
        let request = discovery.request(at(30_000), &mut out).unwrap();
        let mut stream = Faulty::connect(request.authority(), fault);
        let server = match driver {
            Driver::Blocking => discover(discovery, &request, &mut stream, &mut [0; 128]),
            Driver::Awaited => block_on(discover_async(discovery, &request, &mut stream, &mut [0; 128])),
        };
        let config = |server| Config::new(server, gatepass::Client::public("demo")).unwrap().can_revoke();
        (server.map(config), stream.is_struck())
    };
    let (asked, is_struck) = ask(fault);
    check(asked == Ok(true) || (is_struck && asked.is_err()), || format!("{asked:?}"))?;
    let (asked, _) = ask(Fault { nth: usize::MAX, ..fault });
    check(asked == Ok(true), || format!("once more: {asked:?}"))?;
    Ok(is_struck)
}

/// Fails each call in turn, in each way, until there is none left that could; moving much at a time, and a byte at a time
/// (of those every so many).
fn sweep(flow: &str, every: usize, run: fn(Driver, Fault) -> Outcome) {
    use ErrorKind::{ConnectionReset, Interrupted, TimedOut};
    let drivers = [(Driver::Blocking, "blocking", Failing::With(ConnectionReset)), (Driver::Awaited, "async", Failing::Ended)];
    for (driver, name, at_each_byte) in drivers {
        let whole = [ConnectionReset, TimedOut, Interrupted].map(Failing::With).into_iter().chain([Failing::Ended]);
        let ways: Vec<(usize, Failing)> = whole.map(|way| (usize::MAX, way)).chain([(1, at_each_byte)]).collect();
        let ran = all(&ways, 2, |(moves, failing)| {
            let mut nth = 0;
            let mut outcomes = Vec::new();
            loop {
                let fault = Fault { nth, failing, moves };
                match run(driver, fault).map_err(|error| format!("{fault:?}: {error}")) {
                    Ok(false) => return outcomes,
                    outcome => outcomes.push(outcome),
                }
                nth += if moves == 1 { every } else { 1 };
            }
        });
        let mut tally = Tally::default();
        ran.into_iter().for_each(|outcomes| tally.add(outcomes));
        tally.report(&format!("embedded-{name}-{flow}"));
    }
}

#[test]
fn a_code_is_sent_once_whichever_call_of_a_stream_fails() {
    sweep("redeem", 1, redeem);
}

// R078
#[test]
fn a_refresh_token_is_sent_once_a_lease_whichever_call_of_a_stream_fails() {
    sweep("refresh", 1, refresh);
}

#[test]
fn a_revocation_is_repeated_whichever_call_of_a_stream_fails() {
    sweep("revoke", 1, revoke);
}

#[test]
fn a_call_of_an_api_fails_alone_whichever_call_of_a_stream_fails() {
    sweep("api", 3, api);
}

#[test]
fn a_server_is_asked_again_whichever_call_of_a_stream_fails() {
    sweep("discover", 3, metadata);
}

/// Servers that mean harm, to a device: with a limit for each read, as its stream has to have, and its clock.
fn meet(flow: &str, one: impl Fn(Driver, &str) -> Outcome + Sync) {
    let stranger = Hostile::new(Answer::Mute);
    let redirects = [301, 302, 303, 307, 308].map(|status| Answer::Redirect(status, stranger.url()));
    let answers: Vec<Answer> = redirects.into_iter().chain(Answer::STAYING).collect();
    let cases: Vec<(usize, Driver)> =
        (0..answers.len()).flat_map(|at| [Driver::Blocking, Driver::Awaited].map(|driver| (at, driver))).collect();
    let mut tally = Tally::default();
    tally.add(all(&cases, 8, |(at, driver)| {
        let hostile = Hostile::new(answers[at].clone());
        one(driver, &hostile.address().to_string()).map_err(|error| format!("{:?}: {error}", answers[at]))
    }));
    assert_eq!(stranger.calls(), 0, "a second origin was asked");
    tally.report(&format!("embedded-hostile-{flow}"));
}

/// The shortest deadline that a policy may have.
const TIMEOUT: Duration = Duration::from_secs(1);

/// A stream with a limit for all of it, as one has to have.
struct Limited {
    stream: TcpStream,
    until: Instant,
}

impl Limited {
    fn connect(authority: &str) -> Self {
        let stream = TcpStream::connect(authority).unwrap();
        stream.set_read_timeout(Some(TIMEOUT)).unwrap();
        Self { stream, until: Instant::now() + TIMEOUT }
    }

    fn done(&self, done: std::io::Result<usize>) -> Result<usize, ErrorKind> {
        if Instant::now() > self.until { Err(ErrorKind::TimedOut) } else { done.map_err(|error| error.kind().into()) }
    }
}

impl embedded_io::ErrorType for Limited {
    type Error = ErrorKind;
}

impl embedded_io::Read for Limited {
    fn read(&mut self, room: &mut [u8]) -> Result<usize, ErrorKind> {
        let done = self.stream.read(room);
        self.done(done)
    }
}

impl embedded_io::Write for Limited {
    fn write(&mut self, bytes: &[u8]) -> Result<usize, ErrorKind> {
        let done = self.stream.write(bytes);
        self.done(done)
    }

    fn flush(&mut self) -> Result<(), ErrorKind> {
        Ok(())
    }
}

impl embedded_io_async::Read for Limited {
    async fn read(&mut self, room: &mut [u8]) -> Result<usize, ErrorKind> {
        embedded_io::Read::read(self, room)
    }
}

impl embedded_io_async::Write for Limited {
    async fn write(&mut self, bytes: &[u8]) -> Result<usize, ErrorKind> {
        embedded_io::Write::write(self, bytes)
    }

    async fn flush(&mut self) -> Result<(), ErrorKind> {
        Ok(())
    }
}

fn harmed_refresh(driver: Driver, authority: &str) -> Outcome {
    let mut device = Device::new();
    let mut policy = Policy::DEFAULT;
    policy.timeout = TIMEOUT;
    let config = device.endpoints.config(policy);
    let mut session = Session::<[u8; 4096]>::new();
    assert_eq!(drive(&mut session, &config, &mut device.store, &device.issuer, at(0), over_socket), Stop::Asleep);
    session.handle(&config, EXPIRED, Input::Refresh).unwrap();
    let begun = Instant::now();
    let clock = || at(EXPIRED.as_millis() + begun.elapsed().as_millis() as u64);
    let mut sent = 0;
    for _ in 0..16 {
        let mut out = [0; 4096];
        match session.poll(&config, clock(), &mut out).map_err(|error| error.to_string())? {
            Output::Save(save) => device.store.answer(&mut session, &config, clock(), save),
            Output::Send(request) => {
                sent += 1;
                let (exchange, mut stream) = (Exchange::new(&mut session, &config, request, clock), Limited::connect(authority));
                let ended = match driver {
                    Driver::Blocking => exchange.run(&mut stream, &mut [0; 512]),
                    Driver::Awaited => block_on(exchange.run_async(&mut stream, &mut [0; 512])),
                };
                check(!matches!(ended, Err(Error::NotSent(_))), || format!("not sent: {ended:?}"))?;
            }
            Output::Wait(_, Why::InDoubt | Why::Refused) => {
                check(sent == 1, || format!("sent {sent} times"))?;
                let stop = drive(&mut session, &config, &mut device.store, &device.issuer, LAPSED, over_socket);
                check(stop == Stop::Asleep, || format!("it does not go on: {stop:?}"))?;
                return device.refreshes(1).map(|()| true);
            }
            output => return Err(format!("{output:?}")),
        }
    }
    Err("it never rests".to_owned())
}

fn harmed_call(driver: Driver, authority: &str) -> Outcome {
    let url = format!("http://{authority}/");
    let call = Call::get(&url, "Bearer token").danger_allow_http_on_loopback();
    // An answer is bounded by whoever takes it.
    let mut pieces = 0;
    let sink = |_: Part<'_>| {
        pieces += 1;
        pieces < 20
    };
    let mut stream = Limited::connect(authority);
    let ended = match driver {
        Driver::Blocking => call.run(&mut stream, &mut [0; 512], sink),
        Driver::Awaited => block_on(call.run_async(&mut stream, &mut [0; 512], sink)),
    };
    check(!matches!(ended, Err(Error::NotSent(_))), || format!("{ended:?}"))?;
    Ok(true)
}

fn harmed_discovery(driver: Driver, authority: &str) -> Outcome {
    let url = format!("http://{authority}");
    let (mut kept, mut out) = ([0; 1024], [0; 256]);
    let discovery = Discovery::danger_allow_http_on_loopback(&url, WellKnown::OAuth, &mut kept).unwrap();
    let request = discovery.request(at(30_000), &mut out).unwrap();
    let mut stream = Limited::connect(authority);
    let server = match driver {
        Driver::Blocking => discover(discovery, &request, &mut stream, &mut [0; 512]),
        Driver::Awaited => block_on(discover_async(discovery, &request, &mut stream, &mut [0; 512])),
    };
    check(server.is_err(), || "it was believed".to_owned())?;
    Ok(true)
}

// R056, R068
#[test]
fn a_token_endpoint_that_means_harm_gets_one_refresh_of_a_device() {
    meet("refresh", harmed_refresh);
}

// R056
#[test]
fn an_api_that_means_harm_leads_a_device_nowhere() {
    meet("api", harmed_call);
}

// R056, R068
#[test]
fn metadata_that_mean_harm_are_not_believed_by_a_device() {
    meet("discover", harmed_discovery);
}
