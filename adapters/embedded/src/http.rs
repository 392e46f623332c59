//! The wire: HTTP/1.1 responses (RFC 9112), read as they arrive.
//!
//! [`reader`] is the grammar and the framing, [`fields`] what is kept of a head, [`outbox`] gathers a request's head, and [`drive`] is the two
//! drivers that move bytes between them and a stream. On them stand [`exchange`], [`call`] and [`discover`](mod@discover): who is at which end.

mod call;
mod discover;
mod drive;
mod error;
mod exchange;
mod fields;
mod outbox;
mod reader;

pub use call::{Call, Part, Reply};
#[cfg(feature = "embedded-io")]
pub use discover::discover;
#[cfg(feature = "embedded-io-async")]
pub use discover::discover_async;
pub use error::{BadRequest, BadResponse, Cause, Error};
pub use exchange::Exchange;

/// The longest line of a head or a trailer section that is read, in bytes without its end: 16 KiB.
pub const MAX_LINE: usize = 16 << 10;

/// The most bytes of a response that are neither its content nor the sizes of its chunks: the heads of interim responses and its own, chunk
/// extensions and trailer fields together, 64 KiB.
pub const MAX_HEAD: usize = 64 << 10;

/// The most interim responses (RFC 9110 §15.2) that are skipped: 8.
pub const MAX_INTERIM: u8 = 8;

/// The shortest scratch buffer, in bytes: 128. Half of it keeps the fields of a response that mean something, half is read into. Nothing else
/// depends on its size but the number of reads: 512 serve well, and 1,024 where an API's challenges are wordy.
pub const MIN_SCRATCH: usize = 128;
