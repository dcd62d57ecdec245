//! A second name of a file. Its log is beside the first one, so whoever opened the second would miss
//! what is in the log, and write another log.

use crate::{
    beside,
    identity::{Identity, has_a_folder},
    itself, owner,
};
use rusqlite::{Connection, params};
use saga_engine::StoreError;
use std::{io::ErrorKind, path::Path};

/// Refuses a file whose log is not beside this name of it.
///
/// # Errors
/// `Owned` if an engine has the file open under the other name, or else `Unavailable`, in words that
/// say what to do.
pub(crate) fn refuse(path: &Path) -> Result<(), StoreError> {
    has_a_folder(path)?;
    let Some(first) = itself::opened_as(path).filter(|first| first != path) else {
        return Ok(());
    };
    let (name, other) = (path.display(), first.display());
    let this = Identity::of(path).ok();
    let log = |path: &Path| Identity::of(&beside::log(path)).ok();
    if log(&first).is_some() && log(&first) == log(path) {
        // The folder has two names, and not only the file.
        return Ok(());
    }
    match Identity::of(&first) {
        // An engine leaves no log when it closes the file.
        Ok(is) if Some(is) == this && beside::log_len(&first).is_some() => {
            if let Some(owner) = owner::alive(&first) {
                let owner = format!("{owner}, which has `{name}` open as `{other}`");
                return Err(StoreError::Owned { owner });
            }
            Err(StoreError::unavailable(format!(
                "`{name}` is another name of `{other}`, whose log is beside that name: open `{other}`"
            )))
        }
        Err(error) if error.kind() == ErrorKind::NotFound && is_left(&first) => {
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

/// Whether there is a log of a file that was renamed without it.
fn is_left(first: &Path) -> bool {
    beside::log_len(first).is_some_and(|len| len > 0)
}

/// Writes into a file under which name it is open.
///
/// # Errors
/// SQLite's errors.
pub(crate) fn write(conn: &Connection, path: &Path) -> rusqlite::Result<()> {
    let Ok(file) = Identity::of(path) else {
        return Ok(());
    };
    let name = path.to_string_lossy();
    let sql = "INSERT INTO opened (one, file, path) VALUES (1, ?1, ?2)
               ON CONFLICT (one) DO UPDATE SET file = ?1, path = ?2
               WHERE file <> ?1 OR path <> ?2";
    conn.execute(sql, params![file.to_string(), name]).map(drop)
}
