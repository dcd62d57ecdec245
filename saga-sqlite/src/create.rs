//! A saga begins.

use crate::{
    error::Stop,
    known::JournalEnd,
    life,
    number::{hex, integer},
    row::{self, Found},
    write::{Write, conflict},
};
use rusqlite::params;
use typed_saga_engine::{Commit, Created, Epoch, NewSaga, StoreError, Time, Turn};

impl Write<'_> {
    pub(crate) fn create(
        &mut self,
        by: Option<(Epoch, Turn)>,
        new: &NewSaga,
        first: Option<&Commit>,
        now: Time,
    ) -> Result<Created, Stop> {
        new.saga.check()?;
        if let Some((epoch, _)) = by {
            self.under(epoch)?;
        }
        let by = by.filter(|_| new.due.is_none());
        let life = life::of_store(self.conn)?;
        let refused = match (first, new.life) {
            (Some(first), _) if first.seq != 0 => Some(conflict(&new.saga, first.seq)),
            (_, Some(begun)) if begun != life => Some(Stop::Refused(StoreError::Life { life })),
            _ => None,
        };
        if let Some(refused) = refused {
            let found = row::find(self.conn, &new.saga)?;
            return found.map_or(Err(refused), |found| Ok(Created::of(found.row, by)));
        }
        let began = first.map_or(now, |first| first.at);
        let (claimed, turn) = by.unzip();
        let created = self
            .conn
            .prepare_cached(
                "INSERT INTO saga (name, id, state, due, claimed, turn, life, created, fingerprint, input, changed)
                 VALUES (?1, ?2, 'running', ?3, ?4, ?5, ?10, ?6, ?7, ?8, ?9) ON CONFLICT (name, id) DO NOTHING",
            )?
            .execute(params![
                new.saga.saga,
                new.saga.id,
                new.due.unwrap_or(began).0,
                claimed.map(|epoch| integer(epoch.0)),
                turn.map(|turn| integer(turn.0)),
                began.0,
                hex(new.fingerprint),
                new.input,
                first.map(|first| first.at.0),
                turn.map(|_| life.to_string())
            ])?;
        if created == 0 {
            let found = row::find(self.conn, &new.saga)?;
            let Found { row, .. } = found.ok_or(rusqlite::Error::QueryReturnedNoRows)?;
            return Ok(Created::of(row, by));
        }
        let saga = self.conn.last_insert_rowid();
        if let Some(first) = first {
            self.write(saga, first)?;
        }
        if turn.is_some() {
            let next = u64::from(first.is_some());
            let place = JournalEnd {
                saga,
                next,
                turn,
                unfit: false,
            };
            self.known.remember(new.saga.clone(), place);
        }
        Ok(Created::New)
    }
}
