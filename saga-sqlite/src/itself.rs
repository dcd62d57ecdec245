//! A file as it is without its log: what it says of its log cannot be in that.

use rusqlite::{Connection, OpenFlags};
use std::{
    fs::File,
    io::{self, ErrorKind},
    path::{Path, PathBuf},
    sync::Arc,
};
#[cfg(unix)]
use {
    crate::identity::Identity,
    std::sync::{Mutex, PoisonError},
};

/// What a SQLite database begins with.
const MAGIC: &[u8] = b"SQLite format 3\0";

/// The most files that are kept open though no store has them.
#[cfg(unix)]
const IDLE: usize = 64;

/// The files whose first bytes were read, each open once. Closing one would release all locks that this
/// process has on it, whoever has taken them.
#[cfg(unix)]
static FILES: Mutex<Vec<(Identity, Itself)>> = Mutex::new(Vec::new());

/// A file that is open, to read its first bytes.
#[derive(Clone, Debug)]
pub(crate) struct Itself(Arc<File>);

/// What a file says in its first bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Header {
    /// The number of the file, which is that of its schema.
    pub(crate) number: i64,
    /// Whether there may be a log beside it, which it says before there is one.
    pub(crate) may_have_log: bool,
}

impl Itself {
    /// The file that a path names.
    #[cfg(unix)]
    pub(crate) fn of(path: &Path) -> io::Result<Self> {
        let mut files = FILES.lock().unwrap_or_else(PoisonError::into_inner);
        let is = Identity::of(path)?;
        if let Some((_, known)) = files.iter().find(|(other, _)| *other == is) {
            return Ok(known.clone());
        }
        let file = File::open(path)?;
        // The path may name another file by now.
        let is = Identity::from(&file.metadata()?);
        let itself = Self(Arc::new(file));
        files.push((is, itself.clone()));
        let is_idle = |(_, it): &(Identity, Self)| Arc::strong_count(&it.0) == 1;
        if files.iter().filter(|file| is_idle(file)).count() > IDLE {
            let oldest = files.iter().position(is_idle);
            if let Some(oldest) = oldest {
                files.remove(oldest);
            }
        }
        Ok(itself)
    }

    /// Elsewhere, closing a file releases no locks but its own.
    #[cfg(not(unix))]
    pub(crate) fn of(path: &Path) -> io::Result<Self> {
        Ok(Self(Arc::new(File::open(path)?)))
    }

    #[cfg(unix)]
    fn read(&self, bytes: &mut [u8]) -> io::Result<()> {
        use std::os::unix::fs::FileExt as _;
        self.0.read_exact_at(bytes, 0)
    }

    #[cfg(not(unix))]
    fn read(&self, bytes: &mut [u8]) -> io::Result<()> {
        use std::io::{Read as _, Seek as _};
        let mut file = &*self.0;
        file.rewind()?;
        file.read_exact(bytes)
    }

    /// What it says now; `None` if it is no SQLite database.
    ///
    /// # Errors
    /// If it cannot be read.
    pub(crate) fn header(&self) -> io::Result<Option<Header>> {
        let mut bytes = [0; 44];
        match self.read(&mut bytes) {
            Err(error) if error.kind() == ErrorKind::UnexpectedEof => return Ok(None),
            read => read?,
        }
        let [.., a, b, c, d] = bytes;
        Ok(bytes.starts_with(MAGIC).then(|| Header {
            number: i32::from_be_bytes([a, b, c, d]).into(),
            may_have_log: bytes[19] == 2,
        }))
    }
}

/// What the file says that a path names; `None` if it is no SQLite database, or cannot be read.
pub(crate) fn header(path: &Path) -> Option<Header> {
    Itself::of(path).ok()?.header().ok()?
}

/// A file as a URI, with the promise that no process writes to it. The log is left out, and nothing
/// is locked or written.
pub(crate) fn frozen(path: &Path) -> String {
    let mut uri = "file:".to_owned();
    for &byte in path.as_os_str().as_encoded_bytes() {
        match byte {
            b'/' | b'.' | b'-' | b'_' | b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' => {
                uri.push(char::from(byte));
            }
            byte => uri.extend(['%', hex(byte >> 4), hex(byte & 15)]),
        }
    }
    uri + "?immutable=1"
}

fn hex(digit: u8) -> char {
    char::from_digit(u32::from(digit), 16).expect("it is half a byte")
}

/// The path under which a file was opened last.
pub(crate) fn opened_as(path: &Path) -> Option<PathBuf> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY
        | OpenFlags::SQLITE_OPEN_URI
        | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let conn = Connection::open_with_flags(frozen(path), flags).ok()?;
    let opened = conn.query_row("SELECT path FROM opened", (), |row| {
        Ok(row.get_ref(0)?.as_bytes()?.to_vec())
    });
    opened.ok().map(path_of)
}

/// A path of these bytes, which need not be UTF-8.
#[cfg(unix)]
fn path_of(bytes: Vec<u8>) -> PathBuf {
    use std::{ffi::OsString, os::unix::ffi::OsStringExt as _};
    OsString::from_vec(bytes).into()
}

#[cfg(not(unix))]
fn path_of(bytes: Vec<u8>) -> PathBuf {
    String::from_utf8(bytes).unwrap_or_default().into()
}
