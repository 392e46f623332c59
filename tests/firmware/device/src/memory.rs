//! All memory of the device that is not its stack.

use gatepass::{RECORD_OVERHEAD, Session};
use gatepass_embedded::flash::BUFFER_OVERHEAD;
use static_cell::ConstStaticCell;

/// Room of the session: tokens twice while a refresh is answered. The access tokens of the servers in the tests are JWTs of up to 700
/// bytes.
pub(crate) const SESSION: usize = 2048;
/// Room for a request or a record.
pub(crate) const OUT: usize = SESSION + 256;
/// The longest record.
pub(crate) const RECORD: usize = RECORD_OVERHEAD + SESSION;
/// Room of the store; and of exchanges and redirect URIs, which come when it does not work.
pub(crate) const WORK: usize = RECORD + BUFFER_OVERHEAD;
/// Room of the settings.
pub(crate) const SETTINGS: usize = 768;

/// What begins as zeros, which takes no flash.
#[derive(Debug)]
pub(crate) struct Buffers {
    pub(crate) out: [u8; OUT],
    pub(crate) work: [u8; WORK],
    pub(crate) settings: [u8; SETTINGS],
}

static SESSION_CELL: ConstStaticCell<Session<[u8; SESSION]>> = ConstStaticCell::new(Session::new());
static BUFFERS: ConstStaticCell<Buffers> = ConstStaticCell::new(Buffers { out: [0; OUT], work: [0; WORK], settings: [0; SETTINGS] });

/// Takes both; once.
pub(crate) fn take() -> (&'static mut Session, &'static mut Buffers) {
    (SESSION_CELL.take(), BUFFERS.take())
}
