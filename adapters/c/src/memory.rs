//! What is checked of a pointer, and the small types that cross the border by value.

use core::{
    ffi::{CStr, c_char},
    ops::Range,
    slice, str,
};

use gatepass::Timestamp;

use crate::error::Code;

/// Text that somebody else owns: UTF-8, without a NUL at its end. Print it with `"%.*s", (int)text.len, text.data`. Absent: null and 0.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
#[allow(clippy::exhaustive_structs)]
pub struct Text {
    /// Where it begins.
    pub data: *const c_char,
    /// Its length in bytes.
    pub len: usize,
}

impl Text {
    pub(crate) const NONE: Self = Self { data: core::ptr::null(), len: 0 };

    pub(crate) const fn of(text: &str) -> Self {
        Self { data: text.as_ptr().cast(), len: text.len() }
    }

    /// # Safety
    /// Promise 1 of the crate, for `'a`.
    pub(crate) unsafe fn get<'a>(self) -> Result<&'a str, Code> {
        // SAFETY: the caller's.
        unsafe { text(self.data, self.len) }
    }
}

impl From<Option<&str>> for Text {
    fn from(text: Option<&str>) -> Self {
        text.map_or(Self::NONE, Self::of)
    }
}

/// Bytes that somebody else owns. Absent: null and 0.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
#[allow(clippy::exhaustive_structs)]
pub struct Bytes {
    /// Where they begin.
    pub data: *const u8,
    /// How many they are.
    pub len: usize,
}

impl Bytes {
    pub(crate) const NONE: Self = Self { data: core::ptr::null(), len: 0 };

    pub(crate) const fn of(bytes: &[u8]) -> Self {
        Self { data: bytes.as_ptr(), len: bytes.len() }
    }
}

/// A moment on the caller's clocks.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
#[allow(clippy::exhaustive_structs)]
pub struct Time {
    /// Milliseconds since any fixed moment, on a clock that never goes back and goes on counting while the device sleeps.
    pub millis: u64,
    /// Seconds since 1970-01-01 UTC, or 0 when unknown. It only carries the expiry of a stored token across a restart.
    pub unix_seconds: u64,
}

impl From<Time> for Timestamp {
    fn from(time: Time) -> Self {
        Self::from_millis(time.millis).with_unix_seconds(time.unix_seconds)
    }
}

/// The addresses of some memory.
pub(crate) fn range<T>(data: *const T, bytes: usize) -> Range<usize> {
    data.addr()..data.addr().saturating_add(bytes)
}

pub(crate) const fn overlap(one: &Range<usize>, other: &Range<usize>) -> bool {
    one.start < other.end && other.start < one.end
}

/// # Errors
/// [`Code::Null`], [`Code::Misaligned`].
pub(crate) fn check<T>(pointer: *const T) -> Result<(), Code> {
    if pointer.is_null() {
        Err(Code::Null)
    } else if !pointer.is_aligned() {
        Err(Code::Misaligned)
    } else {
        Ok(())
    }
}

/// A list of some things: nothing for a null pointer without a length.
///
/// # Safety
/// Promises 1 and 2 of the crate, for `'a`.
///
/// # Errors
/// [`Code::Null`], [`Code::Misaligned`]; [`Code::Overlap`] for a length that no memory has.
pub(crate) unsafe fn list<'a, T>(data: *const T, len: usize) -> Result<&'a [T], Code> {
    if len == 0 {
        return Ok(&[]);
    }
    check(data)?;
    if len.checked_mul(size_of::<T>()).is_none_or(|bytes| bytes > isize::MAX as usize) {
        return Err(Code::Overlap);
    }
    // SAFETY: it is not null, aligned and of a possible length; the rest is the caller's.
    Ok(unsafe { slice::from_raw_parts(data, len) })
}

/// # Safety
/// Promise 1 of the crate, for `'a`; and nobody else reads them either.
///
/// # Errors
/// As [`list`].
pub(crate) unsafe fn bytes_mut<'a>(data: *mut u8, len: usize) -> Result<&'a mut [u8], Code> {
    if len == 0 {
        return Ok(&mut []);
    }
    check(data)?;
    if len > isize::MAX as usize {
        return Err(Code::Overlap);
    }
    // SAFETY: it is not null and of a possible length; the rest is the caller's.
    Ok(unsafe { slice::from_raw_parts_mut(data, len) })
}

/// # Safety
/// Promise 1 of the crate, for `'a`.
///
/// # Errors
/// As [`list`]; [`Code::Utf8`].
pub(crate) unsafe fn text<'a>(data: *const c_char, len: usize) -> Result<&'a str, Code> {
    // SAFETY: the caller's.
    let bytes = unsafe { list(data.cast::<u8>(), len) }?;
    str::from_utf8(bytes).map_err(|_| Code::Utf8)
}

/// A string that ends in a NUL; `None` for a null pointer.
///
/// # Safety
/// Promise 3 of the crate, for `'a`.
///
/// # Errors
/// [`Code::Utf8`].
pub(crate) unsafe fn string<'a>(data: *const c_char) -> Result<Option<&'a str>, Code> {
    if data.is_null() {
        return Ok(None);
    }
    // SAFETY: it is not null; the rest is the caller's.
    unsafe { CStr::from_ptr(data) }.to_str().map(Some).map_err(|_| Code::Utf8)
}
