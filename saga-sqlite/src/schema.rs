//! The tables, and the migrations from older versions.

use crate::{error::opening, locks};
use rusqlite::{Connection, Transaction, TransactionBehavior};
use saga_engine::StoreError;
use std::path::Path;

/// Marks a SQLite file as a store of sagas: `saga`, in ASCII.
const APPLICATION: i32 = i32::from_be_bytes(*b"saga");

/// The migration to each version from the one before it; to version 1 from an empty file.
const VERSIONS: &[&str] = &[
    include_str!("schema/1.sql"),
    include_str!("schema/2.sql"),
    include_str!("schema/3.sql"),
    include_str!("schema/4.sql"),
];

/// Later additions to the tables, which programs need not know: they make no new version.
const ADDITIONS: &str = "
CREATE INDEX IF NOT EXISTS inbox_open ON inbox (name, id, number) WHERE answer IS NULL;

-- What the worker of an epoch can run.
CREATE TABLE IF NOT EXISTS runs (
    name        TEXT NOT NULL PRIMARY KEY,
    fingerprint TEXT NOT NULL, -- 16 hexadecimal digits
    epoch       INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Which sagas proved unreadable, and under which epoch last.
CREATE TABLE IF NOT EXISTS marks (
    saga  INTEGER PRIMARY KEY, -- saga.number
    epoch INTEGER NOT NULL
) STRICT;

-- Who has which key of a lock, and who waits for it: the first saga in the queue of a key has that.
CREATE TABLE IF NOT EXISTS lock (
    place INTEGER PRIMARY KEY, -- behind those that are there
    name  TEXT NOT NULL,       -- what the keys belong to
    key   TEXT NOT NULL,
    saga  INTEGER NOT NULL,    -- saga.number
    state TEXT NOT NULL CHECK (state IN ('waiting', 'granted', 'taken')),
    since INTEGER NOT NULL     -- when it got in line, or was granted its keys
) STRICT;

-- The path under which an engine opened the file last: its log is beside that.
CREATE TABLE IF NOT EXISTS opened (
    one  INTEGER PRIMARY KEY CHECK (one = 1),
    path TEXT NOT NULL
) STRICT;

CREATE INDEX IF NOT EXISTS lock_queue ON lock (name, key, place);
CREATE UNIQUE INDEX IF NOT EXISTS lock_saga ON lock (saga, name, key);
CREATE INDEX IF NOT EXISTS lock_granted ON lock (saga) WHERE state = 'granted';
";

/// An event that was set aside, since it was refused or processes have died with it, is not made due by
/// the one before it, but by an operator, which counts its failures from 0.
const STAYS_ASIDE: &str = "
CREATE TRIGGER IF NOT EXISTS outbox_stays_aside BEFORE UPDATE OF due ON outbox
WHEN old.due IS NULL AND new.due IS NOT NULL AND new.failures >= 10
BEGIN
    SELECT RAISE(IGNORE);
END;
";

/// Temporary views with which a reader of this version reads a file of each older version.
const AS_THIS: &[&str] = &[
    include_str!("schema/1-as-2.sql"),
    include_str!("schema/2-as-3.sql"),
    include_str!("schema/3-as-4.sql"),
];

/// Views hold no data, so only those of the latest version are kept.
const VIEWS: &str = include_str!("schema/views.sql");

/// The content of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Contents {
    /// Nothing yet.
    Empty,
    /// A store of an older version, or of this one.
    Store { version: usize },
}

/// Lets a connection that only reads see a file as if it were of this version. Nothing is written,
/// so an older engine may keep using the file.
///
/// # Errors
/// SQLite's errors.
pub(crate) fn read_as_this(conn: &Connection, path: &Path, found: usize) -> Result<(), StoreError> {
    for older in AS_THIS.iter().skip(found - 1) {
        conn.execute_batch(older)
            .map_err(|error| opening(path, &error))?;
    }
    Ok(())
}

