//! The lock of every change, across threads and processes: of a file, and of what can lock nothing itself.

use core::time::Duration;
use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::mpsc,
    thread,
};

use crate::{error::StoreError, file::disk};

/// How long a change waits for the lock: each is held for a few writes.
const LIMIT: Duration = Duration::from_secs(10);

/// Everybody else who wants to change something waits until this is dropped. The file stays: two could hold it if it were
/// ever deleted.
pub(crate) fn hold(path: PathBuf) -> Result<fs::File, StoreError> {
    hold_within(path, LIMIT)
}

/// As long as that: a process that is stopped holds it for ever.
pub(crate) fn hold_within(path: PathBuf, limit: Duration) -> Result<fs::File, StoreError> {
    disk::create_folder(folder(&path))?;
    let lock = disk::open(&path, fs::OpenOptions::new().read(true).write(true).create(true))?;
    loop {
        match fs4::FileExt::try_lock(&lock) {
            Ok(()) => return Ok(lock),
            Err(fs4::TryLockError::WouldBlock) => break,
            Err(fs4::TryLockError::Error(source)) if source.kind() == io::ErrorKind::Interrupted => {}
            Err(fs4::TryLockError::Error(source)) => return Err(disk::error("lock", &path, source)),
        }
    }
    // In the system's queue: who asks again and again may be overtaken for as long as others come. The wait has no limit there,
    // so it has a thread, which lets go of a lock that nobody waits for any more.
    let (sender, receiver) = mpsc::sync_channel(1);
    let wait = move || {
        let _ = sender.send(queue(lock));
    };
    if let Err(source) = thread::Builder::new().name("gatepass-lock".to_owned()).spawn(wait) {
        return Err(disk::error("wait for", &path, source));
    }
    match receiver.recv_timeout(limit) {
        Ok(Ok(lock)) => Ok(lock),
        Ok(Err(source)) => Err(disk::error("lock", &path, source)),
        Err(_) => Err(StoreError::Locked { path }),
    }
}

fn queue(lock: fs::File) -> io::Result<fs::File> {
    loop {
        match fs4::FileExt::lock(&lock) {
            Err(source) if source.kind() == io::ErrorKind::Interrupted => {}
            locked => return locked.map(|()| lock),
        }
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
        // Who gave up waiting gets it, and lets go.
        assert!(hold(path).is_ok());
        fs::remove_dir_all(folder).unwrap();
    }
}
