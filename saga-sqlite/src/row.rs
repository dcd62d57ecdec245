//! Rows of the tables as what a store gives, and what is read.

use rusqlite::{
    Connection, OptionalExtension, Row as SqlRow, ToSql, params, params_from_iter,
    types::{FromSqlError, Type},
};
use saga_engine::{
    Commit, DefinitionRow, Epoch, Filter, Message, Row, SagaId, Stat, State, Stored, Time,
};
use std::{collections::HashSet, sync::Arc};

/// A saga's row, with what it leaves to the last commit of its journal, if it has one.
const ROWS: &str = "SELECT saga.number, saga.name, saga.id, saga.input, saga.fingerprint, saga.state,
                           saga.due, saga.claimed, saga.created, coalesce(last.at, saga.created),
                           coalesce(last.seq + 1, 0)
                    FROM saga LEFT JOIN journal AS last ON last.saga = saga.number
                     AND last.seq = (SELECT max(seq) FROM journal WHERE journal.saga = saga.number)";

/// A number as SQLite keeps it. No count comes near the end; what somebody else asks for may, and
/// then fits nothing.
pub(crate) fn integer(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// A number that SQLite kept.
pub(crate) fn number(integer: i64) -> u64 {
    u64::try_from(integer).unwrap_or(0)
}

/// At most so many rows; SQLite takes a negative number for all of them.
pub(crate) fn limit(limit: Option<usize>) -> i64 {
    limit.map_or(-1, |limit| i64::try_from(limit).unwrap_or(-1))
}

/// A fingerprint as it is written.
pub(crate) fn hex(fingerprint: u64) -> String {
    format!("{fingerprint:016x}")
}

/// Name and id, from a column on.
pub(crate) fn saga(row: &SqlRow<'_>, column: usize) -> rusqlite::Result<SagaId> {
    Ok(SagaId {
        saga: row.get(column)?,
        id: row.get(column + 1)?,
    })
}

/// Of [`ROWS`].
fn row(row: &SqlRow<'_>) -> rusqlite::Result<Row> {
    Ok(Row {
        saga: saga(row, 1)?,
        input: row.get(3)?,
        fingerprint: parse(row, 4, |text| u64::from_str_radix(text, 16).ok())?,
        state: parse(row, 5, State::parse)?,
        due: row.get::<_, Option<i64>>(6)?.map(Time),
        claimed: row
            .get::<_, Option<i64>>(7)?
            .map(|epoch| Epoch(number(epoch))),
        created: Time(row.get(8)?),
        updated: Time(row.get(9)?),
        commits: number(row.get(10)?),
        takeovers: 0,
    })
}

fn parse<T>(
    row: &SqlRow<'_>,
    column: usize,
    parse: impl Fn(&str) -> Option<T>,
) -> rusqlite::Result<T> {
    let text = row.get_ref(column)?.as_str()?;
    parse(text).ok_or_else(|| {
        let error = FromSqlError::Other(format!("`{text}` is not known").into());
        rusqlite::Error::FromSqlConversionFailure(column, Type::Text, Box::new(error))
    })
}

/// A saga's number and row.
pub(crate) fn find(conn: &Connection, saga: &SagaId) -> rusqlite::Result<Option<(i64, Row)>> {
    conn.prepare_cached(&format!("{ROWS} WHERE saga.name = ?1 AND saga.id = ?2"))?
        .query_row([&saga.saga, &saga.id], |found| {
            Ok((found.get(0)?, row(found)?))
        })
        .optional()
}

pub(crate) fn load(conn: &Connection, saga: &SagaId) -> rusqlite::Result<Option<Stored>> {
    let tx = conn.unchecked_transaction()?;
    let Some((number_of_saga, row)) = find(&tx, saga)? else {
        return Ok(None);
    };
    let commits = tx
        .prepare_cached("SELECT seq, at, records FROM journal WHERE saga = ?1 ORDER BY seq")?
        .query_map([number_of_saga], |row| {
            Ok(Commit {
                seq: number(row.get(0)?),
                at: Time(row.get(1)?),
                records: row.get(2)?,
            })
        })?
        .collect::<rusqlite::Result<_>>()?;
    Ok(Some(Stored { row, commits }))
}

pub(crate) fn list(conn: &Connection, filter: &Filter) -> rusqlite::Result<Vec<Row>> {
    let (conditions, values) = conditions(filter);
    let sql = format!("{ROWS} WHERE {conditions} ORDER BY saga.name, saga.id LIMIT ?");
    let limit = limit(filter.limit);
    let values = values.into_iter().chain([&limit as &dyn ToSql]);
    conn.prepare_cached(&sql)?
        .query_map(params_from_iter(values), row)?
        .collect()
}

/// Numbers and names of the sagas that fit, are at rest, and were last changed before a time.
pub(crate) fn at_rest(
    conn: &Connection,
    filter: &Filter,
    before: Time,
) -> rusqlite::Result<Vec<(i64, SagaId)>> {
    let (conditions, values) = conditions(filter);
    let sql = format!(
        "{ROWS} WHERE {conditions} AND saga.due IS NULL AND saga.state IN ('completed', 'compensated', 'abandoned')
                  AND last.at < ? ORDER BY saga.name, saga.id LIMIT ?"
    );
    let limit = limit(filter.limit);
    let last: [&dyn ToSql; 2] = [&before.0, &limit];
    conn.prepare_cached(&sql)?
        .query_map(params_from_iter(values.into_iter().chain(last)), |row| {
            Ok((row.get(0)?, saga(row, 1)?))
        })?
        .collect()
}

/// A filter as SQL, and its values in order. States are words of ours.
fn conditions(filter: &Filter) -> (String, Vec<&dyn ToSql>) {
    let mut sql = vec!["TRUE".to_owned()];
    let mut values: Vec<&dyn ToSql> = Vec::new();
    if let Some(name) = &filter.saga {
        sql.push("saga.name = ?".into());
        values.push(name);
    }
    if let Some(id) = &filter.id {
        sql.push("saga.id = ?".into());
        values.push(id);
    }
    if !filter.states.is_empty() {
        let words: Vec<_> = filter
            .states
            .iter()
            .map(|state| format!("'{state}'"))
            .collect();
        sql.push(format!("saga.state IN ({})", words.join(", ")));
    }
    if let Some(after) = &filter.after {
        sql.push("(saga.name, saga.id) > (?, ?)".into());
        values.push(&after.saga);
        values.push(&after.id);
    }
    (sql.join(" AND "), values)
}

pub(crate) fn stats(conn: &Connection) -> rusqlite::Result<Vec<Stat>> {
    let mut stats: Vec<Stat> = conn
        .prepare_cached(
            "SELECT name, state, count(*),
                    min(coalesce((SELECT at FROM journal WHERE journal.saga = saga.number
                                  ORDER BY seq DESC LIMIT 1), created))
             FROM saga GROUP BY name, state",
        )?
        .query_map((), |row| {
            Ok(Stat {
                saga: row.get(0)?,
                state: parse(row, 1, State::parse)?,
                count: number(row.get(2)?),
                oldest: Time(row.get(3)?),
            })
        })?
        .collect::<rusqlite::Result<_>>()?;
    stats.sort_by(|one, other| (&one.saga, one.state).cmp(&(&other.saga, other.state)));
    Ok(stats)
}

/// The epoch that lives.
pub(crate) fn epoch(conn: &Connection) -> rusqlite::Result<Epoch> {
    conn.prepare_cached("SELECT epoch FROM store")?
        .query_row((), |row| Ok(Epoch(number(row.get(0)?))))
}

/// Those that are due and not claimed, the one due first first: when, and their numbers.
const DUE: &str =
    "SELECT due, number FROM saga WHERE due <= ?1 AND claimed IS NOT ?2 ORDER BY due, claimed";

/// The numbers of those that can be claimed now, but for the marked ones.
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
    conn.prepare_cached(DUE)?
        .query_map([now.0, integer(epoch.0)], |row| row.get(1))?
        .filter(|number| !matches!(number, Ok(number) if marks.contains(number)))
        .take(limit)
        .collect()
}

