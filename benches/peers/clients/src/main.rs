//! gatepass's always-signed-in clients beside the bare clients they are made of, at a server on loopback.
//!
//!     clients rounds CLIENT THREADS   prints the ratio of times: its median and quartiles; then microseconds of a bare request
//!     clients step CLIENT WAY         sends one request after others: what callgrind counts; WAY is `bare` or `signed-in`
#![forbid(unsafe_code)]

mod reqwest_clients;
mod rounds;
mod server;
mod ureq_clients;

use core::time::Duration;
use std::{sync::Arc, time::Instant};

use gatepass::{AuthorizationCode, Client, Config, Grant, Server, Timestamp};
use gatepass_issuer::{Endpoint, Issuer};
use gatepass_reqwest::Settings;
use gatepass_steps::step::{Outcome, Ready, counted};
use gatepass_store::Memory;

use self::{reqwest_clients::Reqwest, ureq_clients::Ureq};

/// A client that is bare and sets the header itself, or is always signed in.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    Bare,
    SignedIn,
}

/// One of the two, ready for requests.
trait Sender {
    /// Signed in with these settings; with its bare fellow beside it.
    fn new(settings: Settings, issuer: &Issuer, origin: &str) -> Self;
    /// Sends so many requests from so many threads or tasks, each after another, and reads the answers.
    fn send(&self, way: Way, threads: usize, requests: usize);
    /// Sends one, on this thread.
    fn send_one(&self, way: Way);
}

fn config(issuer: &Issuer) -> Config<'static> {
    // For as long as the process: the clients want a configuration that borrows nothing.
    let [issuer, authorize, token] =
        [issuer.url(), issuer.endpoint_url(Endpoint::Authorize), issuer.endpoint_url(Endpoint::Token)].map(|url| &*url.leak());
    let server = Server::new(issuer, authorize, token).danger_allow_http_on_loopback();
    Config::new(server, Client::public("demo")).expect("it is a good configuration")
}

fn settings(issuer: &Issuer, origin: &str) -> Settings {
    Settings::new(config(issuer), Arc::new(Memory::new())).origin(origin).danger_allow_http_on_loopback()
}

/// With the standard library's clock, which it asks the C library for: the one that the settings bring reads the kernel's own page, and there
/// is none within valgrind.
fn with_other_clock(settings: Settings) -> Settings {
    let start = Instant::now();
    settings.clock(move || Timestamp::from_millis(start.elapsed().as_millis() as u64 + 1_000).with_unix_seconds(1_800_000_000))
}

fn grant() -> Grant<'static> {
    Grant::AuthorizationCode(AuthorizationCode::new().scope("read"))
}

const REDIRECT_URI: &str = "http://127.0.0.1/callback";

struct One<S>(S, Way);

impl<S: Sender> Ready for One<S> {
    fn run(&mut self) {
        self.0.send_one(self.1);
    }

    fn outcome(&mut self) -> Outcome {
        Outcome::Refused
    }
}

fn count<S: Sender>(issuer: &Issuer, origin: &str, way: Way) {
    let sender = S::new(with_other_clock(settings(issuer, origin)), issuer, origin);
    // So that the connection stands, and everything that is made once is there.
    for _ in 0..8 {
        sender.send_one(way);
    }
    counted(&mut One(sender, way));
}

fn main() {
    let issuer = Issuer::builder().access_ttl(Duration::from_secs(3_600)).start().expect("a server on loopback");
    let origin = server::start();
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["rounds", client, threads] => {
            let threads = threads.parse().expect("a number");
            let settings = settings(&issuer, &origin);
            let measured = match client {
                "ureq" => rounds::measure(&Ureq::new(settings, &issuer, &origin), threads),
                "reqwest" => rounds::measure(&Reqwest::new(settings, &issuer, &origin), threads),
                _ => panic!("there are ureq and reqwest"),
            };
            println!("{}", measured.map(|figure| figure.to_string()).join("\t"));
        }
        ["step", client, way] => {
            let way = if way == "bare" { Way::Bare } else { Way::SignedIn };
            match client {
                "ureq" => count::<Ureq>(&issuer, &origin, way),
                "reqwest" => count::<Reqwest>(&issuer, &origin, way),
                _ => panic!("there are ureq and reqwest"),
            }
        }
        _ => panic!("unknown arguments {arguments:?}"),
    }
}
