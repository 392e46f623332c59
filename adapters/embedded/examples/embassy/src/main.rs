//! A grant kept by an nRF52840 under Embassy's executor.
//!
//! - UARTE0 leads to a network module in transparent mode, which speaks TLS itself: a line with `connect` and an authority opens a connection,
//!   `close` ends it. (A module that does not speak TLS wants the stream wrapped, see `gatepass_embedded::tls`.)
//! - UARTE1 is a console: the URL to visit is written there, and the redirect is pasted back as a line.
//! - The last four pages of flash keep the record.
#![no_std]
#![no_main]

use core::ops::Range;

use embassy_executor::Spawner;
use embassy_nrf::{
    bind_interrupts, buffered_uarte,
    buffered_uarte::BufferedUarte,
    nvmc::{Nvmc, PAGE_SIZE},
    peripherals, rng,
    rng::Rng,
    uarte,
};
use embassy_time::{Duration, Instant, Timer, with_timeout};
use embedded_io_async::Write as _;
use gatepass::{AuthorizationCode, Client, Config, Entropy, Error, Grant, Input, Output, RECORD_OVERHEAD, Server, Session, Timestamp};
use gatepass_embedded::{
    Exchange,
    flash::{BUFFER_OVERHEAD, BlockingFlash, FlashStore, Swap},
};
use panic_halt as _;
use zeroize::Zeroize;

bind_interrupts!(struct Interrupts {
    UARTE0 => buffered_uarte::InterruptHandler<peripherals::UARTE0>;
    UARTE1 => buffered_uarte::InterruptHandler<peripherals::UARTE1>;
    RNG => rng::InterruptHandler<peripherals::RNG>;
});

/// Room for tokens of 512 bytes together, twice.
const N: usize = 1024;
const LONGEST: usize = N + RECORD_OVERHEAD;
const RECORD: Range<u32> = 1008 * 1024..1024 * 1024;
const REDIRECT: &str = "https://device.example/callback";

/// It counts from the start, and while the chip sleeps. There is no wall clock.
fn now() -> Timestamp {
    Timestamp::from_millis(Instant::now().as_millis())
}

struct Device<'d> {
    module: BufferedUarte<'d>,
    console: BufferedUarte<'d>,
    rng: Rng<'d, embassy_nrf::mode::Async>,
    /// The chip stands still while its flash is written, so the driver is a blocking one.
    store: FlashStore<BlockingFlash<Nvmc<'d>>>,
    buffer: [u8; LONGEST + BUFFER_OVERHEAD],
}

#[embassy_executor::main]
async fn main(_spawner: Spawner) {
    let chip = embassy_nrf::init(embassy_nrf::config::Config::default());
    let (mut module_in, mut module_out, mut console_in, mut console_out) = ([0; 512], [0; 512], [0; 512], [0; 512]);
    let module = BufferedUarte::new(
        chip.UARTE0,
        chip.TIMER1,
        chip.PPI_CH0,
        chip.PPI_CH1,
        chip.PPI_GROUP0,
        chip.P0_08,
        chip.P0_06,
        Interrupts,
        uarte::Config::default(),
        &mut module_in,
        &mut module_out,
    );
    let console = BufferedUarte::new(
        chip.UARTE1,
        chip.TIMER2,
        chip.PPI_CH2,
        chip.PPI_CH3,
        chip.PPI_GROUP1,
        chip.P1_02,
        chip.P1_01,
        Interrupts,
        uarte::Config::default(),
        &mut console_in,
        &mut console_out,
    );
    const { assert!(PAGE_SIZE >= LONGEST + 224 && RECORD.end - RECORD.start == 4 * PAGE_SIZE as u32) };
    let Ok(store) = FlashStore::new(BlockingFlash::new(Nvmc::new(chip.NVMC)), RECORD, LONGEST) else { return };
    let mut device = Device { module, console, rng: Rng::new(chip.RNG, Interrupts), store, buffer: [0; LONGEST + BUFFER_OVERHEAD] };
    let Ok(config) = Config::new(Server::auth0("tenant.example"), Client::public("device")) else { return };
    let mut session = Session::<[u8; N]>::new();
    loop {
        match device.drive(&mut session, &config).await {
            // Between two moves an application would call its API here, see `gatepass_embedded::Call`.
            Ok(until) => Timer::at(Instant::from_millis(until.as_millis())).await,
            // Asked at once, it would say the same.
            Err(error) => {
                device.say(if matches!(error, Error::Capacity { .. }) { "out is too small" } else { "cannot go on" }).await;
                Timer::after_secs(60).await;
            }
        }
    }
}

