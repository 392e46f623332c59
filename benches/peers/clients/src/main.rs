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

use gatepass::{AuthorizationCode, Client, Config, Grant, Server};
use gatepass_issuer::{Endpoint, Issuer};
use gatepass_steps::step::{Outcome, Ready, counted};

use self::{reqwest_clients::Reqwest, ureq_clients::Ureq};

/// A client that is bare and sets the header itself, or is always signed in.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    Bare,
    SignedIn,
}

/// One of the two, ready for requests.
trait Sender {
    /// Signed in; with its bare fellow beside it.
    fn new(issuer: &Issuer, origin: &str) -> Self;
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
    let sender = S::new(issuer, origin);
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
            let measured = match client {
                "ureq" => rounds::measure(&Ureq::new(&issuer, &origin), threads),
                "reqwest" => rounds::measure(&Reqwest::new(&issuer, &origin), threads),
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
