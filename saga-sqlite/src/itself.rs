//! A file as it is without its log: what it says of its log cannot be in that.

use crate::identity::Identity;
use rusqlite::{Connection, OpenFlags, OptionalExtension};
use std::path::{Path, PathBuf};

/// A file as a URI, with the promise that no process writes to it. The log is left out, and nothing
/// is locked or written.
pub(crate) fn frozen(path: &Path) -> String {
    let mut uri = "file:".to_owned();
    for byte in path.to_string_lossy().bytes() {
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

/// Opens a file without its log; `None` if it cannot be read so.
fn open(path: &Path) -> Option<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY
        | OpenFlags::SQLITE_OPEN_URI
        | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    Connection::open_with_flags(frozen(path), flags).ok()
}

/// The number of a file, which is that of its schema; `None` if it has nothing in it.
pub(crate) fn number(path: &Path) -> Option<i64> {
    let number = open(path)?.query_row("PRAGMA schema_version", (), |row| row.get(0));
    number.ok().filter(|number| *number != 0)
}

/// The path under which this file was opened last; `None` if it was another file, or none.
pub(crate) fn opened_as(path: &Path) -> Option<PathBuf> {
    let this = Identity::of(path).ok()?.to_string();
    let (file, name) = open(path)?
        .query_row("SELECT file, path FROM opened", (), |row| {
            Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?))
        })
        .optional()
        .ok()??;
    (file == this).then(|| name.into())
}
