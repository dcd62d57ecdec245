//! Files that only their owner can read, since sagas may carry private data.

use std::{
    fs::{self, File, OpenOptions},
    io,
    path::Path,
};

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

/// Gives a file the permissions of another one, and its owner and group, as far as this user may: as SQLite
/// does with a log.
pub(crate) fn be_like(file: &File, other: &Path) {
    let Ok(like) = fs::metadata(other) else {
        return;
    };
    #[cfg(unix)]
    {
        use std::os::unix::fs::{MetadataExt as _, fchown};
        let group = Some(like.gid());
        // Only an administrator gives a file to another user.
        let _ = fchown(file, Some(like.uid()), group).or_else(|_| fchown(file, None, group));
    }
    let _ = file.set_permissions(like.permissions());
}
