//! One request of a session, over a stream that the caller has connected.

use gatepass::{Config, Input, Request, Session, Status, Timestamp};

use super::{
    drive::{Failure, Outgoing, Talk},
    error::Error,
    fields::Fields,
    reader::Event,
};

/// One request of a session on its way: from [`Output::Send`](gatepass::Output::Send) until the session knows what became of it.
///
/// Make it *before* the connection is opened. Whatever ends it early (an error, a `return`, a future that is dropped) tells the session the
/// truth: [`NotSent`](Input::NotSent) as long as nothing was handed to the stream, [`NoResponse`](Input::NoResponse) from then on.
///
/// The stream is a fresh connection to the [authority](Request::authority) of the request's URL, over TLS where its scheme is `https`. It
/// serves this one exchange (`Connection: close`); close it afterwards. `clock` is the one that the session is polled with. The deadline is
/// checked before each write and each read; a read that blocks for ever is the stream's to end, by a time limit of
/// its own, or in async code by dropping the future.
///
/// ```no_run
/// # use gatepass::{Config, Output, Session, Timestamp};
/// # use gatepass_embedded::Exchange;
/// # fn step<S: embedded_io::Read + embedded_io::Write>(session: &mut Session, config: &Config<'_>, now: fn() -> Timestamp,
/// #     connect: fn(&str) -> Result<S, S::Error>) -> Result<(), gatepass::Error> {
/// # let (mut out, mut scratch) = ([0; 4096], [0; 512]);
/// if let Output::Send(request) = session.poll(config, now(), &mut out)? {
///     let exchange = Exchange::new(session, config, request, now);
///     // Where it cannot be connected, dropping the exchange has told the session so.
///     if let Ok(mut stream) = connect(request.authority()) {
///         // The error is for the log: what is to be done now, `poll` says.
///         let _ = exchange.run(&mut stream, &mut scratch);
///     }
/// }
/// # Ok(())
/// # }
/// ```
#[must_use = "dropping it tells the session that the request was not sent"]
pub struct Exchange<'x, C: FnMut() -> Timestamp> {
    session: &'x mut Session,
    config: &'x Config<'x>,
    request: Request<'x>,
    clock: C,
    has_left: bool,
    is_told: bool,
}

impl<'x, C: FnMut() -> Timestamp> Exchange<'x, C> {
    /// Takes the request that the session has just handed out.
    pub const fn new(session: &'x mut Session, config: &'x Config<'x>, request: Request<'x>, clock: C) -> Self {
        Self { session, config, request, clock, has_left: false, is_told: false }
    }

    /// Sends it over a blocking stream, and tells the session the answer as it arrives. `scratch` has [`MIN_SCRATCH`](crate::MIN_SCRATCH)
    /// bytes or more, and is wiped afterwards.
    ///
    /// # Errors
    /// For the log: the session has been told, and [`poll`](Session::poll) decides.
    #[cfg(feature = "embedded-io")]
    pub fn run<S>(mut self, stream: &mut S, scratch: &mut [u8]) -> Result<(), Error<S::Error>>
    where
        S: embedded_io::Read + embedded_io::Write + ?Sized,
    {
        let ended = super::drive::blocking(stream, outgoing(&self.request), scratch, &mut self);
        self.close(ended)
    }

    /// The same over an asynchronous stream. The future may be dropped at any await.
    ///
    /// # Errors
    /// As [`run`](Self::run).
    #[cfg(feature = "embedded-io-async")]
    pub async fn run_async<S>(mut self, stream: &mut S, scratch: &mut [u8]) -> Result<(), Error<S::Error>>
    where
        S: embedded_io_async::Read + embedded_io_async::Write + ?Sized,
    {
        let ended = super::drive::asynchronous(stream, outgoing(&self.request), scratch, &mut self).await;
        self.close(ended)
    }

    fn close<E>(&mut self, ended: Result<(), Failure<E>>) -> Result<(), Error<E>> {
        let has_left = self.has_left;
        self.settle();
        close(ended, has_left)
    }

    /// Answers for a request that nobody answered.
    fn settle(&mut self) {
        if !self.is_told {
            let ticket = self.request.ticket();
            let input = if self.has_left { Input::NoResponse(ticket) } else { Input::NotSent(ticket) };
            // What it means is the session's to say, when it is polled.
            let _: Result<bool, _> = self.tell(input);
            self.is_told = true;
        }
    }

    fn tell(&mut self, input: Input<'_>) -> Result<bool, gatepass::Error> {
        let told = self.session.handle(self.config, (self.clock)(), input);
        self.is_told = !matches!(told, Ok(Status::More));
        told.map(|status| status == Status::More)
    }

    fn has_time(&mut self) -> bool {
        (self.clock)().as_millis() < self.request.deadline().as_millis()
    }
}

pub(crate) fn close<E>(ended: Result<(), Failure<E>>, has_left: bool) -> Result<(), Error<E>> {
    ended.map_err(|failure| match failure {
        Failure::Refused(error) => Error::Refused(error),
        Failure::Cause(cause) if has_left => Error::NoResponse(cause),
        Failure::Cause(cause) => Error::NotSent(cause),
    })
}

/// What is written for a request of the core.
pub(crate) fn outgoing<'o>(request: &Request<'o>) -> Outgoing<'o, impl Iterator<Item = &'o [u8]> + use<'o>> {
    Outgoing { method: request.method().as_str(), head: request.head(), body: request.body() }
}

impl<C: FnMut() -> Timestamp> Talk for Exchange<'_, C> {
    fn departs(&mut self) -> bool {
        self.has_left = self.has_time();
        self.has_left
    }

    fn waits(&mut self) -> bool {
        self.has_time()
    }

    fn take(&mut self, event: Event<'_>, fields: &Fields<'_>) -> Result<bool, gatepass::Error> {
        let ticket = self.request.ticket();
        match event {
            Event::Challenge => Ok(true),
            Event::Head(status) => self.tell(Input::Head(ticket, fields.head(status))),
            Event::Body(content) => self.tell(Input::Body(ticket, content)),
            Event::End => self.tell(Input::End(ticket)),
        }
    }
}

impl<C: FnMut() -> Timestamp> Drop for Exchange<'_, C> {
    fn drop(&mut self) {
        self.settle();
    }
}

impl<C: FnMut() -> Timestamp> core::fmt::Debug for Exchange<'_, C> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Exchange").field("request", &self.request).field("has_left", &self.has_left).finish_non_exhaustive()
    }
}
