//! What a worker tells: a line each, on its standard output.

use std::{
    fmt,
    io::Write as _,
    time::{SystemTime, UNIX_EPOCH},
};

/// Microseconds since 1970 on the machine's clock, which every process here and the issuer's log share.
pub(crate) type Moment = u128;

pub(crate) fn moment(time: SystemTime) -> Moment {
    time.duration_since(UNIX_EPOCH).unwrap_or_default().as_micros()
}

pub(crate) fn now() -> Moment {
    moment(SystemTime::now())
}

/// What happened in a worker.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum What {
    /// Its intent to refresh is stored: from now on it may send.
    Intent,
    /// Another change of its is stored: after a refresh, the new tokens, or that the grant has ended.
    Saved,
    /// Somebody else changed the store first.
    Lost,
    /// The store failed, or nobody knows what became of the change.
    StoreFailed(String),
    /// It called the API, which answered with this status.
    Called(u16),
    /// It has no token until the user signs in.
    Asks(String),
    /// What must not happen.
    Failed(String),
    /// It ended in order.
    Ended,
}

/// The same with its moment.
#[derive(Clone, Debug)]
pub(crate) struct Event {
    pub(crate) at: Moment,
    pub(crate) what: What,
}

impl What {
    /// Tells it now. A line leaves whole or, when the process is killed, not at all.
    pub(crate) fn tell(self) {
        let line = format!("{}\n", Event { at: now(), what: self });
        let mut out = std::io::stdout().lock();
        // Whoever started this process is gone, if this fails: the end of standard input says so too.
        let _ = out.write_all(line.as_bytes()).and_then(|()| out.flush());
    }
}

impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (name, text) = match &self.what {
            What::Intent => ("intent", String::new()),
            What::Saved => ("saved", String::new()),
            What::Lost => ("lost", String::new()),
            What::StoreFailed(text) => ("store-failed", text.replace('\n', " ")),
            What::Called(status) => ("called", status.to_string()),
            What::Asks(reason) => ("asks", reason.clone()),
            What::Failed(text) => ("failed", text.replace('\n', " ")),
            What::Ended => ("ended", String::new()),
        };
        write!(f, "{} {name} {text}", self.at)
    }
}

impl Event {
    /// A line, without its end.
    pub(crate) fn parse(line: &str) -> Option<Self> {
        let mut parts = line.splitn(3, ' ');
        let at = parts.next()?.parse().ok()?;
        let name = parts.next()?;
        let text = parts.next()?.to_owned();
        let what = match name {
            "intent" => What::Intent,
            "saved" => What::Saved,
            "lost" => What::Lost,
            "store-failed" => What::StoreFailed(text),
            "called" => What::Called(text.parse().ok()?),
            "asks" => What::Asks(text),
            "failed" => What::Failed(text),
            "ended" => What::Ended,
            _ => return None,
        };
        Some(Self { at, what })
    }
}
