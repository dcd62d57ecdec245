//! The writes, each within a transaction. A write that is refused has changed nothing.

use crate::{
    due,
    error::Stop,
    known::{JournalEnd, Known, Marks},
    life,
    number::{hex, integer, number},
    row, used,
};
use rusqlite::{Connection, OptionalExtension, params};
use typed_saga_engine::{
    Change, Claim, Commit, DefinitionRow, Epoch, Hold, Life, Mark, Message, SagaId, StoreError,
    Time, Turn, Unfit, Worker,
};

/// One transaction.
pub(crate) struct Write<'a> {
    pub(crate) conn: &'a Connection,
    pub(crate) known: &'a mut Known,
    pub(crate) marks: &'a Marks,
    /// The current epoch; it cannot end before the transaction does.
    epoch: Epoch,
}

impl<'a> Write<'a> {
    pub(crate) fn new(
        conn: &'a Connection,
        known: &'a mut Known,
        marks: &'a Marks,
    ) -> rusqlite::Result<Self> {
        let epoch = row::epoch(conn)?;
        Ok(Self {
            conn,
            known,
            marks,
            epoch,
        })
    }

    pub(crate) fn open(&mut self, worker: &Worker, now: Time) -> Result<(Epoch, Life), Stop> {
        if worker.after.is_some_and(|before| before != self.epoch) {
            let owner = "another process, which took it over".to_owned();
            return Err(Stop::Refused(StoreError::Owned { owner }));
        }
        self.begin_epoch()?;
        used::register(self.conn, worker)?;
        due::set_clock(self.conn, now)?;
        self.marks.all().clear();
        Ok((self.epoch, life::of_store(self.conn)?))
    }

    pub(crate) fn close(&mut self, epoch: Epoch) -> Result<(), Stop> {
        self.under(epoch)?;
        // A worker that closes the file has not died with its sagas.
        self.conn
            .prepare_cached(
                "UPDATE saga SET claimed = NULL WHERE due IS NOT NULL AND claimed = ?1",
            )?
            .execute([integer(epoch.0)])?;
        // An epoch without a worker: no engine writes until the next worker opens the file.
        Ok(self.begin_epoch()?)
    }

    fn begin_epoch(&mut self) -> rusqlite::Result<()> {
        self.known.forget();
        let epoch = Epoch::random();
        self.conn
            .prepare_cached("UPDATE store SET epoch = ?1")?
            .execute([integer(epoch.0)])?;
        self.epoch = epoch;
        Ok(())
    }

    /// Whether an epoch is the current one.
    pub(crate) fn under(&self, epoch: Epoch) -> Result<(), Stop> {
        if epoch == self.epoch {
            return Ok(());
        }
        Err(Stop::Refused(StoreError::Fenced { epoch }))
    }

    pub(crate) fn define(&self, epoch: Epoch, definition: &DefinitionRow) -> Result<(), Stop> {
        self.under(epoch)?;
        self.conn
            .prepare_cached(
                "INSERT INTO definition (name, fingerprint, json) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING",
            )?
            .execute(params![
                definition.saga,
                hex(definition.fingerprint),
                definition.json
            ])?;
        Ok(())
    }

    pub(crate) fn append(
        &mut self,
        epoch: Epoch,
        Hold { saga, turn }: &Hold,
        commit: &Commit,
        change: Option<&Change>,
        answers: &[(u64, String)],
    ) -> Result<(), Stop> {
        self.under(epoch)?;
        let place = self.place(saga)?;
        let place = place.ok_or_else(|| conflict(saga, commit.seq))?;
        if commit.seq < place.next && self.is_own(place.saga, *turn, commit)? {
            return Ok(());
        }
        if place.turn != Some(*turn) {
            return Err(not_held(saga));
        }
        if commit.seq != place.next {
            return Err(conflict(saga, commit.seq));
        }
        self.are_open(answers)?;
        self.write(place.saga, commit)?;
        if let Some(change) = change {
            self.change(place.saga, epoch, commit.at, change)?;
            let by = change.delivers.then_some(epoch);
            self.write_events(place.saga, &change.events, commit.at, by)?;
            self.change_locks(place.saga, &change.locks, commit.at)?;
        } else if commit.seq == 0 {
            self.begun(place.saga, commit.at)?;
        }
        if place.unfit {
            self.unfit(place.saga, None)?;
        }
        self.write_answers(answers, commit.at)?;
        if let Some(Change {
            claim: Claim::Until(_) | Claim::Rest,
            ..
        }) = change
        {
            self.known.remove(saga);
        } else if let Some(place) = self.known.get_mut(saga) {
            place.next += 1;
            place.unfit = false;
        }
        Ok(())
    }

