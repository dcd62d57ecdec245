//! One worker's life: how its epoch begins, is renewed, and ends, by its own doing or another's.

use crate::{
    line::{Connector, Failed, Line, Use, Value},
    peers::{Lease, Peers},
    rights,
    sql::{ME, NOW, epoch, hex, millis},
};
use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::time::Instant;
use tokio_postgres::Row;
use typed_saga_engine::{DefinitionRow, Epoch, Life, Opened, StoreError, Time, Worker};

/// The connections with which a living epoch writes.
pub(crate) struct Session {
    pub(crate) epoch: Epoch,
    lease: Duration,
    peers: Arc<Peers>,
    /// The time of the database when it was asked last.
    asked: Mutex<DatabaseTime>,
    /// Appends, claims, and what else is short.
    pub(crate) write: Line,
    /// New sagas, which may wait for an open transaction of another client.
    pub(crate) create: Line,
    /// Renewals, which wait for no other client.
    renew: Line,
    /// Statements that may change very many sagas at once.
    sweep: Line,
}

/// A time of the database, and when that was.
struct DatabaseTime {
    time: Time,
    at: Instant,
    /// The number of further renewals that look for times in the future: engines use the old time
    /// until they have renewed their leases, too.
    set_back: u32,
}

/// The beginning of the names of its connections, by which others find them.
const NAME: &str = "saga ";

/// By how much clocks may differ that go as they should.
const CLOSE: Duration = Duration::from_secs(1);
/// The number of renewals that every worker makes per lease.
const RENEWALS: u32 = 3;

/// Those that have not renewed their leases: epochs `$1`, whose leases still end at `$2`.
const OVERDUE: &str = "unnest($1::bigint[], $2::bigint[]) AS o (epoch, expires)
    JOIN @worker AS w ON w.epoch = o.epoch AND w.expires = o.expires AND w.dead IS NULL";

/// Declares them dead.
const DECLARE: &str = "WITH gone AS MATERIALIZED (
        SELECT w.epoch FROM {overdue} ORDER BY w.epoch FOR UPDATE OF w SKIP LOCKED)
    UPDATE @worker AS w SET dead = {now} FROM gone WHERE w.epoch = gone.epoch";

/// Frees the sagas of those that are dead, and forgets those that have none left. A saga whose row another
/// client has locked holds up no other one: it is freed by a later sweep, since its worker is still dead.
const SWEEP: &str = "WITH gone AS MATERIALIZED (
        SELECT epoch, closed FROM @worker WHERE dead IS NOT NULL ORDER BY epoch FOR UPDATE SKIP LOCKED),
    theirs AS MATERIALIZED (
        SELECT s.number, gone.epoch, gone.closed FROM @saga AS s JOIN gone ON s.claimed = gone.epoch
        ORDER BY s.number FOR NO KEY UPDATE OF s SKIP LOCKED),
    freed AS (
        UPDATE @saga SET claimed = NULL, orphaned = saga.orphaned OR NOT theirs.closed, due = {due}
        FROM theirs WHERE saga.number = theirs.number),
    empty AS MATERIALIZED (
        SELECT gone.epoch FROM gone WHERE (SELECT count(*) FROM @saga AS s WHERE s.claimed = gone.epoch)
            = (SELECT count(*) FROM theirs WHERE theirs.epoch = gone.epoch)),
    ran AS (DELETE FROM @runs USING empty WHERE runs.epoch = empty.epoch)
    DELETE FROM @worker USING empty WHERE worker.epoch = empty.epoch";

/// Lists as dead the workers that are not known any more, but have sagas: a database that was restored may
/// hold some.
const STRAYS: &str = "INSERT INTO @worker (epoch, name, lease, expires, dead)
    WITH RECURSIVE held (epoch) AS (
        SELECT min(claimed) FROM @saga WHERE claimed IS NOT NULL
        UNION ALL
        SELECT (SELECT min(claimed) FROM @saga WHERE claimed > held.epoch) FROM held WHERE held.epoch IS NOT NULL)
    SELECT epoch, 'unknown', 0, 0, {now} FROM held
    WHERE epoch IS NOT NULL AND NOT EXISTS (SELECT FROM @worker WHERE worker.epoch = held.epoch)
    ON CONFLICT DO NOTHING";

/// When a saga is due that is freed: as before, unless the clock was set back since it was changed.
const DUE: &str = "CASE WHEN due > {now} AND changed > {now} THEN {now} + greatest(due - changed, 0) ELSE due END";

/// Ends their connections: one that stalls within a statement keeps its locks, and could not be
/// declared dead. A pooler may add the host of its client to a name (`application_name_add_host`).
const TERMINATE: &str =
    "SELECT pg_terminate_backend(a.pid) FROM {overdue} JOIN pg_stat_activity AS a
    ON split_part(a.application_name, ' - ', 1) = '{name}' || w.epoch AND a.usename = current_user";

