//! The session in its storage, and what can be read of it.

use core::{ffi::c_char, ops::Range, ptr};

use gatepass::{Config, Error, Session};

use crate::{
    config::{ConfigRef, Settled},
    error::{Code, Outcome},
    memory::{self, Text},
    sizes::GATEPASS_SESSION_OVERHEAD,
};

/// A session: one grant's life. It lies in storage of the caller's, and belongs to one thread at a time.
#[derive(Debug)]
pub struct SessionRef {
    _opaque: (),
}

/// What lies at the front of a session's storage.
#[repr(C)]
pub(crate) struct Header {
    /// [`SEAL`], mixed with the address: storage that was copied holds no session. Two copies would be one holder, and would send one
    /// refresh token twice.
    seal: usize,
    /// Bytes of the session's own.
    len: usize,
    /// What the last [`Code::Capacity`] needed.
    needed: usize,
}

/// A session in its storage. `Handle<[u8; 0]>` is its front, whatever its length.
#[repr(C)]
pub(crate) struct Handle<B: ?Sized + AsMut<[u8]>> {
    header: Header,
    session: Session<B>,
}

type Front = Handle<[u8; 0]>;
type Whole = Handle<[u8]>;

const SEAL: usize = 0x6770_5365;

/// Lays an empty session into storage of the caller's, which must stay where it is until `gatepass_wipe`. Its first output is
/// `GATEPASS_MOVE_LOAD`. What lay there is overwritten, and not wiped: a session of before is ended first.
///
/// Declare the storage as `static uint64_t storage[GATEPASS_SESSION_WORDS(4096)]`. The number is the room for what the session keeps: while
/// signing in the request's parameters and the code; afterwards access token, refresh token and scope, twice while a refresh is answered.
/// 4096 is enough for most; a server whose access token takes 2 KiB wants 8192. On a target of 32 bits it is at most 65,528, and
/// `GATEPASS_ERROR_STORAGE` says so.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn gatepass_init(storage: *mut u64, size: usize, session: *mut *mut SessionRef) -> Outcome {
    let checked = memory::check(storage).and_then(|()| memory::check(session)).and_then(|()| {
        // On 32 bit no more of it would count.
        let most = if size_of::<usize>() < 8 { GATEPASS_SESSION_OVERHEAD.saturating_add(0xffff) } else { isize::MAX as usize };
        let fits = (GATEPASS_SESSION_OVERHEAD..=most).contains(&size);
        let out = memory::range(session, size_of::<*mut SessionRef>());
        if !fits {
            Err(Code::Storage)
        } else if memory::overlap(&memory::range(storage, size), &out) {
            Err(Code::Overlap)
        } else {
            Ok(())
        }
    });
    if let Err(code) = checked {
        return code as i32;
    }
    // A value's size is a multiple of its alignment.
    let whole = size & !(align_of::<Front>().saturating_sub(1));
    let len = whole.saturating_sub(size_of::<Front>());
    let header = Header { seal: SEAL ^ storage.addr(), len, needed: 0 };
    // SAFETY: the storage is aligned, and as large as its constant, which `sizes` compares with the front's size; so both writes are
    // inside of it (promise 1), and `session` is aligned and not null.
    unsafe {
        storage.cast::<Front>().write(Handle { header, session: Session::new() });
        storage.cast::<u8>().add(size_of::<Front>()).write_bytes(0, len);
        session.write(storage.cast());
    }
    0
}

/// Ends a session: wipes all that it holds. The storage is free for other use, or for another `gatepass_init`. The grant lives on in the store.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn gatepass_wipe(session: *mut SessionRef) -> Outcome {
    // SAFETY: promises 1, 2 and 5 of the crate.
    match unsafe { open(session) } {
        Ok(handle) => {
            // SAFETY: it was initialised, and its bytes are wiped as it is dropped; without its seal nobody uses its front again.
            unsafe {
                ptr::drop_in_place(handle);
                session.cast::<Front>().write_bytes(0, 1);
            }
            0
        }
        Err(code) => code as i32,
    }
}

