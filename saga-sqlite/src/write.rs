//! What is written, within a transaction. A write that is refused has changed nothing.

use crate::{
    error::Stop,
    row::{self, hex, number},
};
use rusqlite::{Connection, OptionalExtension, params};
use saga_engine::{
    Change, Commit, Created, DefinitionRow, Epoch, Filter, Hold, NewSaga, SagaId, StoreError, Time,
};
use std::collections::HashMap;

/// Sagas whose places are remembered, at most.
const REMEMBERED: usize = 1 << 16;

/// Where the journals of sagas go on, of those that were written last: an append then needs no look-up. Only the owner of the file appends, so it
/// stays true until a transaction fails or the epoch ends.
#[derive(Default)]
pub(crate) struct Known(HashMap<SagaId, Place>);

#[derive(Clone, Copy)]
struct Place {
    /// The saga's number.
    saga: i64,
    /// The number of its next commit.
    next: u64,
}

impl Known {
    pub(crate) fn forget(&mut self) {
        self.0.clear();
    }

    fn remember(&mut self, saga: SagaId, place: Place) {
        if self.0.len() >= REMEMBERED {
            self.forget();
        }
        self.0.insert(saga, place);
    }
}

/// One transaction.
pub(crate) struct Write<'a> {
    conn: &'a Connection,
    known: &'a mut Known,
    /// The epoch that holds; nobody can end it before the transaction ends.
    epoch: Epoch,
}

impl<'a> Write<'a> {
    pub(crate) fn new(conn: &'a Connection, known: &'a mut Known) -> rusqlite::Result<Self> {
        let epoch = conn
            .prepare_cached("SELECT epoch FROM store")?
            .query_row((), |row| Ok(Epoch(number(row.get(0)?))))?;
        Ok(Self { conn, known, epoch })
    }

    pub(crate) fn open(&mut self) -> rusqlite::Result<Epoch> {
        self.known.forget();
        let epoch = self.epoch.0 + 1;
        self.conn
            .prepare_cached("UPDATE store SET epoch = ?1")?
            .execute([row::integer(epoch)])?;
        self.epoch = Epoch(epoch);
        Ok(self.epoch)
    }

