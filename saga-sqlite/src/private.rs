//! Files that only their owner can read, since sagas may carry private data.

use std::{fs::OpenOptions, io, path::Path};

/// Creates an empty file, unless there is one, that only this user may read or write. SQLite gives
/// the log next to it the same permissions.
pub(crate) fn make(path: &Path) -> io::Result<()> {
    let mut options = OpenOptions::new();
    // Only a new file is opened: closing an existing one would release this process's locks on it.
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(path) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
        _ => Ok(()),
    }
}