impl Device<'_> {
    /// Drives the session until nothing is to be done before some moment.
    async fn drive(&mut self, session: &mut Session, config: &Config<'_>) -> Result<Timestamp, Error> {
        let (mut out, mut scratch) = ([0; N + 512], [0; 512]);
        loop {
            let told = match session.poll(config, now(), &mut out)? {
                Output::Load => {
                    let entropy = self.entropy().await?;
                    match self.store.load(&mut self.buffer).await {
                        Ok(found) => session.handle(config, now(), Input::Found(found, &entropy)),
                        Err(_) => {
                            self.say("flash cannot be read; wipe it and sign in again").await;
                            return Ok(Timestamp::from_millis(now().as_millis() + 60_000));
                        }
                    }
                }
                Output::SignIn(_) => {
                    let grant = Grant::AuthorizationCode(AuthorizationCode::new().scope("offline_access"));
                    session.sign_in(config, now(), &grant, REDIRECT, &self.entropy().await?)
                }
                Output::Visit(url) => {
                    self.say(url.as_str()).await;
                    session.handle(config, now(), Input::Visited)
                }
                Output::AwaitRedirect(until) => {
                    let mut line = [0; 1024];
                    let length = with_timeout(left(until), self.line(&mut line)).await.unwrap_or(0);
                    match line.get(..length).and_then(|line| core::str::from_utf8(line).ok()) {
                        Some(redirect) if !redirect.is_empty() => session.handle(config, now(), Input::Redirect(redirect)),
                        _ => continue,
                    }
                }
                Output::Save(save) => {
                    let ticket = save.ticket();
                    let swapped = self.store.swap(&save, &mut self.buffer).await;
                    session.handle(config, now(), Swap::input(&swapped, ticket))
                }
                Output::Send(request) => {
                    let (authority, limit) = (request.authority(), left(request.deadline()));
                    let exchange = Exchange::new(session, config, request, now);
                    // Past the deadline the future is dropped, and the session is told what had left by then.
                    let answered = with_timeout(limit, async {
                        self.open(authority).await?;
                        exchange.run_async(&mut self.module, &mut scratch).await.ok()
                    });
                    let has_answered = answered.await.ok().flatten().is_some();
                    self.close().await;
                    self.say(if has_answered { "answered" } else { "not answered" }).await;
                    continue;
                }
                Output::Wait(until, _) | Output::Sleep(until) | Output::AwaitResponse(until) => return Ok(until),
            };
            if told.is_err() {
                self.say("refused").await;
            }
        }
    }

    async fn entropy(&mut self) -> Result<Entropy, Error> {
        let mut bytes = [0; 64];
        self.rng.fill_bytes(&mut bytes).await;
        let entropy = Entropy::from_bytes(bytes);
        bytes.zeroize();
        entropy
    }

    async fn open(&mut self, authority: &str) -> Option<()> {
        for part in ["connect ", authority, "\n"] {
            self.module.write_all(part.as_bytes()).await.ok()?;
        }
        Some(())
    }

    async fn close(&mut self) {
        let _ = self.module.write_all(b"\nclose\n").await;
        // One line carries all connections: what is left of this one must not be taken for an answer of the next, so it is read and dropped
        // until the line has been quiet for a second.
        let mut rest = [0; 64];
        while matches!(with_timeout(Duration::from_secs(1), self.module.read(&mut rest)).await, Ok(Ok(1..))) {}
        rest.zeroize();
    }

    async fn say(&mut self, text: &str) {
        for part in [text, "\r\n"] {
            let _ = self.console.write_all(part.as_bytes()).await;
        }
    }

    /// A line of the console, without its end. One that is longer is cut, and then refused by the session. None from a console that fails,
    /// after a second for it to recover.
    async fn line(&mut self, line: &mut [u8]) -> usize {
        let mut length = 0;
        loop {
            let mut byte = [0];
            match self.console.read(&mut byte).await {
                Ok(_) if byte == *b"\n" || byte == *b"\r" => return length,
                Ok(_) => {
                    if let Some(slot) = line.get_mut(length) {
                        *slot = byte[0];
                        length += 1;
                    }
                }
                Err(_) => {
                    Timer::after_secs(1).await;
                    return 0;
                }
            }
        }
    }
}

fn left(until: Timestamp) -> Duration {
    Duration::from_millis(until.since(now()).as_millis() as u64)
}
