//! The outbox: events of sagas that have ended, until they are delivered.

mod decide;
mod found;

use self::found::{EVENTS, FoundEvent, found};
use crate::{
    error::Stop,
    number::{integer, limit, number},
    text::{fits, text},
    write::{Write, not_held},
};
use rusqlite::{
    Connection, OptionalExtension, Row as SqlRow, ToSql, params, params_from_iter, types::Value,
};
use std::sync::Arc;
use typed_saga_engine::{
    Delivery, Epoch, EventClaim, EventFilter, EventHold, EventRow, EventStat, EventsOf, NewEvent,
    SagaId, Time,
};

pub(crate) fn events(conn: &Connection, filter: &EventFilter) -> rusqlite::Result<Vec<EventRow>> {
    let (sql, values) = sought(filter);
    conn.prepare_cached(&sql)?
        .query_map(params_from_iter(values), |row| {
            found(row).map(|found| found.event)
        })?
        .collect()
}

/// The look of [`events`], and its values.
fn sought(filter: &EventFilter) -> (String, Vec<Value>) {
    let EventFilter {
        saga,
        id,
        undelivered,
        stuck,
        claimed,
        after,
        limit: most,
    } = filter;
    let undelivered = *undelivered || *stuck;
    let mut sql = format!("{EVENTS} WHERE TRUE");
    if undelivered && id.is_none() || claimed.is_some() {
        // As it stands: not from all sagas on.
        sql = sql.replace(" JOIN ", " CROSS JOIN ");
    }
    let mut values: Vec<Value> = Vec::new();
    for (column, text) in [("saga.name", saga), ("saga.id", id)] {
        if let Some(text) = text {
            let (condition, own) = fits(column, text);
            sql.extend([" AND ", &condition]);
            values.extend(own.into_iter().map(Value::from));
        }
    }
    let mut and = |condition, value: Option<Value>| {
        if let Some(value) = value {
            sql += condition;
            values.push(value);
        }
    };
    let after = after.map(|after| integer(after).into());
    and(" AND event.position > ?", after);
    let fewest = stuck.then(|| EventRow::STUCK.into());
    and(" AND event.failures >= ?", fewest);
    let claimed = claimed.map(|epoch| integer(epoch.0).into());
    and(
        " AND event.claimed IS NOT NULL AND event.claimed = ?",
        claimed,
    );
    // Not in the order of all events, most of which are delivered: those that are left are sorted.
    sql += if undelivered {
        " AND event.delivered IS NULL ORDER BY +event.position LIMIT ?"
    } else {
        " ORDER BY event.position LIMIT ?"
    };
    values.push(limit(*most).into());
    (sql, values)
}

const STATS: &str =
    "SELECT saga.name, count(*), coalesce(sum(event.failures >= ?1), 0), min(event.at)
                     FROM outbox AS event JOIN saga ON saga.number = event.saga
                     WHERE event.delivered IS NULL GROUP BY saga.name";

pub(crate) fn stats(conn: &Connection) -> rusqlite::Result<Vec<EventStat>> {
    let stat = |row: &SqlRow<'_>| {
        Ok(EventStat {
            saga: text(row, 0)?.0.into(),
            undelivered: number(row.get(1)?)?,
            stuck: number(row.get(2)?)?,
            oldest: Time(row.get(3)?),
        })
    };
    conn.prepare_cached(STATS)?
        .query_map([EventRow::STUCK], stat)?
        .collect()
}

/// Whether a saga is meant, as SQL, and the values of that: parameters from `first` on.
fn meant(of: &EventsOf, first: usize) -> (String, Vec<&dyn ToSql>) {
    let (names, is) = match of {
        EventsOf::Only(names) => (names, "IN"),
        EventsOf::Except(names) => (names, "NOT IN"),
    };
    let places = (first..first + names.len()).map(|place| format!("?{place}"));
    let places = places.collect::<Vec<_>>().join(", ");
    let values = names.iter().map(|name| name as &dyn ToSql);
    (format!("saga.name {is} ({places})"), values.collect())
}

/// The due events, in order. SQLite performs a `CROSS JOIN` in the order in which it is written;
/// otherwise it would begin with all sagas of these names, however few events are due.
const DUE: &str = "outbox AS event CROSS JOIN saga ON saga.number = event.saga
                   WHERE event.due IS NOT NULL";

/// The claimed events, likewise.
const CLAIMED: &str = "outbox AS event CROSS JOIN saga ON saga.number = event.saga
                       WHERE event.claimed IS NOT NULL";

/// The look of [`next`]: the first that is due and that this epoch has not claimed, or whose claim
/// ends by itself.
fn next_of(meant: &str) -> String {
    format!(
        "SELECT min(due) FROM (
             SELECT * FROM (SELECT event.due FROM {DUE} AND event.claimed IS NOT ?1 AND {meant} ORDER BY event.due LIMIT 1)
             UNION ALL
             SELECT max(event.due, event.until) FROM {CLAIMED} AND event.claimed = ?1 AND {meant}
         )"
    )
}

