//! What a static library needs where there is no standard library.

use core::panic::PanicInfo;

#[panic_handler]
fn panic(_: &PanicInfo<'_>) -> ! {
    #[cfg(feature = "no-panic")]
    {
        unsafe extern "C" {
            /// Nobody defines it: an image that could come here does not link.
            fn gatepass_panic_is_linked() -> !;
        }
        // SAFETY: it cannot be reached, for it cannot be linked.
        unsafe { gatepass_panic_is_linked() }
    }
    #[cfg(all(not(feature = "no-panic"), target_family = "wasm"))]
    core::arch::wasm32::unreachable();
    #[cfg(all(not(feature = "no-panic"), not(target_family = "wasm"), not(target_os = "none")))]
    {
        unsafe extern "C" {
            safe fn abort() -> !;
        }
        abort()
    }
    #[cfg(all(not(feature = "no-panic"), target_os = "none"))]
    loop {
        core::hint::spin_loop();
    }
}
