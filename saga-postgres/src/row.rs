//! Reads sagas.

use crate::{
    line::{Line, Value, Values},
    sql::{NOW, epoch, hex, integer, is_text, limit, number, time},
};
use std::{collections::BTreeMap, sync::Arc};
use tokio_postgres::Row as SqlRow;
use typed_saga_engine::{
    Commit, DefinitionRow, Epoch, Filter, Peer, Row, SagaId, Stat, State, StoreError, Stored, Time,
    Turn,
};

/// A saga's row, with the columns that it takes from the last commit of its journal, if it has one.
const ROWS: &str = "SELECT s.name, s.id, s.input, s.fingerprint, s.state, s.due, s.claimed, s.created, last.at, last.seq, s.changed,
        s.unfit, s.takeovers, s.number, s.turn, s.life
    FROM @saga AS s LEFT JOIN LATERAL (
        SELECT at, seq FROM @journal WHERE journal.saga = s.number ORDER BY seq DESC LIMIT 1) AS last ON TRUE";

/// When the saga was changed last.
const UPDATED: &str = "coalesce((SELECT at FROM @journal WHERE journal.saga = s.number ORDER BY seq DESC LIMIT 1), s.created)";

/// Sagas in an unknown state, which the tables do not allow, so that another program must have
/// changed them.
const NO_STATE: &str =
    "s.state NOT IN ('running', 'waiting', 'completed', 'compensated', 'parked', 'abandoned')";

/// Sagas that need nothing more, and have told everybody.
pub(crate) const AT_REST: &str =
    "s.due IS NULL AND s.state IN ('completed', 'compensated', 'abandoned')
    AND NOT EXISTS (SELECT FROM @outbox WHERE outbox.saga = s.number AND outbox.delivered IS NULL)";

/// Reads a row of [`ROWS`], and what is wrong with it, if anything.
fn found(row: &SqlRow) -> (Row, Option<String>) {
    let mut damage = None;
    let mut wrong = |why: String| {
        damage.get_or_insert(why);
    };
    let text = |column| row.get::<_, &str>(column);
    let saga = SagaId::new(text(0), text(1));
    let fingerprint = u64::from_str_radix(text(3), 16).unwrap_or_else(|_| {
        wrong(format!("`{}` is not a fingerprint", text(3)));
        0
    });
    let state = State::parse(text(4)).unwrap_or_else(|| {
        wrong(format!("`{}` is no state", text(4)));
        State::Damaged
    });
    let created = Time(row.get(7));
    let seq: Option<i64> = row.get(9);
    let commits = seq.and_then(|seq| u64::try_from(seq).ok());
    let commits = commits.map_or(0, |seq| seq + 1);
    if commits == 0 && time(row, 10).is_some() {
        wrong("none of its commits is there".to_owned());
    }
    let life: Option<&str> = row.get(15);
    let life = life.and_then(|text| {
        let life = text.parse().ok();
        if life.is_none() {
            wrong(format!("`{text}` is no life"));
        }
        life
    });
    let told = damage
        .as_ref()
        .map(|why| format!("the row of {saga}: {why}"));
    let noted: Option<&str> = row.get(11);
    let claimed: Option<i64> = row.get(6);
    let turn: Option<i64> = row.get(14);
    let found = Row {
        input: text(2).to_owned(),
        fingerprint,
        state,
        due: time(row, 5),
        claimed: claimed.and_then(|by| u64::try_from(by).ok()).map(Epoch),
        turn: turn.and_then(|turn| u64::try_from(turn).ok()).map(Turn),
        life,
        created,
        updated: time(row, 8).unwrap_or(created),
        commits,
        takeovers: u32::try_from(row.get::<_, i32>(12)).unwrap_or(0),
        unreadable: told.as_deref().or(noted).map(Into::into),
        saga,
    };
    (found, told)
}

pub(crate) async fn find(line: &Line, saga: &SagaId) -> Result<Option<Row>, StoreError> {
    let sql = format!("{ROWS} WHERE s.name = $1 AND s.id = $2");
    let rows = line.query(&sql, &[&&*saga.saga, &&*saga.id]).await?;
    Ok(rows.first().map(|row| found(row).0))
}

