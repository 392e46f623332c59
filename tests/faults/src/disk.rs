//! File systems of a test's own, and who fills them.

use std::{
    fs,
    io::Write as _,
    os::fd::AsFd as _,
    path::{Path, PathBuf},
    process::Command,
};

use crate::scratch::{Scratch, empty};

/// Where a test that was started again finds its file system.
const PLACE: &str = "GATEPASS_DISK";

/// A small file system: its name, what it takes beside a namespace for mounts, and how it is made.
type Kind = (&'static str, &'static [&'static str], &'static str);

/// In memory, for anybody. Inodes are as few as bytes, so that both run out.
pub const TMPFS: Kind = (
    "tmpfs",
    &["--user", "--map-root-user"],
    r#"mount -t tmpfs -o size=256k,nr_inodes=40 none "$GATEPASS_DISK" && touch "$GATEPASS_DISK.made""#,
);

/// With a journal, and blocks that are allocated late. It takes root and a loop device.
pub const EXT4: Kind = (
    "ext4",
    &[],
    r#"truncate -s 3M "$GATEPASS_DISK.img" && mkfs.ext4 -q -m 0 -b 1024 -N 40 "$GATEPASS_DISK.img" && \
    mount -o loop "$GATEPASS_DISK.img" "$GATEPASS_DISK" && touch "$GATEPASS_DISK.made""#,
);

/// Runs a test once more, on a file system of its own: `None` in the process that only sees to this.
///
/// # Panics
/// If the test fails there. Where the file system may not be made, it says so aloud, and nothing is proved.
#[must_use]
pub fn own(kind: Kind, test: &str) -> Option<PathBuf> {
    if let Some(place) = std::env::var_os(PLACE) {
        return Some(place.into());
    }
    let (name, namespaces, script) = kind;
    let folder = Scratch::new(name);
    let beside = |ending: &str| folder.path().with_extension(ending);
    let script = format!(r#"{script} && exec "$0" "$@""#);
    let mut inside = Command::new("unshare");
    inside.args(namespaces).args(["--mount", "sh", "-c", &script]).arg(std::env::current_exe().unwrap());
    let output =
        inside.args(["--exact", "--nocapture", test]).env(PLACE, folder.path()).output().expect("unshare is there (Debian: util-linux)");
    let was_made = fs::remove_file(beside("made")).is_ok();
    let _ = fs::remove_file(beside("img"));
    let (said, errors) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    if was_made {
        assert!(output.status.success() && said.contains("1 passed"), "{said}{errors}");
        said.lines().filter(|line| line.starts_with("faults: ")).for_each(|line| println!("\n{line}"));
    } else {
        println!("\nfaults: NOT PROVED HERE on a full {name}, which may not be made: {}", errors.trim());
    }
    None
}

/// Fills the file system that this folder is in, to the last byte and the last file.
pub fn fill(folder: &Path) {
    let filler = folder.join("fill");
    let _ = fs::create_dir(&filler);
    // One file for all the bytes: on some file systems the files are used up before them, and bytes that are freed later
    // could not be taken again.
    if let Ok(mut file) = fs::File::options().append(true).create(true).open(filler.join("bytes")) {
        // What was written is allocated, and what is allocated may leave something.
        let mut gained = 1;
        while gained > 0 {
            gained = 0;
            for size in [65536, 1024, 1] {
                while let Ok(written @ 1..) = file.write(&vec![1; size]) {
                    gained += written;
                }
            }
            let _ = rustix::fs::syncfs(file.as_fd());
        }
    }
    let mut number = fs::read_dir(&filler).map_or(0, Iterator::count);
    while fs::File::create(filler.join(number.to_string())).is_ok() {
        number += 1;
    }
}

/// Lets go of it.
pub fn release(folder: &Path) {
    let filler = folder.join("fill");
    if filler.is_dir() {
        empty(&filler);
        fs::remove_dir(filler).unwrap();
    }
}