fn filled(sql: &str) -> String {
    let sql = sql.replace("{overdue}", OVERDUE).replace("{due}", DUE);
    sql.replace("{now}", NOW).replace("{name}", NAME)
}

/// The other workers that are not declared dead, and whether any is that is not buried yet.
pub(crate) async fn others(line: &Line, me: Epoch) -> Result<(Vec<Lease>, bool), Failed> {
    let sql = "SELECT epoch, expires, lease, dead IS NOT NULL FROM @worker WHERE epoch <> $1";
    let rows = line.query(sql, &[&epoch(me)]).await?;
    let (dead, alive): (Vec<_>, Vec<_>) = rows.iter().partition(|row| row.get(3));
    let lease = |row: &&Row| Lease {
        epoch: row.get(0),
        ends: row.get(1),
        length: Duration::from_millis(u64::try_from(row.get::<_, i64>(2)).unwrap_or(0)),
    };
    Ok((alive.iter().map(lease).collect(), !dead.is_empty()))
}

/// The life of the sagas that begin.
pub(crate) async fn life(line: &Line) -> Result<Life, StoreError> {
    let rows = line.query("SELECT life FROM @store", &[]).await?;
    let text = rows.first().map_or("", |row| row.get(0));
    let damaged = || StoreError::corrupt(format!("`{text}` is no life of sagas"));
    text.parse().map_err(|_| damaged())
}

impl Session {
    pub(crate) async fn open(
        connector: &Arc<Connector>,
        peers: &Arc<Peers>,
        worker: &Worker,
    ) -> Result<(Arc<Self>, Opened), StoreError> {
        let epoch = Epoch::random();
        let line = |used| Line::new(connector, format!("{NAME}{}", epoch.0), used);
        let session = Arc::new(Self {
            epoch,
            lease: worker.lease,
            peers: Arc::clone(peers),
            asked: Mutex::new(DatabaseTime {
                time: Time(i64::MIN),
                at: Instant::now(),
                set_back: 0,
            }),
            write: line(Use::Writes),
            create: line(Use::Creates),
            renew: line(Use::Writes),
            sweep: line(Use::Sweeps),
        });
        rights::check(&session.write, &connector.schema).await?;
        let now = session.join(worker).await?;
        let opened = Opened {
            epoch,
            now,
            lease: Some(worker.lease),
            life: Some(life(&session.write).await?),
        };
        Ok((session, opened))
    }

