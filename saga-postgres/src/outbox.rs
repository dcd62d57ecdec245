//! The events of sagas that have ended, until they are delivered.

use crate::{
    batch::{Failure, Write, written},
    line::{Line, Value},
    session::Session,
    sql::{ME, NOW, epoch, integer, limit, millis, number, time},
};
use std::sync::LazyLock;
use tokio_postgres::Row;
use typed_saga_engine::{
    Delivery, Epoch, EventChange, EventClaim, EventFilter, EventHold, EventRow, EventStat,
    EventsOf, SagaId, StoreError, Time,
};

const EVENT: &str = "s.name, s.id, e.position, e.number, e.key, e.payload, e.at, e.delivered, e.due, e.claimed, e.turn, e.failures, e.error, e.lost, e.skipped";

/// Whether a living worker has claimed the event `e`, and that claim has not ended by itself.
const HELD: &str = "(e.claimed IS NOT NULL AND (e.until IS NULL OR e.until > {now})
    AND EXISTS (SELECT FROM @worker AS w WHERE w.epoch = e.claimed AND w.dead IS NULL))";

fn held() -> String {
    HELD.replace("{now}", NOW)
}

/// An event, and whether its row is damaged: then it says why where it says why an event could not be
/// delivered, and must not be handed over.
struct FoundEvent {
    event: EventRow,
    is_damaged: bool,
}

/// Reads the columns of [`EVENT`], which begin at `first`.
fn found(row: &Row, first: usize) -> FoundEvent {
    let mut damage: Option<String> = None;
    let mut count = |column, what: &str| {
        let count: i64 = row.get(first + column);
        u64::try_from(count).unwrap_or_else(|_| {
            damage.get_or_insert_with(|| format!("its {what} is {count}"));
            0
        })
    };
    let (position, number, turn) = (count(2, "position"), count(3, "number"), count(10, "turn"));
    // A value that no worker has written is not a claim, and not a number of failures.
    let claimed: Option<i64> = row.get(first + 9);
    let claimed = claimed.and_then(|claimed| u64::try_from(claimed).ok());
    let why: Option<String> = row.get(first + 12);
    FoundEvent {
        is_damaged: damage.is_some(),
        event: EventRow {
            saga: SagaId::new(row.get::<_, &str>(first), row.get::<_, &str>(first + 1)),
            position,
            number,
            key: row.get(first + 4),
            payload: row.get(first + 5),
            written: Time(row.get(first + 6)),
            delivered: time(row, first + 7),
            due: time(row, first + 8),
            claimed: claimed.map(Epoch),
            turn,
            failures: u32::try_from(row.get::<_, i32>(first + 11)).unwrap_or(0),
            lost: u32::try_from(row.get::<_, i32>(first + 13)).unwrap_or(0),
            skipped: row.get::<_, Option<&str>>(first + 14).map(Into::into),
            why: damage
                .map(|why| EventRow::damaged(&why))
                .or(why)
                .map(Into::into),
        },
    }
}

