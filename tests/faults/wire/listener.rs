//! The loopback listener: its own calls fail, each in its turn; and browsers break off anywhere.

use std::{
    fs,
    io::{Read as _, Write as _},
    net::{Shutdown, SocketAddr, TcpStream},
    path::Path,
    process::Child,
    thread,
    time::{Duration, Instant},
};

use gatepass_faults::{
    listener::{ADDRESS, KIND},
    proxy::How,
    scratch::Scratch,
    trace::{Worker, read},
};
use gatepass_native::{Listener, Outcome as Ended, Verdict};
use rustix::net::sockopt::set_socket_linger;

use crate::{
    front::check,
    sweep::{Outcome, Tally, all},
};

/// So that a failure ends: nothing is measured with it.
const GUARD: Duration = Duration::from_secs(60);

/// The calls of a listener at its sockets, and how they can fail.
const CALLS: &[(&str, &[&str])] = &[
    ("socket", &["EMFILE"]),
    ("bind", &["EADDRINUSE", "EACCES"]),
    ("listen", &["EADDRINUSE"]),
    ("getsockname", &["ENOBUFS"]),
    ("epoll_create1", &["EMFILE"]),
    ("epoll_ctl", &["ENOMEM", "ENOSPC"]),
    ("epoll_wait", &["EINTR", "EINVAL"]),
    ("accept4", &["EMFILE", "ENFILE", "ENOBUFS", "ECONNABORTED", "EINTR", "EPERM"]),
    ("recvfrom", &["ECONNRESET", "ETIMEDOUT", "EINTR", "EIO"]),
    ("sendto", &["EPIPE", "ECONNRESET", "EINTR", "ENOBUFS"]),
    ("shutdown", &["ENOTCONN", "EIO"]),
];

fn request(address: SocketAddr, state: &str) -> Vec<u8> {
    format!("GET /callback?code=c&state={state} HTTP/1.1\r\nHost: {address}\r\nSec-Fetch-Mode: navigate\r\n\r\n").into_bytes()
}

/// What a browser gets, if anything.
fn visit(address: SocketAddr, state: &str) -> Option<String> {
    let mut stream = TcpStream::connect(address).ok()?;
    stream.set_read_timeout(Some(GUARD)).ok()?;
    stream.write_all(&request(address, state)).ok()?;
    let mut page = Vec::new();
    stream.read_to_end(&mut page).ok()?;
    Some(String::from_utf8_lossy(&page).into_owned())
}

/// Where it listens; `None` if it ended before.
fn address(folder: &Path, worker: &mut Child) -> Option<SocketAddr> {
    let until = Instant::now() + GUARD;
    loop {
        let text = fs::read_to_string(folder.join(ADDRESS)).unwrap_or_default();
        if let Some(address) = text.strip_suffix('\n') {
            return Some(address.parse().unwrap());
        }
        if worker.try_wait().unwrap().is_some() {
            return None;
        }
        assert!(Instant::now() < until, "it neither listens nor ends");
        thread::sleep(Duration::from_millis(1));
    }
}

/// A sign-in at a listener whose call fails: somebody else's redirect, and the person's, who reloads the page until it is there.
fn sign_in(worker: &Worker, injections: &[String]) -> Outcome {
    let folder = Scratch::new("listener");
    let mut running = worker.start(folder.path(), "0", injections);
    let address = address(folder.path(), &mut running).ok_or("it does not listen")?;
    drop(TcpStream::connect(address));
    let _ = visit(address, "wrong");
    let mut pages = 0;
    for _ in 0..4 {
        let page = visit(address, "right");
        pages += usize::from(page.is_some_and(|page| page.starts_with("HTTP/1.1 200 ")));
        if running.try_wait().unwrap().is_some() {
            break;
        }
    }
    let ended = running.wait_with_output().unwrap();
    let run = read(folder.path());
    let is_struck =
        run.calls.iter().any(|call| call.result.as_ref().is_some_and(|result| result.as_ref().is_err_and(|why| why.contains("INJECTED"))));
    let told: Vec<_> = run.calls.iter().filter_map(|call| call.told().map(|(what, which)| format!("{what} {which}"))).collect();
    check(ended.status.success(), || String::from_utf8_lossy(&ended.stderr).into_owned())?;
    check(run.was_told("outcome"), || format!("{told:?}"))?;
    check(is_struck || pages == 1, || format!("{pages} pages for one sign-in"))?;
    Ok(is_struck)
}