/// The number of commits read in one statement: reading a whole journal at once would delay other
/// reads, and Postgres limits the size of a result.
const PAGE: i64 = 64;

/// The commits of the saga `it.number` from `$3` on, as arrays.
const COMMITS: &str = "(SELECT array_agg(page.seq ORDER BY page.seq) AS seqs, array_agg(page.at ORDER BY page.seq) AS ats,
        array_agg(page.records ORDER BY page.seq) AS records
    FROM (SELECT seq, at, records FROM @journal WHERE journal.saga = it.number AND seq >= $3 ORDER BY seq LIMIT $4) AS page)";

/// A row and its journal, both of the moment at which the row was read: commits are never changed.
pub(crate) async fn load(line: &Line, saga: &SagaId) -> Result<Option<Stored>, StoreError> {
    let sql = format!(
        "SELECT it.*, page.seqs, page.ats, page.records
         FROM ({ROWS} WHERE s.name = $1 AND s.id = $2) AS it (c0, c1, c2, c3, c4, c5, c6, c7, c8, c9, c10, c11, c12, number, c14, c15)
         CROSS JOIN LATERAL {COMMITS} AS page"
    );
    let page = async |from: i64| {
        let values: [Value<'_>; 4] = [&&*saga.saga, &&*saga.id, &from, &PAGE];
        let mut rows = line.query(&sql, &values).await?;
        Ok::<_, StoreError>(rows.pop())
    };
    'anew: loop {
        // From the smallest number on: one that no commit can have is found, too.
        let Some(first) = page(i64::MIN).await? else {
            return Ok(None);
        };
        let (row, damage) = found(&first);
        if let Some(why) = damage {
            return Err(StoreError::corrupt(why));
        }
        let number: i64 = first.get(13);
        let mut commits = commits(saga, &first)?;
        loop {
            let next = commits.last().map_or(row.commits, |last| last.seq + 1);
            if next >= row.commits {
                break;
            }
            let more = page(integer(next)).await?;
            // It may have been purged meanwhile, and have begun again.
            match more.filter(|more| more.get::<_, i64>(13) == number) {
                Some(more) => commits.extend(self::commits(saga, &more)?),
                None => continue 'anew,
            }
        }
        // Those that were appended since are not of this row.
        commits.retain(|commit| commit.seq < row.commits);
        return Ok(Some(Stored { row, commits }));
    }
}

/// The commits in a row of [`load`], after the columns of [`ROWS`].
fn commits(saga: &SagaId, row: &SqlRow) -> Result<Vec<Commit>, StoreError> {
    let seqs: Option<Vec<i64>> = row.get(16);
    let ats: Option<Vec<i64>> = row.get(17);
    let records: Option<Vec<String>> = row.get(18);
    let all = seqs
        .unwrap_or_default()
        .into_iter()
        .zip(ats.unwrap_or_default());
    let all = all.zip(records.unwrap_or_default());
    let commits = all.map(|((seq, at), records)| {
        let refused = |_| {
            let why = format!("commit {seq} of {saga} has no such number");
            StoreError::corrupt(why)
        };
        Ok(Commit {
            seq: u64::try_from(seq).map_err(refused)?,
            at: Time(at),
            records,
        })
    });
    commits.collect()
}