/// Tells what a file contains, and changes nothing.
///
/// # Errors
/// `Corrupt` if it is not a store, or is of a newer version.
pub(crate) fn inspect(conn: &Connection, path: &Path) -> Result<Contents, StoreError> {
    // As of one moment: another process may be making the file.
    let moment = Transaction::new_unchecked(conn, TransactionBehavior::Deferred)
        .map_err(|error| opening(path, &error))?;
    version(&moment, path, VERSIONS.len()).map(|version| match version {
        0 => Contents::Empty,
        version => Contents::Store { version },
    })
}

/// Migrates a file to this version.
///
/// # Errors
/// Those of [`inspect`], and SQLite's; the file then stays as it is.
pub(crate) fn migrate(conn: &Connection, path: &Path) -> Result<(), StoreError> {
    migrate_to(conn, path, VERSIONS, VIEWS)
}

fn migrate_to(
    conn: &Connection,
    path: &Path,
    versions: &[&str],
    views: &str,
) -> Result<(), StoreError> {
    let failed = |error| opening(path, &error);
    let tx = Transaction::new_unchecked(conn, TransactionBehavior::Immediate).map_err(failed)?;
    let found = version(&tx, path, versions.len())?;
    for step in &versions[found..] {
        tx.execute_batch(step).map_err(failed)?;
    }
    tx.execute_batch(ADDITIONS).map_err(failed)?;
    // The first versions had no events.
    if locks::has(&tx, "outbox").map_err(failed)? {
        tx.execute_batch(STAYS_ASIDE).map_err(failed)?;
    }
    let there = views_of(&tx).map_err(failed)?;
    // A new view, or one that says something else since there is a new one, makes no new version.
    let is_there = |view: &str| there.iter().any(|other| other == view);
    if found == versions.len() && names_of(views).all(is_there) {
        return tx.commit().map_err(failed);
    }
    for view in there {
        tx.execute_batch(&format!("DROP VIEW \"{view}\""))
            .map_err(failed)?;
    }
    tx.execute_batch(views).map_err(failed)?;
    tx.pragma_update(None, "application_id", APPLICATION)
        .map_err(failed)?;
    tx.pragma_update(
        None,
        "user_version",
        i64::try_from(versions.len()).expect("there are few versions"),
    )
    .map_err(failed)?;
    tx.commit().map_err(failed)
}

fn views_of(conn: &Connection) -> rusqlite::Result<Vec<String>> {
    conn.prepare("SELECT name FROM sqlite_schema WHERE type = 'view'")?
        .query_map((), |row| row.get(0))?
        .collect()
}

/// The names of the views that these statements make.
fn names_of(views: &str) -> impl Iterator<Item = &str> {
    let made = views
        .lines()
        .filter_map(|line| line.strip_prefix("CREATE VIEW "));
    made.filter_map(|made| made.split(' ').next())
}

