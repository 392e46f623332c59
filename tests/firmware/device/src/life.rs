//! The life itself: goals come from the host, and a loop over the session's outputs reaches them.

use core::fmt::Arguments;

use embedded_storage::nor_flash::NorFlash;
use gatepass::{Config, Entropy, Error, Grant, Input, Output, Session, SignInReason, Status, Timestamp, Version};
use gatepass_embedded::{
    Call, Exchange,
    flash::{BlockingFlashStore, Swap},
};
use zeroize::Zeroize;

use crate::{figures::Figures, link::Link, machine::Machine, memory, meter::Lane, settings::Settings, socket::Socket};

/// What a loop is run for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Want {
    /// An access token that serves, whatever it takes.
    Token,
    /// To know how things are: no sign-in is begun.
    Rest,
}

/// Where a loop came to rest.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Rest {
    /// With an access token that serves.
    Live,
    /// Without a grant.
    Vacant,
}

struct Device<'d, M: Machine, F: NorFlash, const SECTORS: usize> {
    link: Link<M>,
    store: BlockingFlashStore<F, SECTORS>,
    /// Milliseconds, on a clock that stands while the device is off.
    clock: u64,
    settings: Settings<'d>,
    config: Config<'d>,
    session: &'d mut Session,
    out: &'d mut [u8],
    work: &'d mut [u8],
}

/// Lives: from the first frame to the end. The store takes all of `flash`, in groups of `SECTORS`.
pub fn live<const SECTORS: usize, M: Machine, F: NorFlash>(machine: M, flash: F) -> ! {
    let (session, buffers) = memory::take();
    let mut link = Link::new(machine);
    let mut clock = [0; 8];
    link.ask(b'B', M::NAME.as_bytes(), b"B", &mut clock);
    let (_, settings) = link.ask(b'I', &[], b"I", &mut buffers.settings);
    let settings = Settings::of(settings);
    let Ok(config) = settings.config() else { stop(&mut link, format_args!("panicked: settings")) };
    let range = 0..flash.capacity() as u32;
    let Ok(store) = BlockingFlashStore::<F, SECTORS>::new(flash, range, memory::RECORD) else {
        stop(&mut link, format_args!("panicked: flash layout"))
    };
    defmt::info!("{} begins with {}", M::NAME, config);
    let mut device =
        Device { link, store, clock: u64::from_le_bytes(clock), settings, config, session, out: &mut buffers.out, work: &mut buffers.work };
    let mut figures = Figures::default();
    loop {
        let mut text = [0; 32];
        let (_, text) = device.link.ask(b'G', &[], b"G", &mut text);
        let goal = core::str::from_utf8(text).unwrap_or_default();
        defmt::info!("goal: {=str}", goal);
        device.link.meter.take();
        match goal.split_once(' ').unwrap_or((goal, "")) {
            ("sign-in", _) => device.sign_in(),
            ("call", _) => device.call(),
            ("refresh", _) => device.refresh(),
            ("sleep", millis) => device.sleep(millis.parse().unwrap_or_default()),
            ("sign-out", _) => device.sign_out(),
            ("end", _) => {
                figures.report(&mut device.link);
                stop(&mut device.link, format_args!("ended"))
            }
            _ => stop(&mut device.link, format_args!("panicked: an unknown goal")),
        }
        figures.add(goal, device.link.meter.take());
    }
}

/// The last words.
fn stop<M: Machine>(link: &mut Link<M>, words: Arguments<'_>) -> ! {
    link.say(b'T', words);
    loop {
        core::hint::spin_loop();
    }
}

