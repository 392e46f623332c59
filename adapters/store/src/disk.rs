//! File operations, each with what it says when it fails.

use std::{
    fs,
    io::{self, Read as _},
    path::Path,
};

use crate::{error::StoreError, store::Record};

/// Longer than any record: a session holds a fraction of it.
const LONGEST: u64 = 64 << 20;

pub(crate) fn error(doing: &'static str, path: &Path, source: io::Error) -> StoreError {
    let path = path.to_owned();
    if is_full(&source) { StoreError::Full { path } } else { StoreError::Io { doing, path, source } }
}

/// Whether the disk, or what of it one may use, is full.
fn is_full(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge)
}

/// Opens a regular file of this user's, owner-only where it is created, and never by way of a symbolic link.
pub(crate) fn open(path: &Path, options: &mut fs::OpenOptions) -> Result<fs::File, StoreError> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        // NONBLOCK: a pipe of this name must not stop everything.
        let flags = rustix::fs::OFlags::NOFOLLOW | rustix::fs::OFlags::NONBLOCK | rustix::fs::OFlags::CLOEXEC;
        options.mode(0o600).custom_flags(flags.bits().cast_signed());
    }
    let file = options.open(path).map_err(|source| {
        let is_link = fs::symlink_metadata(path).is_ok_and(|found| found.is_symlink());
        if is_link { StoreError::NotAFile { path: path.to_owned() } } else { error("open", path, source) }
    })?;
    let found = file.metadata().map_err(|source| error("look at", path, source))?;
    if !found.is_file() {
        return Err(StoreError::NotAFile { path: path.to_owned() });
    }
    if is_foreign(&found) { Err(StoreError::Foreign { path: path.to_owned() }) } else { Ok(file) }
}

#[cfg(unix)]
fn is_foreign(found: &fs::Metadata) -> bool {
    std::os::unix::fs::MetadataExt::uid(found) != rustix::process::geteuid().as_raw()
}

#[cfg(not(unix))]
const fn is_foreign(_: &fs::Metadata) -> bool {
    false
}

/// What a file holds, if it is there and nobody else can read or write it.
pub(crate) fn read(path: &Path) -> Result<Option<Record>, StoreError> {
    let file = match open(path, fs::OpenOptions::new().read(true)) {
        Ok(file) => file,
        Err(StoreError::Io { source, .. }) if source.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    let found = file.metadata().map_err(|source| error("look at", path, source))?;
    if is_exposed(&found) {
        return Err(StoreError::Exposed { path: path.to_owned() });
    }
    // As large as the file from the start: growing would leave copies behind that nobody wipes.
    let mut bytes = Vec::with_capacity(usize::try_from(found.len().min(LONGEST)).unwrap_or_default().saturating_add(1));
    let length = file.take(LONGEST).read_to_end(&mut bytes);
    let record = Record::new(bytes);
    length.map_err(|source| error("read", path, source))?;
    Ok(Some(record))
}

#[cfg(unix)]
pub(crate) fn is_exposed(found: &fs::Metadata) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    found.permissions().mode() & 0o077 != 0
}

#[cfg(not(unix))]
pub(crate) const fn is_exposed(_: &fs::Metadata) -> bool {
    false
}

/// A new file, of this name.
pub(crate) fn create(path: &Path) -> Result<fs::File, StoreError> {
    remove(path)?;
    open(path, fs::OpenOptions::new().write(true).create_new(true))
}

/// Removes a file, or the link of its name, if it is there.
pub(crate) fn remove(path: &Path) -> Result<(), StoreError> {
    match fs::remove_file(path) {
        Err(source) if source.kind() != io::ErrorKind::NotFound => Err(error("remove", path, source)),
        _ => Ok(()),
    }
}

pub(crate) fn rename(from: &Path, to: &Path) -> Result<(), StoreError> {
    fs::rename(from, to).map_err(|source| error("replace", to, source))
}

pub(crate) fn create_folder(folder: &Path) -> Result<(), StoreError> {
    if folder.is_dir() {
        return Ok(());
    }
    let mut builder = fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.recursive(true).create(folder).map_err(|source| error("create", folder, source))
}

/// Makes a folder last, with those above it that were created for it: by whom, and whether they lived to sync them, nobody knows.
pub(crate) fn keep_folder(folder: &Path) -> Result<(), StoreError> {
    let own = device(folder)?;
    for above in folder.ancestors().skip(1) {
        let above = if above.as_os_str().is_empty() { Path::new(".") } else { above };
        // What is created is on the disk of what it is in.
        if device(above)? != own {
            break;
        }
        match sync_folder(above) {
            // Where one may not look, one hardly creates.
            Err(StoreError::Io { source, .. }) if source.kind() == io::ErrorKind::PermissionDenied => {}
            other => other?,
        }
    }
    Ok(())
}

#[cfg(unix)]
fn device(path: &Path) -> Result<u64, StoreError> {
    fs::metadata(path).map(|found| std::os::unix::fs::MetadataExt::dev(&found)).map_err(|source| error("look at", path, source))
}

#[cfg(not(unix))]
fn device(_: &Path) -> Result<u64, StoreError> {
    Ok(0)
}

/// Makes a rename last.
pub(crate) fn sync_folder(folder: &Path) -> Result<(), StoreError> {
    // Elsewhere a folder cannot be opened, and a rename needs nothing more.
    if cfg!(unix) {
        let synced = fs::File::open(folder).and_then(|folder| folder.sync_all());
        synced.map_err(|source| error("write", folder, source))?;
    }
    Ok(())
}
