//! The whole lifecycle and nothing else, linked for a microcontroller: sign in, call an API, refresh, sign out. It is measured, never run:
//! the rest of a firmware is one function that nobody can see into.
#![no_std]
#![no_main]

#[cfg(feature = "flash")]
mod flash;
#[cfg(feature = "http")]
mod stream;

use core::mem::MaybeUninit;

#[cfg(feature = "small-memory")]
use gatepass_small_memory as _;

use gatepass::{AccessToken, AuthorizationCode, Client, Config, Entropy, Error, Grant, Input, Output, Remedy, Server, Session, Timestamp};

#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    #[cfg(not(feature = "panics"))]
    {
        unsafe extern "C" {
            fn a_panic_is_linked() -> !;
        }
        // SAFETY: there is no such function, so that no program that can get here is linked.
        unsafe { a_panic_is_linked() }
    }
    #[cfg(feature = "panics")]
    loop {}
}

unsafe extern "C" {
    /// The rest of the firmware: does something with these bytes, and answers.
    fn outside(what: u32, bytes: *mut u8, len: usize) -> usize;
}

unsafe extern "Rust" {
    /// The rest of the firmware, too: text that it has received and checked.
    fn received(what: u32) -> &'static str;
}

/// Asks the rest of the firmware.
fn ask(what: u32, bytes: &mut [u8]) -> usize {
    // SAFETY: this program is linked and never run; what it calls would be given a valid slice.
    unsafe { outside(what, bytes.as_mut_ptr(), bytes.len()) }
}

/// What the rest of the firmware has received.
fn text(what: u32) -> &'static str {
    // SAFETY: likewise, and what it gives would be text.
    unsafe { received(what) }
}

/// Tells the rest of the firmware.
fn tell(what: u32, bytes: &[u8]) {
    // SAFETY: likewise, and it would not write.
    unsafe { outside(what, bytes.as_ptr().cast_mut(), bytes.len()) };
}

fn now() -> Timestamp {
    let mut bytes = [0; 8];
    ask(0, &mut bytes);
    Timestamp::from_millis(u64::from_le_bytes(bytes))
}

/// `N` of the session: what its static takes beyond it is what a session costs.
const N: usize = 4096;
static mut SESSION: Session<[u8; N]> = Session::new();
static mut CONFIG: MaybeUninit<Config<'static>> = MaybeUninit::uninit();

