//! The files that stand beside a database, asked of the directory: to open and close one would let
//! go of all locks that this process has on it.

use std::{
    fs,
    path::{Path, PathBuf},
};

/// The second file, which its owner has locked.
pub(crate) fn owner(path: &Path) -> PathBuf {
    named(path, "-owner")
}

/// How long the log is, if there is one.
pub(crate) fn log_len(path: &Path) -> Option<u64> {
    let log = fs::metadata(named(path, "-wal")).ok()?;
    Some(log.len())
}

fn named(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    PathBuf::from(name)
}
