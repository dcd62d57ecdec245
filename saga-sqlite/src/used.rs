//! The definitions that are in use: of sagas in flight, and of what the owner has registered.

use crate::{
    number::{hex, integer},
    row::{self, OPEN},
    text::text,
};
use rusqlite::{Connection, params};
use saga_engine::{DefinitionRow, Worker};

/// What the worker of the current epoch can run. One that knows no such table begins another epoch.
const RUNS: &str = "SELECT name, fingerprint FROM runs WHERE epoch = (SELECT epoch FROM store)";

/// Whether the file has the table yet: it is made when an engine opens the file.
const HAS_RUNS: &str = "SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name = 'runs'";

pub(crate) fn register(conn: &Connection, worker: &Worker) -> rusqlite::Result<()> {
    conn.execute("DELETE FROM runs", ())?;
    let epoch = integer(row::epoch(conn)?.0);
    let mut insert =
        conn.prepare_cached("INSERT INTO runs (name, fingerprint, epoch) VALUES (?1, ?2, ?3)")?;
    for (name, fingerprint) in &worker.runs {
        insert.execute(params![name, hex(*fingerprint), epoch])?;
    }
    Ok(())
}

pub(crate) fn definitions(conn: &Connection) -> rusqlite::Result<Vec<DefinitionRow>> {
    let has_runs: bool = conn.query_row(HAS_RUNS, (), |row| row.get(0))?;
    let registered = if has_runs { RUNS } else { "VALUES ('', '')" };
    let sql = format!(
        "SELECT name, fingerprint, json FROM definition WHERE (name, fingerprint) IN (
             SELECT name, fingerprint FROM saga WHERE number IN ({OPEN}) UNION {registered})
         ORDER BY name, fingerprint"
    );
    let mut statement = conn.prepare_cached(&sql)?;
    let rows = statement.query_map((), |row| {
        let ((saga, _), (fingerprint, _)) = (text(row, 0)?, text(row, 1)?);
        Ok(DefinitionRow {
            saga: saga.into(),
            // Only a number is the fingerprint of a saga.
            fingerprint: u64::from_str_radix(&fingerprint, 16).unwrap_or_default(),
            json: row.get(2)?,
        })
    })?;
    rows.collect()
}

#[cfg(test)]
mod tests {
    use super::definitions;
    use crate::schema::migrate;
    use rusqlite::Connection;
    use std::path::Path;

    #[test]
    fn a_file_that_no_engine_of_this_version_has_opened_knows_what_is_in_flight() {
        let conn = Connection::open_in_memory().unwrap();
        migrate(&conn, Path::new("test.db")).unwrap();
        conn.execute_batch(
            "DROP TABLE runs;
             INSERT INTO definition VALUES ('trip', '0000000000000001', '{}'), ('trip', '0000000000000002', '{}');
             INSERT INTO saga (number, name, id, state, due, claimed, created, fingerprint, input, changed, unfit)
             VALUES (1, 'trip', '42', 'parked', NULL, NULL, 0, '0000000000000002', '{}', 0, NULL)",
        )
        .unwrap();
        let used = definitions(&conn).unwrap();
        assert_eq!(used.len(), 1);
        assert_eq!(used[0].fingerprint, 2);
    }
}
