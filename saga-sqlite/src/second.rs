//! A second name of a file. Its log is beside the first one, so whoever opened the second would miss
//! what is in the log, and write another log.
//!
//! So the file itself says under which name it is open (`opened`), which is read without its log:
//! from another folder, nothing beside the file is seen. The owner's lock keeps its name, too: a
//! lock that is named by the inode would let two engines share one log after the file was replaced.

use crate::{
    beside,
    identity::{Identity, has_a_folder},
    itself, owner, stamp,
    text::Text,
};
use rusqlite::Connection;
use std::{io::ErrorKind, path::Path};
use typed_saga_engine::StoreError;

/// Refuses a file whose log is not beside this name of it. Whoever does not enter the name by [`write()`], so that
/// others would not look for a log beside it, is refused any second name.
///
/// # Errors
/// `Owned` if an engine has the file open under the other name, or else `Unavailable`, in words that
/// say what to do.
pub(crate) fn refuse(path: &Path, enters: bool) -> Result<(), StoreError> {
    has_a_folder(path)?;
    let first = itself::opened_as(path).filter(|first| first != path);
    let Some(first) = first.filter(|first| !is_one_place(first, path)) else {
        return Ok(());
    };
    // An engine leaves no log when it closes the file.
    let log = beside::log_len(&first);
    if enters && log.is_none() {
        return Ok(());
    }
    let (name, other) = (path.display(), first.display());
    match Identity::of(&first) {
        Ok(is) if Identity::of(path).is_ok_and(|this| this == is) => {
            if let Some(owner) = owner::alive(&first) {
                let owner = format!("{owner}, which has `{name}` open as `{other}`");
                return Err(StoreError::Owned { owner });
            }
            Err(StoreError::unavailable(format!(
                "`{name}` is another name of `{other}`, whose log is beside that name: open `{other}`"
            )))
        }
        Err(error)
            if error.kind() == ErrorKind::NotFound
                && log.is_some_and(|len| len > 0)
                && stamp::is_log_of(&first, path) =>
        {
            let (log, here) = (beside::log(&first), beside::log(path));
            let (log, here) = (log.display(), here.display());
            Err(StoreError::unavailable(format!(
                "`{name}` was `{other}`, and its last commits are in `{log}`: rename that to `{here}`, or remove it if \
                 the commits are to be lost"
            )))
        }
        _ => Ok(()),
    }
}

/// Whether two paths are one name in one folder, which has two names: so the log has them, too.
fn is_one_place(one: &Path, other: &Path) -> bool {
    let folder = |path: &Path| path.parent().and_then(|folder| Identity::of(folder).ok());
    one.file_name() == other.file_name() && folder(one).is_some_and(|is| folder(other) == Some(is))
}

/// Writes into a file under which name it is open.
///
/// # Errors
/// SQLite's errors.
pub(crate) fn write(conn: &Connection, path: &Path) -> rusqlite::Result<()> {
    let sql = "INSERT INTO opened (one, path) VALUES (1, ?1)
               ON CONFLICT (one) DO UPDATE SET path = ?1 WHERE path <> ?1";
    let path = Text(path.as_os_str().as_encoded_bytes().into());
    conn.execute(sql, [path]).map(drop)
}
