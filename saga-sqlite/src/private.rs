//! Files for their owner alone: what sagas carry is nobody else's business.

use std::{fs::OpenOptions, io, path::Path};

/// Makes an empty file, if there is none, that nobody else may read or write; the log beside it
/// gets the permissions of the file from SQLite.
pub(crate) fn make(path: &Path) -> io::Result<()> {
    let mut options = OpenOptions::new();
    // Only a new one is opened: to close one that is there would let go of the locks of this
    // process on it.
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(path) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
        _ => Ok(()),
    }
}