    /// Whether an epoch still holds.
    fn under(&self, epoch: Epoch) -> Result<(), Stop> {
        if epoch == self.epoch {
            return Ok(());
        }
        Err(Stop::Refused(StoreError::Fenced { epoch: self.epoch }))
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

    pub(crate) fn create(
        &mut self,
        epoch: Epoch,
        new: &NewSaga,
        first: &Commit,
    ) -> Result<Created, Stop> {
        self.under(epoch)?;
        if first.seq != 0 {
            return match row::find(self.conn, &new.saga)? {
                Some((_, row)) => Ok(Created::Exists(Box::new(row))),
                None => Err(conflict(&new.saga, first.seq)),
            };
        }
        let created = self
            .conn
            .prepare_cached(
                "INSERT INTO saga (name, id, state, due, claimed, created, fingerprint, input)
                 VALUES (?1, ?2, 'running', ?3, ?4, ?5, ?6, ?7) ON CONFLICT (name, id) DO NOTHING",
            )?
            .execute(params![
                new.saga.saga,
                new.saga.id,
                new.due.unwrap_or(first.at).0,
                new.due.is_none().then_some(row::integer(epoch.0)),
                first.at.0,
                hex(new.fingerprint),
                new.input
            ])?;
        if created == 0 {
            let (_, row) =
                row::find(self.conn, &new.saga)?.ok_or(rusqlite::Error::QueryReturnedNoRows)?;
            return Ok(Created::Exists(Box::new(row)));
        }
        let saga = self.conn.last_insert_rowid();
        self.write(saga, first)?;
        self.known
            .remember(new.saga.clone(), Place { saga, next: 1 });
        Ok(Created::New)
    }

    pub(crate) fn append(
        &mut self,
        epoch: Epoch,
        saga: &SagaId,
        commit: &Commit,
        change: Option<Change>,
    ) -> Result<(), Stop> {
        self.under(epoch)?;
        let place = self.place(saga)?;
        let place = place.ok_or_else(|| conflict(saga, commit.seq))?;
        if commit.seq < place.next && self.is_there(place.saga, commit)? {
            return Ok(());
        }
        if commit.seq != place.next {
            return Err(conflict(saga, commit.seq));
        }
        self.write(place.saga, commit)?;
        if let Some(change) = change {
            self.change(place.saga, epoch, commit.at, change)?;
        }
        if let Some(Change {
            hold: Hold::Until(_) | Hold::Rest,
            ..
        }) = change
        {
            self.known.0.remove(saga);
        } else if let Some(place) = self.known.0.get_mut(saga) {
            place.next += 1;
        }
        Ok(())
    }

    /// Where a saga's journal goes on.
    fn place(&mut self, saga: &SagaId) -> rusqlite::Result<Option<Place>> {
        if let Some(place) = self.known.0.get(saga) {
            return Ok(Some(*place));
        }
        let place = self
            .conn
            .prepare_cached(
                "SELECT number, (SELECT max(seq) FROM journal WHERE journal.saga = saga.number) + 1
                 FROM saga WHERE name = ?1 AND id = ?2",
            )?
            .query_row([&saga.saga, &saga.id], |row| {
                Ok(Place {
                    saga: row.get(0)?,
                    next: number(row.get(1)?),
                })
            })
            .optional()?;
        if let Some(place) = place {
            self.known.remember(saga.clone(), place);
        }
        Ok(place)
    }

    fn is_there(&self, saga: i64, commit: &Commit) -> rusqlite::Result<bool> {
        self.conn
            .prepare_cached(
                "SELECT EXISTS (SELECT 1 FROM journal WHERE saga = ?1 AND seq = ?2 AND records = ?3)",
            )?
            .query_row(
                params![saga, row::integer(commit.seq), commit.records],
                |row| row.get(0),
            )
    }

    fn write(&self, saga: i64, commit: &Commit) -> rusqlite::Result<()> {
        self.conn
            .prepare_cached("INSERT INTO journal (saga, seq, at, records) VALUES (?1, ?2, ?3, ?4)")?
            .execute(params![
                saga,
                row::integer(commit.seq),
                commit.at.0,
                commit.records
            ])?;
        Ok(())
    }

    fn change(&self, saga: i64, epoch: Epoch, at: Time, change: Change) -> rusqlite::Result<()> {
        let (sql, due, claimed) = match change.hold {
            Hold::Keep => (
                "UPDATE saga SET state = ?2, fingerprint = coalesce(?3, fingerprint), due = coalesce(due, ?4), claimed = ?5
                 WHERE number = ?1",
                Some(at),
                Some(row::integer(epoch.0)),
            ),
            Hold::Until(due) => (LET_GO, Some(due), None),
            Hold::Rest => (LET_GO, None, None),
        };
        self.conn.prepare_cached(sql)?.execute(params![
            saga,
            change.state.as_str(),
            change.fingerprint.map(hex),
            due.map(|due| due.0),
            claimed
        ])?;
        Ok(())
    }

    pub(crate) fn claim(&self, epoch: Epoch, now: Time, limit: usize) -> Result<Vec<SagaId>, Stop> {
        self.under(epoch)?;
        let epoch = row::integer(epoch.0);
        let due: Vec<i64> = self
            .conn
            .prepare_cached(
                "SELECT number FROM saga WHERE due <= ?1 AND (claimed IS NULL OR claimed < ?2) ORDER BY due, claimed LIMIT ?3",
            )?
            .query_map(params![now.0, epoch, row::limit(Some(limit))], |row| row.get(0))?
            .collect::<rusqlite::Result<_>>()?;
        let mut claim = self
            .conn
            .prepare_cached("UPDATE saga SET claimed = ?2 WHERE number = ?1 RETURNING name, id")?;
        let claimed = due
            .into_iter()
            .map(|saga| claim.query_row([saga, epoch], |row| row::saga(row, 0)));
        Ok(claimed.collect::<rusqlite::Result<_>>()?)
    }

    pub(crate) fn purge(
        &mut self,
        epoch: Epoch,
        filter: &Filter,
        before: Time,
    ) -> Result<u64, Stop> {
        self.under(epoch)?;
        let doomed = row::at_rest(self.conn, filter, before)?;
        for (number, saga) in &doomed {
            self.known.0.remove(saga);
            for sql in [
                "DELETE FROM journal WHERE saga = ?1",
                "DELETE FROM saga WHERE number = ?1",
            ] {
                self.conn.prepare_cached(sql)?.execute([number])?;
            }
            self.conn
                .prepare_cached(
                    "DELETE FROM inbox WHERE name = ?1 AND id = ?2 AND answer IS NOT NULL",
                )?
                .execute([&saga.saga, &saga.id])?;
        }
        Ok(doomed.len() as u64)
    }

    pub(crate) fn send(&self, saga: &SagaId, text: &str, at: Time) -> Result<u64, Stop> {
        self.conn
            .prepare_cached("INSERT INTO inbox (name, id, at, text) VALUES (?1, ?2, ?3, ?4)")?
            .execute(params![saga.saga, saga.id, at.0, text])?;
        Ok(number(self.conn.last_insert_rowid()))
    }

    pub(crate) fn answer(
        &self,
        epoch: Epoch,
        message: u64,
        answer: &str,
        at: Time,
    ) -> Result<(), Stop> {
        self.under(epoch)?;
        self.conn
            .prepare_cached(
                "UPDATE inbox SET answer = ?2, answered = ?3 WHERE number = ?1 AND answer IS NULL",
            )?
            .execute(params![row::integer(message), answer, at.0])?;
        Ok(())
    }
}

const LET_GO: &str = "UPDATE saga SET state = ?2, fingerprint = coalesce(?3, fingerprint), due = ?4, claimed = ?5 WHERE number = ?1";

fn conflict(saga: &SagaId, seq: u64) -> Stop {
    Stop::Refused(StoreError::Conflict {
        saga: saga.clone(),
        seq,
    })
}