// R095
#[test]
fn a_call_of_the_listener_that_fails_costs_no_sign_in() {
    let worker = Worker::new(env!("CARGO_BIN_EXE_gatepass-faults")).with(KIND);
    assert_eq!(sign_in(&worker, &[]), Ok(false));
    let ways: Vec<(&str, &str)> = CALLS.iter().flat_map(|(call, errors)| errors.iter().map(|error| (*call, *error))).collect();
    let ran = all(&ways, 2, |(call, error)| {
        let mut outcomes = Vec::new();
        for nth in 1.. {
            let injection = format!("--inject={call}:error={error}:when={nth}");
            // Whether it must wait at all depends on who is quicker: a life without any such call shows nothing, and is not counted.
            let lives = if nth == 1 { 20 } else { 1 };
            let outcome = (0..lives).map(|_| sign_in(&worker, core::slice::from_ref(&injection))).find(|outcome| *outcome != Ok(false));
            match outcome.unwrap_or(Ok(false)).map_err(|error| format!("{injection}: {error}")) {
                Ok(false) => break,
                outcome => outcomes.push(outcome),
            }
            assert!(nth < 100, "{injection}: it never ends");
        }
        outcomes
    });
    let never: Vec<_> = ways.iter().zip(&ran).filter(|(_, outcomes)| outcomes.is_empty()).collect();
    assert!(never.is_empty(), "never made: {never:?}");
    let mut tally = Tally::default();
    ran.into_iter().for_each(|outcomes| tally.add(outcomes));
    tally.report("listener-calls");
}

/// Where a browser breaks off: so many bytes of its request are sent, and of the page it reads so many.
#[derive(Clone, Copy, Debug)]
struct Break {
    sends: usize,
    reads: usize,
    how: How,
}

fn break_off(address: SocketAddr, state: &str, at: Break) -> Option<TcpStream> {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(GUARD)).unwrap();
    stream.set_nodelay(true).unwrap();
    let _ = stream.write_all(&request(address, state)[..at.sends]);
    let mut page = vec![0; at.reads];
    let _ = stream.read_exact(&mut page);
    match at.how {
        How::Reset => set_socket_linger(&stream, Some(Duration::ZERO)).unwrap(),
        // Half of it: it still listens.
        How::End => {
            let _ = stream.shutdown(Shutdown::Write);
            let _ = stream.read_to_end(&mut page);
        }
        _ => return Some(stream),
    }
    None
}

/// Bytes of a page that are counted: more than its head has.
const PAGE: usize = 400;

fn one(state: &str, place: Break) -> Outcome {
    let mut listener = Listener::bind("/callback").unwrap();
    let address = listener.addresses().next().unwrap();
    let whole = request(address, state).len();
    let place = Break { sends: place.sends.min(whole), ..place };
    thread::scope(|scope| {
        let waiting = scope.spawn(move || {
            let mut seen = 0;
            let judge = |uri: &str| {
                seen += 1;
                if uri.contains("state=right") { Verdict::Accepted } else { Verdict::Ignored }
            };
            let outcome = listener.receive(GUARD, judge);
            (outcome, seen)
        });
        let kept = break_off(address, state, place);
        let is_over = state == "right" && place.sends == whole;
        let page = if is_over { None } else { visit(address, "right") };
        let (outcome, seen) = waiting.join().unwrap();
        drop(kept);
        check(outcome == Ok(Some(Ended::Accepted)), || format!("{place:?}: {outcome:?}"))?;
        let expected = usize::from(place.sends == whole) + usize::from(!is_over);
        check(seen == expected, || format!("{place:?}: {seen} redirects were shown"))?;
        check(is_over || page.is_some_and(|page| page.starts_with("HTTP/1.1 200 ")), || format!("{place:?}: no page"))?;
        Ok(true)
    })
}

// R095, R096
#[test]
fn a_browser_that_breaks_off_anywhere_costs_no_sign_in() {
    let hows = [How::End, How::Reset, How::Stall];
    let request = request(SocketAddr::from(([127, 0, 0, 1], 50_000)), "wrong").len();
    let after = |(sends, reads)| hows.map(|how| Break { sends, reads, how });
    // Anywhere in a request that is not the one, and in its page; of the one that is, only its page is anybody's to miss.
    let anywhere = (0..request).map(|sends| (sends, 0)).chain((0..PAGE).step_by(4).map(|reads| (usize::MAX, reads)));
    let page = (0..PAGE).step_by(8).map(|reads| (usize::MAX, reads));
    for (flow, state, places) in [
        ("listener-browser", "wrong", anywhere.flat_map(after).collect::<Vec<_>>()),
        ("listener-redirect", "right", page.flat_map(after).collect()),
    ] {
        let mut tally = Tally::default();
        tally.add(all(&places, 8, |place| one(state, place)));
        tally.report(flow);
    }
}