/// The numbers of those that were asked something, and are not claimed.
pub(crate) fn asked(conn: &Connection, epoch: Epoch) -> rusqlite::Result<Vec<i64>> {
    conn.prepare_cached(
        "SELECT DISTINCT saga.number FROM inbox JOIN saga USING (name, id)
         WHERE inbox.answer IS NULL AND saga.claimed IS NOT ?1",
    )?
    .query_map([integer(epoch.0)], |row| row.get(0))?
    .collect()
}

/// When something can be claimed next.
pub(crate) fn next_due(
    conn: &Connection,
    epoch: Epoch,
    marks: &HashSet<i64>,
) -> rusqlite::Result<Option<Time>> {
    if !asked(conn, epoch)?.is_empty() {
        return Ok(Some(Time(i64::MIN)));
    }
    let mut due = conn.prepare_cached(DUE)?;
    let mut rows = due.query([i64::MAX, integer(epoch.0)])?;
    while let Some(row) = rows.next()? {
        if !marks.contains(&row.get(1)?) {
            return Ok(Some(Time(row.get(0)?)));
        }
    }
    Ok(None)
}

/// Those that have ended or are parked.
pub(crate) fn ended(conn: &Connection, of: Vec<SagaId>) -> rusqlite::Result<Vec<SagaId>> {
    let mut look = conn.prepare_cached(
        "SELECT EXISTS (SELECT 1 FROM saga WHERE name = ?1 AND id = ?2
                        AND state NOT IN ('running', 'waiting'))",
    )?;
    let mut ended = Vec::new();
    for saga in of {
        if look.query_row([&saga.saga, &saga.id], |row| row.get(0))? {
            ended.push(saga);
        }
    }
    Ok(ended)
}

