//! The queries of a worker: what is due, what was requested, what has ended.

use crate::{
    locks,
    number::{integer, number},
    text::{saga, stored, text},
};
use rusqlite::{Connection, OptionalExtension, Row as SqlRow};
use std::{collections::HashSet, sync::LazyLock};
use typed_saga_engine::{Epoch, Message, SagaId, Time};

/// Whether workers have died with a saga since its last commit.
const SUSPECT: &str = "iif(takeovers > 0, counted IS (SELECT max(seq) FROM journal WHERE journal.saga = saga.number), 0)";

/// Sagas that are due and not claimed, but for suspects, earliest first.
static DUE: LazyLock<String> = LazyLock::new(|| {
    format!(
        "SELECT number FROM saga WHERE due <= ?1 AND claimed IS NOT ?2 AND NOT {SUSPECT} ORDER BY due, claimed"
    )
});

/// Suspects that are due and not claimed, first those with which the fewest workers have died.
static SUSPECTS: LazyLock<String> = LazyLock::new(|| {
    format!(
        "SELECT number FROM saga WHERE due <= ?1 AND claimed IS NOT ?2 AND {SUSPECT} ORDER BY takeovers, due, claimed"
    )
});

/// When sagas are due, at any time, and their numbers. Without a bound to compare with, the statement passes over every
/// running saga, so the cost of a row counts.
const NEXT: &str = "SELECT due, number FROM saga WHERE due IS NOT NULL AND claimed IS NOT ?1 ORDER BY due, claimed";

/// The numbers of the sagas that can be claimed now, except the marked ones.
pub(crate) fn due(
    conn: &Connection,
    epoch: Epoch,
    now: Time,
    limit: usize,
    marks: &HashSet<i64>,
) -> rusqlite::Result<Vec<i64>> {
    if limit == 0 {
        return Ok(Vec::new());
    }
    first(conn, &DUE, [now.0, integer(epoch.0)], limit, marks)
}

/// The number of the suspect that can be claimed next, except the marked ones.
pub(crate) fn suspect(
    conn: &Connection,
    epoch: Epoch,
    now: Time,
    marks: &HashSet<i64>,
) -> rusqlite::Result<Vec<i64>> {
    first(conn, &SUSPECTS, [now.0, integer(epoch.0)], 1, marks)
}

fn first(
    conn: &Connection,
    sql: &str,
    values: [i64; 2],
    limit: usize,
    marks: &HashSet<i64>,
) -> rusqlite::Result<Vec<i64>> {
    conn.prepare_cached(sql)?
        .query_map(values, |row| row.get(0))?
        .filter(|number| !matches!(number, Ok(number) if marks.contains(number)))
        .take(limit)
        .collect()
}

/// Makes no saga and no event wait longer from now than when that wait was written, even if the clock was set
/// back since.
pub(crate) fn set_clock(conn: &Connection, now: Time) -> rusqlite::Result<()> {
    conn.prepare_cached(
        "UPDATE saga SET due = ?1 + max(due - coalesce(changed, created), 0)
         WHERE due > ?1 AND coalesce(changed, created) > ?1",
    )?
    .execute([now.0])?;
    conn.prepare_cached(
        "UPDATE outbox SET due = ?1 + max(due - changed, 0), changed = ?1
         WHERE due > ?1 AND changed > ?1",
    )?
    .execute([now.0])?;
    Ok(())
}

/// The sagas that are asked something.
const ASKED: &str =
    "(SELECT DISTINCT name, id FROM inbox WHERE answer IS NULL AND number > 0) AS asked";

/// The oldest messages of each of them. However many one saga has, whose call they may have to wait for,
/// they do not hide those of the others.
const OLDEST: &str = "SELECT number FROM inbox AS own
                      WHERE own.name = asked.name AND own.id = asked.id AND own.answer IS NULL AND own.number > 0
                      ORDER BY own.number LIMIT 64";