    /// Records that a submitted saga has its first commit.
    fn begun(&self, saga: i64, at: Time) -> rusqlite::Result<()> {
        self.conn
            .prepare_cached("UPDATE saga SET changed = ?2 WHERE number = ?1")?
            .execute([saga, at.0])
            .map(drop)
    }

    /// Records why a saga cannot be read, or that it can. Of one at rest, nothing is left to read.
    pub(crate) fn unfit(&self, saga: i64, why: Option<&str>) -> rusqlite::Result<()> {
        self.conn
            .prepare_cached(
                "UPDATE saga SET unfit = iif(due IS NULL AND state IN ('completed', 'compensated', 'abandoned'), NULL, ?2)
                 WHERE number = ?1",
            )?
            .execute(params![saga, why])?;
        if why.is_some() {
            self.conn
                .prepare_cached("INSERT OR REPLACE INTO marks (saga, epoch) VALUES (?1, ?2)")?
                .execute([saga, integer(self.epoch.0)])?;
        } else {
            self.conn
                .prepare_cached("DELETE FROM marks WHERE saga = ?1")?
                .execute([saga])?;
        }
        Ok(())
    }

    /// The place at which a saga's journal continues.
    pub(crate) fn place(&mut self, saga: &SagaId) -> rusqlite::Result<Option<JournalEnd>> {
        if let Some(place) = self.known.get(saga) {
            return Ok(Some(*place));
        }
        let place = self
            .conn
            .prepare_cached(
                "SELECT number, iif(claimed IS ?3, turn, NULL), unfit IS NOT NULL,
                        (SELECT max(seq) FROM journal WHERE journal.saga = saga.number) + 1
                 FROM saga WHERE name = ?1 AND id = ?2",
            )?
            .query_row(params![saga.saga, saga.id, integer(self.epoch.0)], |row| {
                let turn = row.get::<_, Option<i64>>(1)?;
                Ok(JournalEnd {
                    saga: row.get(0)?,
                    turn: turn.map(number).transpose()?.map(Turn),
                    unfit: row.get(2)?,
                    next: row.get::<_, Option<i64>>(3)?.map_or(Ok(0), number)?,
                })
            })
            .optional()?;
        if let Some(place) = place.filter(|place| place.turn.is_some()) {
            self.known.remember(saga.clone(), place);
        }
        Ok(place)
    }

