//! The files next to a database, checked in the directory: opening and closing one of them would
//! release all locks that this process holds on it.

use std::{
    fs,
    path::{Path, PathBuf},
};

/// The length of the header of a log. One that is no longer has nothing in it.
const HEADER: u64 = 32;

/// The second file, which its owner has locked.
pub(crate) fn owner(path: &Path) -> PathBuf {
    named(path, "-owner")
}

/// The third file, which is locked by who takes over from its owner.
pub(crate) fn heir(path: &Path) -> PathBuf {
    named(path, "-heir")
}

/// The log.
pub(crate) fn log(path: &Path) -> PathBuf {
    named(path, "-wal")
}

/// The index of the log, in the memory that processes share.
pub(crate) fn index(path: &Path) -> PathBuf {
    named(path, "-shm")
}

/// The number of the file to which the log belongs.
pub(crate) fn stamp(path: &Path) -> PathBuf {
    named(path, "-stamp")
}

/// The next stamp, before it is that.
pub(crate) fn next_stamp(path: &Path) -> PathBuf {
    named(path, "-stamp-next")
}

/// The size of the log, if there is one.
pub(crate) fn log_len(path: &Path) -> Option<u64> {
    let log = fs::metadata(log(path)).ok()?;
    Some(log.len())
}

/// Whether there is something in the log.
pub(crate) fn has_log(path: &Path) -> bool {
    log_len(path).is_some_and(|len| len > HEADER)
}

fn named(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    PathBuf::from(name)
}
