//! Room on the disk, taken before it is needed.

use std::{fs, path::Path};

use crate::{disk, error::StoreError};

/// Bytes beyond the last record's: the next one may be longer.
pub(super) const SLACK: u64 = 4096;

/// The room that an earlier change took, if there is enough of it.
pub(super) fn taken(path: &Path, length: u64) -> Result<Option<fs::File>, StoreError> {
    let file = match disk::open(path, fs::OpenOptions::new().write(true)) {
        Ok(file) => file,
        // It is there all the same.
        Err(error @ (StoreError::Io { .. } | StoreError::Full { .. })) if is_there(path) => return Err(error),
        // Whatever else has this name is not ours, and makes way for what is.
        Err(_) => return Ok(None),
    };
    let found = file.metadata().map_err(|source| disk::error("look at", path, source))?;
    Ok((found.len() >= length && is_ours(&found)).then_some(file))
}

/// The room that a change took and did not get to rename, from where it is.
pub(super) fn found(room: &Path, next: &Path, length: u64) -> Result<Option<fs::File>, StoreError> {
    let file = taken(room, length)?;
    if file.is_some() {
        disk::rename(room, next)?;
    }
    Ok(file)
}

/// Whether it only could not be opened this time, as when too many files are open.
fn is_there(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok_and(|found| found.is_file() && is_ours(&found) && !found.permissions().readonly())
}

/// Takes room: bytes that the file system has set aside.
pub(super) fn take(path: &Path, length: u64) -> Result<fs::File, StoreError> {
    let file = disk::create(path)?;
    if let Err(source) = allocate(&file, length).and_then(|()| file.sync_all()) {
        let error = disk::error("take room for", path, source);
        drop(file);
        disk::remove(path)?;
        return Err(error);
    }
    Ok(file)
}

/// Owner-only, and known by no second name.
#[cfg(unix)]
fn is_ours(found: &fs::Metadata) -> bool {
    std::os::unix::fs::MetadataExt::nlink(found) == 1 && !disk::is_exposed(found)
}

#[cfg(not(unix))]
const fn is_ours(_: &fs::Metadata) -> bool {
    true
}

fn allocate(file: &fs::File, length: u64) -> std::io::Result<()> {
    #[cfg(any(target_os = "linux", target_os = "android", target_os = "freebsd"))]
    match rustix::io::retry_on_intr(|| rustix::fs::fallocate(file, rustix::fs::FallocateFlags::empty(), 0, length)) {
        Err(rustix::io::Errno::OPNOTSUPP | rustix::io::Errno::NOSYS) => {}
        other => return Ok(other?),
    }
    zeros(file, length)
}

/// For file systems that set nothing aside: bytes that are written are there.
fn zeros(mut file: &fs::File, length: u64) -> std::io::Result<()> {
    use std::io::{Read as _, Seek as _};
    std::io::copy(&mut std::io::repeat(0).take(length), &mut file)?;
    file.rewind()
}
