//! # The firmware maker's page
//!
//! What a device must decide, one screen each. Figures that depend on a build (flash, RAM, stack, instructions) are not here but in
//! [`benches/SIZE.md`](https://github.com/gatepass/gatepass/blob/main/benches/SIZE.md), generated and compared in CI.
//!
//! # The loop
//!
//! All of it, for a blocking network and flash. With `run_async`, `load` and `swap` awaited it is the asynchronous one. Where `poll` says
//! `Wait` or `Sleep` the device may sleep; where it says `Visit` a person is shown the URL (a QR code, a page that the device serves).
//! `connect` opens a stream to an [authority](gatepass::Request::authority), and TLS on it is the caller's by the scheme of the request's
//! [URL](gatepass::Request::url): `https`, unless the configuration has opted in to plain `http` on loopback. `drive` returns when to call it
//! again. After an error of `poll`, such as `out` being too small, wait as long as after one of flash: calling at once gives it again.
//!
//! ```
//! use core::fmt::Display;
//!
//! use embedded_io::{Read, Write};
//! use embedded_storage::nor_flash::NorFlash;
//! use gatepass::{AuthorizationCode, Config, Entropy, Grant, Input, Output, Session, Timestamp};
//! use gatepass_embedded::{Exchange, flash::{BlockingFlashStore, Swap}};
//!
//! fn drive<F: NorFlash, S: Read + Write>(
//!     session: &mut Session,
//!     config: &Config<'_>,
//!     store: &mut BlockingFlashStore<F>,
//!     now: fn() -> Timestamp,
//!     entropy: fn() -> Entropy,
//!     connect: fn(&str) -> Option<S>,
//!     show: fn(&dyn Display),
//! ) -> Result<Timestamp, gatepass::Error> {
//!     let (mut out, mut buffer, mut scratch) = ([0; 2048], [0; 2048], [0; 512]);
//!     loop {
//!         let told = match session.poll(config, now(), &mut out)? {
//!             Output::Load => match store.load(&mut buffer) {
//!                 Ok(found) => session.handle(config, now(), Input::Found(found, &entropy())),
//!                 // Flash that cannot be read is not flash without a record: its error names the cure, and needs somebody to read it.
//!                 Err(error) => {
//!                     show(&error);
//!                     return Ok(Timestamp::from_millis(now().as_millis() + 60_000));
//!                 }
//!             },
//!             Output::SignIn(_) => {
//!                 let grant = Grant::AuthorizationCode(AuthorizationCode::new().scope("offline_access"));
//!                 session.sign_in(config, now(), &grant, "https://device.example/callback", &entropy())
//!             }
//!             Output::Visit(url) => {
//!                 show(&url.as_str());
//!                 session.handle(config, now(), Input::Visited)
//!             }
//!             Output::Save(save) => {
//!                 let ticket = save.ticket();
//!                 let swapped = store.swap(&save, &mut buffer);
//!                 session.handle(config, now(), Swap::input(&swapped, ticket))
//!             }
//!             Output::Send(request) => {
//!                 let exchange = Exchange::new(session, config, request, now);
//!                 if let Some(mut stream) = connect(request.authority()) {
//!                     // Its error is for the log: the session has been told.
//!                     let _ = exchange.run(&mut stream, &mut scratch);
//!                 }
//!                 continue;
//!             }
//!             // When the redirect arrives, hand it in with `Input::Redirect` and drive on; else at this moment.
//!             Output::AwaitRedirect(until) | Output::AwaitResponse(until) | Output::Wait(until, _) | Output::Sleep(until) => return Ok(until),
//!         };
//!         // Errors explain, and `poll` decides.
//!         let _ = told;
//!     }
//! }
//! ```
//!
//! # Choosing N
//!
//! `Session<[u8; N]>` holds what is kept, and the tokens twice while a refresh is answered:
//!
//! ```text
//! N = 2 * (access + refresh + scope + members + others) + resources
//! ```
//!
//! `members` is the JSON of the answer's members that the configuration names, `others` the tokens for other audiences with 36 bytes more
//! for each, `resources` the grant's own resources, form-encoded, with 10 bytes more for each; most devices have none of the three. Where a
//! sign-in's parameters are larger, allow for them 256 bytes more. Measure your server's tokens, and leave a quarter for the day that they grow: opaque
//! tokens of 40 bytes want 512, a JWT of 1 KiB wants 4,096. What does not fit is an
//! [`Error::Capacity`](gatepass::Error::Capacity) with the bytes needed, and a refresh token that fits is kept even when its access token
//! does not. What nobody asked for (an `id_token`, claims) takes no room at all, however long it is.
//!
//! # Buffers
//!
//! | buffer | holds | bytes |
//! |---|---|--:|
//! | `out` | URL, request or record, while it is carried | `N` + 512 |
//! | store's `buffer` | a record | `N` + [`RECORD_OVERHEAD`](gatepass::RECORD_OVERHEAD) + 32 |
//! | `scratch` | a head on its way out, then half for fields and half to read into | 128 at least, 512 serve well |
//!
//! `out` and the store's buffer are in use together, during a save; `scratch` is in use together with `out`, during an exchange. So buffer and
//! scratch may be the same bytes. They hold secrets: scratch is wiped for you; give the others no second use. Where the answer has long
//! header fields that must be understood, [`BadResponse::Scratch`](crate::BadResponse::Scratch) says so.
//!
//! # Flash of the program
//!
//! Three settings, worth more than any other: `default-features = false` for `gatepass`, with the
//! [features](gatepass#on-a-microcontroller) that the device needs; `--cfg sha2_backend_soft="compact"` in the firmware's own
//! `.cargo/config.toml`; `opt-level = "z"`, LTO and one codegen unit. Where every hundred bytes count, memory functions made for size (a loop
//! of a byte at a time each, in a crate with `#![no_builtins]`) take the place of the compiler's when the firmware defines them.
//!
//! # A clock without RTC
//!
//! The session wants milliseconds that only go forward, from any moment: a hardware timer, extended to 64 bits; it must count while the device
//! sleeps. A wall clock is optional: without one, a token that is loaded after a restart has an unknown expiry, and is used until an
//! API rejects it ([`Reply::is_token_rejected`](crate::Reply::is_token_rejected)). With one (SNTP, a GNSS receiver, the `Date` of a server that you trust)
//! add [`with_unix_seconds`](gatepass::Timestamp::with_unix_seconds). After a restart leases and back-offs begin anew: no two clocks are
//! compared. An expiry is never a reason to refuse an answer, so a wrong clock locks nobody out.
//!
//! # Entropy
//!
//! 64 bytes of a hardware generator for each [`Entropy`](gatepass::Entropy): one for each `Found`, one for each sign-in. Check the generator's
//! own health tests first; bytes that are plainly not random are refused, others cannot be told. No generator, no sign-in: a code
//! verifier or a `state` that somebody can guess is none. A noisy ADC and a serial number are not a generator, and some generators are
//! one only while the radio is on: read the chip's manual.
//!
//! # Flash layout
//!
//! Four or more groups of sectors of their own, at a multiple of a group, written by nothing else; with 4 KiB sectors 16 KiB. A group must hold
//! the longest record and 224 bytes: `N` + 324 is always enough, and is checked at start-up, so that no token is lost for want of room after the
//! server has rotated. Keep the range out of what a firmware update erases. A rotation is two saves of a record and some 30 bytes; the
//! [store](crate::flash) says what that erases. A sector that stands 10,000 erasures lasts, at one rotation an hour with
//! records of 1,200 bytes in four sectors of 4 KiB, some 6.8 years; sixteen sectors last four times as long. The power may be cut at any
//! step: what was committed is there, which is tested at each of them. Encrypt flash or lock its read-out: the record holds the tokens in
//! clear.
//!
//! # What to log
//!
//! States, outcomes and errors: `Session::state`, the `Debug` or (feature `defmt`) `Format` of outputs, inputs, errors and
//! [`Reply`](crate::Reply). None of them holds a secret. Never log: `out`, `buffer`, `scratch`, a request's body, the redirect (it
//! holds the code), an access token, a stored record. A stream's own error is yours to judge. Useful in the field: the count of
//! [`Error::NoResponse`](crate::Error::NoResponse) apart from [`Error::NotSent`](crate::Error::NotSent), each `SignIn` with its reason, and
//! every error of the store.
