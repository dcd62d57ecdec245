//! Which file a path names. The log belongs to a name, and the system's locks belong to a file: so a
//! file may not be opened under two names, nor a name come to mean another file.

use std::{
    fs, io,
    path::Path,
    time::{Duration, SystemTime, UNIX_EPOCH},
};
use typed_saga_engine::StoreError;

/// No file system has a clock that is coarser: that of FAT has two seconds.
const TICK: Duration = Duration::from_secs(3);

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
        fs::metadata(path).map(|file| Self::from(&file))
    }

    /// Only Unix says which file it is.
    #[cfg(not(unix))]
    pub(crate) fn of(_: &Path) -> io::Result<Self> {
        Err(io::ErrorKind::Unsupported.into())
    }
}

#[cfg(unix)]
impl From<&fs::Metadata> for Identity {
    fn from(file: &fs::Metadata) -> Self {
        use std::os::unix::fs::MetadataExt as _;
        Self {
            device: file.dev(),
            inode: file.ino(),
        }
    }
}

/// A folder, and when a name in it was changed last: since 1970, by the clock of its file system.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Folder {
    is: Identity,
    modified: Duration,
    /// Others can set the other time back, and not this one.
    changed: Duration,
}

impl Folder {
    /// The folder that a path names.
    #[cfg(unix)]
    pub(crate) fn of(path: &Path) -> io::Result<Self> {
        use std::os::unix::fs::MetadataExt as _;
        let folder = fs::metadata(path)?;
        Ok(Self {
            is: Identity::from(&folder),
            modified: since_1970(folder.mtime(), folder.mtime_nsec()),
            changed: since_1970(folder.ctime(), folder.ctime_nsec()),
        })
    }

    /// Only Unix says which folder it is.
    #[cfg(not(unix))]
    pub(crate) fn of(_: &Path) -> io::Result<Self> {
        Err(io::ErrorKind::Unsupported.into())
    }

    /// Whether a name that is changed after this moment gives the folder another time.
    pub(crate) fn tells_changes_after(&self, moment: SystemTime) -> bool {
        let moment = moment.duration_since(UNIX_EPOCH).unwrap_or_default();
        let age = moment.checked_sub(self.modified.max(self.changed));
        age.is_some_and(|age| age > TICK)
    }
}

#[cfg(unix)]
fn since_1970(seconds: i64, nanoseconds: i64) -> Duration {
    let seconds = Duration::from_secs(seconds.try_into().unwrap_or(0));
    seconds + Duration::from_nanos(nanoseconds.try_into().unwrap_or(0))
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
    use super::{Folder, Identity, TICK, is_mounted};
    use std::{
        path::Path,
        time::{Duration, UNIX_EPOCH},
    };

    #[test]
    fn a_folder_tells_changes_once_its_time_is_older_than_any_tick() {
        let second = Duration::from_secs(1);
        let now = 1_000 * second;
        let hours = 3_600 * second;
        for (modified, changed, tells) in [
            (now, now, false),
            (now - second, now - second, false),
            (now - TICK, now - TICK, false),
            (now - TICK - second, now - TICK - second, true),
            // Its time was set, or its clock was set back.
            (now - TICK - second, now, false),
            (now + hours, now - TICK - second, false),
            (now + hours, now + hours, false),
        ] {
            let is = Identity {
                device: 1,
                inode: 2,
            };
            let folder = Folder {
                is,
                modified,
                changed,
            };
            let told = folder.tells_changes_after(UNIX_EPOCH + now);
            assert_eq!(told, tells, "{folder:?}");
        }
    }

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
