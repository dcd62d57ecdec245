//! Locks: the queue of each key, whose first saga has the key.

use crate::{error::Stop, locks, write::Write};
use rusqlite::{OptionalExtension, params};
use std::collections::BTreeSet;
use typed_saga_engine::{Freed, LockChange, LockKey, SagaId, Time};

/// Gives a saga the keys that it waits for, unless another one is before it in a queue.
const GRANT: &str = "UPDATE lock SET state = 'granted', since = ?2
     WHERE saga = ?1 AND state = 'waiting' AND NOT EXISTS (
         SELECT 1 FROM lock AS own JOIN lock AS other
             ON other.name = own.name AND other.key = own.key AND other.place < own.place
         WHERE own.saga = ?1 AND own.state = 'waiting')";

/// The first saga in the queue of a key, if it is this one: its number, whether it has taken the key, and
/// whether no worker can read it.
const FIRST: &str = "SELECT saga.number, lock.state = 'taken', saga.claimed IS NULL AND saga.unfit IS NOT NULL
     FROM lock JOIN saga ON saga.number = lock.saga
     WHERE lock.place = (SELECT min(place) FROM lock WHERE name = ?1 AND key = ?2) AND saga.name = ?3 AND saga.id = ?4";

impl Write<'_> {
    /// Changes the queues in which a saga is.
    pub(crate) fn change_locks(
        &self,
        saga: i64,
        changes: &[LockChange],
        now: Time,
    ) -> rusqlite::Result<()> {
        for change in changes {
            match change {
                LockChange::Request(keys) => self.request(saga, keys, now)?,
                LockChange::Taken => {
                    self.conn
                        .prepare_cached(
                            "UPDATE lock SET state = 'taken' WHERE saga = ?1 AND state = 'granted'",
                        )?
                        .execute([saga])?;
                }
                LockChange::Withdraw => self.leave(saga, None, "state <> 'taken'", now)?,
                LockChange::Release => self.leave(saga, None, "TRUE", now)?,
            }
        }
        Ok(())
    }

    fn request(&self, saga: i64, keys: &[LockKey], now: Time) -> rusqlite::Result<()> {
        let mut insert = self.conn.prepare_cached(
            "INSERT INTO lock (name, key, saga, state, since) VALUES (?1, ?2, ?3, 'waiting', ?4)
             ON CONFLICT (saga, name, key) DO NOTHING",
        )?;
        for LockKey { name, key } in keys {
            insert.execute(params![name, key, saga, now.0])?;
        }
        self.grant(saga, now)
    }

    fn grant(&self, saga: i64, now: Time) -> rusqlite::Result<()> {
        let mut grant = self.conn.prepare_cached(GRANT)?;
        grant.execute([saga, now.0]).map(drop)
    }

    /// Leaves those queues, or that of one key, and passes the keys on.
    fn leave(
        &self,
        saga: i64,
        key: Option<&LockKey>,
        which: &str,
        now: Time,
    ) -> rusqlite::Result<()> {
        let mut delete = self.conn.prepare_cached(&format!(
            "DELETE FROM lock WHERE saga = ?1 AND (?2 IS NULL OR name = ?2 AND key = ?3) AND {which} RETURNING name, key"
        ))?;
        let (name, key) = key.map(|key| (&key.name, &key.key)).unzip();
        let left = delete.query_map(params![saga, name, key], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })?;
        let left: Vec<(String, String)> = left.collect::<Result<_, _>>()?;
        let mut first = self.conn.prepare_cached(
            "SELECT saga FROM lock WHERE name = ?1 AND key = ?2 ORDER BY place LIMIT 1",
        )?;
        // Each of them once: whoever waited for a thousand of these keys has them all, or not.
        let mut next = BTreeSet::new();
        for (name, key) in left {
            let one = first.query_row([name, key], |row| row.get::<_, i64>(0));
            next.extend(one.optional()?);
        }
        next.into_iter().try_for_each(|next| self.grant(next, now))
    }

    /// Takes a key from a saga that no worker can read.
    pub(crate) fn free(
        &self,
        of: &LockKey,
        saga: &SagaId,
        text: &str,
        at: Time,
    ) -> Result<Freed, Stop> {
        let first: Option<(i64, bool, bool)> = self
            .conn
            .prepare_cached(FIRST)?
            .query_row(params![of.name, of.key, saga.saga, saga.id], |row| {
                Ok((row.get(0)?, row.get(1)?, row.get(2)?))
            })
            .optional()?;
        let Some((holder, is_taken, is_unreadable)) = first else {
            return Ok(Freed::NotFirst);
        };
        if !is_unreadable {
            return Ok(Freed::Readable);
        }
        if locks::is_untried(self.conn, saga)? {
            return Ok(Freed::Untried);
        }
        if is_taken {
            self.leave(holder, Some(of), "TRUE", at)?;
        } else {
            self.conn
                .prepare_cached(
                    "UPDATE saga SET state = 'running', due = min(coalesce(due, ?2), ?2) WHERE number = ?1",
                )?
                .execute([holder, at.0])?;
            self.leave(holder, None, "state <> 'taken'", at)?;
        }
        Ok(Freed::Done(self.send_answered(saga, text, at)?))
    }
}