/// The version of a file, 0 for an empty one.
fn version(conn: &Connection, path: &Path, latest: usize) -> Result<usize, StoreError> {
    let number = |sql| {
        conn.query_row(sql, (), |row| row.get::<_, i64>(0))
            .map_err(|error| opening(path, &error))
    };
    let application = number("PRAGMA application_id")?;
    let version = number("PRAGMA user_version")?;
    let tables = number("SELECT count(*) FROM sqlite_schema")?;
    if (application, version, tables) == (0, 0, 0) {
        return Ok(0);
    }
    let path = path.display();
    if application != i64::from(APPLICATION) {
        return Err(StoreError::corrupt(format!(
            "`{path}` is a SQLite database, but not one of sagas"
        )));
    }
    match usize::try_from(version) {
        Ok(version @ 1..) if version <= latest => Ok(version),
        _ => Err(StoreError::corrupt(format!(
            "`{path}` was made by a newer version: its schema is {version}, and this version knows those up to {latest}"
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::{Contents, VERSIONS, VIEWS, inspect, migrate, migrate_to, read_as_this, version};
    use crate::{outbox, row};
    use rusqlite::Connection;
    use saga_engine::{EventFilter, Filter};
    use std::{path::Path, thread, time::Duration};
    use tempfile::TempDir;

    const PATH: &str = "test.db";

    fn next() -> Vec<&'static str> {
        let more = "ALTER TABLE saga ADD COLUMN more TEXT; UPDATE saga SET more = id;";
        VERSIONS.iter().copied().chain([more]).collect()
    }

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
                    while inspect(&conn, &path).unwrap() == Contents::Empty {}
                });
                migrate(&other, &path).unwrap();
            });
        }
    }

    #[test]
    fn a_file_of_the_version_before_is_brought_to_this_one() {
        let (path, next) = (Path::new(PATH), next());
        let conn = Connection::open_in_memory().unwrap();
        migrate_to(&conn, path, VERSIONS, VIEWS).unwrap();
        conn.execute_batch(
            "INSERT INTO saga (number, name, id, state, due, claimed, created, fingerprint, input, changed, unfit)
             VALUES (1, 'trip', '42', 'parked', NULL, NULL, 0, '0', '{}', 0, NULL)",
        )
        .unwrap();
        let views = "CREATE VIEW more AS SELECT more FROM saga";
        migrate_to(&conn, path, &next, views).unwrap();
        assert_eq!(version(&conn, path, next.len()).unwrap(), next.len());
        let more: String = conn
            .query_row("SELECT * FROM more", (), |row| row.get(0))
            .unwrap();
        assert_eq!(more, "42");
        let old = conn.prepare("SELECT * FROM history").unwrap_err();
        assert!(old.to_string().contains("no such table"), "{old}");
        migrate_to(&conn, path, &next, "not SQL").unwrap();
    }

    #[test]
    fn a_file_whose_views_another_build_made_gets_those_of_this_one() {
        let (path, conn) = (Path::new(PATH), Connection::open_in_memory().unwrap());
        let old = "CREATE VIEW unreadable AS SELECT 1 AS old; CREATE VIEW other AS SELECT 1";
        migrate_to(&conn, path, VERSIONS, old).unwrap();
        migrate(&conn, path).unwrap();
        let count = |sql| conn.query_row(sql, (), |row| row.get::<_, i64>(0)).unwrap();
        assert_eq!(count("SELECT count(*) FROM quarantined"), 0);
        assert_eq!(count("SELECT count(*) FROM unreadable"), 0);
        conn.prepare("SELECT * FROM other").unwrap_err();
    }

    #[test]
    fn a_file_stays_as_it_is_if_it_cannot_be_brought_to_this_version() {
        let path = Path::new(PATH);
        let conn = Connection::open_in_memory().unwrap();
        migrate_to(&conn, path, VERSIONS, VIEWS).unwrap();
        let mut next = next();
        next.push("CREATE TABLE saga (twice)");
        migrate_to(&conn, path, &next, VIEWS).unwrap_err();
        assert_eq!(version(&conn, path, next.len()).unwrap(), VERSIONS.len());
        conn.prepare("SELECT more FROM saga").unwrap_err();
        conn.prepare("SELECT * FROM history").unwrap();
    }

    #[test]
    fn a_reader_sees_a_file_of_any_older_version_as_one_of_this() {
        for found in 1..=VERSIONS.len() {
            let (path, conn) = (Path::new(PATH), Connection::open_in_memory().unwrap());
            migrate_to(&conn, path, &VERSIONS[..found], "").unwrap();
            conn.execute_batch(
                "INSERT INTO saga (number, name, id, state, created, fingerprint, input)
                 VALUES (1, 'trip', '42', 'parked', 0, '0', '{}')",
            )
            .unwrap();
            read_as_this(&conn, path, found).unwrap();
            let sagas = row::list(&conn, &Filter::default()).unwrap();
            assert_eq!(sagas.len(), 1, "version {found}");
            let events = outbox::events(&conn, &EventFilter::default()).unwrap();
            assert_eq!(events, [], "version {found}");
            assert_eq!(outbox::stats(&conn).unwrap(), [], "version {found}");
            assert_eq!(version(&conn, path, found).unwrap(), found);
        }
    }

    #[test]
    fn a_file_of_a_newer_version_is_refused() {
        let (path, next) = (Path::new(PATH), next());
        let conn = Connection::open_in_memory().unwrap();
        migrate_to(&conn, path, &next, VIEWS).unwrap();
        let refused = migrate_to(&conn, path, VERSIONS, VIEWS).unwrap_err();
        assert!(
            refused.to_string().contains("made by a newer version"),
            "{refused}"
        );
    }
}
