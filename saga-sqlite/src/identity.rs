//! Which file a path names. The log belongs to a name, and the system's locks belong to a file: so a
//! file may not be opened under two names, nor a name come to mean another file.

use crate::beside;
use saga_engine::StoreError;
use std::{
    fs,
    io::{self, ErrorKind},
    path::{Path, PathBuf},
    sync::Arc,
};

/// A file, whatever its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Identity {
    device: u64,
    inode: u64,
}

impl Identity {
    /// The file that a path names.
    #[cfg(unix)]
    pub(crate) fn of(path: &Path) -> io::Result<Self> {
        use std::os::unix::fs::MetadataExt as _;
        let file = fs::metadata(path)?;
        Ok(Self {
            device: file.dev(),
            inode: file.ino(),
        })
    }

    /// Only Unix says which file it is.
    #[cfg(not(unix))]
    pub(crate) fn of(_: &Path) -> io::Result<Self> {
        Err(ErrorKind::Unsupported.into())
    }
}

/// The names of a file that is open, and of the files beside it. Each must go on to mean the same
/// file: who opens them later must find what was written.
#[derive(Clone, Debug)]
pub(crate) struct Names(Arc<[(PathBuf, Identity)]>);

impl Names {
    /// The names of a file that was opened just now.
    pub(crate) fn of(path: &Path) -> Self {
        let names = [
            path.to_owned(),
            beside::log(path),
            beside::index(path),
            beside::owner(path),
        ];
        let known = |name: PathBuf| Identity::of(&name).ok().map(|file| (name, file));
        Self(names.into_iter().filter_map(known).collect())
    }

    /// Looks whether all of them mean the same files as before.
    ///
    /// # Errors
    /// `Lost`, in words that say what to do.
    pub(crate) fn check(&self) -> Result<(), StoreError> {
        for (at, (name, was)) in self.0.iter().enumerate() {
            let what = match Identity::of(name) {
                Ok(is) if is == *was => continue,
                Ok(_) => "replaced",
                Err(error) if error.kind() == ErrorKind::NotFound => "removed or renamed",
                // Whoever cannot look knows nothing.
                Err(_) => continue,
            };
            let name = name.display();
            let then = match (at, what) {
                (0, "replaced") => format!(
                    "to continue with the file that is there now, end this process, remove `{name}-wal` and \
                     `{name}-shm` if they are left, and start again"
                ),
                (0, _) => "if it was renamed, end this process, and rename it back; \
                           otherwise restore a backup"
                    .to_owned(),
                _ => "end this process without killing it, which moves all commits into the file, and start again"
                    .to_owned(),
            };
            let text = format!("`{name}` was {what} while it was open: {then}");
            return Err(StoreError::lost(text));
        }
        Ok(())
    }
}

/// Refuses a file that was mounted by itself, as a container may be given one: its log would be in
/// another place than the file, and would go away with the container.
///
/// # Errors
/// `Unavailable`, in words that say what to do.
pub(crate) fn has_a_folder(path: &Path) -> Result<(), StoreError> {
    // Only Linux has this file.
    let mounts = fs::read("/proc/self/mountinfo").unwrap_or_default();
    if !is_mounted(&mounts, path) {
        return Ok(());
    }
    let path = path.display();
    Err(StoreError::unavailable(format!(
        "`{path}` is mounted as a single file, so its log would be lost with this container: mount the folder that \
         it is in"
    )))
}

/// Whether a file is itself a place where something is mounted.
fn is_mounted(mounts: &[u8], path: &Path) -> bool {
    let points = mounts.split(|byte| *byte == b'\n');
    let points = points.filter_map(|line| line.split(|byte| *byte == b' ').nth(4));
    let path = path.as_os_str().as_encoded_bytes();
    points.map(unescaped).any(|point| point == path)
}

/// A path as it is: spaces, and what else would end a field or a line, are written as `\040`.
fn unescaped(point: &[u8]) -> Vec<u8> {
    let (mut path, mut rest) = (Vec::new(), point);
    while let Some((first, after)) = rest.split_first() {
        let code = after.get(..3).filter(|_| *first == b'\\');
        let code = code.and_then(|digits| std::str::from_utf8(digits).ok());
        if let Some(byte) = code.and_then(|digits| u8::from_str_radix(digits, 8).ok()) {
            path.push(byte);
            rest = &after[3..];
        } else {
            path.push(*first);
            rest = after;
        }
    }
    path
}

#[cfg(test)]
mod tests {
    use super::is_mounted;
    use std::path::Path;

    #[test]
    fn a_file_that_is_a_mount_point_is_found() {
        let mounts = b"22 1 8:1 / / rw - ext4 /dev/sda1 rw\n\
            63 22 8:1 /srv/a\\040b.db /data/a\\040b.db rw,relatime - ext4 /dev/sda1 rw\n\
            64 22 8:1 /srv /srv\\134data rw - ext4 /dev/sda1 rw\n";
        for (path, is) in [
            ("/data/a b.db", true),
            ("/srv\\data", true),
            ("/data/a", false),
            ("/srv/a b.db", false),
            ("/data/a b.db-wal", false),
            ("/srv\\data/sagas.db", false),
        ] {
            assert_eq!(is_mounted(mounts, Path::new(path)), is, "{path}");
        }
        assert!(!is_mounted(b"", Path::new("/data/a b.db")));
    }
}