/// A filter as SQL, its values numbered from `before` on. Each text of a statement is prepared and
/// kept, so whatever differs from call to call is a value. States are this crate's own words, and
/// few.
pub(crate) fn conditions(filter: &Filter, before: usize) -> (String, Values<'_>) {
    let Filter {
        saga,
        id,
        prefix,
        since,
        before: until,
        states,
        unreadable,
        claimed,
        after,
        limit: _,
    } = filter;
    let mut sql = vec!["TRUE".to_owned()];
    let mut values: Values<'_> = Vec::new();
    for (column, value) in [("name", saga), ("id", id)] {
        if let Some(value) = value {
            values.push(Box::new(&**value));
            sql.push(format!("s.{column} = ${}", before + values.len()));
        }
    }
    if let Some(prefix) = prefix {
        values.push(Box::new(&**prefix));
        let at = before + values.len();
        // The first one is for the index.
        sql.push(format!("s.id >= ${at} AND starts_with(s.id, ${at})"));
    }
    for (time, is) in [(since, ">="), (until, "<")] {
        if let Some(time) = time {
            values.push(Box::new(time.0));
            sql.push(format!("{UPDATED} {is} ${}", before + values.len()));
        }
    }
    if !states.is_empty() {
        let known = states.iter().filter(|state| **state != State::Damaged);
        let words: Vec<_> = known.map(|state| format!("'{state}'")).collect();
        let known = format!("s.state IN ({})", words.join(", "));
        sql.push(match states.contains(&State::Damaged) {
            false => known,
            true if words.is_empty() => NO_STATE.to_owned(),
            true => format!("({known} OR {NO_STATE})"),
        });
    }
    if *unreadable {
        sql.push(format!("(s.unfit IS NOT NULL OR {NO_STATE})"));
    }
    if let Some(by) = claimed {
        values.push(Box::new(epoch(*by)));
        sql.push(format!("s.claimed = ${}", before + values.len()));
    }
    if let Some(after) = after {
        values.push(Box::new(&*after.saga));
        values.push(Box::new(&*after.id));
        let last = before + values.len();
        sql.push(format!("(s.name, s.id) > (${}, ${last})", last - 1));
    }
    (sql.join(" AND "), values)
}

