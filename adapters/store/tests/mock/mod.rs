//! A keyring in memory that fails when it is told to.

use std::{
    any::Any,
    collections::{BTreeMap, HashMap},
    fmt,
    sync::{Arc, Mutex, MutexGuard},
};

use keyring_core::{Credential, Entry, Error, Result, api::CredentialApi, api::CredentialStoreApi};

/// What fails, and when.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Fault {
    #[default]
    None,
    /// This change (from 0), and each after it, is not made.
    Before(usize),
    /// This change is made, but the answer is lost; none after it is made.
    After(usize),
    /// Changes that would make it larger than so many bytes in all are not made.
    Full(usize),
    Locked,
    Ambiguous,
}

#[derive(Default)]
pub struct State {
    pub entries: BTreeMap<String, Vec<u8>>,
    pub fault: Fault,
    /// Changes asked for since the fault was set.
    pub changes: usize,
    /// Bytes an entry.
    pub limit: Option<usize>,
}

#[derive(Clone, Default)]
pub struct Mock(Arc<Mutex<State>>);

impl Mock {
    pub fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap()
    }

    pub fn set(&self, fault: Fault) {
        let mut state = self.state();
        state.fault = fault;
        state.changes = 0;
    }

    pub fn size(&self) -> usize {
        self.state().entries.values().map(Vec::len).sum()
    }
}

struct Named(Mock, String);

fn platform(said: &str) -> Box<dyn std::error::Error + Send + Sync> {
    said.into()
}

impl State {
    /// The change, unless it fails.
    fn change(&mut self, size: usize, act: impl FnOnce(&mut BTreeMap<String, Vec<u8>>)) -> Result<()> {
        let at = self.changes;
        self.changes += 1;
        let all: usize = self.entries.values().map(Vec::len).sum();
        match self.fault {
            Fault::Locked => return Err(Error::NoStorageAccess(platform("locked"))),
            Fault::Ambiguous => return Err(Error::Ambiguous(Vec::new())),
            Fault::Before(first) if at >= first => return Err(Error::PlatformFailure(platform("gone"))),
            Fault::After(first) if at > first => return Err(Error::PlatformFailure(platform("gone"))),
            Fault::Full(most) if all + size > most => return Err(Error::PlatformFailure(platform("full"))),
            Fault::None | Fault::Before(_) | Fault::After(_) | Fault::Full(_) => {}
        }
        act(&mut self.entries);
        if self.fault == Fault::After(at) { Err(Error::PlatformFailure(platform("lost"))) } else { Ok(()) }
    }
}

impl CredentialApi for Named {
    fn set_secret(&self, secret: &[u8]) -> Result<()> {
        let mut state = self.0.state();
        if state.limit.is_some_and(|limit| secret.len() > limit) {
            return Err(Error::TooLong("secret".into(), 0));
        }
        assert!(core::str::from_utf8(secret).is_ok(), "some keyrings keep only text");
        let grows = secret.len().saturating_sub(state.entries.get(&self.1).map_or(0, Vec::len));
        state.change(grows, |entries| drop(entries.insert(self.1.clone(), secret.to_vec())))
    }

    fn get_secret(&self) -> Result<Vec<u8>> {
        let state = self.0.state();
        match state.fault {
            Fault::Locked => Err(Error::NoStorageAccess(platform("locked"))),
            Fault::Ambiguous => Err(Error::Ambiguous(Vec::new())),
            _ => state.entries.get(&self.1).cloned().ok_or(Error::NoEntry),
        }
    }

    fn delete_credential(&self) -> Result<()> {
        let mut state = self.0.state();
        if !state.entries.contains_key(&self.1) {
            return Err(Error::NoEntry);
        }
        state.change(0, |entries| drop(entries.remove(&self.1)))
    }

    fn get_credential(&self) -> Result<Option<Arc<Credential>>> {
        Ok(None)
    }

    fn get_specifiers(&self) -> Option<(String, String)> {
        None
    }

    fn as_any(&self) -> &dyn Any {
        self
    }

    fn debug_fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.1)
    }
}

impl CredentialStoreApi for Mock {
    fn vendor(&self) -> String {
        "mock".into()
    }

    fn id(&self) -> String {
        "mock".into()
    }

    fn build(&self, service: &str, user: &str, _: Option<&HashMap<&str, &str>>) -> Result<Entry> {
        Ok(Entry::new_with_credential(Arc::new(Named(self.clone(), format!("{service}/{user}")))))
    }

    fn as_any(&self) -> &dyn Any {
        self
    }

    fn debug_fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("mock")
    }
}