/// The session behind a pointer.
///
/// # Safety
/// Promises 1, 2 and 5 of the crate, for `'a`.
///
/// # Errors
/// [`Code::Null`], [`Code::Misaligned`], [`Code::NotInitialised`].
unsafe fn open<'a>(session: *mut SessionRef) -> Result<&'a mut Whole, Code> {
    let front = session.cast::<Header>();
    memory::check(session.cast::<Front>())?;
    // SAFETY: aligned and not null, and to at least a header by promise 1.
    let Header { seal, len, .. } = unsafe { &*front };
    if *seal != SEAL ^ session.addr() {
        return Err(Code::NotInitialised);
    }
    // The length of the slice is the length of the handle's last field, however deep: the cast keeps it.
    let whole = ptr::slice_from_raw_parts_mut(session.cast::<u8>(), *len) as *mut Whole;
    // SAFETY: `gatepass_init` has laid a front and `len` bytes here: the layout of `Handle<[u8; 0]>` unsizes to that of `Handle<[u8]>`, so
    // the fields before the bytes lie where they lay. No other reference lives (promise 5).
    Ok(unsafe { &mut *whole })
}

/// A session and its configuration, for one call.
pub(crate) struct Lent<'a> {
    pub(crate) session: &'a mut Session,
    pub(crate) config: &'a Config<'static>,
    pub(crate) settled: &'a Settled,
}

/// Where memory that is lent to a call may not lie.
pub(crate) struct Taken([Range<usize>; 2]);

impl Taken {
    /// # Errors
    /// [`Code::Overlap`].
    pub(crate) fn clear(&self, lent: &Range<usize>) -> Result<(), Code> {
        if self.0.iter().any(|taken| memory::overlap(taken, lent)) { Err(Code::Overlap) } else { Ok(()) }
    }

    /// Checks a buffer that is lent for writing, and the structure beside it that takes the result.
    ///
    /// # Errors
    /// Those of [`memory::check`] for the structure; [`Code::Overlap`], also where the two overlap each other.
    pub(crate) fn check_out<T>(&self, out: *const u8, out_size: usize, result: *const T) -> Result<(), Code> {
        memory::check(result)?;
        let (out, result) = (memory::range(out, out_size), memory::range(result, size_of::<T>()));
        self.clear(&out)?;
        self.clear(&result)?;
        if memory::overlap(&out, &result) { Err(Code::Overlap) } else { Ok(()) }
    }

    /// A string that nobody owns twice; `None` for none.
    ///
    /// # Safety
    /// That of [`memory::string`].
    ///
    /// # Errors
    /// Those of [`memory::string`]; [`Code::Overlap`].
    pub(crate) unsafe fn string<'i>(&self, data: *const c_char) -> Result<Option<&'i str>, Code> {
        // Where it begins is looked at before it is read.
        self.clear(&memory::range(data, usize::from(!data.is_null())))?;
        // SAFETY: the caller's.
        let text = unsafe { memory::string(data)? };
        if let Some(text) = text {
            self.clear(&memory::range(text.as_ptr(), text.len()))?;
        }
        Ok(text)
    }

    /// Bytes that nobody owns twice.
    ///
    /// # Safety
    /// Promise 1 of the crate, for `'i`.
    ///
    /// # Errors
    /// Those of [`memory::list`]; [`Code::Overlap`].
    pub(crate) unsafe fn bytes<'i>(&self, data: *const u8, len: usize) -> Result<&'i [u8], Code> {
        self.clear(&memory::range(data, len))?;
        // SAFETY: the caller's.
        unsafe { memory::list(data, len) }
    }

    /// Text that nobody owns twice.
    ///
    /// # Safety
    /// Promise 1 of the crate, for `'i`.
    ///
    /// # Errors
    /// Those of [`memory::text`]; [`Code::Overlap`].
    pub(crate) unsafe fn text<'i>(&self, data: *const core::ffi::c_char, len: usize) -> Result<&'i str, Code> {
        self.clear(&memory::range(data, len))?;
        // SAFETY: the caller's.
        unsafe { memory::text(data, len) }
    }
}

/// Why a call did nothing.
pub(crate) enum Fault {
    Own(Code),
    Core(Error),
}

impl From<Code> for Fault {
    fn from(code: Code) -> Self {
        Self::Own(code)
    }
}

impl From<Error> for Fault {
    fn from(error: Error) -> Self {
        Self::Core(error)
    }
}

/// # Safety
/// The promises of the crate, for `'a`.
#[inline(never)]
unsafe fn enter<'a>(session: *mut SessionRef, config: *const ConfigRef) -> Result<(&'a mut Whole, &'a Settled), Code> {
    // SAFETY: the caller's.
    unsafe { Ok((open(session)?, Settled::open(config)?)) }
}