    /// Whether the last claim is this one, and has written this commit.
    fn is_own(&self, saga: i64, turn: Turn, commit: &Commit) -> rusqlite::Result<bool> {
        self.conn
            .prepare_cached(
                "SELECT EXISTS (SELECT 1 FROM journal JOIN saga ON saga.number = journal.saga
                 WHERE journal.saga = ?1 AND seq = ?2 AND records = ?3 AND turn = ?4 AND seq > coalesce(counted, -1))",
            )?
            .query_row(
                params![saga, integer(commit.seq), commit.records, integer(turn.0)],
                |row| row.get(0),
            )
    }

    pub(crate) fn write(&self, saga: i64, commit: &Commit) -> rusqlite::Result<()> {
        self.conn
            .prepare_cached("INSERT INTO journal (saga, seq, at, records) VALUES (?1, ?2, ?3, ?4)")?
            .execute(params![
                saga,
                integer(commit.seq),
                commit.at.0,
                commit.records
            ])?;
        Ok(())
    }

    fn change(&self, saga: i64, epoch: Epoch, at: Time, change: &Change) -> rusqlite::Result<()> {
        let (sql, due, claimed) = match change.claim {
            Claim::Keep => (
                "UPDATE saga SET state = ?2, fingerprint = coalesce(?3, fingerprint), due = min(coalesce(due, ?4), ?4), claimed = ?5, changed = ?6
                 WHERE number = ?1",
                Some(at),
                Some(integer(epoch.0)),
            ),
            Claim::Until(due) => (LET_GO, Some(due), None),
            Claim::Rest => (LET_GO, None, None),
        };
        self.conn.prepare_cached(sql)?.execute(params![
            saga,
            change.state.as_str(),
            change.fingerprint.map(hex),
            due.map(|due| due.0),
            claimed,
            at.0
        ])?;
        Ok(())
    }

    pub(crate) fn release(
        &mut self,
        epoch: Epoch,
        Hold { saga, turn }: &Hold,
        (due, mark): (Option<Time>, &Mark),
        (answers, now): (&[(u64, String)], Time),
    ) -> Result<(), Stop> {
        self.under(epoch)?;
        let place = self.place(saga)?;
        let place = place.filter(|place| place.turn == Some(*turn));
        let place = place.ok_or_else(|| not_held(saga))?;
        self.are_open(answers)?;
        self.write_answers(answers, now)?;
        self.conn
            .prepare_cached(
                "UPDATE saga SET due = ?2, claimed = NULL, takeovers = iif(?3, 0, takeovers) WHERE number = ?1",
            )?
            .execute(params![
                place.saga,
                due.map(|due| due.0),
                matches!(mark, Mark::Kept | Mark::Cleared)
            ])?;
        self.known.remove(saga);
        match mark {
            Mark::Unfit(Unfit { why, .. }) => {
                self.marks.all().insert(place.saga);
                self.unfit(place.saga, Some(why))?;
            }
            Mark::Readable | Mark::Cleared => {
                self.marks.all().remove(&place.saga);
                self.unfit(place.saga, None)?;
            }
            Mark::Kept => {}
        }
        Ok(())
    }

    pub(crate) fn send(&self, saga: &SagaId, text: &str, at: Time) -> Result<u64, Stop> {
        saga.check()?;
        self.conn
            .prepare_cached("INSERT INTO inbox (name, id, at, text) VALUES (?1, ?2, ?3, ?4)")?
            .execute(params![saga.saga, saga.id, at.0, text])?;
        Ok(number(self.conn.last_insert_rowid())?)
    }

    /// Writes a message with its answer.
    pub(crate) fn send_answered(
        &self,
        saga: &SagaId,
        text: &str,
        at: Time,
    ) -> rusqlite::Result<u64> {
        self.conn
            .prepare_cached(
                "INSERT INTO inbox (name, id, at, text, answer, answered) VALUES (?1, ?2, ?3, ?4, ?5, ?3)",
            )?
            .execute(params![saga.saga, saga.id, at.0, text, Message::DONE])?;
        number(self.conn.last_insert_rowid())
    }

    pub(crate) fn answer(
        &self,
        epoch: Epoch,
        answers: &[(u64, String)],
        at: Time,
    ) -> Result<(), Stop> {
        self.under(epoch)?;
        Ok(self.write_answers(answers, at)?)
    }

    /// Whether each of these messages is there, and has no answer.
    pub(crate) fn are_open(&self, answers: &[(u64, String)]) -> Result<(), Stop> {
        for &(number, _) in answers {
            let is_open: bool = self
                .conn
                .prepare_cached(
                    "SELECT EXISTS (SELECT 1 FROM inbox WHERE number = ?1 AND answer IS NULL)",
                )?
                .query_row([integer(number)], |row| row.get(0))?;
            if !is_open {
                return Err(Stop::Refused(StoreError::Answered { number }));
            }
        }
        Ok(())
    }

    pub(crate) fn write_answers(
        &self,
        answers: &[(u64, String)],
        at: Time,
    ) -> rusqlite::Result<()> {
        for (message, answer) in answers {
            self.conn
                .prepare_cached(
                    "UPDATE inbox SET answer = ?2, answered = ?3 WHERE number = ?1 AND answer IS NULL",
                )?
                .execute(params![integer(*message), answer, at.0])?;
        }
        Ok(())
    }
}

const LET_GO: &str = "UPDATE saga SET state = ?2, fingerprint = coalesce(?3, fingerprint), due = ?4, claimed = ?5, changed = ?6 WHERE number = ?1";

pub(crate) fn conflict(saga: &SagaId, seq: u64) -> Stop {
    Stop::Refused(StoreError::Conflict {
        saga: saga.clone(),
        seq,
    })
}

pub(crate) fn not_held(saga: &SagaId) -> Stop {
    Stop::Refused(StoreError::NotHeld { saga: saga.clone() })
}
