//! Reads rows of sagas. A damaged row says so, and does not keep others from being read.

use crate::{
    error::Stop,
    life,
    number::{hex, integer, limit, number},
    text::{self, Text, saga, text},
    transaction::Transaction,
};
use rusqlite::{
    Connection, OptionalExtension, Row as SqlRow, ToSql, params, params_from_iter, types::ValueRef,
};
use std::{collections::BTreeMap, sync::Arc};
use typed_saga_engine::{
    Commit, DefinitionRow, Epoch, Filter, Row, SagaId, Stat, State, StoreError, Stored, Time, Turn,
};

/// A saga's row, with the columns that it takes from the last commit of its journal, if it has one.
const ROWS: &str = "SELECT saga.number, saga.name, saga.id, saga.input, saga.fingerprint, saga.state,
                           saga.due, saga.claimed, saga.created, last.at, last.seq, saga.changed, saga.unfit,
                           saga.takeovers, saga.counted, saga.turn, saga.life
                    FROM saga LEFT JOIN journal AS last ON last.saga = saga.number
                     AND last.seq = (SELECT max(seq) FROM journal WHERE journal.saga = saga.number)";

/// When a saga was changed last.
const UPDATED: &str = "coalesce((SELECT at FROM journal WHERE journal.saga = saga.number ORDER BY seq DESC LIMIT 1), saga.created)";

/// Sagas in an unknown state; these are the words of the index that finds them.
const NO_STATE: &str =
    "NOT (saga.state = 'running' OR saga.state = 'waiting' OR saga.state = 'completed'
          OR saga.state = 'compensated' OR saga.state = 'parked' OR saga.state = 'abandoned')";

/// A saga as it was found.
pub(crate) struct Found {
    /// Its number.
    pub(crate) number: i64,
    pub(crate) row: Row,
    /// The damage of its row, if any; then the row must not be trusted.
    pub(crate) damage: Option<StoreError>,
}

/// Reads a row of [`ROWS`].
fn found(row: &SqlRow<'_>) -> rusqlite::Result<Found> {
    let mut damage: Option<String> = None;
    let mut wrong = |why: String| {
        damage.get_or_insert(why);
    };
    let (saga, is_text) = saga(row, 1)?;
    if !is_text {
        wrong("its name or id is no UTF-8".to_owned());
    }
    let (input, is_text) = text(row, 3)?;
    if !is_text {
        wrong("its inputs are no UTF-8".to_owned());
    }
    let (written, _) = text(row, 4)?;
    let fingerprint = u64::from_str_radix(&written, 16).unwrap_or_else(|_| {
        wrong(format!("`{written}` is not a fingerprint"));
        0
    });
    let (written, _) = text(row, 5)?;
    let state = State::parse(&written).unwrap_or_else(|| {
        wrong(format!("`{written}` is no state"));
        State::Damaged
    });
    // A number that is not an epoch claims nothing: the next claim overwrites it.
    let claimed = row.get::<_, Option<i64>>(7)?;
    let claimed = claimed.and_then(|epoch| number(epoch).ok()).map(Epoch);
    let turn = row.get::<_, Option<i64>>(15)?;
    let life = life::of_row(row, 16, &mut wrong)?;
    let created = Time(row.get(8)?);
    let begun = row.get::<_, Option<i64>>(11)?.is_some();
    let (updated, commits) = match (row.get(9)?, row.get::<_, Option<i64>>(10)?) {
        (Some(at), Some(seq)) => (Time(at), number(seq).map_or(0, |seq| seq + 1)),
        _ => (created, 0),
    };
    if commits == 0 && begun {
        wrong("none of its commits is there".to_owned());
    }
    // A commit ends the count.
    let counted = row.get::<_, Option<i64>>(14)? == row.get::<_, Option<i64>>(10)?;
    let takeovers = row.get::<_, i64>(13)?;
    let takeovers = u32::try_from(takeovers).unwrap_or(0) * u32::from(counted);
    let noted = match row.get_ref(12)? {
        ValueRef::Null => None,
        _ => Some(text(row, 12)?.0),
    };
    let damage = damage.map(|why| StoreError::corrupt(format!("the row of {saga}: {why}")));
    let told = damage.as_ref().map(ToString::to_string);
    Ok(Found {
        number: row.get(0)?,
        row: Row {
            saga,
            input,
            fingerprint,
            state,
            due: row.get::<_, Option<i64>>(6)?.map(Time),
            claimed,
            turn: turn.and_then(|turn| number(turn).ok()).map(Turn),
            life,
            created,
            updated,
            commits,
            takeovers,
            unreadable: told.or(noted).map(Into::into),
        },
        damage,
    })
}