/// Keeps what a buffer needs, and gives the code.
#[inline(never)]
fn leave(header: &mut Header, fault: &Fault) -> Outcome {
    match *fault {
        Fault::Own(code) => code as Outcome,
        Fault::Core(error) => {
            if let Error::Capacity { needed } = error {
                header.needed = needed;
            }
            Code::from(error) as Outcome
        }
    }
}

/// Where memory that is lent to a call with these may not lie.
///
/// # Safety
/// The promises of the crate.
///
/// # Errors
/// When either of them is none.
#[inline(never)]
pub(crate) unsafe fn taken(session: *mut SessionRef, config: *const ConfigRef) -> Result<Taken, Code> {
    // SAFETY: the caller's.
    let (handle, settled) = unsafe { enter(session, config) }?;
    let whole = size_of::<Front>().saturating_add(handle.header.len);
    Ok(Taken([memory::range(session, whole), settled.range()]))
}

/// Does a call's work with a session and a configuration.
///
/// # Safety
/// The promises of the crate.
pub(crate) unsafe fn with(
    session: *mut SessionRef,
    config: *const ConfigRef,
    work: impl FnOnce(Lent<'_>, &Taken) -> Result<Outcome, Fault>,
) -> Outcome {
    // SAFETY: the caller's.
    let both = unsafe { taken(session, config).and_then(|taken| Ok((taken, enter(session, config)?))) };
    let (taken, (Handle { header, session }, settled)) = match both {
        Ok(both) => both,
        Err(code) => return code as Outcome,
    };
    match work(Lent { session, config: &settled.config, settled }, &taken) {
        Ok(outcome) => outcome,
        Err(fault) => leave(header, &fault),
    }
}

/// What can be read of a session; nothing of one that is none.
///
/// # Safety
/// The promises of the crate.
pub(crate) unsafe fn read<T>(session: *const SessionRef, absent: T, what: impl FnOnce(&Session) -> T) -> T {
    // SAFETY: the caller's; nobody has another reference for the length of this call.
    unsafe { open(session.cast_mut()) }.map_or(absent, |handle| what(&handle.session))
}

/// Bytes that the buffer of the last `GATEPASS_ERROR_CAPACITY` must have in all: the one that was lent, or the session's own.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn gatepass_needed(session: *const SessionRef) -> usize {
    // SAFETY: the promises of the crate.
    unsafe { open(session.cast_mut()) }.map_or(0, |handle| handle.header.needed)
}

/// What the session is, by name: fit for logs. It lives forever.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn gatepass_state(session: *const SessionRef) -> Text {
    // SAFETY: the promises of the crate.
    unsafe { read(session, Text::NONE, |session| Text::of(session.state().as_str())) }
}

/// The redirect URI of a sign-in that waits, until the next call that takes the session.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn gatepass_redirect_uri(session: *const SessionRef) -> Text {
    // SAFETY: the promises of the crate.
    unsafe { read(session, Text::NONE, |session| session.redirect_uri().into()) }
}

/// The error code with which the server last refused, such as `invalid_grant`; checked text, until the next call that takes the session.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn gatepass_refusal_code(session: *const SessionRef) -> Text {
    // SAFETY: the promises of the crate.
    unsafe { read(session, Text::NONE, |session| session.refusal().map(|said| said.code()).into()) }
}

/// What the server said to that, for a developer; checked text, until the next call that takes the session.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn gatepass_refusal_description(session: *const SessionRef) -> Text {
    // SAFETY: the promises of the crate.
    unsafe { read(session, Text::NONE, |session| session.refusal().map(|said| said.description()).into()) }
}

/// The scope of the access token, absent when there is no grant or nobody said one; until the next call that takes the session.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn gatepass_scope(session: *const SessionRef) -> Text {
    // SAFETY: the promises of the crate.
    unsafe { read(session, Text::NONE, |session| session.scope().map(gatepass::Scope::as_str).into()) }
}

/// The members of the last token response that the settings name, as one JSON object; until the next call that takes the session.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn gatepass_members(session: *const SessionRef) -> Text {
    // SAFETY: the promises of the crate.
    unsafe { read(session, Text::NONE, |session| Text::of(session.members_json())) }
}

/// Whether the grant can be refreshed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn gatepass_can_refresh(session: *const SessionRef) -> bool {
    // SAFETY: the promises of the crate.
    unsafe { read(session, false, Session::can_refresh) }
}

/// Whether tokens are in memory that the store does not have yet: a power cut now would lose them.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn gatepass_is_unsaved(session: *const SessionRef) -> bool {
    // SAFETY: the promises of the crate.
    unsafe { read(session, false, Session::is_unsaved) }
}
