//! The tables, which are made whole, and the version of a file.

use crate::error::opening;
use rusqlite::{Connection, Transaction, TransactionBehavior, params};
use std::path::Path;
use typed_saga_engine::{Life, StoreError};

/// Marks a SQLite file as a store of sagas: `SAGA`, in ASCII.
const APPLICATION: i64 = i64::from_be_bytes(*b"\0\0\0\0SAGA");

/// Marked a file before the first release: `saga`, in ASCII.
const UNRELEASED: i64 = i64::from_be_bytes(*b"\0\0\0\0saga");

/// The version of the tables that this version of the library makes.
const VERSION: i64 = 1;

const TABLES: &str = include_str!("schema/tables.sql");

const VIEWS: &str = include_str!("schema/views.sql");

/// Whether a file is a store of this version; if it is not, it is empty. Changes nothing.
///
/// # Errors
/// `Corrupt` if it is something else, or is of another version.
pub(crate) fn is_made(conn: &Connection, path: &Path) -> Result<bool, StoreError> {
    // As of one moment: another process may be making the file.
    let moment = Transaction::new_unchecked(conn, TransactionBehavior::Deferred)
        .map_err(|error| opening(path, &error))?;
    is_store(&moment, path)
}

/// Makes the tables and the views of an empty file, whose sagas have this life, or one that is drawn.
///
/// # Errors
/// Those of [`is_made`], and SQLite's; the file then stays as it is.
pub(crate) fn make(conn: &Connection, path: &Path, life: Option<Life>) -> Result<(), StoreError> {
    let failed = |error| opening(path, &error);
    let tx = Transaction::new_unchecked(conn, TransactionBehavior::Immediate).map_err(failed)?;
    if !is_store(&tx, path)? {
        tx.execute_batch(TABLES).map_err(failed)?;
        let life = life.unwrap_or_else(Life::random).to_string();
        let store = "INSERT INTO store (one, works_from, epoch, life) VALUES (1, ?1, 0, ?2)";
        tx.execute(store, params![VERSION, life]).map_err(failed)?;
        tx.execute_batch(VIEWS).map_err(failed)?;
        tx.pragma_update(None, "application_id", APPLICATION)
            .map_err(failed)?;
        tx.pragma_update(None, "user_version", VERSION)
            .map_err(failed)?;
    }
    tx.commit().map_err(failed)
}

fn is_store(conn: &Connection, path: &Path) -> Result<bool, StoreError> {
    let number = |sql| {
        conn.query_row(sql, (), |row| row.get::<_, i64>(0))
            .map_err(|error| opening(path, &error))
    };
    let application = number("PRAGMA application_id")?;
    let version = number("PRAGMA user_version")?;
    let tables = number("SELECT count(*) FROM sqlite_schema")?;
    let path = path.display();
    let works_from = match application {
        APPLICATION => works_from(conn),
        _ => None,
    };
    let why = match (application, works_from, tables) {
        (0, _, 0) if version == 0 => return Ok(false),
        (_, Some(from), _) if (from..=version).contains(&VERSION) => return Ok(true),
        (_, Some(from), _) if from > VERSION => format!(
            "`{path}` was made by a newer version: its schema is {version}, for versions from {from} on, and this one knows {VERSION}"
        ),
        (APPLICATION | UNRELEASED, _, _) => {
            let last = if application == APPLICATION {
                "38833261"
            } else {
                "9290ac4f"
            };
            format!(
                "`{path}` was made before the first release, with schema {version}: the last commit that can read it is {last}"
            )
        }
        _ => format!("`{path}` is a SQLite database, but not one of sagas"),
    };
    Err(StoreError::corrupt(why))
}

/// The oldest version that may use the tables, if they say so.
fn works_from(conn: &Connection) -> Option<i64> {
    let sql = "SELECT works_from FROM store";
    conn.query_row(sql, (), |row| row.get(0)).ok()
}

#[cfg(test)]
mod tests {
    use super::{is_made, make};
    use rusqlite::Connection;
    use std::{path::Path, thread, time::Duration};
    use tempfile::TempDir;

    #[test]
    fn a_file_that_another_process_makes_is_empty_or_whole() {
        let dir = TempDir::new().unwrap();
        for round in 0..100 {
            let path = dir.path().join(format!("{round}.db"));
            let open = || {
                let conn = Connection::open(&path).unwrap();
                conn.busy_timeout(Duration::from_secs(60)).unwrap();
                conn
            };
            let other = open();
            thread::scope(|scope| {
                scope.spawn(|| {
                    let conn = open();
                    while !is_made(&conn, &path).unwrap() {}
                });
                make(&other, &path, None).unwrap();
            });
        }
    }

    #[test]
    fn a_file_stays_as_it_is_if_its_tables_cannot_be_made() {
        let path = Path::new("test.db");
        let conn = Connection::open_in_memory().unwrap();
        conn.pragma_update_and_check(None, "max_page_count", 4, |_| Ok(()))
            .unwrap();
        make(&conn, path, None).unwrap_err();
        assert!(!is_made(&conn, path).unwrap());
    }
}
