//! Waiting for the person: at the listener, and where there is no browser at standard input, whichever comes first.

use std::fmt::Display;
use std::io::{self, IsTerminal as _, Read as _};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

use gatepass::{AuthorizationUrl, Policy};
use gatepass_native::{Listener, Outcome, Verdict, open_browser};
use gatepass_ureq::{Client, Error};
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::Value;
use zeroize::Zeroizing;

use crate::output::{Exit, Failure, Screen};

/// The longest line that is read: an address far longer than any browser keeps.
const MAX_LINE: u64 = 1 << 16;
const TICK: Duration = Duration::from_millis(100);

/// Sends the person to the browser, and waits until the sign-in is complete or over.
pub(crate) fn for_person(
    client: &Client,
    listener: &mut Listener,
    url: &str,
    event: &Value,
    no_browser: bool,
    screen: Screen,
) -> Result<(), Failure> {
    let pasted = if no_browser {
        screen.event(event, format_args!("Open this page in a browser:\n\n{url}\n"))?;
        screen.note(
            "Sign in there. On this machine that is all; from another one, paste the address where the browser ends up, and press Enter.",
        );
        Some(paste())
    } else {
        if screen.is_json {
            screen.event(event, "")?;
        }
        open(url, screen)?;
        None
    };
    let until = Instant::now().checked_add(Policy::DEFAULT.sign_in);
    let waiting = Waiting::new(until, no_browser, screen);
    loop {
        let mut end = None;
        let taken = listener.receive(TICK, |redirect| match client.finish_sign_in(redirect) {
            Err(error) if client.redirect_uri().is_some() => {
                waiting.say(format_args!("Something came that is not the answer to this sign-in ({error}); still waiting."));
                Verdict::Ignored
            }
            Err(error) => {
                end = Some(Err(failed(error)));
                Verdict::Denied
            }
            Ok(()) => {
                end = Some(Ok(()));
                Verdict::Accepted
            }
        })?;
        if let (Some(Outcome::Accepted | Outcome::Denied), Some(end)) = (taken, end) {
            return end;
        }
        if let Some(line) = pasted.as_ref().and_then(|lines| lines.try_recv().ok()) {
            match client.finish_sign_in(line.trim()) {
                Err(error) if client.redirect_uri().is_some() => {
                    let hint = "Paste the whole address, from http:// on, of the page that this sign-in ended at.";
                    waiting.say(format_args!("That is not the answer to this sign-in ({error}); still waiting. {hint}"));
                }
                outcome => return outcome.map_err(failed),
            }
        }
        if waiting.is_over() {
            // It is over either way.
            let _ = client.cancel_sign_in();
            return Err(Failure::new(Exit::SignIn, "nobody came back from the browser in time"));
        }
        waiting.tick();
    }
}

fn failed(error: Error) -> Failure {
    let exit = match &error {
        Error::SignInRequired { reason: gatepass::SignInReason::TimedOut | gatepass::SignInReason::Cancelled, .. } => Exit::SignIn,
        Error::SignInRequired { .. } | Error::Core(gatepass::Error::Refused(_)) => Exit::Refused,
        Error::Store(_) | Error::Waiting { why: gatepass::Why::Store, .. } => Exit::Storage,
        Error::Waiting { .. } | Error::Transport(_) => Exit::Unavailable,
        _ => Exit::Failed,
    };
    Failure::new(exit, format_args!("the sign-in did not succeed ({error})"))
}

fn open(url: &str, screen: Screen) -> Result<(), Failure> {
    match open_browser(AuthorizationUrl::parse(url)?) {
        Ok(()) => screen.note("Your browser was opened: sign in there. (No browser? Press Ctrl-C, and run this again with --no-browser.)"),
        Err(error) => screen.note(format_args!("{error}\n\n{url}\n")),
    }
    Ok(())
}

/// The lines of standard input. It blocks, so it has a thread, which ends with the process.
fn paste() -> Receiver<Zeroizing<String>> {
    let (sender, receiver) = channel();
    thread::spawn(move || {
        loop {
            let mut line = Zeroizing::new(String::new());
            let read = io::BufRead::read_line(&mut io::stdin().lock().take(MAX_LINE), &mut line);
            // Its end is no end of the sign-in: there still is the listener.
            if !matches!(read, Ok(1..)) || (!line.trim().is_empty() && sender.send(line).is_err()) {
                return;
            }
        }
    });
    receiver
}

/// A spinner with the time that is left, where there is a terminal and nobody types into it.
struct Waiting {
    until: Option<Instant>,
    bar: ProgressBar,
    screen: Screen,
}

impl Waiting {
    fn new(until: Option<Instant>, is_typed: bool, screen: Screen) -> Self {
        let bar = if is_typed || !io::stderr().is_terminal() { ProgressBar::hidden() } else { ProgressBar::new_spinner() };
        if let Ok(style) = ProgressStyle::with_template("{spinner} {msg}") {
            bar.set_style(style);
        }
        Self { until, bar, screen }
    }

    fn left(&self) -> Duration {
        self.until.map_or(Duration::MAX, |until| until.saturating_duration_since(Instant::now()))
    }

    fn is_over(&self) -> bool {
        self.left().is_zero()
    }

    fn tick(&self) {
        let left = self.left().as_secs();
        self.bar.set_message(format!("waiting for the browser, {}:{:02} left", left / 60, left % 60));
        self.bar.tick();
    }

    /// Says something beside the spinner.
    fn say(&self, text: impl Display) {
        self.bar.suspend(|| self.screen.note(text));
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
