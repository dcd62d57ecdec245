//! A file as it is without its log: what it says of its log cannot be in that.

use rusqlite::{Connection, OpenFlags};
use std::{
    fs::File,
    io::Read as _,
    mem,
    path::{Path, PathBuf},
};

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

/// Opens a file without its log; `None` if it cannot be read so.
fn open(path: &Path) -> Option<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY
        | OpenFlags::SQLITE_OPEN_URI
        | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    Connection::open_with_flags(frozen(path), flags).ok()
}

/// The number of a file, which is that of its schema; `None` if it has nothing in it.
pub(crate) fn number(path: &Path) -> Option<i64> {
    let number = open(path)?.query_row("PRAGMA schema_version", (), |row| row.get::<_, i64>(0));
    number.ok().filter(|number| *number != 0)
}

/// Whether a file says that there may be a log beside it, which it does before there is one.
pub(crate) fn may_have_log(path: &Path) -> bool {
    let mut header = [0; 20];
    let read = File::open(path).and_then(|mut file| {
        let read = file.read_exact(&mut header);
        // Closing it would release all locks that this process has on the file.
        mem::forget(file);
        read
    });
    read.is_err() || header[19] == 2
}

/// The path under which a file was opened last.
pub(crate) fn opened_as(path: &Path) -> Option<PathBuf> {
    let opened = open(path)?.query_row("SELECT path FROM opened", (), |row| {
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