impl<M: Machine, F: NorFlash, const SECTORS: usize> Device<'_, M, F, SECTORS> {
    const fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.clock)
    }

    fn tell(&mut self, text: Arguments<'_>) {
        self.link.say(b'T', text);
    }

    fn sign_in(&mut self) {
        self.settle(Want::Token);
        self.tell(format_args!("signed in"));
    }

    fn refresh(&mut self) {
        self.settle(Want::Token);
        let before = self.session.access_token(self.now()).map(|token| token.generation());
        self.input(Input::Refresh);
        self.settle(Want::Token);
        let after = self.session.access_token(self.now()).map(|token| token.generation());
        if before != after {
            self.tell(format_args!("refreshed"));
        }
    }

    fn sign_out(&mut self) {
        if self.settle(Want::Rest) == Rest::Live {
            let now = self.now();
            let told = self.link.count(Lane::Core, |_| self.session.sign_out(&self.config, now));
            self.explain(told);
            self.settle(Want::Rest);
        }
        self.tell(format_args!("signed out"));
    }

    /// Calls the API until it answers 200; a token that it rejects is replaced.
    fn call(&mut self) {
        loop {
            self.settle(Want::Token);
            let Some(token) = self.session.access_token(self.now()) else { continue };
            defmt::debug!("calls with {}", token);
            let generation = token.generation();
            let url = self.settings.get("api");
            let authority = url.split('/').nth(2).unwrap_or_default();
            let Ok(header) = token.header(self.out) else { stop(&mut self.link, format_args!("panicked: no header")) };
            let call = Call::get(url, header).danger_allow_http_on_loopback();
            let Some(mut socket) = Socket::open(&mut self.link, authority) else {
                stop(&mut self.link, format_args!("panicked: the API is away"))
            };
            let reply = socket.work(Lane::Http, |socket| call.run(socket, self.work, |_| true));
            drop(socket);
            self.out.zeroize();
            defmt::info!("the API: {}", reply);
            let Ok(reply) = reply else { continue };
            self.tell(format_args!("called {}", reply.status()));
            if reply.is_token_rejected() {
                self.input(Input::TokenRejected(generation));
            } else {
                return;
            }
        }
    }

    /// Polls until nothing is to be done.
    fn settle(&mut self, want: Want) -> Rest {
        loop {
            let now = self.now();
            let output = self.link.count(Lane::Core, |_| self.session.poll(&self.config, now, self.out));
            match output {
                Ok(ref output) => defmt::info!("{}", output),
                Err(error) => stop(&mut self.link, format_args!("panicked: {error}")),
            }
            match output.unwrap_or(Output::Load) {
                Output::Load => self.load(),
                Output::SignIn(reason) => {
                    self.tell(format_args!("sign-in {}", name(reason)));
                    if want == Want::Rest {
                        return Rest::Vacant;
                    }
                    self.begin();
                }
                Output::Visit(url) => {
                    let (_, redirect) = self.link.ask(b'V', url.as_str().as_bytes(), b"R", self.work);
                    let told = self.link.count(Lane::Core, |_| {
                        let redirect = core::str::from_utf8(redirect).unwrap_or_default();
                        self.session.handle(&self.config, now, Input::Redirect(redirect))
                    });
                    self.work.zeroize();
                    self.explain(told);
                }
                Output::Save(save) => {
                    let revision = Version::of(save.record()).map_or(0, |version| version.revision());
                    self.link.say(b'T', format_args!("saving {revision}"));
                    let swapped = self.link.count(Lane::Store, |_| self.store.swap(&save, self.work));
                    match swapped {
                        Ok(Swap::Saved) => self.link.say(b'T', format_args!("saved {revision}")),
                        Ok(Swap::Superseded(_)) => self.link.say(b'T', format_args!("superseded")),
                        Err(_) => self.link.say(b'T', format_args!("not saved")),
                    }
                    let input = Swap::input(&swapped, save.ticket());
                    let told = self.link.count(Lane::Core, |_| self.session.handle(&self.config, now, input));
                    self.explain(told);
                }
                Output::Send(request) => {
                    let exchange = Exchange::new(self.session, &self.config, request, || now);
                    // Without a connection, the exchange is dropped and says so.
                    let socket = Socket::open(&mut self.link, request.authority());
                    let sent = socket.map(|mut socket| socket.work(Lane::Http, |socket| exchange.run(socket, self.work)));
                    defmt::info!("exchange: {}", sent);
                    if let Some(Err(error)) = sent {
                        self.tell(format_args!("exchange: {error}"));
                    }
                }
                Output::AwaitRedirect(until) | Output::AwaitResponse(until) | Output::Wait(until, _) => {
                    self.sleep(until.as_millis().saturating_sub(self.clock).max(1));
                }
                Output::Sleep(_) => return Rest::Live,
            }
        }
    }

    fn begin(&mut self) {
        let Some(entropy) = self.entropy() else { return };
        let resource = self.settings.resource();
        let grant = Grant::AuthorizationCode(self.settings.request(resource.as_slice()));
        let redirect_uri = self.settings.get("redirect");
        let now = self.now();
        let told = self.link.count(Lane::Core, |_| self.session.sign_in(&self.config, now, &grant, redirect_uri, &entropy));
        self.explain(told);
    }

    fn load(&mut self) {
        let Some(entropy) = entropy(&mut self.link) else { return };
        let found = self.link.count(Lane::Store, |_| self.store.load(self.work));
        let Ok(record) = found else { stop(&mut self.link, format_args!("panicked: the store cannot be read")) };
        match record.and_then(|record| Version::of(record).ok()) {
            Some(version) => self.link.say(b'T', format_args!("loaded {}", version.revision())),
            None => self.link.say(b'T', format_args!("loaded none")),
        }
        let now = Timestamp::from_millis(self.clock);
        let told = self.link.count(Lane::Core, |_| self.session.handle(&self.config, now, Input::Found(record, &entropy)));
        self.explain(told);
    }

    fn input(&mut self, input: Input<'_>) {
        defmt::debug!("{}", input);
        let now = self.now();
        let told = self.link.count(Lane::Core, |_| self.session.handle(&self.config, now, input));
        self.explain(told);
    }

    /// Errors explain, and `poll` decides.
    fn explain(&mut self, told: Result<Status, Error>) {
        defmt::debug!("{}: {}", told, &*self.session);
        if let Err(error) = told {
            self.tell(format_args!("error: {error}"));
        }
    }

    fn entropy(&mut self) -> Option<Entropy> {
        entropy(&mut self.link)
    }

    fn sleep(&mut self, millis: u64) {
        self.link.ask(b'S', &millis.to_le_bytes(), b"S", &mut []);
        self.clock = self.clock.saturating_add(millis);
    }
}

/// 64 bytes of the machine's generator, or of the host's.
fn entropy<M: Machine>(link: &mut Link<M>) -> Option<Entropy> {
    let mut bytes = [0; 64];
    if !link.machine().random(&mut bytes) {
        link.ask(b'E', &64u16.to_le_bytes(), b"E", &mut bytes);
    }
    let entropy = Entropy::from_bytes(bytes);
    bytes.zeroize();
    entropy.ok()
}

fn name(reason: SignInReason) -> &'static str {
    match reason {
        SignInReason::NoGrant => "NoGrant",
        SignInReason::SignedOut => "SignedOut",
        SignInReason::Expired => "Expired",
        SignInReason::Ended => "Ended",
        SignInReason::Interaction => "Interaction",
        SignInReason::InDoubt => "InDoubt",
        SignInReason::TimedOut => "TimedOut",
        SignInReason::Cancelled => "Cancelled",
        SignInReason::Declined => "Declined",
        SignInReason::Failed => "Failed",
        SignInReason::TooSmall => "TooSmall",
        _ => "Other",
    }
}
