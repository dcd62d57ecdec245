//! Whether an engine has a file: it holds the lock on a second file beside it for as long as its process lives.

use rusqlite::{Connection, Error, ErrorCode, OpenFlags};
use std::{
    path::{Path, PathBuf},
    time::Duration,
};

/// Who owns the file and is alive, in words. The lock is asked for and given back at once, so that an engine that starts at this moment
/// finds it free.
pub(crate) fn of(path: &Path) -> Option<String> {
    let mut second = path.as_os_str().to_owned();
    second.push("-owner");
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    // Where there is none, nobody has ever owned the file.
    let lock = Connection::open_with_flags(PathBuf::from(second), flags).ok()?;
    lock.busy_timeout(Duration::ZERO).ok()?;
    match lock.execute_batch("BEGIN IMMEDIATE; ROLLBACK") {
        Err(Error::SqliteFailure(failure, _)) if failure.code == ErrorCode::DatabaseBusy => {}
        _ => return None,
    }
    let process = lock.query_row("SELECT process FROM owner", (), |row| row.get::<_, u32>(0));
    Some(process.map_or("another process".to_owned(), |id| format!("process {id}")))
}
