//! The definitions that are in use: of sagas in flight, and of what the owner has registered.

use crate::{
    number::{hex, integer},
    row::{self, OPEN},
    text::text,
};
use rusqlite::{Connection, params};
use typed_saga_engine::{DefinitionRow, Worker};

/// What the worker of the current epoch can run.
const RUNS: &str = "SELECT name, fingerprint FROM runs WHERE epoch = (SELECT epoch FROM store)";

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
    let sql = format!(
        "SELECT name, fingerprint, json FROM definition WHERE (name, fingerprint) IN (
             SELECT name, fingerprint FROM saga WHERE number IN ({OPEN}) UNION {RUNS})
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
