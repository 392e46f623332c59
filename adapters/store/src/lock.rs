//! The lock of every change, across threads and processes: of a file, and of what can lock nothing itself.

use core::time::Duration;
use std::{
    fs, io,
    path::{Path, PathBuf},
    thread,
    time::Instant,
};

use crate::{disk, error::StoreError};

/// How long a change waits for the lock: each is held for a few writes.
const LIMIT: Duration = Duration::from_secs(10);
/// Between two looks at a lock that another holds.
const PAUSE: Duration = Duration::from_millis(2);

/// Everybody else who wants to change something waits until this is dropped. The file stays: two could hold it if it were
/// ever deleted.
pub(crate) fn hold(path: PathBuf) -> Result<fs::File, StoreError> {
    hold_within(path, LIMIT)
}

/// As long as that: a process that is stopped holds it for ever.
pub(crate) fn hold_within(path: PathBuf, limit: Duration) -> Result<fs::File, StoreError> {
    disk::create_folder(folder(&path))?;
    let lock = disk::open(&path, fs::OpenOptions::new().read(true).write(true).create(true))?;
    let start = Instant::now();
    loop {
        match fs4::FileExt::try_lock(&lock) {
            Ok(()) => return Ok(lock),
            Err(fs4::TryLockError::Error(source)) if source.kind() == io::ErrorKind::Interrupted => continue,
            Err(fs4::TryLockError::Error(source)) => return Err(disk::error("lock", &path, source)),
            Err(fs4::TryLockError::WouldBlock) => {}
        }
        if start.elapsed() >= limit {
            return Err(StoreError::Locked { path });
        }
        // Always the same, so that who has waited for long is not overtaken by who has just come. The system's own queue has no
        // limit in time, and a thread that waits in it cannot be ended.
        thread::sleep(PAUSE);
    }
}

/// The folder that a file is in.
pub(crate) fn folder(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or_else(|| Path::new("."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lock_that_is_never_let_go_is_an_error_that_names_the_cure() {
        let folder = std::env::temp_dir().join(format!("gatepass-lock-{}", std::process::id()));
        let path = folder.join("grant.lock");
        let held = hold(path.clone()).unwrap();
        let error = hold_within(path.clone(), Duration::from_millis(30)).unwrap_err();
        assert!(matches!(error, StoreError::Locked { .. }) && error.to_string().contains("fuser"), "{error}");
        assert!(!error.is_permanent());
        drop(held);
        assert!(hold_within(path, Duration::ZERO).is_ok());
        fs::remove_dir_all(folder).unwrap();
    }
}