/// The numbers of those that were asked something, and are not claimed.
pub(crate) fn asked(conn: &Connection, epoch: Epoch) -> rusqlite::Result<Vec<i64>> {
    conn.prepare_cached(&format!(
        "SELECT saga.number FROM {ASKED} CROSS JOIN saga USING (name, id) WHERE saga.claimed IS NOT ?1"
    ))?
    .query_map([integer(epoch.0)], |row| row.get(0))?
    .collect()
}

/// When the next saga can be claimed.
pub(crate) fn next_due(
    conn: &Connection,
    epoch: Epoch,
    marks: &HashSet<i64>,
) -> rusqlite::Result<Option<Time>> {
    if !asked(conn, epoch)?.is_empty() || !locks::granted(conn, epoch, marks)?.is_empty() {
        return Ok(Some(Time(i64::MIN)));
    }
    let mut due = conn.prepare_cached(NEXT)?;
    let mut rows = due.query([integer(epoch.0)])?;
    while let Some(row) = rows.next()? {
        if !marks.contains(&row.get(1)?) {
            return Ok(Some(Time(row.get(0)?)));
        }
    }
    Ok(None)
}

/// Of these sagas, those that have ended or are parked.
pub(crate) fn ended(conn: &Connection, of: Vec<SagaId>) -> rusqlite::Result<Vec<SagaId>> {
    let mut look = conn.prepare_cached(
        "SELECT EXISTS (SELECT 1 FROM saga WHERE name = ?1 AND id = ?2
                        AND state IN ('completed', 'compensated', 'parked', 'abandoned'))",
    )?;
    let mut ended = Vec::new();
    for saga in of {
        let has_ended: bool = {
            let [name, id] = stored(conn, &saga.saga, &saga.id)?;
            look.query_row([&name, &id], |row| row.get(0))?
        };
        if has_ended {
            ended.push(saga);
        }
    }
    Ok(ended)
}

pub(crate) fn messages(conn: &Connection) -> rusqlite::Result<Vec<Message>> {
    conn.prepare_cached(
        "SELECT number, name, id, text, at, answer FROM inbox
         WHERE answer IS NULL AND number > 0 ORDER BY number",
    )?
    .query_map((), message)?
    .collect()
}

/// The messages for sagas claimed under an epoch, and some of those for sagas that do not exist: these wait
/// for nothing, so that the next look finds the next ones.
pub(crate) fn inbox(conn: &Connection, epoch: Epoch) -> rusqlite::Result<Vec<Message>> {
    conn.prepare_cached(&format!(
        "SELECT it.number, it.name, it.id, it.text, it.at, it.answer FROM inbox AS it WHERE it.number IN (
             SELECT own.number FROM {ASKED} CROSS JOIN saga USING (name, id) CROSS JOIN inbox AS own
             WHERE saga.claimed = ?1 AND own.number IN ({OLDEST})
             UNION ALL
             SELECT number FROM (
                 SELECT own.number FROM inbox AS own WHERE own.answer IS NULL AND +own.number > 0
                 AND NOT EXISTS (SELECT 1 FROM saga WHERE saga.name = own.name AND saga.id = own.id) LIMIT 256))
         ORDER BY it.number"
    ))?
    .query_map([integer(epoch.0)], message)?
    .collect()
}

fn message(row: &SqlRow<'_>) -> rusqlite::Result<Message> {
    Ok(Message {
        number: number(row.get(0)?)?,
        saga: saga(row, 1)?.0,
        text: text(row, 3)?.0,
        at: Time(row.get(4)?),
        answer: row.get(5)?,
    })
}

pub(crate) fn of_number(conn: &Connection, number: u64) -> rusqlite::Result<Option<Message>> {
    conn.prepare_cached("SELECT number, name, id, text, at, answer FROM inbox WHERE number = ?1")?
        .query_row([integer(number)], message)
        .optional()
}
