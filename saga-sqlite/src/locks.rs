//! Who has which key, and who waits for it.

use crate::{
    number::{limit, number},
    text::{fits, saga, stored, text},
};
use rusqlite::{Connection, Row as SqlRow, params_from_iter, types::Value};
use std::collections::HashSet;
use typed_saga_engine::{Epoch, LockFilter, LockKey, LockRow, LockState, SagaId, Time};

/// Whether the worker of the current epoch may be able to read a saga: it has not found it unreadable.
const IS_UNTRIED: &str = "SELECT EXISTS (SELECT 1 FROM runs JOIN store ON store.epoch = runs.epoch)
     AND EXISTS (SELECT 1 FROM saga WHERE saga.name = ?1 AND saga.id = ?2 AND NOT EXISTS (
         SELECT 1 FROM marks JOIN store ON store.epoch = marks.epoch WHERE marks.saga = saga.number))";

pub(crate) fn locks(conn: &Connection, filter: &LockFilter) -> rusqlite::Result<Vec<LockRow>> {
    let LockFilter {
        name,
        key,
        saga,
        limit: most,
    } = filter;
    let mut sql =
        "SELECT lock.name, lock.key, saga.name, saga.id, lock.place, lock.state, lock.since
                   FROM lock JOIN saga ON saga.number = lock.saga WHERE TRUE"
            .to_owned();
    let mut values: Vec<Value> = Vec::new();
    let of = saga.as_ref();
    for (column, text) in [
        ("lock.name", name.as_ref()),
        ("lock.key", key.as_ref()),
        ("saga.name", of.map(|saga| &saga.saga)),
        ("saga.id", of.map(|saga| &saga.id)),
    ] {
        if let Some(text) = text {
            let (condition, own) = fits(column, text);
            sql.extend([" AND ", &condition]);
            values.extend(own.into_iter().map(Value::from));
        }
    }
    sql += " ORDER BY lock.name, lock.key, lock.place LIMIT ?";
    values.push(limit(*most).into());
    conn.prepare_cached(&sql)?
        .query_map(params_from_iter(values), lock)?
        .collect()
}

fn lock(row: &SqlRow<'_>) -> rusqlite::Result<LockRow> {
    let state: String = row.get(5)?;
    Ok(LockRow {
        key: LockKey {
            name: text(row, 0)?.0.into(),
            key: text(row, 1)?.0.into(),
        },
        saga: saga(row, 2)?.0,
        place: number(row.get(4)?)?,
        // The table takes no other word.
        state: LockState::parse(&state).unwrap_or(LockState::Waiting),
        since: Time(row.get(6)?),
    })
}

pub(crate) fn is_untried(conn: &Connection, saga: &SagaId) -> rusqlite::Result<bool> {
    let [name, id] = stored(conn, &saga.saga, &saga.id)?;
    conn.prepare_cached(IS_UNTRIED)?
        .query_row([&name, &id], |row| row.get(0))
}

/// The numbers of the sagas that were granted keys, and are not claimed, except the marked ones.
pub(crate) fn granted(
    conn: &Connection,
    epoch: Epoch,
    marks: &HashSet<i64>,
) -> rusqlite::Result<Vec<i64>> {
    conn.prepare_cached(
        "SELECT DISTINCT saga.number FROM lock CROSS JOIN saga ON saga.number = lock.saga
         WHERE lock.state = 'granted' AND saga.claimed IS NOT ?1",
    )?
    .query_map([crate::number::integer(epoch.0)], |row| row.get(0))?
    .filter(|number| !matches!(number, Ok(number) if marks.contains(number)))
    .collect()
}
