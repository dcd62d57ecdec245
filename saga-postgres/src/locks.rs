//! Who has which key, and who waits for it.
//!
//! A statement sees what was committed before it began. So a request and a release that run at the
//! same time would each miss the other, and a saga would wait forever for a free key. So the
//! statement begins with advisory locks for its queues ([`ENTER`]), and changes them in a volatile
//! function, whose own statements see the latest commits. Keys share 1,024 advisory locks, because
//! the server has memory for some thousand, and one saga may have a thousand keys. Each key is
//! passed on by itself: a saga has its keys once it is first in all of its queues, so no batch
//! looks into a queue that it has not entered.

use crate::{
    error::is_in_the_way,
    line::{Failed, Line, Value, Values},
    sql::{NOW, is_text, limit, may_run, number, passes_over},
};
use std::{borrow::Cow, time::Instant};
use tokio_postgres::Row;
use typed_saga_engine::{
    Freed, LockChange, LockFilter, LockKey, LockRow, LockState, SagaId, StoreError, Time,
};

/// Keeps others from the queues that the batch changes, before the statement locks any row.
pub(crate) const ENTER: &str =
    "(SELECT @enter_queues($2, $3, $20::bigint[], $21::text[], $22::text[], $23::text[]))";

/// Changes the queues for what `a` is a row of, if that was written.
pub(crate) const CHANGE: &str = "(SELECT count(@change_queue(c.saga, c.at, c.how, c.name, c.key)) FROM (
    SELECT a.number AS saga, a.at, c.how, c.name, c.key
    FROM unnest($20::bigint[], $21::text[], $22::text[], $23::text[]) WITH ORDINALITY AS c (place, how, name, key, turn)
    JOIN a ON a.place = c.place WHERE {written} ORDER BY c.turn OFFSET 0) AS c)";

/// An entry of an index has at most 2,704 bytes, with what surrounds the name and the key in it.
const INDEXED: usize = 2600;

/// The changes of a batch, column by column: that of which commit, what it is, and of which key.
#[derive(Default)]
pub(crate) struct Changes<'a> {
    pub(crate) places: Vec<i64>,
    pub(crate) hows: Vec<&'static str>,
    pub(crate) names: Vec<Option<&'a str>>,
    pub(crate) keys: Vec<Option<Cow<'a, str>>>,
}

impl<'a> Changes<'a> {
    pub(crate) fn push(&mut self, place: i64, change: &'a LockChange) {
        let mut add = |how, key: Option<&'a LockKey>| {
            self.places.push(place);
            self.hows.push(how);
            self.names.push(key.map(|key| &*key.name));
            self.keys.push(key.map(|key| key.within(INDEXED)));
        };
        match change {
            LockChange::Request(keys) => {
                for key in keys {
                    add("request", Some(key));
                }
            }
            LockChange::Taken => add("taken", None),
            LockChange::Withdraw => add("withdraw", None),
            LockChange::Release => add("release", None),
        }
    }
}

/// Places; a saga that waits for another key has none of those that it requested with it.
const ROWS: &str =
    "SELECT l.name, l.key, s.name, s.id, l.place, coalesce(l.first, l.since), l.taken,
        EXISTS (SELECT FROM @lock AS other WHERE other.saga = l.saga AND other.first IS NULL)
    FROM @lock AS l JOIN @saga AS s ON s.number = l.saga";

pub(crate) async fn locks(line: &Line, filter: &LockFilter) -> Result<Vec<LockRow>, StoreError> {
    let LockFilter {
        name,
        key,
        saga,
        limit: most,
    } = filter;
    let own = saga.as_ref().map(|saga| (&*saga.saga, &*saga.id)).unzip();
    let key = key.as_ref().map(|key| LockKey {
        name: name.clone().unwrap_or_default(),
        key: key.clone(),
    });
    let key = key.as_ref().map(|key| key.within(INDEXED));
    let wanted = [
        ("l.name", name.as_deref()),
        ("l.key", key.as_deref()),
        ("s.name", own.0),
        ("s.id", own.1),
    ];
    let (mut conditions, mut values) = (vec!["TRUE".to_owned()], Values::new());
    for (column, value) in wanted {
        if let Some(value) = value {
            values.push(Box::new(value));
            conditions.push(format!("{column} = ${}", values.len() + 1));
        }
    }
    let sql = format!(
        "{ROWS} WHERE {} ORDER BY l.name, l.key, l.place LIMIT $1",
        conditions.join(" AND ")
    );
    let most = limit(*most);
    let mut all: Vec<Value<'_>> = vec![&most];
    all.extend(values.iter().map(|value| &**value as Value<'_>));
    line.query(&sql, &all).await?.iter().map(row).collect()
}

/// Whether a living worker may claim the saga, and does not pass it over.
fn untried(name: &str, id: &str) -> String {
    format!(
        "EXISTS (SELECT FROM @saga AS s JOIN @worker AS v ON v.dead IS NULL AND v.expires > {NOW}
             WHERE s.name = {name} AND s.id = {id} AND {may_run} AND NOT {passed})",
        may_run = may_run("v.epoch", "s"),
        passed = passes_over("v.epoch"),
    )
}

pub(crate) async fn is_untried(line: &Line, saga: &SagaId) -> Result<bool, StoreError> {
    if !is_text(saga) {
        return Ok(false);
    }
    let sql = format!("SELECT {}", untried("$1", "$2"));
    let rows = line.query(&sql, &[&&*saga.saga, &&*saga.id]).await?;
    Ok(rows.first().is_some_and(|row| row.get(0)))
}

/// What an operator reads whose request found no gap between those of others.
const BUSY: &str = "other sagas are at the queue of this key, or a transaction has locked the saga: nothing was done, so try again";

/// Takes a key from a saga that no worker can read. Waiting for others is no reason to refuse that, unless
/// it takes too long.
pub(crate) async fn free(
    line: &Line,
    key: &LockKey,
    saga: &SagaId,
    text: &str,
    at: Time,
) -> Result<Freed, StoreError> {
    let name = &*key.name;
    if name.contains('\0') || !is_text(saga) {
        return Ok(Freed::NotFirst);
    }
    let key = key.within(INDEXED);
    let values: [Value<'_>; 6] = [&name, &&*key, &&*saga.saga, &&*saga.id, &text, &at.0];
    let is_untried = untried("$3", "$4");
    let sql = format!("SELECT @pass_key_on($1, $2, $3, $4, $5, $6, {is_untried})");
    let begun = Instant::now();
    let rows = loop {
        match line.query(&sql, &values).await {
            Err(Failed::Refused(error)) if is_in_the_way(&error) => {
                if begun.elapsed() >= line.request_timeout() {
                    return Err(StoreError::unavailable(BUSY));
                }
            }
            rows => break rows?,
        }
    };
    Ok(match rows[0].get::<_, Option<i64>>(0) {
        None => Freed::NotFirst,
        Some(0) => Freed::Readable,
        Some(-1) => Freed::Untried,
        Some(message) => Freed::Done(number(message)?),
    })
}

fn row(row: &Row) -> Result<LockRow, StoreError> {
    let text = |column| row.get::<_, &str>(column);
    Ok(LockRow {
        key: LockKey {
            name: text(0).into(),
            key: text(1).into(),
        },
        saga: SagaId::new(text(2), text(3)),
        place: number(row.get(4))?,
        since: Time(row.get(5)),
        state: match (row.get(6), row.get(7)) {
            (true, _) => LockState::Taken,
            (false, true) => LockState::Waiting,
            (false, false) => LockState::Granted,
        },
    })
}