    async fn join(&self, worker: &Worker) -> Result<Time, StoreError> {
        if let Some(before) = worker.after {
            self.end(before).await?;
        }
        let names: Vec<&str> = worker.runs.iter().map(|(name, _)| &**name).collect();
        let fingerprints: Vec<_> = worker.runs.iter().map(|(_, is)| hex(*is)).collect();
        let sql = format!(
            "WITH one AS (INSERT INTO @worker (epoch, name, lease, expires) VALUES ($1, $2, $3, {NOW} + $3)),
                  ran AS (INSERT INTO @runs (epoch, name, fingerprint) SELECT $1, r.name, r.fingerprint
                          FROM unnest($4::text[], $5::text[]) AS r (name, fingerprint))
             SELECT {NOW}"
        );
        let (me, lease) = (epoch(self.epoch), millis(self.lease));
        let name = worker.name.replace('\0', " ");
        let values: [Value<'_>; 5] = [&me, &name, &lease, &names, &fingerprints];
        let rows = self.write.query(&sql, &values).await?;
        let now: i64 = rows[0].get(0);
        // Whoever is new tries once more.
        let again = format!(
            "DELETE FROM @unfit USING @saga AS s WHERE s.number = unfit.saga AND unfit.fingerprint =
                 coalesce((SELECT r.fingerprint FROM @runs r WHERE r.epoch = $1 AND r.name = s.name), '{}')",
            hex(0)
        );
        self.sweep.query(&again, &[&me]).await?;
        self.sweep.query(&filled(STRAYS), &[]).await?;
        self.sweep().await?;
        // The clock may have been set back while no worker was running.
        self.set_back(now).await?;
        Ok(Time(now))
    }

    /// The clock may have been set back: nothing is due later than it was to be. A saga that a worker has
    /// claimed is corrected when it is freed. Events are corrected here even if they are claimed: they are
    /// never freed, because their claims end with their worker.
    async fn set_back(&self, now: i64) -> Result<(), StoreError> {
        for sql in [
            "UPDATE @saga SET due = $1 + greatest(due - changed, 0)
             WHERE claimed IS NULL AND due > $1 AND changed > $1",
            "UPDATE @outbox SET due = $1 + greatest(due - changed, 0), changed = $1
             WHERE due > $1 AND changed > $1",
        ] {
            self.sweep.query(sql, &[&now]).await?;
        }
        Ok(())
    }

    pub(crate) async fn renew(&self) -> Result<Time, StoreError> {
        let sql = format!(
            "UPDATE @worker SET expires = {NOW} + lease WHERE epoch = $1 AND dead IS NULL RETURNING {NOW}"
        );
        let (me, sent) = (epoch(self.epoch), Instant::now());
        let rows = match self.renew.query(&sql, &[&me]).await {
            // Whoever declares a worker dead ends its connections before.
            Err(Failed::Cut(_)) => self.renew.query(&sql, &[&me]).await?,
            rows => rows?,
        };
        let row = rows.first().ok_or(self.fenced())?;
        let now = Time(row.get(0));
        if self.was_set_back(now, sent) {
            self.set_back(now.0).await?;
        }
        Ok(now)
    }

    /// Whether the clock of the database, which was asked at `sent`, was set back lately.
    fn was_set_back(&self, now: Time, sent: Instant) -> bool {
        let mut asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        let at_least = asked.time.after(sent.duration_since(asked.at));
        asked.set_back = if now.after(CLOSE) < at_least {
            RENEWALS
        } else {
            asked.set_back.saturating_sub(1)
        };
        (asked.time, asked.at) = (now, Instant::now());
        asked.set_back > 0
    }

    pub(crate) fn fenced(&self) -> StoreError {
        StoreError::Fenced { epoch: self.epoch }
    }

    /// Runs a statement under this epoch whose rows begin with whether that lives.
    pub(crate) async fn under(
        &self,
        sql: &str,
        values: &[Value<'_>],
    ) -> Result<Vec<Row>, StoreError> {
        self.by(&self.write, sql, values).await
    }

    /// As above, for a statement that may change very many sagas.
    pub(crate) async fn sweeps(
        &self,
        sql: &str,
        values: &[Value<'_>],
    ) -> Result<Vec<Row>, StoreError> {
        self.by(&self.sweep, sql, values).await
    }

    async fn by(
        &self,
        line: &Line,
        sql: &str,
        values: &[Value<'_>],
    ) -> Result<Vec<Row>, StoreError> {
        let rows = line.query(sql, values).await?;
        if rows.first().is_some_and(|row| !row.get::<_, bool>(0)) {
            return Err(self.fenced());
        }
        Ok(rows)
    }

    pub(crate) async fn close(&self) -> Result<(), StoreError> {
        if !self.end(self.epoch).await? {
            return Err(self.fenced());
        }
        self.sweep().await
    }

    /// Says of a worker that it is gone; says whether it was alive.
    async fn end(&self, gone: Epoch) -> Result<bool, StoreError> {
        let sql = format!(
            "WITH it AS MATERIALIZED (SELECT epoch FROM @worker WHERE epoch = $1 AND dead IS NULL FOR UPDATE)
             UPDATE @worker AS w SET dead = {NOW}, closed = TRUE FROM it WHERE w.epoch = it.epoch RETURNING TRUE"
        );
        let rows = self.write.query(&sql, &[&epoch(gone)]).await;
        Ok(!rows?.is_empty())
    }

    /// Frees what those had that are dead.
    async fn sweep(&self) -> Result<(), StoreError> {
        self.sweep.query(&filled(SWEEP), &[]).await?;
        Ok(())
    }

    /// Declares those dead that have not renewed their leases, and frees what they had.
    pub(crate) async fn bury(&self) -> Result<(), StoreError> {
        let (alive, dead) = others(&self.write, self.epoch).await?;
        let overdue = self.peers.overdue(&alive);
        if !overdue.is_empty() {
            let epochs: Vec<_> = overdue.iter().map(|lease| lease.epoch).collect();
            let ends: Vec<_> = overdue.iter().map(|lease| lease.ends).collect();
            self.write
                .query(&filled(TERMINATE), &[&epochs, &ends])
                .await?;
            self.write
                .query(&filled(DECLARE), &[&epochs, &ends])
                .await?;
        }
        if dead || !overdue.is_empty() {
            self.sweep().await?;
        }
        Ok(())
    }

    pub(crate) async fn define(&self, definition: &DefinitionRow) -> Result<(), StoreError> {
        let sql = format!(
            "WITH {ME}, put AS (INSERT INTO @definition (name, fingerprint, json)
                 SELECT $2, $3, $4 WHERE EXISTS (SELECT FROM me) ON CONFLICT DO NOTHING)
             SELECT EXISTS (SELECT FROM me)"
        );
        let DefinitionRow {
            saga,
            fingerprint,
            json,
        } = definition;
        let values: [Value<'_>; 4] = [&epoch(self.epoch), &&**saga, &hex(*fingerprint), json];
        self.under(&sql, &values).await.map(drop)
    }
}
