//! What an operator decides about an event.

use crate::{error::Stop, number::integer, write::Write};
use rusqlite::{OptionalExtension, params};
use typed_saga_engine::{Epoch, EventChange, SagaId, Time};

impl Write<'_> {
    pub(crate) fn decide(
        &self,
        epoch: Epoch,
        (saga, number): (&SagaId, u64),
        change: &EventChange,
        answers: &[(u64, String)],
        now: Time,
    ) -> Result<bool, Stop> {
        self.under(epoch)?;
        self.are_open(answers)?;
        let done = self.decide_event(epoch, (saga, number), change, now)?;
        if done {
            self.write_answers(answers, now)?;
        }
        Ok(done)
    }

    fn decide_event(
        &self,
        epoch: Epoch,
        (saga, number): (&SagaId, u64),
        change: &EventChange,
        now: Time,
    ) -> Result<bool, Stop> {
        let Some(of) = self.number_of(saga)? else {
            return Ok(false);
        };
        let number = integer(number);
        if let EventChange::Skip { why } = change {
            let again = "SELECT EXISTS (SELECT 1 FROM outbox WHERE saga = ?1 AND number = ?2 AND skipped = ?3)";
            let mut again = self.conn.prepare_cached(again)?;
            if again.query_row(params![of, number, why], |row| row.get(0))? {
                return Ok(true);
            }
        }
        let is_held = "SELECT EXISTS (SELECT 1 FROM outbox WHERE saga = ?1 AND claimed IS ?2
                                      AND coalesce(until > ?3, TRUE))";
        let held = [of, integer(epoch.0), now.0];
        let mut look = self.conn.prepare_cached(is_held)?;
        if look.query_row(held, |row| row.get(0))? {
            return Ok(false);
        }
        let first: Option<i64> = self
            .conn
            .prepare_cached("SELECT min(number) FROM outbox WHERE saga = ?1 AND delivered IS NULL")?
            .query_row([of], |row| row.get(0))?;
        let waits = first.is_some_and(|first| number > first);
        let is_delivered = first.is_none_or(|first| number < first);
        let fits = !waits && (*change == EventChange::Redeliver || !is_delivered);
        let position: Option<i64> = self
            .conn
            .prepare_cached("SELECT position FROM outbox WHERE saga = ?1 AND number = ?2")?
            .query_row(params![of, number], |row| row.get(0))
            .optional()?;
        let Some(position) = position.filter(|_| fits) else {
            return Ok(false);
        };
        self.conn
            .prepare_cached(
                "UPDATE outbox SET failures = iif(due IS NULL, failures, 0), error = iif(due IS NULL, error, NULL),
                        due = NULL, claimed = NULL, until = NULL WHERE saga = ?1 AND (due IS NOT NULL OR claimed IS NOT NULL)",
            )?
            .execute([of])?;
        match change {
            EventChange::Redeliver => self
                .conn
                .prepare_cached(
                    "UPDATE outbox SET delivered = NULL, skipped = NULL, due = ?2, changed = ?2,
                            failures = 0, lost = 0, error = NULL
                     WHERE position = ?1",
                )?
                .execute(params![position, now.0])?,
            EventChange::Skip { why } => self
                .conn
                .prepare_cached(
                    "UPDATE outbox SET delivered = ?2, skipped = ?3, lost = 0 WHERE position = ?1",
                )?
                .execute(params![position, now.0, why])?,
        };
        Ok(true)
    }
}
