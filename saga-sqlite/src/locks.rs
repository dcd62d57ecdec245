//! Locks: the queue of each key, whose first saga has the key.

use crate::{
    number::{limit, number},
    text::{saga, text},
    write::Write,
};
use rusqlite::{
    Connection, OptionalExtension, Row as SqlRow, params, params_from_iter, types::Value,
};
use saga_engine::{Epoch, LockChange, LockFilter, LockKey, LockRow, LockState, Time};
use std::sync::Arc;

/// Whether the file has the table: one that only older engines have opened has not.
const IS_THERE: &str = "SELECT EXISTS (SELECT 1 FROM sqlite_schema WHERE name = 'lock')";

/// Gives a saga the keys that it waits for, unless another one is before it in a queue.
const GRANT: &str = "UPDATE lock SET state = 'granted', since = ?2
     WHERE saga = ?1 AND state = 'waiting' AND NOT EXISTS (
         SELECT 1 FROM lock AS own JOIN lock AS other
             ON other.name = own.name AND other.key = own.key AND other.place < own.place
         WHERE own.saga = ?1 AND own.state = 'waiting')";

pub(crate) fn locks(conn: &Connection, filter: &LockFilter) -> rusqlite::Result<Vec<LockRow>> {
    let is_there: bool = conn
        .prepare_cached(IS_THERE)?
        .query_row((), |row| row.get(0))?;
    if !is_there {
        return Ok(Vec::new());
    }
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
    let mut values = Vec::new();
    let mut and = |condition, value: Option<&Arc<str>>| {
        if let Some(value) = value {
            sql += condition;
            values.push(Value::from(value.to_string()));
        }
    };
    and(" AND lock.name = ?", name.as_ref());
    and(" AND lock.key = ?", key.as_ref());
    and(" AND saga.name = ?", saga.as_ref().map(|saga| &saga.saga));
    and(" AND saga.id = ?", saga.as_ref().map(|saga| &saga.id));
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

/// The numbers of the sagas that were granted keys, and are not claimed.
pub(crate) fn granted(conn: &Connection, epoch: Epoch) -> rusqlite::Result<Vec<i64>> {
    conn.prepare_cached(
        "SELECT DISTINCT saga.number FROM lock CROSS JOIN saga ON saga.number = lock.saga
         WHERE lock.state = 'granted' AND saga.claimed IS NOT ?1",
    )?
    .query_map([crate::number::integer(epoch.0)], |row| row.get(0))?
    .collect()
}

impl Write<'_> {
    /// Changes the queues in which a saga is.
    pub(crate) fn change_locks(
        &self,
        saga: i64,
        changes: &[LockChange],
        now: Time,
    ) -> rusqlite::Result<()> {
        for change in changes {
            match change {
                LockChange::Request(keys) => self.request(saga, keys, now)?,
                LockChange::Taken => {
                    self.conn
                        .prepare_cached(
                            "UPDATE lock SET state = 'taken' WHERE saga = ?1 AND state = 'granted'",
                        )?
                        .execute([saga])?;
                }
                LockChange::Withdraw => self.leave(saga, "state <> 'taken'", now)?,
                LockChange::Release => self.leave(saga, "TRUE", now)?,
            }
        }
        Ok(())
    }

    fn request(&self, saga: i64, keys: &[LockKey], now: Time) -> rusqlite::Result<()> {
        let mut insert = self.conn.prepare_cached(
            "INSERT INTO lock (name, key, saga, state, since) VALUES (?1, ?2, ?3, 'waiting', ?4)
             ON CONFLICT (saga, name, key) DO NOTHING",
        )?;
        for LockKey { name, key } in keys {
            insert.execute(params![name, key, saga, now.0])?;
        }
        self.grant(saga, now)
    }

    fn grant(&self, saga: i64, now: Time) -> rusqlite::Result<()> {
        let mut grant = self.conn.prepare_cached(GRANT)?;
        grant.execute([saga, now.0]).map(drop)
    }

    /// Leaves those queues, and passes their keys on.
    fn leave(&self, saga: i64, which: &str, now: Time) -> rusqlite::Result<()> {
        let mut delete = self.conn.prepare_cached(&format!(
            "DELETE FROM lock WHERE saga = ?1 AND {which} RETURNING name, key"
        ))?;
        let left = delete.query_map([saga], |row| Ok((row.get(0)?, row.get(1)?)))?;
        let left: Vec<(String, String)> = left.collect::<Result<_, _>>()?;
        let mut first = self.conn.prepare_cached(
            "SELECT saga FROM lock WHERE name = ?1 AND key = ?2 ORDER BY place LIMIT 1",
        )?;
        for (name, key) in left {
            let next = first.query_row([name, key], |row| row.get(0)).optional()?;
            if let Some(next) = next {
                self.grant(next, now)?;
            }
        }
        Ok(())
    }
}