/// A saga's number and row.
pub(crate) fn find(conn: &Connection, saga: &SagaId) -> rusqlite::Result<Option<Found>> {
    let stored = text::stored(conn, &saga.saga, &saga.id)?;
    conn.prepare_cached(&format!("{ROWS} WHERE saga.name = ?1 AND saga.id = ?2"))?
        .query_row([&stored[0], &stored[1]], found)
        .optional()
}

pub(crate) fn load(conn: &Connection, saga: &SagaId) -> Result<Option<Stored>, Stop> {
    let tx = Transaction::to_read(conn)?;
    let stored = load_within(conn, saga)?;
    tx.commit()?;
    Ok(stored)
}

fn load_within(conn: &Connection, saga: &SagaId) -> Result<Option<Stored>, Stop> {
    let Some(Found {
        number: of,
        row,
        damage,
    }) = find(conn, saga)?
    else {
        return Ok(None);
    };
    if let Some(damage) = damage {
        return Err(Stop::Refused(damage));
    }
    let mut journal =
        conn.prepare_cached("SELECT seq, at, records FROM journal WHERE saga = ?1 ORDER BY seq")?;
    let mut rows = journal.query([of])?;
    let mut commits = Vec::new();
    while let Some(row) = rows.next()? {
        let seq: i64 = row.get(0)?;
        let refused = |why| StoreError::corrupt(format!("commit {seq} of {saga} {why}"));
        let number = number(seq).map_err(|_| refused("has no such number"))?;
        let (records, is_text) = text(row, 2)?;
        if !is_text {
            return Err(Stop::Refused(refused("is no UTF-8")));
        }
        commits.push(Commit {
            seq: number,
            at: Time(row.get(1)?),
            records,
        });
    }
    Ok(Some(Stored { row, commits }))
}

pub(crate) fn list(conn: &Connection, filter: &Filter) -> rusqlite::Result<Vec<Row>> {
    let (conditions, values) = conditions(conn, filter)?;
    let sql = format!("{ROWS} WHERE {conditions} ORDER BY saga.name, saga.id LIMIT ?");
    let limit = limit(filter.limit);
    let values = values.iter().map(|value| value as &dyn ToSql);
    conn.prepare_cached(&sql)?
        .query_map(
            params_from_iter(values.chain([&limit as &dyn ToSql])),
            |row| found(row).map(|found| found.row),
        )?
        .collect()
}

/// The numbers of matching sagas that are at rest and were last changed before a time.
pub(crate) fn at_rest(
    conn: &Connection,
    filter: &Filter,
    before: Time,
) -> rusqlite::Result<Vec<i64>> {
    let (conditions, values) = conditions(conn, filter)?;
    let sql =
        format!("SELECT number FROM saga WHERE {conditions} AND {AT_REST} AND changed < ? LIMIT ?");
    let limit = limit(filter.limit);
    let last: [&dyn ToSql; 2] = [&before.0, &limit];
    let values = values.iter().map(|value| value as &dyn ToSql);
    conn.prepare_cached(&sql)?
        .query_map(params_from_iter(values.chain(last)), |row| row.get(0))?
        .collect()
}

/// The names that there are: each is one look at the index.
const NAMES: &str = "WITH RECURSIVE known (name) AS (
        SELECT min(name) FROM saga
        UNION ALL SELECT (SELECT min(name) FROM saga WHERE saga.name > known.name) FROM known WHERE known.name IS NOT NULL)
    SELECT name FROM known WHERE name IS NOT NULL";

/// Sagas that need nothing more, and have told everybody.
pub(crate) const AT_REST: &str =
    "saga.due IS NULL AND saga.state IN ('completed', 'compensated', 'abandoned')
     AND NOT EXISTS (SELECT 1 FROM outbox WHERE outbox.saga = saga.number AND outbox.delivered IS NULL)";

/// Sagas that have not ended, or are parked.
pub(crate) const OPEN: &str = "SELECT number FROM saga WHERE due IS NOT NULL
          UNION ALL SELECT number FROM saga WHERE due IS NULL AND state IN ('running', 'waiting', 'parked')";