pub(crate) async fn events(line: &Line, filter: &EventFilter) -> Result<Vec<EventRow>, StoreError> {
    let EventFilter {
        saga,
        id,
        undelivered,
        stuck,
        claimed,
        after,
        limit: most,
    } = filter;
    let mut sql =
        format!("SELECT {EVENT} FROM @outbox AS e JOIN @saga AS s ON s.number = e.saga WHERE TRUE");
    let (after, most, fewest) = (after.map(integer), limit(*most), failures());
    let mut values: Vec<Value<'_>> = vec![&most];
    let (saga, id, claimed) = (saga.as_deref(), id.as_deref(), claimed.map(epoch));
    let conditions: [(&str, Option<Value<'_>>); 5] = [
        ("s.name =", saga.as_ref().map(|it| it as Value<'_>)),
        ("s.id =", id.as_ref().map(|it| it as Value<'_>)),
        ("e.position >", after.as_ref().map(|it| it as Value<'_>)),
        ("e.failures >=", stuck.then_some(&fewest as Value<'_>)),
        ("e.claimed =", claimed.as_ref().map(|it| it as Value<'_>)),
    ];
    for (condition, value) in conditions {
        if let Some(value) = value {
            values.push(value);
            sql.extend([" AND ", condition, " $", &values.len().to_string()]);
        }
    }
    if *undelivered || *stuck {
        sql += " AND e.delivered IS NULL";
    }
    sql += " ORDER BY e.position LIMIT $1";
    let rows = line.query(&sql, &values).await?;
    Ok(rows.iter().map(|row| found(row, 0).event).collect())
}

/// At so many an event is stuck.
fn failures() -> i32 {
    i32::try_from(EventRow::STUCK).unwrap_or(i32::MAX)
}

pub(crate) async fn stats(line: &Line) -> Result<Vec<EventStat>, StoreError> {
    let sql = "SELECT s.name, count(*), count(*) FILTER (WHERE e.failures >= $1), min(e.at)
               FROM @outbox AS e JOIN @saga AS s ON s.number = e.saga
               WHERE e.delivered IS NULL GROUP BY s.name ORDER BY s.name";
    let stat = |row: &Row| {
        Ok(EventStat {
            saga: row.get::<_, &str>(0).into(),
            undelivered: number(row.get(1))?,
            stuck: number(row.get(2))?,
            oldest: Time(row.get(3)),
        })
    };
    line.query(sql, &[&failures()])
        .await?
        .iter()
        .map(stat)
        .collect()
}

/// Whether a saga is meant, as SQL with the names as this parameter, and these.
fn meant<'a>(of: &'a EventsOf, parameter: &str) -> (String, Vec<&'a str>) {
    let (names, is) = match of {
        EventsOf::Only(names) => (names, "= ANY"),
        EventsOf::Except(names) => (names, "<> ALL"),
    };
    let texts = names.iter().map(|name| &**name);
    (format!("s.name {is} ({parameter})"), texts.collect())
}

pub(crate) async fn next(line: &Line, of: &EventsOf) -> Result<Option<Time>, StoreError> {
    let (meant, names) = meant(of, "$1");
    let sql = format!(
        "SELECT least(
             (SELECT e.due FROM @outbox AS e JOIN @saga AS s ON s.number = e.saga
              WHERE e.due IS NOT NULL AND {meant} AND NOT {held} ORDER BY e.due LIMIT 1),
             (SELECT min(greatest(e.due, e.until)) FROM @outbox AS e JOIN @saga AS s ON s.number = e.saga
              WHERE e.claimed IS NOT NULL AND e.until IS NOT NULL AND e.due IS NOT NULL AND {meant} AND {held}))",
        held = held(),
    );
    let rows = line.query(&sql, &[&names]).await?;
    Ok(time(&rows[0], 0))
}

/// A call of [`Store::handed_over`](typed_saga_engine::Store::handed_over).
pub(crate) struct Answer {
    pub(crate) hold: EventHold,
    pub(crate) how: Delivery,
}

impl Session {
    pub(crate) async fn claim_events(
        &self,
        claim: EventClaim,
    ) -> Result<Vec<EventRow>, StoreError> {
        self.bury().await?;
        let EventClaim {
            of,
            limit: most,
            lease,
        } = claim;
        let (meant, names) = meant(&of, "$2");
        // Somebody may have claimed one since this statement began, and is unknown to it: then its turn
        // is another one. One whose claim has had no answer is claimed alone.
        let sql = format!(
            "WITH {ME}, c AS MATERIALIZED (
                SELECT e.position, e.due, e.claimed IS NOT NULL AS lost
                FROM @outbox AS e JOIN @saga AS s ON s.number = e.saga
                WHERE e.due <= (SELECT {NOW}) AND NOT {held} AND EXISTS (SELECT FROM me) AND {meant}
                ORDER BY e.due, e.position LIMIT $3 FOR UPDATE OF e SKIP LOCKED),
             one AS (SELECT lost AS is_lost, position FROM c ORDER BY due, position LIMIT 1),
             taken AS (UPDATE @outbox AS e SET claimed = $1, turn = e.turn + 1, until = {NOW} + $4::bigint,
                              lost = e.lost + c.lost::int
                       FROM c JOIN one ON CASE WHEN one.is_lost THEN c.position = one.position ELSE NOT c.lost END JOIN @outbox AS seen ON seen.position = c.position
                       WHERE e.position = c.position AND e.turn = seen.turn RETURNING e.*)
             SELECT EXISTS (SELECT FROM me), e.position IS NOT NULL, {EVENT}
             FROM (SELECT) AS always LEFT JOIN (taken AS e JOIN @saga AS s ON s.number = e.saga) ON TRUE
             ORDER BY e.due, e.position",
            held = held(),
        );
        let (me, most, lease) = (epoch(self.epoch), limit(Some(most)), lease.map(millis));
        let rows = self.under(&sql, &[&me, &names, &most, &lease]).await?;
        let claimed = rows.iter().filter(|row| row.get(1));
        let (mut whole, mut aside) = (Vec::new(), Vec::new());
        for row in claimed {
            let FoundEvent { event, is_damaged } = found(row, 2);
            let why = if is_damaged {
                event.why.as_deref().unwrap_or_default().to_owned()
            } else if event.lost >= EventRow::STUCK {
                EventRow::given_up(event.lost)
            } else {
                whole.push(event);
                continue;
            };
            let (position, turn): (i64, i64) = (row.get(2 + 2), row.get(2 + 10));
            aside.push((position, turn, why));
        }
        if !aside.is_empty() {
            self.set_aside(&aside).await?;
        }
        Ok(whole)
    }

    /// Sets events aside. They are not delivered until an operator asks for that: each is listed as
    /// stuck, and holds up only the events of its own saga.
    async fn set_aside(&self, these: &[(i64, i64, String)]) -> Result<(), StoreError> {
        let sql = format!(
            "WITH {ME}, aside AS (
                UPDATE @outbox AS e SET claimed = NULL, until = NULL, due = NULL, failures = $4, error = d.why
                FROM unnest($2::bigint[], $3::text[], $5::bigint[]) AS d (position, why, turn)
                WHERE e.position = d.position AND e.claimed = $1 AND e.turn = d.turn AND EXISTS (SELECT FROM me))
             SELECT EXISTS (SELECT FROM me)"
        );
        let positions: Vec<_> = these.iter().map(|(position, ..)| *position).collect();
        let turns: Vec<_> = these.iter().map(|(_, turn, _)| *turn).collect();
        let whys: Vec<_> = these.iter().map(|(.., why)| &**why).collect();
        let me = epoch(self.epoch);
        let values: [Value<'_>; 5] = [&me, &positions, &whys, &failures(), &turns];
        self.under(&sql, &values).await.map(drop)
    }

    pub(crate) async fn decide(
        &self,
        (saga, number): (&SagaId, u64),
        change: &EventChange,
        answer: Option<(u64, String)>,
    ) -> Result<bool, StoreError> {
        // The message is locked after the events.
        let sql = format!(
            "WITH {ME}, e AS MATERIALIZED (
                SELECT o.* FROM @outbox AS o JOIN @saga AS s ON s.number = o.saga
                WHERE s.name = $2 AND s.id = $3 AND EXISTS (SELECT FROM me) ORDER BY o.number FOR UPDATE OF o),
             open AS MATERIALIZED (SELECT i.number FROM (SELECT count(*) FROM e) AS after CROSS JOIN LATERAL (
                SELECT number FROM @inbox WHERE number = $6::bigint AND answer IS NULL FOR UPDATE) AS i),
             may AS (SELECT $6::bigint IS NULL OR EXISTS (SELECT FROM open) AS it),
             again AS (SELECT FROM e WHERE e.number = $4 AND e.skipped = $5::text AND (SELECT it FROM may)),
             wanted AS (SELECT e.saga, e.number FROM e
                WHERE e.number = $4 AND (SELECT it FROM may) AND NOT EXISTS (SELECT FROM again)
                  AND NOT EXISTS (SELECT FROM e WHERE {held})
                  AND NOT EXISTS (SELECT FROM e AS before WHERE before.delivered IS NULL AND before.number < e.number)
                  AND ($5::text IS NULL OR e.delivered IS NULL)),
             done AS (UPDATE @outbox AS o SET claimed = NULL, until = NULL,
                    due = CASE WHEN o.number = wanted.number THEN {NOW} END,
                    changed = CASE WHEN o.number = wanted.number THEN {NOW} ELSE o.changed END,
                    delivered = CASE WHEN o.number <> wanted.number THEN o.delivered WHEN $5::text IS NOT NULL THEN {NOW} END,
                    skipped = CASE WHEN o.number = wanted.number THEN $5::text ELSE o.skipped END,
                    lost = CASE WHEN o.number = wanted.number THEN 0 ELSE o.lost END,
                    failures = CASE WHEN o.number = wanted.number OR o.due IS NOT NULL THEN 0 ELSE o.failures END,
                    error = CASE WHEN o.number = wanted.number OR o.due IS NOT NULL THEN NULL ELSE o.error END
                FROM wanted WHERE o.saga = wanted.saga
                  AND (o.number = wanted.number OR o.due IS NOT NULL OR o.claimed IS NOT NULL)),
             answered AS (UPDATE @inbox AS i SET answer = $7::text, answered = {NOW} FROM open
                WHERE i.number = open.number AND (EXISTS (SELECT FROM wanted) OR EXISTS (SELECT FROM again)))
             SELECT EXISTS (SELECT FROM me), EXISTS (SELECT FROM wanted) OR EXISTS (SELECT FROM again), (SELECT it FROM may)",
            held = held(),
        );
        let skipped = match change {
            EventChange::Redeliver => None,
            EventChange::Skip { why } => Some(why.replace('\0', " ")),
        };
        let (saga, id) = (&&*saga.saga, &&*saga.id);
        let (asked, text) = answer.unzip();
        let message = asked.map(integer);
        let (me, number) = (epoch(self.epoch), integer(number));
        let values: [Value<'_>; 7] = [&me, saga, id, &number, &skipped, &message, &text];
        let row = &self.under(&sql, &values).await?[0];
        match asked.filter(|_| !row.get::<_, bool>(2)) {
            Some(number) => Err(StoreError::Answered { number }),
            None => Ok(row.get(1)),
        }
    }
}

/// Writes the results for the events that this epoch has claimed; for the others, finds out whether
/// they were written before.
static ANSWERS: LazyLock<String> = LazyLock::new(|| {
    format!(
        "WITH {ME}, a AS MATERIALIZED (
    SELECT o.position, o.turn, o.claimed, o.delivered, o.error, a.place, a.kind, a.why, a.due
    FROM unnest($2::text[], $3::text[], $4::bigint[], $5::bigint[], $6::text[], $7::text[], $8::bigint[])
        WITH ORDINALITY AS a (name, id, number, turn, kind, why, due, place)
    JOIN @saga AS s ON s.name = a.name AND s.id = a.id
    JOIN @outbox AS o ON o.saga = s.number AND o.number = a.number AND o.turn = a.turn),
delivered AS (
    UPDATE @outbox AS o SET delivered = {NOW}, lost = 0 FROM a
    WHERE a.kind = 'acknowledged' AND o.position = a.position AND o.claimed = $1 AND o.turn = a.turn AND EXISTS (SELECT FROM me)
    RETURNING o.position),
failed AS (
    UPDATE @outbox AS o SET claimed = NULL, until = NULL, failures = o.failures + 1, lost = 0, error = a.why, due = a.due, changed = {NOW} FROM a
    WHERE a.kind = 'failed' AND o.position = a.position AND o.claimed = $1 AND o.turn = a.turn AND EXISTS (SELECT FROM me)
    RETURNING o.position),
refused AS (
    UPDATE @outbox AS o SET claimed = NULL, until = NULL, failures = $9, lost = 0, error = a.why, due = NULL FROM a
    WHERE a.kind = 'refused' AND o.position = a.position AND o.claimed = $1 AND o.turn = a.turn AND EXISTS (SELECT FROM me)
    RETURNING o.position),
release AS (
    UPDATE @outbox AS o SET claimed = NULL, until = NULL FROM a
    WHERE a.kind = 'release' AND o.position = a.position AND o.claimed = $1 AND o.turn = a.turn AND EXISTS (SELECT FROM me)
    RETURNING o.position)
SELECT EXISTS (SELECT FROM me), (SELECT array_agg(a.place) FROM a
    WHERE a.position IN (SELECT position FROM delivered UNION ALL SELECT position FROM failed UNION ALL SELECT position FROM refused UNION ALL SELECT position FROM release)
       OR a.claimed IS NULL AND CASE a.kind WHEN 'acknowledged' THEN a.delivered IS NOT NULL WHEN 'failed' THEN a.error IS NOT DISTINCT FROM a.why WHEN 'refused' THEN a.error IS NOT DISTINCT FROM a.why ELSE TRUE END)"
    )
});

impl Write for Answer {
    type Done = ();

    fn saga(&self) -> &SagaId {
        &self.hold.saga
    }

    fn len(&self) -> usize {
        match &self.how {
            Delivery::Failed { why, .. } | Delivery::Refused { why } => why.len(),
            Delivery::Acknowledged | Delivery::Release => 0,
        }
    }

    async fn write(
        session: &Session,
        all: &[Self],
    ) -> Result<Vec<Result<(), StoreError>>, Failure> {
        let names: Vec<&str> = all.iter().map(|answer| &*answer.hold.saga.saga).collect();
        let ids: Vec<&str> = all.iter().map(|answer| &*answer.hold.saga.id).collect();
        let numbers: Vec<_> = all
            .iter()
            .map(|answer| integer(answer.hold.number))
            .collect();
        let turns: Vec<_> = all.iter().map(|answer| integer(answer.hold.turn)).collect();
        let (mut kinds, mut whys, mut dues) = (Vec::new(), Vec::new(), Vec::new());
        for Self { how, .. } in all {
            let (kind, why, due) = match how {
                Delivery::Acknowledged => ("acknowledged", None, None),
                Delivery::Failed { why, due } => {
                    ("failed", Some(why.replace('\0', " ")), Some(due.0))
                }
                Delivery::Refused { why } => ("refused", Some(why.replace('\0', " ")), None),
                Delivery::Release => ("release", None, None),
            };
            kinds.push(kind);
            whys.push(why);
            dues.push(due);
        }
        let me = epoch(session.epoch);
        let values: [Value<'_>; 9] = [
            &me,
            &names,
            &ids,
            &numbers,
            &turns,
            &kinds,
            &whys,
            &dues,
            &failures(),
        ];
        let done = match written(&session.write, &ANSWERS, &values, all.len()).await {
            Ok(done) => done.ok_or_else(|| session.fenced())?,
            Err(failed) => return Err(Failure::of(failed)),
        };
        let answers = all.iter().zip(done).map(|(answer, done)| {
            if done {
                return Ok(());
            }
            Err(StoreError::NotHeld {
                saga: answer.hold.saga.clone(),
            })
        });
        Ok(answers.collect())
    }
}