/// The look of [`Write::claim_events`].
fn due_of(meant: &str) -> String {
    format!(
        "SELECT event.position, event.claimed IS NOT NULL FROM {DUE} AND event.due <= ?1
             AND (event.claimed IS NOT ?2 OR event.until <= ?1) AND {meant}
         ORDER BY event.due, event.position LIMIT ?"
    )
}

/// When the next event can be claimed.
pub(crate) fn next(
    conn: &Connection,
    epoch: Epoch,
    of: &EventsOf,
) -> rusqlite::Result<Option<Time>> {
    let (meant, names) = meant(of, 2);
    let epoch = integer(epoch.0);
    let values = [&epoch as &dyn ToSql].into_iter().chain(names);
    let mut next = conn.prepare_cached(&next_of(&meant))?;
    let next: Option<i64> = next.query_row(params_from_iter(values), |row| row.get(0))?;
    Ok(next.map(Time))
}

impl Write<'_> {
    fn number_of(&self, saga: &SagaId) -> rusqlite::Result<Option<i64>> {
        self.conn
            .prepare_cached("SELECT number FROM saga WHERE name = ?1 AND id = ?2")?
            .query_row([&saga.saga, &saga.id], |row| row.get(0))
            .optional()
    }

    /// Appends the events of a saga to those that are there. `by`: who claims the one that is due, if
    /// it is one of these.
    pub(crate) fn write_events(
        &self,
        saga: i64,
        events: &[NewEvent],
        at: Time,
        by: Option<Epoch>,
    ) -> rusqlite::Result<()> {
        let by = by.map(|epoch| integer(epoch.0));
        for NewEvent { key, payload } in events {
            self.conn
                .prepare_cached(
                    "INSERT INTO outbox (saga, number, key, payload, at, changed, due, claimed, turn)
                     SELECT ?1, coalesce(max(number) + 1, 0), ?2, ?3, ?4, ?4,
                            iif(count(*) = count(delivered), ?4, NULL),
                            iif(count(*) = count(delivered), ?5, NULL),
                            ?5 IS NOT NULL AND count(*) = count(delivered)
                     FROM outbox WHERE saga = ?1",
                )?
                .execute(params![saga, key, payload, at.0, by])?;
        }
        Ok(())
    }

    pub(crate) fn claim_events(
        &self,
        epoch: Epoch,
        claim: &EventClaim,
        now: Time,
    ) -> Result<Vec<EventRow>, Stop> {
        self.under(epoch)?;
        let EventClaim {
            of,
            limit: most,
            lease,
        } = claim;
        let (meant, names) = meant(of, 3);
        let (holder, most) = (integer(epoch.0), limit(Some(*most)));
        let before: [&dyn ToSql; 2] = [&now.0, &holder];
        let values = before.into_iter().chain(names).chain([&most as &dyn ToSql]);
        let mut due = self.conn.prepare_cached(&due_of(&meant))?;
        let due = due.query_map(params_from_iter(values), |row| {
            Ok((row.get(0)?, row.get(1)?))
        })?;
        let mut due: Vec<(i64, bool)> = due.collect::<rusqlite::Result<_>>()?;
        // An event whose claim has had no answer is claimed alone.
        if due.first().is_some_and(|(_, lost)| *lost) {
            due.truncate(1);
        } else {
            due.retain(|(_, lost)| !lost);
        }
        let until = lease.map(|lease| now.after(lease).0);
        let mut take = self.conn.prepare_cached(
            "UPDATE outbox SET claimed = ?2, until = ?3, turn = turn + 1, lost = lost + ?4 WHERE position = ?1",
        )?;
        let mut look = self
            .conn
            .prepare_cached(&format!("{EVENTS} WHERE event.position = ?1"))?;
        let mut claimed = Vec::with_capacity(due.len());
        for (position, lost) in due {
            take.execute(params![position, holder, until, lost])?;
            let FoundEvent { event, is_damaged } = look.query_row([position], found)?;
            if is_damaged {
                self.set_aside(position, event.why.as_deref())?;
            } else if event.lost >= EventRow::STUCK {
                self.set_aside(position, Some(&EventRow::given_up(event.lost)))?;
            } else {
                claimed.push(event);
            }
        }
        Ok(claimed)
    }

    /// Sets an event aside. It is not delivered until an operator asks for that: it is listed as stuck,
    /// and holds up only the events of its own saga.
    fn set_aside(&self, position: i64, why: Option<&str>) -> rusqlite::Result<()> {
        self.conn
            .prepare_cached(
                "UPDATE outbox SET claimed = NULL, until = NULL, due = NULL, failures = ?2, error = ?3
                 WHERE position = ?1",
            )?
            .execute(params![position, EventRow::STUCK, why])?;
        Ok(())
    }

    pub(crate) fn handed_over(
        &self,
        epoch: Epoch,
        hold: &EventHold,
        how: &Delivery,
        now: Time,
    ) -> Result<(), Stop> {
        self.under(epoch)?;
        let EventHold { saga, number, turn } = hold;
        let Some(of) = self.number_of(saga)? else {
            return Err(not_held(saga));
        };
        let found = self
            .conn
            .prepare_cached(
                "SELECT position, claimed, delivered IS NOT NULL, error FROM outbox
                 WHERE saga = ?1 AND number = ?2 AND turn = ?3",
            )?
            .query_row([of, integer(*number), integer(*turn)], |row| {
                let (is_delivered, error) = (row.get(2)?, row.get::<_, Option<Arc<str>>>(3)?);
                let was_answered = match how {
                    Delivery::Acknowledged => is_delivered,
                    Delivery::Failed { why, .. } | Delivery::Refused { why } => {
                        error.as_ref() == Some(why)
                    }
                    Delivery::Release => true,
                };
                Ok((
                    row.get::<_, i64>(0)?,
                    row.get::<_, Option<i64>>(1)?,
                    was_answered,
                ))
            })
            .optional()?;
        let position = match found {
            Some((position, Some(by), _)) if by == integer(epoch.0) => position,
            Some((_, None, true)) => return Ok(()),
            _ => return Err(not_held(saga)),
        };
        let execute = |sql, values: &[&dyn ToSql]| self.conn.prepare_cached(sql)?.execute(values);
        match how {
            Delivery::Acknowledged => execute(
                "UPDATE outbox SET delivered = ?2, lost = 0 WHERE position = ?1",
                &[&position, &now.0],
            ),
            Delivery::Failed { why, due } => execute(
                "UPDATE outbox SET claimed = NULL, until = NULL, failures = failures + 1, lost = 0, error = ?2, due = ?3, changed = ?4
                 WHERE position = ?1",
                &[&position, why, &due.0, &now.0],
            ),
            Delivery::Refused { why } => execute(
                "UPDATE outbox SET claimed = NULL, until = NULL, failures = ?3, lost = 0, error = ?2, due = NULL
                 WHERE position = ?1",
                &[&position, why, &EventRow::STUCK],
            ),
            Delivery::Release => execute(
                "UPDATE outbox SET claimed = NULL, until = NULL WHERE position = ?1",
                &[&position],
            ),
        }?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::{STATS, due_of, meant, next_of, sought};
    use crate::{purge::is_doomed, schema::make};
    use rusqlite::Connection;
    use std::{path::Path, sync::Arc};
    use typed_saga_engine::{EventFilter, EventsOf, SagaId};

    #[test]
    fn what_is_undelivered_is_found_by_an_index_among_however_many() {
        let conn = Connection::open_in_memory().unwrap();
        make(&conn, Path::new("test.db"), None).unwrap();
        let names: Arc<[Arc<str>]> = Arc::from(["trip".into(), "tour".into()]);
        let (only, except) = (EventsOf::Only(Arc::clone(&names)), EventsOf::Except(names));
        let (id, of_saga) = (SagaId::new("trip", "42"), Some("trip".into()));
        let undelivered = |saga| EventFilter {
            saga,
            undelivered: true,
            ..EventFilter::default()
        };
        for (sql, index) in [
            (next_of(&meant(&only, 2).0), "outbox_due"),
            (next_of(&meant(&except, 2).0), "outbox_claimed"),
            (due_of(&meant(&only, 3).0), "outbox_due"),
            (due_of(&meant(&except, 3).0), "outbox_due"),
            (sought(&undelivered(None)).0, "outbox_undelivered"),
            (sought(&undelivered(of_saga)).0, "outbox_undelivered"),
            (
                sought(&EventFilter::first_undelivered_of(id)).0,
                "outbox_undelivered",
            ),
            (STATS.to_owned(), "outbox_undelivered"),
            (is_doomed(), "outbox_undelivered"),
        ] {
            let mut plan = conn.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
            let none = rusqlite::params_from_iter(vec![0; plan.parameter_count()]);
            let lines = plan.query_map(none, |row| row.get::<_, String>(3)).unwrap();
            let lines = lines.map(Result::unwrap).collect::<Vec<_>>();
            let plan = lines.join("\n");
            assert!(plan.contains(index), "{plan}");
            for line in lines {
                let all_events = line.starts_with("SCAN event") && !line.contains("USING INDEX");
                let all_sagas = line.ends_with("(name=?)") || line.starts_with("SCAN saga");
                assert!(!all_events && !all_sagas, "{plan}");
            }
        }
    }
}
