//! The loopback listener: bound before the URL is made, closed when the redirect was answered.

use core::fmt;
use core::time::Duration;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener};
use std::time::Instant;

use mio::{Events, Poll};

use crate::bind::{self, Bound};
use crate::connection::LINGER;
use crate::crowd::{Crowd, MAX_CONNECTIONS};
use crate::door::Door;
use crate::service::Service;
use crate::{Error, Outcome, Verdict, path};

/// Longest sleep: how exact a connection's deadline is.
const TICK: Duration = Duration::from_millis(250);

/// Listens for one sign-in's redirect on the loopback addresses of this machine.
///
/// Bind it just before the sign-in, and drop it when the sign-in is given up: the port closes with it
/// (RFC 8252 §8.3). Memory is bounded by [`MAX_CONNECTIONS`] times [`MAX_HEAD`](crate::MAX_HEAD) and a
/// page each, whatever is sent.
pub struct Listener {
    doors: Vec<Door>,
    crowd: Crowd,
    poll: Poll,
    events: Events,
    path: String,
    redirect_uri: String,
}

impl Listener {
    /// Listens on a port of the system's choosing, the same on `127.0.0.1` and `[::1]`.
    ///
    /// `path` is that of the redirect URI, like `/callback`: at most 256 bytes of letters, digits and
    /// `-._~/`. Servers that follow RFC 8252 §7.3 accept every port for a registered loopback URI.
    ///
    /// # Errors
    ///
    /// [`Error::Path`], [`Error::NoFreePort`], [`Error::NoLoopback`] or [`Error::Wait`].
    pub fn bind(path: &str) -> Result<Self, Error> {
        let path = path::checked(path)?;
        Self::new(bind::any_port(TcpListener::bind)?, path, false)
    }

    /// Listens on `port`, for servers that compare the port, too.
    ///
    /// # Errors
    ///
    /// As [`bind`](Self::bind), and [`Error::Port`] (0 or 80), [`Error::PortTaken`] if a program
    /// listens there in either family, or [`Error::PortDenied`].
    pub fn bind_port(path: &str, port: u16) -> Result<Self, Error> {
        let path = path::checked(path)?;
        Self::new(bind::fixed_port(port, TcpListener::bind)?, path, false)
    }

    /// Listens again where an earlier listener did, for a sign-in that outlived its process: the
    /// browser will come back to the redirect URI that the sign-in began with.
    ///
    /// # Errors
    ///
    /// As [`bind_port`](Self::bind_port), and [`Error::RedirectUri`] if no listener made that URI, or
    /// the address family in it is gone.
    pub fn bind_again(redirect_uri: &str) -> Result<Self, Error> {
        let rest = redirect_uri.strip_prefix("http://").ok_or(Error::RedirectUri)?;
        let (authority, path) = rest.split_at(rest.find('/').ok_or(Error::RedirectUri)?);
        let address: SocketAddr = authority.parse().map_err(|_| Error::RedirectUri)?;
        let path = path::checked(path).map_err(|_| Error::RedirectUri)?;
        // Byte for byte, as the authorization server compares; and before a port is asked for, which somebody else may hold.
        let is_own = [IpAddr::V4(Ipv4Addr::LOCALHOST), IpAddr::V6(Ipv6Addr::LOCALHOST)].contains(&address.ip());
        if !is_own || format!("http://{address}{path}") != redirect_uri {
            return Err(Error::RedirectUri);
        }
        let bound = bind::fixed_port(address.port(), TcpListener::bind)?;
        let listener = Self::new(bound, path, address.is_ipv6())?;
        // Its family may not be there any more.
        match listener.redirect_uri == redirect_uri {
            true => Ok(listener),
            false => Err(Error::RedirectUri),
        }
    }

    fn new(bound: Bound, path: &str, prefer_v6: bool) -> Result<Self, Error> {
        let poll = Poll::new().map_err(|e| Error::Wait(e.kind()))?;
        let mut doors = Vec::with_capacity(2);
        for socket in [bound.v4, bound.v6].into_iter().flatten() {
            doors.push(Door::open(socket, &poll).map_err(|e| Error::Wait(e.kind()))?);
        }
        let preferred = doors.iter().find(|door| door.local.is_ipv6() == prefer_v6).or(doors.first());
        let address = preferred.map(|door| door.local).ok_or(Error::NoFreePort)?;
        Ok(Self {
            redirect_uri: format!("http://{address}{path}"),
            doors,
            crowd: Crowd::new(),
            poll,
            events: Events::with_capacity(MAX_CONNECTIONS),
            path: path.to_owned(),
        })
    }