/// Whether these sagas are so few that a query for them should start from their list.
fn are_few(conn: &Connection, these: &str, few: i64) -> rusqlite::Result<bool> {
    let sql = format!("SELECT count(*) FROM ({these} LIMIT {few} + 1)");
    let count: i64 = conn.prepare_cached(&sql)?.query_row((), |row| row.get(0))?;
    Ok(count <= few)
}

/// A filter as SQL, and its values in order. States need no escaping: they are this crate's own
/// words.
fn conditions<'a>(
    conn: &Connection,
    filter: &'a Filter,
) -> rusqlite::Result<(String, Vec<Text<'a>>)> {
    let mut sql = vec!["TRUE".to_owned()];
    let mut values = Vec::new();
    match (&filter.saga, &filter.id) {
        (Some(name), Some(id)) => {
            sql.push("saga.name = ? AND saga.id = ?".into());
            values.extend(text::stored(conn, name, id)?);
        }
        (name, id) => {
            for (column, text) in [("saga.name", name), ("saga.id", id)] {
                if let Some(text) = text {
                    let (condition, own) = text::fits(column, text);
                    sql.push(condition);
                    values.extend(own);
                }
            }
        }
    }
    if let Some(prefix) = &filter.prefix {
        if filter.saga.is_none() {
            // Under each name the index on names and ids finds what begins so.
            sql.push(format!("saga.name IN ({NAMES})"));
        }
        sql.push("saga.id >= ?".to_owned());
        values.push(Text(prefix.as_bytes().into()));
        if let Some(behind) = text::behind(prefix.as_bytes()) {
            sql.push("saga.id < ?".to_owned());
            values.push(Text(behind.into()));
        }
    }
    for (time, is) in [(filter.since, ">="), (filter.before, "<")] {
        // A number needs no escaping.
        sql.extend(time.map(|time| format!("{UPDATED} {is} {}", time.0)));
    }
    if !filter.states.is_empty() {
        let known = filter
            .states
            .iter()
            .filter(|state| **state != State::Damaged);
        let words: Vec<_> = known.map(|state| format!("'{state}'")).collect();
        let words = words.join(", ");
        let known = format!("saga.state IN ({words})");
        sql.push(match filter.states.contains(&State::Damaged) {
            false => known,
            true if words.is_empty() => NO_STATE.to_owned(),
            true => format!("({known} OR {NO_STATE})"),
        });
        let open = [State::Running, State::Waiting, State::Parked];
        let ended = [State::Completed, State::Compensated, State::Abandoned];
        let all = |of: &[State]| filter.states.iter().all(|state| of.contains(state));
        if all(&open) && are_few(conn, OPEN, 10_000)? {
            sql.push(format!("saga.number IN ({OPEN})"));
        } else if all(&ended) && !filter.unreadable {
            // Among very many that have ended otherwise they would be looked for one by one.
            let these = format!(
                "SELECT number FROM saga WHERE due IS NULL AND state IN ({words})
                 UNION ALL SELECT number FROM saga WHERE due IS NOT NULL AND state IN ({words})"
            );
            if are_few(conn, &these, 1_000)? {
                sql.push(format!("saga.number IN ({these})"));
            }
        }
    }
    if filter.unreadable {
        sql.push(format!("(saga.unfit IS NOT NULL OR {NO_STATE})"));
    }
    if let Some(epoch) = filter.claimed {
        // A number of this crate's own needs no escaping.
        sql.push(format!("saga.claimed = {}", integer(epoch.0)));
    }
    if let Some(after) = &filter.after {
        sql.push("(saga.name, saga.id) > (?, ?)".into());
        values.extend(text::stored(conn, &after.saga, &after.id)?);
    }
    Ok((sql.join(" AND "), values))
}

/// For sagas at rest, an index covers the whole query; there are few others.
const STATS: [&str; 2] = [
    "SELECT name, state, count(*), min(changed) FROM saga WHERE due IS NULL GROUP BY state, name",
    "SELECT name, state, count(*),
            min(CASE state WHEN 'waiting' THEN changed
                ELSE coalesce((SELECT at FROM journal WHERE journal.saga = saga.number
                               ORDER BY seq DESC LIMIT 1), created) END)
     FROM saga WHERE due IS NOT NULL GROUP BY name, state",
];