pub(crate) async fn list(line: &Line, filter: &Filter) -> Result<Vec<Row>, StoreError> {
    let (conditions, own) = conditions(filter, 1);
    let sql = format!("{ROWS} WHERE {conditions} ORDER BY s.name, s.id LIMIT $1");
    let most = limit(filter.limit);
    let mut values: Vec<Value<'_>> = vec![&most];
    values.extend(own.iter().map(|value| &**value as Value<'_>));
    let rows = line.query(&sql, &values).await?;
    Ok(rows.iter().map(|row| found(row).0).collect())
}

/// For sagas at rest, an index covers the whole query; there are few others.
const STATS: &str = "SELECT name, state, count(*), min(changed) FROM @saga WHERE due IS NULL GROUP BY name, state
    UNION ALL
    SELECT s.name, s.state, count(*), min(CASE s.state WHEN 'waiting' THEN s.changed ELSE coalesce(last.at, s.created) END)
    FROM @saga AS s LEFT JOIN LATERAL (
        SELECT at FROM @journal WHERE journal.saga = s.number ORDER BY seq DESC LIMIT 1) AS last ON TRUE
    WHERE s.due IS NOT NULL GROUP BY s.name, s.state";

pub(crate) async fn stats(line: &Line) -> Result<Vec<Stat>, StoreError> {
    let mut counts = BTreeMap::<(Arc<str>, State), (u64, Time)>::new();
    for row in line.query(STATS, &[]).await? {
        let (name, state) = (row.get::<_, &str>(0), row.get::<_, &str>(1));
        let state = State::parse(state).unwrap_or(State::Damaged);
        // Only damaged rows have never been changed.
        let oldest = time(&row, 3).unwrap_or(Time(i64::MAX));
        let counted = counts.entry((name.into(), state)).or_insert((0, oldest));
        *counted = (counted.0 + number(row.get(2))?, counted.1.min(oldest));
    }
    let stats = counts.into_iter();
    let stats = stats.map(|((saga, state), (count, oldest))| Stat {
        saga,
        state,
        count,
        oldest,
    });
    Ok(stats.collect())
}

pub(crate) async fn definition(
    line: &Line,
    saga: Arc<str>,
    fingerprint: u64,
) -> Result<Option<DefinitionRow>, StoreError> {
    let sql = "SELECT json FROM @definition WHERE name = $1 AND fingerprint = $2";
    let rows = line.query(sql, &[&&*saga, &hex(fingerprint)]).await?;
    Ok(rows.first().map(|row| DefinitionRow {
        saga,
        fingerprint,
        json: row.get(0),
    }))
}

/// Each state has its part of an index.
const IN_USE: &str = "SELECT d.name, d.fingerprint, d.json FROM @definition AS d WHERE (d.name, d.fingerprint) IN (
        SELECT name, fingerprint FROM @saga WHERE due IS NOT NULL
        UNION ALL SELECT name, fingerprint FROM @saga WHERE due IS NULL AND state IN ('running', 'waiting', 'parked')
        UNION ALL SELECT r.name, r.fingerprint FROM @runs AS r JOIN @worker AS w ON w.epoch = r.epoch WHERE w.dead IS NULL)
    ORDER BY d.name, d.fingerprint";

pub(crate) async fn in_use(line: &Line) -> Result<Vec<DefinitionRow>, StoreError> {
    let rows = line.query(IN_USE, &[]).await?;
    let definition = |row: &SqlRow| DefinitionRow {
        saga: row.get::<_, &str>(0).into(),
        // Only a number is the fingerprint of a saga.
        fingerprint: u64::from_str_radix(row.get(1), 16).unwrap_or_default(),
        json: row.get(2),
    };
    Ok(rows.iter().map(definition).collect())
}

pub(crate) async fn now(line: &Line) -> Result<Time, StoreError> {
    let rows = line.query(&format!("SELECT {NOW}"), &[]).await?;
    Ok(Time(rows[0].get(0)))
}

pub(crate) async fn peers(line: &Line, me: Epoch) -> Result<Vec<Peer>, StoreError> {
    let sql = "SELECT w.epoch, array_agg(r.name ORDER BY r.name), array_agg(r.fingerprint ORDER BY r.name)
               FROM @worker AS w JOIN @runs AS r ON r.epoch = w.epoch
               WHERE w.dead IS NULL AND w.epoch <> $1 GROUP BY w.epoch";
    let rows = line.query(sql, &[&epoch(me)]).await?;
    let peer = |row: &SqlRow| {
        let (names, fingerprints): (Vec<&str>, Vec<&str>) = (row.get(1), row.get(2));
        let runs = names.into_iter().zip(fingerprints);
        let runs = runs.filter_map(|(name, fingerprint)| {
            Some((name.into(), u64::from_str_radix(fingerprint, 16).ok()?))
        });
        Ok(Peer {
            epoch: Epoch(number(row.get(0))?),
            runs: runs.collect(),
        })
    };
    rows.iter().map(peer).collect()
}

pub(crate) async fn workers(line: &Line) -> Result<Vec<String>, StoreError> {
    let sql = format!(
        "SELECT name FROM @worker WHERE dead IS NULL AND expires > {NOW} ORDER BY name, epoch"
    );
    let rows = line.query(&sql, &[]).await?;
    Ok(rows.iter().map(|row| row.get(0)).collect())
}

/// Of these sagas, those that have ended or are parked.
pub(crate) async fn ended(line: &Line, mut of: Vec<SagaId>) -> Result<Vec<SagaId>, StoreError> {
    // The statement would be refused for one that cannot be there, and hide the others.
    of.retain(is_text);
    let names: Vec<&str> = of.iter().map(|saga| &*saga.saga).collect();
    let ids: Vec<&str> = of.iter().map(|saga| &*saga.id).collect();
    let sql =
        "SELECT o.place FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS o (name, id, place)
               JOIN @saga AS s ON s.name = o.name AND s.id = o.id
               WHERE s.state NOT IN ('running', 'waiting')";
    let rows = line.query(sql, &[&names, &ids]).await?;
    let places = rows.iter().map(|row| row.get::<_, i64>(0));
    let ended = places.filter_map(|place| of.get(usize::try_from(place - 1).ok()?));
    Ok(ended.cloned().collect())
}

#[cfg(test)]
mod tests {
    use super::conditions;
    use typed_saga_engine::{Epoch, Filter, SagaId, Time};

    #[test]
    fn what_differs_from_call_to_call_is_no_part_of_the_text() {
        let filter = |number: i64, text: &str| Filter {
            saga: Some(text.into()),
            id: Some(text.into()),
            prefix: Some(text.into()),
            since: Some(Time(number)),
            before: Some(Time(number)),
            claimed: Some(Epoch(number.unsigned_abs())),
            after: Some(SagaId::new(text, text)),
            ..Filter::default()
        };
        let (one, two) = (filter(1, "a"), filter(2, "b"));
        let ((one, values), (two, _)) = (conditions(&one, 1), conditions(&two, 1));
        assert_eq!(one, two);
        assert!(one.ends_with("> ($8, $9)"), "{one}");
        assert_eq!(values.len(), 8);
    }
}
