//! The memory functions that a compiler calls, a byte at a time: a hundred bytes of flash, where the compiler's own, which are made for
//! speed, take two thousand. A firmware that copies no more than tokens may link these.
#![no_std]
// Or the loops below would be taken for what they implement.
#![no_builtins]
#![allow(unsafe_op_in_unsafe_fn, reason = "each function is one loop over what its caller vouches for")]

/// # Safety
/// As C's: both point to `len` bytes, which do not overlap.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn memcpy(to: *mut u8, from: *const u8, len: usize) -> *mut u8 {
    let mut at = len;
    while at > 0 {
        at -= 1;
        // SAFETY: `at` is below `len`.
        *to.add(at) = *from.add(at);
    }
    to
}

/// # Safety
/// As C's: both point to `len` bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn memmove(to: *mut u8, from: *const u8, len: usize) -> *mut u8 {
    if from as usize >= to as usize {
        let mut at = 0;
        while at < len {
            // SAFETY: `at` is below `len`, and what is still to be read lies behind what is written.
            *to.add(at) = *from.add(at);
            at += 1;
        }
        return to;
    }
    // SAFETY: backwards, what is still to be read lies before what is written.
    memcpy(to, from, len)
}

/// # Safety
/// As C's: it points to `len` bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn memset(to: *mut u8, byte: i32, len: usize) -> *mut u8 {
    let mut at = len;
    while at > 0 {
        at -= 1;
        // SAFETY: `at` is below `len`.
        *to.add(at) = byte as u8;
    }
    to
}

/// # Safety
/// As C's: both point to `len` bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn memcmp(one: *const u8, other: *const u8, len: usize) -> i32 {
    let mut at = 0;
    while at < len {
        // SAFETY: `at` is below `len`.
        let difference = i32::from(*one.add(at)) - i32::from(*other.add(at));
        if difference != 0 {
            return difference;
        }
        at += 1;
    }
    0
}

/// The names by which an ARM compiler calls the same (Run-time ABI for the Arm Architecture, §4.3.4).
#[cfg(target_arch = "arm")]
mod arm {
    macro_rules! same {
        ($($copy:ident)* ; $($set:ident)* ; $($clear:ident)*) => {
            $(
                /// # Safety
                /// As [`memcpy`](crate::memcpy).
                #[unsafe(no_mangle)]
                pub unsafe extern "C" fn $copy(to: *mut u8, from: *const u8, len: usize) {
                    crate::memcpy(to, from, len);
                }
            )*
            $(
                /// # Safety
                /// As [`memset`](crate::memset).
                #[unsafe(no_mangle)]
                pub unsafe extern "C" fn $set(to: *mut u8, len: usize, byte: i32) {
                    crate::memset(to, byte, len);
                }
            )*
            $(
                /// # Safety
                /// As [`memset`](crate::memset).
                #[unsafe(no_mangle)]
                pub unsafe extern "C" fn $clear(to: *mut u8, len: usize) {
                    crate::memset(to, 0, len);
                }
            )*
        };
    }

    same!(__aeabi_memcpy __aeabi_memcpy4 __aeabi_memcpy8 ; __aeabi_memset __aeabi_memset4 __aeabi_memset8 ; __aeabi_memclr __aeabi_memclr4 __aeabi_memclr8);
}