pub(crate) fn stats(conn: &Connection) -> rusqlite::Result<Vec<Stat>> {
    let mut counts = BTreeMap::<(Arc<str>, State), (u64, Time)>::new();
    for sql in STATS {
        let mut statement = conn.prepare_cached(sql)?;
        let mut rows = statement.query(())?;
        while let Some(row) = rows.next()? {
            let ((name, _), (state, _)) = (text(row, 0)?, text(row, 1)?);
            let state = State::parse(&state).unwrap_or(State::Damaged);
            let count = number(row.get(2)?)?;
            // Only damaged rows have never been changed.
            let oldest = row.get::<_, Option<i64>>(3)?.map_or(Time(i64::MAX), Time);
            let counted = counts.entry((name.into(), state)).or_insert((0, oldest));
            *counted = (counted.0 + count, counted.1.min(oldest));
        }
    }
    let stats = counts
        .into_iter()
        .map(|((saga, state), (count, oldest))| Stat {
            saga,
            state,
            count,
            oldest,
        });
    Ok(stats.collect())
}

/// The current epoch.
pub(crate) fn epoch(conn: &Connection) -> rusqlite::Result<Epoch> {
    let epoch = conn
        .prepare_cached("SELECT epoch FROM store")?
        .query_row((), |row| row.get(0))?;
    number(epoch).map(Epoch)
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

#[cfg(test)]
mod tests {
    use super::{AT_REST, OPEN, ROWS, STATS, conditions, find};
    use crate::{file::set_up, options::Options, schema::make};
    use rusqlite::{Connection, StatementStatus, params_from_iter};
    use std::path::Path;
    use typed_saga_engine::{Filter, SagaId, State};

    fn empty() -> Connection {
        let conn = Connection::open_in_memory().unwrap();
        set_up(&conn, &Options::default()).unwrap();
        make(&conn, Path::new("test.db"), None).unwrap();
        conn
    }

    /// The indexes that SQLite would use for a query.
    fn plan(conn: &Connection, sql: &str, values: usize) -> String {
        let mut plan = conn.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
        let none = params_from_iter(vec![rusqlite::types::Null; values]);
        let lines = plan.query_map(none, |row| row.get::<_, String>(3)).unwrap();
        lines.map(Result::unwrap).collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn a07_what_cannot_be_read_is_found_by_an_index() {
        let conn = empty();
        let known = |states: &[State], unreadable| Filter {
            states: states.to_vec(),
            unreadable,
            ..Filter::default()
        };
        for (filter, index) in [
            (known(&[], true), "saga_unreadable"),
            (known(&[State::Completed], true), "saga_unreadable"),
            (known(&[State::Damaged], false), "saga_unreadable"),
            (known(&[State::Parked], false), "saga_rest"),
            (known(&[State::Running], false), "saga_due"),
            (known(&[State::Abandoned], false), "saga_rest"),
        ] {
            let (conditions, values) = conditions(&conn, &filter).unwrap();
            let sql = format!("{ROWS} WHERE {conditions} ORDER BY saga.name, saga.id LIMIT 1");
            let plan = plan(&conn, &sql, values.len());
            assert!(plan.contains(index), "{filter:?}: {plan}");
        }
        let plan = plan(&conn, OPEN, 0);
        assert!(!plan.contains("sqlite_autoindex"), "{plan}");
    }

    #[test]
    fn a07_what_is_at_rest_is_counted_and_found_in_an_index() {
        let conn = empty();
        let old = format!("SELECT number FROM saga WHERE {AT_REST} AND changed < ? LIMIT 1");
        for (sql, values) in [(STATS[0], 0), (old.as_str(), 1)] {
            let plan = plan(&conn, sql, values);
            assert!(plan.contains("USING COVERING INDEX saga_rest"), "{plan}");
        }
    }
    #[test]
    fn a_row_is_found_by_a_statement_that_is_prepared_once() {
        let conn = empty();
        let saga = SagaId::new("BookTrip", "1");
        assert!((0..3).all(|_| find(&conn, &saga).unwrap().is_none()));
        let sql = format!("{ROWS} WHERE saga.name = ?1 AND saga.id = ?2");
        let cached = conn.prepare_cached(&sql).unwrap();
        assert_eq!(cached.get_status(StatementStatus::Run), 3);
        assert_eq!(cached.get_status(StatementStatus::RePrepare), 0);
    }
}