pub(crate) fn definition(
    conn: &Connection,
    saga: &Arc<str>,
    fingerprint: u64,
) -> rusqlite::Result<Option<DefinitionRow>> {
    conn.prepare_cached("SELECT json FROM definition WHERE name = ?1 AND fingerprint = ?2")?
        .query_row(params![saga, hex(fingerprint)], |row| {
            Ok(DefinitionRow {
                saga: saga.clone(),
                fingerprint,
                json: row.get(0)?,
            })
        })
        .optional()
}

pub(crate) fn messages(conn: &Connection) -> rusqlite::Result<Vec<Message>> {
    conn.prepare_cached(
        "SELECT number, name, id, text, at FROM inbox WHERE answer IS NULL ORDER BY number",
    )?
    .query_map((), message)?
    .collect()
}

/// The messages of sagas claimed under an epoch, and of those that are not there.
pub(crate) fn inbox(conn: &Connection, epoch: Epoch) -> rusqlite::Result<Vec<Message>> {
    conn.prepare_cached(
        "SELECT number, name, id, text, at FROM inbox
         WHERE answer IS NULL AND NOT EXISTS (SELECT 1 FROM saga WHERE saga.name = inbox.name
                 AND saga.id = inbox.id AND saga.claimed IS NOT ?1)
         ORDER BY number",
    )?
    .query_map([integer(epoch.0)], message)?
    .collect()
}

fn message(row: &SqlRow<'_>) -> rusqlite::Result<Message> {
    Ok(Message {
        number: number(row.get(0)?),
        saga: saga(row, 1)?,
        text: row.get(3)?,
        at: Time(row.get(4)?),
    })
}

pub(crate) fn answer_to(conn: &Connection, message: u64) -> rusqlite::Result<Option<String>> {
    let answer: Option<Option<String>> = conn
        .prepare_cached("SELECT answer FROM inbox WHERE number = ?1")?
        .query_row([integer(message)], |row| row.get(0))
        .optional()?;
    Ok(answer.flatten())
}
