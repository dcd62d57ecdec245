//! Locks: the queue of each key, whose first saga has the key.

use crate::write::Write;
use rusqlite::{OptionalExtension, params};
use saga_engine::{LockChange, LockKey, Time};

/// Gives a saga the keys that it waits for, unless another one is before it in a queue.
const GRANT: &str = "UPDATE lock SET state = 'granted', since = ?2
     WHERE saga = ?1 AND state = 'waiting' AND NOT EXISTS (
         SELECT 1 FROM lock AS own JOIN lock AS other
             ON other.name = own.name AND other.key = own.key AND other.place < own.place
         WHERE own.saga = ?1 AND own.state = 'waiting')";

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
                LockChange::Withdraw => self.leave(saga, "state <> 'taken'", now)?,
                LockChange::Release => self.leave(saga, "TRUE", now)?,
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

    /// Leaves those queues, and passes their keys on.
    fn leave(&self, saga: i64, which: &str, now: Time) -> rusqlite::Result<()> {
        let mut delete = self.conn.prepare_cached(&format!(
            "DELETE FROM lock WHERE saga = ?1 AND {which} RETURNING name, key"
        ))?;
        let left = delete.query_map([saga], |row| Ok((row.get(0)?, row.get(1)?)))?;
        let left: Vec<(String, String)> = left.collect::<Result<_, _>>()?;
        let mut first = self.conn.prepare_cached(
            "SELECT saga FROM lock WHERE name = ?1 AND key = ?2 ORDER BY place LIMIT 1",
        )?;
        for (name, key) in left {
            let next = first.query_row([name, key], |row| row.get(0)).optional()?;
            if let Some(next) = next {
                self.grant(next, now)?;
            }
        }
        Ok(())
    }
}
