//! A whole driver, in the open: copy it. [`drive`] polls the session, does what it asks for, and tells it what happened.
//!
//! The lines with `show` are the demo's. What a driver for a long life adds is in `gatepass-ureq`: `NotSaved` for a store that
//! failed, `NotSent` where no byte can have left, and a guard that answers for a thread that panics.

use std::io::Read as _;
use std::time::{Instant, SystemTime};

use gatepass::{Config, Head, Input, Output, Request, Session, SignInReason, Timestamp};
use gatepass_store::{Memory, Record, Store as _, Swap, entropy};
use ureq::{Agent, http};
use zeroize::Zeroizing;

use super::show::Show;
use crate::output::{Exit, Failure};

/// What the session is driven with: a configuration, a transport, a store, a clock; and a screen, since this is a demo.
pub(crate) struct World<'c> {
    pub(crate) config: Config<'c>,
    pub(crate) agent: Agent,
    pub(crate) store: Memory,
    pub(crate) clock: Clock,
    pub(crate) show: Show,
}

/// Whose move it is when the driver can do nothing more.
#[derive(Debug)]
pub(crate) enum Move {
    /// The application's: somebody must sign in.
    SignIn(SignInReason),
    /// The person's: this page must be opened.
    Visit(String),
    /// The person's: the redirect is awaited.
    AwaitRedirect,
    /// Nobody's: the access token is good.
    Sleep,
}

/// Drives the session until it is somebody else's move.
pub(crate) fn drive(session: &mut Session, world: &mut World<'_>) -> Result<Move, Failure> {
    loop {
        let mut out = Zeroizing::new([0; ROOM]);
        let (config, now) = (world.config, world.clock.now());
        match session.poll(&config, now, &mut *out)? {
            Output::Load => {
                let found = world.store.load()?;
                world.show.loaded(found.as_ref())?;
                session.handle(&config, now, Input::Found(found.as_ref().map(Record::as_bytes), &entropy()?))?;
            }
            Output::Save(save) => {
                world.show.state(session.state())?;
                let swapped = world.store.swap(save.expected(), save.record())?;
                world.show.saved(&save, &swapped)?;
                match swapped {
                    Swap::Stored => session.handle(&config, now, Input::Saved(save.ticket()))?,
                    Swap::Superseded(found) => session.handle(&config, now, Input::Superseded(found.as_ref().map(Record::as_bytes)))?,
                };
            }
            Output::Send(request) => send(session, world, &request)?,
            Output::Wait(until, _) => std::thread::sleep(until.since(now)),
            Output::SignIn(reason) => return Ok(Move::SignIn(reason)),
            Output::Visit(url) => return Ok(Move::Visit(url.as_str().to_owned())),
            Output::AwaitRedirect(_) => return Ok(Move::AwaitRedirect),
            Output::Sleep(_) => return Ok(Move::Sleep),
            Output::AwaitResponse(_) => return Err(Failure::new(Exit::Failed, "a request is under way, which this driver never leaves")),
        }
        world.show.state(session.state())?;
    }
}

/// Sends a request, once, and hands in what comes back, piece by piece.
fn send(session: &mut Session, world: &mut World<'_>, request: &Request<'_>) -> Result<(), Failure> {
    let (config, ticket) = (world.config, request.ticket());
    world.show.sent(request.method().as_str(), request.url(), request.headers(), request.body())?;
    world.show.state(session.state())?;
    let mut builder = http::Request::builder().method(request.method().as_str()).uri(request.url());
    for (name, value) in request.headers() {
        builder = builder.header(name, value);
    }
    let timely = request.deadline().since(world.clock.now());
    let answer = builder.body(request.body()).map_err(ureq::Error::Http).and_then(|request| {
        let request = world.agent.configure_request(request).timeout_global(Some(timely)).build();
        world.agent.run(request)
    });
    let Ok(answer) = answer else {
        session.handle(&config, world.clock.now(), Input::NoResponse(ticket))?;
        return world.show.note("no answer came; the session decides what that means");
    };
    let (head, body) = answer.into_parts();
    let field = |name: http::HeaderName| head.headers.get(name).and_then(|value| value.to_str().ok());
    let content_type = field(http::header::CONTENT_TYPE);
    let said = Head { status: head.status.as_u16(), content_type, retry_after: field(http::header::RETRY_AFTER) };
    let mut input = Input::Head(ticket, said);
    let mut body = body.into_with_config().limit(request.max_response().into()).reader();
    let (mut chunk, mut all) = (Zeroizing::new([0; 512]), Zeroizing::new(Vec::new()));
    loop {
        let is_over = matches!(input, Input::End(_) | Input::NoResponse(_));
        // An error explains, poll decides: the exchange is over, and the loop above goes on.
        let outcome = session.handle(&config, world.clock.now(), input);
        if is_over || outcome.is_err() {
            world.show.received(said.status, content_type.unwrap_or_default(), &all)?;
            return outcome.map_or_else(|error| world.show.note(&error.to_string()), |_| Ok(()));
        }
        input = match body.read(&mut *chunk) {
            Ok(0) => Input::End(ticket),
            Ok(length) => {
                let piece = chunk.get(..length).unwrap_or_default();
                all.extend_from_slice(piece);
                Input::Body(ticket, piece)
            }
            Err(_) => Input::NoResponse(ticket),
        };
    }
}

/// As large as the session, and half a KiB more.
const ROOM: usize = super::SESSION + 512;

/// A clock that can be moved ahead, so that nobody has to wait for a token to expire.
#[derive(Debug)]
pub(crate) struct Clock {
    start: Instant,
    ahead: core::time::Duration,
}

impl Clock {
    pub(crate) fn new() -> Self {
        Self { start: Instant::now(), ahead: core::time::Duration::ZERO }
    }

    pub(crate) const fn advance(&mut self, by: core::time::Duration) {
        self.ahead = self.ahead.saturating_add(by);
    }

    pub(crate) fn now(&self) -> Timestamp {
        let elapsed = self.start.elapsed().saturating_add(self.ahead);
        let unix = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().saturating_add(self.ahead);
        Timestamp::from_millis(u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX)).with_unix_seconds(unix.as_secs())
    }
}
