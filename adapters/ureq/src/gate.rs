//! The last look at the deadline: when the connection stands, and before the first byte of the request.

use core::fmt;
use std::sync::{Arc, OnceLock, Weak};

use ureq::{
    Error,
    unversioned::transport::{ConnectionDetails, Connector, Transport},
};

use crate::flight::Tower;

/// Behind DNS, TCP and TLS, which may have taken long, also by being suspended.
#[derive(Clone, Default)]
pub(crate) struct Gate(Arc<OnceLock<Weak<Tower>>>);

impl Gate {
    /// From now on requests are those of this tower's driver.
    pub(crate) fn belongs_to(&self, tower: &Arc<Tower>) {
        let _: Result<(), _> = self.0.set(Arc::downgrade(tower));
    }
}

impl<In: Transport> Connector<In> for Gate {
    type Out = In;

    fn connect(&self, _: &ConnectionDetails<'_>, connection: Option<In>) -> Result<Option<In>, Error> {
        let tower = self.0.get().and_then(Weak::upgrade);
        if tower.is_some_and(|tower| !tower.lock().may_leave()) { Err(Error::Other(Box::new(Late))) } else { Ok(connection) }
    }
}

impl fmt::Debug for Gate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Gate")
    }
}

/// The deadline passed while it connected. Nothing was sent.
#[derive(Debug)]
pub(crate) struct Late;

impl fmt::Display for Late {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("it took too long to connect; nothing was sent")
    }
}

impl core::error::Error for Late {}