/// What a driver does for each output.
#[unsafe(no_mangle)]
extern "C" fn lifecycle(out: &mut [u8; N], scratch: &mut [u8; N]) -> u32 {
    // SAFETY: there is one thread, and this is called once.
    let (session, config): (&mut Session, _) = unsafe { (&mut *(&raw mut SESSION), &mut *(&raw mut CONFIG)) };
    let server = Server::new("https://as.example", "https://as.example/authorize", "https://as.example/token");
    let Ok(made) = Config::new(server.with_revocation("https://as.example/revoke"), Client::public("device")) else { return 1 };
    let config = &*config.write(made);
    #[cfg(feature = "flash")]
    let Ok(mut store) = flash::Store::new(flash::Chip, 0..0x1_0000, N) else { return 2 };
    loop {
        let told = match session.poll(config, now(), out) {
            Ok(Output::Load) => {
                let Some(entropy) = entropy() else { return 3 };
                #[cfg(feature = "flash")]
                let Ok(found) = store.load(scratch) else { return 4 };
                #[cfg(not(feature = "flash"))]
                let found = read(scratch);
                session.handle(config, now(), Input::Found(found, &entropy))
            }
            Ok(Output::SignIn(_)) => {
                let Some(entropy) = entropy() else { return 3 };
                let grant = Grant::AuthorizationCode(AuthorizationCode::new().scope("openid offline_access"));
                session.sign_in(config, now(), &grant, "com.example.device:/callback", &entropy)
            }
            Ok(Output::Visit(url)) => {
                tell(2, url.as_str().as_bytes());
                session.handle(config, now(), Input::Visited)
            }
            Ok(Output::Save(save)) => {
                let ticket = save.ticket();
                #[cfg(feature = "flash")]
                let input = gatepass_embedded::flash::Swap::input(&store.swap(&save, scratch), ticket);
                #[cfg(not(feature = "flash"))]
                let input = {
                    tell(save.expected().map_or(3, |version| version.revision() as u32), save.record());
                    match ask(4, scratch) {
                        0 => Input::Saved(ticket),
                        1 => Input::NotSaved(ticket),
                        _ => Input::Superseded(read(scratch)),
                    }
                };
                session.handle(config, now(), input)
            }
            Ok(Output::Send(request)) => {
                #[cfg(feature = "http")]
                {
                    let exchange = gatepass_embedded::Exchange::new(session, config, request, now);
                    if exchange.run(&mut stream::Stream, scratch).is_err() {
                        tell(5, &[]);
                    }
                    continue;
                }
                #[cfg(not(feature = "http"))]
                send(session, config, &request, scratch)
            }
            Ok(Output::AwaitRedirect(until)) => {
                tell(6, &until.as_millis().to_le_bytes());
                session.handle(config, now(), Input::Redirect(text(7)))
            }
            Ok(Output::Sleep(until) | Output::Wait(until, _) | Output::AwaitResponse(until)) => {
                if let Some(token) = session.access_token(now()) {
                    call(&token, scratch);
                }
                tell(8, &until.as_millis().to_le_bytes());
                match ask(9, &mut []) {
                    0 => session.handle(config, now(), Input::Refresh),
                    1 => session.sign_out(config, now()),
                    2 => session.handle(config, now(), Input::Cancel),
                    3 => match session.access_token(now()).map(|token| token.generation()) {
                        Some(generation) => session.handle(config, now(), Input::TokenRejected(generation)),
                        None => continue,
                    },
                    #[cfg(feature = "serde")]
                    4 => session.members::<u32>().map(|number| {
                        tell(number, &[]);
                        gatepass::Status::Unchanged
                    }),
                    _ => continue,
                }
            }
            Err(error) => Err(error),
        };
        if let Err(error) = told {
            explain(error);
        }
    }
}

fn entropy() -> Option<Entropy> {
    let mut bytes = [0; 64];
    ask(1, &mut bytes);
    Entropy::from_bytes(bytes).ok()
}

#[cfg(not(feature = "flash"))]
fn read(scratch: &mut [u8]) -> Option<&[u8]> {
    let len = ask(10, scratch);
    scratch.get(..len).filter(|record| !record.is_empty())
}

/// An HTTP client, which is not measured here, has the request, and gives what it has read of an answer.
#[cfg(not(feature = "http"))]
fn send(
    session: &mut Session,
    config: &Config<'_>,
    request: &gatepass::Request<'_>,
    scratch: &mut [u8],
) -> Result<gatepass::Status, Error> {
    let ticket = request.ticket();
    // SAFETY: likewise, and it would not write.
    unsafe { outside(11, core::ptr::from_ref(request).cast_mut().cast(), size_of_val(request)) };
    let status = ask(14, scratch) as u16;
    let field = Some(text(15));
    let mut told = match status {
        0 => return session.handle(config, now(), Input::NotSent(ticket)),
        1 => return session.handle(config, now(), Input::NoResponse(ticket)),
        _ => session.handle(config, now(), Input::Head(ticket, gatepass::Head { status, content_type: field, retry_after: field })),
    };
    while told == Ok(gatepass::Status::More) {
        told = match ask(16, scratch) {
            0 => session.handle(config, now(), Input::End(ticket)),
            len => session.handle(config, now(), Input::Body(ticket, scratch.get(..len).unwrap_or_default())),
        };
    }
    told
}

/// What a call of the API takes.
fn call(token: &AccessToken<'_>, scratch: &mut [u8]) {
    if let Ok(header) = token.header(scratch) {
        tell(17, header.as_bytes());
    }
}

fn explain(error: Error) {
    tell(if error.remedy() == Remedy::Poll { 18 } else { 19 }, &[]);
}
