//! The claims of a worker.

use crate::{due, error::Stop, locks, number::integer, text, write::Write};
use typed_saga_engine::{Epoch, SagaId, Take, Time, Turn};

/// Claims a saga. If another epoch has it, the process of that has died with it, which counts until the
/// next commit.
const TAKE: &str = "UPDATE saga SET claimed = ?2, turn = ?3, counted = last.seq,
           life = coalesce(saga.life, (SELECT life FROM store)),
           takeovers = iif(saga.counted IS last.seq, saga.takeovers, 0)
                     + (saga.claimed IS NOT NULL AND saga.claimed <> ?2)
    FROM (SELECT max(seq) AS seq FROM journal WHERE journal.saga = ?1) AS last
    WHERE saga.number = ?1";

impl Write<'_> {
    pub(crate) fn claim(
        &self,
        by: (Epoch, Turn),
        now: Time,
        limit: usize,
    ) -> Result<Vec<SagaId>, Stop> {
        let (epoch, _) = by;
        self.under(epoch)?;
        // Whoever has keys comes first, since others wait for them.
        let mut numbers = locks::granted(self.conn, epoch, &self.marks.all())?;
        numbers.truncate(limit);
        let room = limit - numbers.len();
        let due = due::due(self.conn, epoch, now, room, &self.marks.all())?;
        for more in due.into_iter().chain(due::asked(self.conn, epoch)?) {
            if !numbers.contains(&more) {
                numbers.push(more);
            }
        }
        self.take(by, &numbers)
    }

    pub(crate) fn claim_suspect(
        &self,
        by: (Epoch, Turn),
        now: Time,
    ) -> Result<Option<SagaId>, Stop> {
        let (epoch, _) = by;
        self.under(epoch)?;
        let numbers = due::suspect(self.conn, epoch, now, &self.marks.all())?;
        Ok(self.take(by, &numbers)?.pop())
    }

    fn take(&self, (epoch, turn): (Epoch, Turn), numbers: &[i64]) -> Result<Vec<SagaId>, Stop> {
        let mut claim = self
            .conn
            .prepare_cached(&format!("{TAKE} RETURNING name, id"))?;
        let mut claimed = Vec::with_capacity(numbers.len());
        for number in numbers {
            let by = [*number, integer(epoch.0), integer(turn.0)];
            let (saga, is_text) = claim.query_row(by, |row| text::saga(row, 0))?;
            if is_text {
                claimed.push(saga);
            } else if self.marks.all().insert(*number) {
                // No query can name it, so it stays claimed and holds up no other saga.
                self.unfit(*number, Some("its name or id is no UTF-8"))?;
            }
        }
        Ok(claimed)
    }

    pub(crate) fn claim_one(
        &mut self,
        (epoch, turn): (Epoch, Turn),
        saga: &SagaId,
        from: Option<Turn>,
    ) -> Result<Take, Stop> {
        self.under(epoch)?;
        let Some(place) = self.place(saga)? else {
            return Ok(Take::Missing);
        };
        if place.turn == Some(turn) {
            return Ok(Take::Mine);
        }
        if place.turn != from {
            return Ok(Take::Theirs);
        }
        self.conn
            .prepare_cached(TAKE)?
            .execute([place.saga, integer(epoch.0), integer(turn.0)])?;
        self.known.remove(saga);
        Ok(Take::Mine)
    }
}
