//! The two drivers. What is written, what is read and what it means is decided elsewhere; here bytes are moved.

use zeroize::Zeroize;

use super::{
    MIN_SCRATCH,
    error::{BadRequest, BadResponse, Cause},
    fields::Fields,
    outbox::Outbox,
    reader::{Event, Reader},
};

/// Whoever talks over the wire.
pub(crate) trait Talk {
    /// Right before the first byte is handed to the stream: whether it may be. From here on some byte may have left.
    fn departs(&mut self) -> bool;
    /// Whether there still is time for the answer.
    fn waits(&mut self) -> bool;
    /// Takes what was read; whether to go on.
    fn take(&mut self, event: Event<'_>, fields: &Fields<'_>) -> Result<bool, gatepass::Error>;
}

/// What is to be written.
pub(crate) struct Outgoing<'o, P> {
    pub(crate) method: &'o str,
    pub(crate) head: P,
    pub(crate) body: &'o [u8],
}

/// How a conversation failed.
pub(crate) enum Failure<E> {
    Cause(Cause<E>),
    Refused(gatepass::Error),
}

impl<E> Failure<E> {
    const fn stream(error: E) -> Self {
        Self::Cause(Cause::Stream(error))
    }
}

impl<E> From<Cause<E>> for Failure<E> {
    fn from(cause: Cause<E>) -> Self {
        Self::Cause(cause)
    }
}

impl<E> From<BadResponse> for Failure<E> {
    fn from(bad: BadResponse) -> Self {
        Self::Cause(Cause::Response(bad))
    }
}

/// The scratch buffer: it carries credentials on the way out and tokens on the way in.
struct Scratch<'s>(&'s mut [u8]);

impl<'s> Scratch<'s> {
    const fn new<E>(scratch: &'s mut [u8]) -> Result<Self, Failure<E>> {
        if scratch.len() < MIN_SCRATCH { Err(Failure::Cause(Cause::Request(BadRequest::Scratch))) } else { Ok(Self(scratch)) }
    }
}

impl Drop for Scratch<'_> {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

/// A response on its way in.
struct Inbox<'s> {
    reader: Reader,
    fields: Fields<'s>,
    room: &'s mut [u8],
}

impl<'s> Inbox<'s> {
    fn new(method: &str, scratch: &'s mut [u8]) -> Self {
        let (kept, room) = scratch.split_at_mut_checked(scratch.len() / 2).unwrap_or_default();
        Self { reader: Reader::new(method), fields: Fields::new(kept), room }
    }

    /// So many bytes were read, none at the end of the stream. Whether the conversation is over.
    fn took<E>(&mut self, count: usize, talk: &mut impl Talk) -> Result<bool, Failure<E>> {
        if count == 0 {
            let event = self.reader.finish()?;
            return talk.take(event, &self.fields).map(|_| true).map_err(Failure::Refused);
        }
        let mut input = self.room.get(..count).unwrap_or_default();
        while let Some(event) = self.reader.next(&mut input, &mut self.fields)? {
            let goes_on = talk.take(event, &self.fields).map_err(Failure::Refused)?;
            if !goes_on || event == Event::End {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

/// Talks over a blocking stream.
#[cfg(feature = "embedded-io")]
pub(crate) fn blocking<'o, S, P>(
    stream: &mut S,
    out: Outgoing<'o, P>,
    scratch: &mut [u8],
    talk: &mut impl Talk,
) -> Result<(), Failure<S::Error>>
where
    S: embedded_io::Read + embedded_io::Write + ?Sized,
    P: Iterator<Item = &'o [u8]>,
{
    fn write<S: embedded_io::Write + ?Sized>(stream: &mut S, mut bytes: &[u8], talk: &mut impl Talk) -> Result<(), Failure<S::Error>> {
        while !bytes.is_empty() {
            in_time(talk)?;
            bytes = rest(bytes, stream.write(bytes).map_err(Failure::stream)?)?;
        }
        Ok(())
    }
    let scratch = Scratch::new(scratch)?;
    if !talk.departs() {
        return Err(Cause::Late.into());
    }
    let mut outbox = Outbox::new(out.head);
    while let Some(piece) = outbox.gather(scratch.0) {
        write(stream, piece, talk)?;
    }
    write(stream, out.body, talk)?;
    stream.flush().map_err(Failure::stream)?;
    let mut inbox = Inbox::new(out.method, scratch.0);
    loop {
        in_time(talk)?;
        let count = stream.read(inbox.room).map_err(Failure::stream)?;
        if inbox.took(count, talk)? {
            return Ok(());
        }
    }
}

/// Talks over an asynchronous stream: the same.
#[cfg(feature = "embedded-io-async")]
pub(crate) async fn asynchronous<'o, S, P>(
    stream: &mut S,
    out: Outgoing<'o, P>,
    scratch: &mut [u8],
    talk: &mut impl Talk,
) -> Result<(), Failure<S::Error>>
where
    S: embedded_io_async::Read + embedded_io_async::Write + ?Sized,
    P: Iterator<Item = &'o [u8]>,
{
    async fn write<S: embedded_io_async::Write + ?Sized>(
        stream: &mut S,
        mut bytes: &[u8],
        talk: &mut impl Talk,
    ) -> Result<(), Failure<S::Error>> {
        while !bytes.is_empty() {
            in_time(talk)?;
            bytes = rest(bytes, stream.write(bytes).await.map_err(Failure::stream)?)?;
        }
        Ok(())
    }
    let scratch = Scratch::new(scratch)?;
    if !talk.departs() {
        return Err(Cause::Late.into());
    }
    let mut outbox = Outbox::new(out.head);
    while let Some(piece) = outbox.gather(scratch.0) {
        write(stream, piece, talk).await?;
    }
    write(stream, out.body, talk).await?;
    stream.flush().await.map_err(Failure::stream)?;
    let mut inbox = Inbox::new(out.method, scratch.0);
    loop {
        in_time(talk)?;
        let count = stream.read(inbox.room).await.map_err(Failure::stream)?;
        if inbox.took(count, talk)? {
            return Ok(());
        }
    }
}

/// A stream may stall at any write, and past its deadline no byte of a request may leave: another holder may be sending its token by then.
fn in_time<E>(talk: &mut impl Talk) -> Result<(), Failure<E>> {
    if talk.waits() { Ok(()) } else { Err(Cause::Late.into()) }
}

/// What is left when so many bytes were taken. The traits forbid none, and their own `write_all` panics then.
fn rest<E>(bytes: &[u8], taken: usize) -> Result<&[u8], Failure<E>> {
    bytes.get(taken..).filter(|_| taken > 0).ok_or(Failure::Cause(Cause::Closed))
}
