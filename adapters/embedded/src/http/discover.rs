//! The metadata of an issuer, over a stream (RFC 8414).

use gatepass::{Discovery, Request, Server};

use super::{
    drive::{Failure, Talk},
    error::Error,
    exchange::{close, outgoing},
    fields::Fields,
    reader::Event,
};

/// Fetches the metadata of an issuer over a blocking stream, with the request that [`Discovery::request`] made. The stream is as for
/// an [`Exchange`](crate::Exchange); the request's deadline is the stream's to keep. `scratch` has [`MIN_SCRATCH`](crate::MIN_SCRATCH)
/// bytes or more, and is wiped afterwards.
///
/// # Errors
/// [`Error::NotSent`] and [`Error::NoResponse`], after which it may be repeated; [`Error::Refused`] with what [`Discovery`] says of the answer.
#[cfg(feature = "embedded-io")]
pub fn discover<'b, S>(
    mut discovery: Discovery<'b>,
    request: &Request<'_>,
    stream: &mut S,
    scratch: &mut [u8],
) -> Result<Server<'b>, Error<S::Error>>
where
    S: embedded_io::Read + embedded_io::Write + ?Sized,
{
    let mut look = Look { discovery: &mut discovery, has_left: false };
    let ended = super::drive::blocking(stream, outgoing(request), scratch, &mut look);
    look.close(ended)?;
    discovery.end().map_err(Error::Refused)
}

/// The same over an asynchronous stream.
///
/// # Errors
/// As [`discover`].
#[cfg(feature = "embedded-io-async")]
pub async fn discover_async<'b, S>(
    mut discovery: Discovery<'b>,
    request: &Request<'_>,
    stream: &mut S,
    scratch: &mut [u8],
) -> Result<Server<'b>, Error<S::Error>>
where
    S: embedded_io_async::Read + embedded_io_async::Write + ?Sized,
{
    let mut look = Look { discovery: &mut discovery, has_left: false };
    let ended = super::drive::asynchronous(stream, outgoing(request), scratch, &mut look).await;
    look.close(ended)?;
    discovery.end().map_err(Error::Refused)
}

struct Look<'d, 'b> {
    discovery: &'d mut Discovery<'b>,
    has_left: bool,
}

impl Look<'_, '_> {
    fn close<E>(self, ended: Result<(), Failure<E>>) -> Result<(), Error<E>> {
        close(ended, self.has_left)
    }
}

impl Talk for Look<'_, '_> {
    fn departs(&mut self) -> bool {
        self.has_left = true;
        true
    }

    fn waits(&mut self) -> bool {
        true
    }

    fn take(&mut self, event: Event<'_>, fields: &Fields<'_>) -> Result<bool, gatepass::Error> {
        match event {
            Event::Challenge | Event::End => Ok(true),
            Event::Head(status) => self.discovery.head(fields.head(status)).map(|_| true),
            Event::Body(content) => self.discovery.body(content).map(|_| true),
        }
    }
}
