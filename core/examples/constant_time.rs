//! Whether the comparison of `state` takes as long wherever a redirect's differs from the one that was sent (RFC 6749 §10.12).
//! `benches/constant-time` runs it.
//!
//! ```text
//! constant_time count PLACE     a thousand redirects whose `state` differs at this place, for whoever counts instructions
//! constant_time spelled PLACE   the same with an escape for its first character, behind which it is compared byte by byte
//! constant_time time [ROUNDS]   Welch's t-test on the time of redirects that differ at the first place, and at the last
//! ```

#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout, clippy::indexing_slicing, clippy::arithmetic_side_effects)]
#![allow(clippy::std_instead_of_core)]

use std::{env, hint::black_box, time::Instant};

use gatepass::{AuthorizationCode, Client, Config, Entropy, Error, Grant, Input, Output, Server, Session, Timestamp, Violation};

const NOW: Timestamp = Timestamp::from_millis(1_000);
const REDIRECT_URI: &str = "http://127.0.0.1:9/cb";

/// A session that awaits a redirect, and the `state` that it must have.
fn awaiting(config: &Config<'_>) -> (Session<[u8; 1024]>, String) {
    let entropy = |salt: u8| Entropy::from_bytes(core::array::from_fn(|at| (at as u8).wrapping_mul(167) ^ salt)).unwrap();
    let mut session = Session::new();
    session.handle(config, NOW, Input::Found(None, &entropy(1))).unwrap();
    let grant = Grant::AuthorizationCode(AuthorizationCode::new());
    session.sign_in(config, NOW, &grant, REDIRECT_URI, &entropy(2)).unwrap();
    let mut out = [0; 1024];
    let Output::Visit(url) = session.poll(config, NOW, &mut out).unwrap() else { panic!("no visit") };
    let state = url.as_str().split("state=").nth(1).unwrap().split('&').next().unwrap().to_owned();
    session.handle(config, NOW, Input::Visited).unwrap();
    (session, state)
}

/// A redirect whose `state` differs at one place.
fn wrong(state: &str, place: usize) -> String {
    let mut state = state.as_bytes().to_vec();
    state[place] = if state[place] == b'A' { b'C' } else { b'A' };
    format!("{REDIRECT_URI}?state={}&code=c", String::from_utf8(state).unwrap())
}

fn main() {
    let server = Server::new("https://as.example", "https://as.example/a", "https://as.example/t");
    let config = Config::new(server, Client::public("id")).unwrap();
    let (mut session, state) = awaiting(&config);
    let mut refuse = |redirect: &str| {
        let refused = session.handle(&config, NOW, Input::Redirect(black_box(redirect)));
        assert_eq!(refused, Err(Error::Violation(Violation::State)));
    };
    let arguments: Vec<String> = env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [how @ ("count" | "spelled"), place] => {
            let redirect = wrong(&state, place.parse().unwrap());
            let (front, rest) = redirect.split_once("state=").unwrap();
            let first = format!("%{:02X}", rest.as_bytes()[0]);
            let spelled = format!("{front}state={first}{}", &rest[1..]);
            let redirect = if how == "count" { redirect } else { spelled };
            for _ in 0..1_000 {
                refuse(&redirect);
            }
        }
        ["time", ref rounds @ ..] => {
            let rounds = rounds.first().map_or(2_000_000, |rounds| rounds.parse().unwrap());
            let redirects = [wrong(&state, 0), wrong(&state, state.len() - 1)].map(String::into_bytes);
            // In one place of memory, and written alike: what differs between the two, and nothing else. Either would tell them apart.
            let places: Vec<usize> = (0..redirects[0].len()).filter(|at| redirects[0][*at] != redirects[1][*at]).collect();
            let mut here = redirects[0].clone();
            t_test(rounds, |class| {
                for at in &places {
                    here[*at] = black_box([redirects[0][*at], redirects[1][*at]])[class];
                }
                let here = str::from_utf8(&here).unwrap();
                let start = Instant::now();
                for _ in 0..EACH {
                    refuse(here);
                }
                start.elapsed().as_nanos() as f64
            });
        }
        _ => panic!("count PLACE, spelled PLACE, or time [ROUNDS]"),
    }
}

/// Redirects that are timed at once.
const EACH: u32 = 8;

/// Count, mean and sum of the squared distances from it (Welford).
#[derive(Clone, Copy, Default)]
struct Sample {
    count: f64,
    mean: f64,
    squares: f64,
}

impl Sample {
    fn add(&mut self, value: f64) {
        self.count += 1.0;
        let distance = value - self.mean;
        self.mean += distance / self.count;
        self.squares += distance * (value - self.mean);
    }

    fn variance(&self) -> f64 {
        self.squares / (self.count - 1.0)
    }
}

/// Times two classes in an order that is drawn, and prints Welch's t of all times, and of those below a limit: what is above it
/// is the machine's doing.
fn t_test(rounds: u32, mut time: impl FnMut(usize) -> f64) {
    let mut drawn = 0x9e37_79b9_7f4a_7c15u64;
    let mut timed = Vec::with_capacity(rounds as usize);
    for _ in 0..rounds {
        drawn ^= drawn << 13;
        drawn ^= drawn >> 7;
        drawn ^= drawn << 17;
        let class = (drawn >> 40 & 1) as usize;
        timed.push((class, time(class)));
    }
    let mut sorted: Vec<f64> = timed.iter().map(|(_, nanos)| *nanos).collect();
    sorted.sort_by(f64::total_cmp);
    for (name, share) in [("all", 100), ("the faster 90 %", 90), ("the faster 50 %", 50)] {
        let limit = sorted[(sorted.len() - 1) * share / 100];
        let mut samples = [Sample::default(); 2];
        for (class, nanos) in timed.iter().filter(|(_, nanos)| *nanos <= limit) {
            samples[*class].add(*nanos);
        }
        let [first, last] = samples;
        let t = (first.mean - last.mean) / (first.variance() / first.count + last.variance() / last.count).sqrt();
        let (first, last) = (first.mean / f64::from(EACH), last.mean / f64::from(EACH));
        println!("{name}: differs at the first place {first:.2} ns, at the last {last:.2} ns, t = {t:.2}");
    }
    println!("{rounds} rounds of {EACH} redirects; |t| beyond 4.5, with one sign in every process, would be a difference");
}
