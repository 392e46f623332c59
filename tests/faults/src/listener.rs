//! What the process does whose calls at sockets fail: it listens for a redirect, as an application does.

use core::time::Duration;
use std::{fs, path::Path};

use gatepass_native::{Error, Listener, Verdict};

use crate::worker::{REPEATS, tell};

/// What it is called among the workers.
pub const KIND: &str = "listener";

/// The file that says where it listens.
pub const ADDRESS: &str = "address";

/// Far longer than it takes: nobody comes any more.
const PATIENCE: Duration = Duration::from_secs(30);

/// Does it until it succeeds, as a person does.
fn insist<T>(mut attempt: impl FnMut() -> Result<T, Error>) -> Option<T> {
    for _ in 0..REPEATS {
        match attempt() {
            Ok(done) => return Some(done),
            Err(error) => tell("failed", format_args!("{error:?}")),
        }
    }
    None
}

pub(crate) fn main(folder: &Path) {
    tell("begun", "listen");
    let Some(mut listener) = insist(|| Listener::bind("/callback")) else { return };
    let Some(address) = listener.addresses().next() else { return };
    fs::write(folder.join(ADDRESS), format!("{address}\n")).unwrap();
    let judge = |uri: &str| if uri.contains("state=right") { Verdict::Accepted } else { Verdict::Ignored };
    match insist(|| listener.receive(PATIENCE, judge)) {
        Some(Some(outcome)) => tell("outcome", format_args!("{outcome:?}")),
        Some(None) => tell("failed", "nobody came"),
        None => {}
    }
}