    /// The redirect URI of this sign-in, like `http://127.0.0.1:49152/callback`: an address, never a
    /// name (RFC 8252 §8.3). It is `[::1]` only where there is no IPv4.
    #[must_use]
    pub fn redirect_uri(&self) -> &str {
        &self.redirect_uri
    }

    /// The addresses that are listened on: none once the sign-in has ended.
    pub fn addresses(&self) -> impl Iterator<Item = SocketAddr> {
        self.doors.iter().map(|door| door.local)
    }

    /// Waits for the redirect, at most for `within`, and answers the browser.
    ///
    /// `accept` is called with each URI that could be the redirect: scheme, host and port that it
    /// came to, then path and query byte for byte, all of them URI bytes, at most
    /// [`MAX_HEAD`](crate::MAX_HEAD) and an origin long. It is not called for anything else a browser
    /// or a stranger sends. There is a code in that URI: do not log it. The browser shows its page when
    /// the closure returns: exchange the code afterwards.
    ///
    /// `None` says that the time is over: connections are kept, and the next call goes on where this one
    /// ended, so a caller may use short times to show progress or to notice a wish to stop. With zero
    /// it does what can be done without waiting. The last page is seen off, within one second more,
    /// before this returns an outcome, and the port is closed then.
    ///
    /// # Errors
    ///
    /// [`Error::Ended`] after an outcome; [`Error::Wait`] if the system cannot wait for sockets.
    pub fn receive(&mut self, within: Duration, mut accept: impl FnMut(&str) -> Verdict) -> Result<Option<Outcome>, Error> {
        self.receive_until(Instant::now().checked_add(within), &mut accept)
    }

    /// `None` is a time that no clock reaches.
    fn receive_until(&mut self, until: Option<Instant>, accept: &mut dyn FnMut(&str) -> Verdict) -> Result<Option<Outcome>, Error> {
        if self.doors.is_empty() {
            return Err(Error::Ended);
        }
        loop {
            let (outcome, rest) = self.turn(accept);
            if let Some(outcome) = outcome {
                self.close();
                return Ok(Some(outcome));
            }
            let left = left(until);
            if left.is_zero() {
                return Ok(None);
            }
            self.sleep(left.min(rest))?;
        }
    }

    /// Serves what is there. Also says for how long nothing else can be done but wait.
    fn turn(&mut self, accept: &mut dyn FnMut(&str) -> Verdict) -> (Option<Outcome>, Duration) {
        let now = Instant::now();
        let mut service = Service::new(&self.path, now, accept);
        self.crowd.serve(&mut service);
        let mut rest = TICK;
        for door in &self.doors {
            rest = rest.min(self.crowd.let_in(door, &self.poll, &mut service));
        }
        (service.outcome(), rest)
    }

    /// Closes the port at once, and sees off those who have their answer.
    fn close(&mut self) {
        self.doors.clear();
        let until = Instant::now().checked_add(LINGER);
        while self.crowd.see_off(Instant::now()) {
            let left = left(until);
            if left.is_zero() || self.sleep(left.min(TICK)).is_err() {
                break;
            }
        }
        self.crowd = Crowd::new();
    }

    /// Sleeps until a socket is ready. Which one does not matter, for every turn tries them all; one that
    /// was missed costs a tick.
    fn sleep(&mut self, time: Duration) -> Result<(), Error> {
        match self.poll.poll(&mut self.events, Some(time)) {
            Err(e) if e.kind() != io::ErrorKind::Interrupted => Err(Error::Wait(e.kind())),
            _ => Ok(()),
        }
    }
}

/// What is left until then.
fn left(until: Option<Instant>) -> Duration {
    until.map_or(Duration::MAX, |until| until.saturating_duration_since(Instant::now()))
}

/// Without the connections: there are codes in them.
impl fmt::Debug for Listener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let addresses: Vec<SocketAddr> = self.addresses().collect();
        f.debug_struct("Listener").field("addresses", &addresses).finish_non_exhaustive()
    }
}
