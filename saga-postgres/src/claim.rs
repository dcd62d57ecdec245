//! Whose a saga is.

use crate::{
    line::{Line, Value},
    peers::Peers,
    session::{Session, others},
    sql::{
        ME, NOW, PAIRS, asked, called, epoch, granted, hex, integer, limit, may_run, number,
        passes_over, reads, time,
    },
};
use tokio::try_join;
use typed_saga_engine::{Epoch, Hold, Mark, SagaId, StoreError, Take, Time, Turn};

/// The claim of the rows `c`, which are locked, with the turn `$2`.
const TAKE: &str = "UPDATE @saga AS s SET claimed = $1, turn = $2, takeovers = s.takeovers + s.orphaned::integer, orphaned = FALSE,
        life = coalesce(s.life, (SELECT life FROM @store)),
        since = coalesce((SELECT max(seq) + 1 FROM @journal WHERE journal.saga = s.number), 0)
    FROM c WHERE s.number = c.number AND {free} RETURNING s.name, s.id, s.due";

/// A saga that nobody has claimed, or that this epoch has by the turn `$5`.
const FREE_OR_FROM: &str =
    "CASE WHEN $5::bigint IS NULL THEN s.claimed IS NULL ELSE s.claimed = $1 AND s.turn = $5 END";

fn take(free: &str) -> String {
    TAKE.replace("{free}", free)
}

/// The statement whose rows [`Session::taken`] reads.
const TAKEN: &str = "SELECT EXISTS (SELECT FROM me), name, id, due
    FROM (SELECT) AS one LEFT JOIN taken ON TRUE ORDER BY due, name, id";

impl Session {
    pub(crate) async fn claim(&self, turn: Turn, most: usize) -> Result<Vec<SagaId>, StoreError> {
        self.bury().await?;
        let mut claimed = self.due(turn, false, most).await?;
        let asked = format!(
            "WITH {ME}, c AS MATERIALIZED (
                SELECT s.number FROM @saga AS s
                WHERE s.claimed IS NULL AND EXISTS (SELECT FROM me) AND s.number IN ({asked})
                ORDER BY s.number FOR UPDATE OF s SKIP LOCKED),
             taken AS ({take}) {TAKEN}",
            asked = asked(),
            take = take("s.claimed IS NULL"),
        );
        let values: [Value<'_>; 2] = [&epoch(self.epoch), &integer(turn.0)];
        claimed.extend(self.taken(&asked, &values).await?);
        Ok(claimed)
    }

    pub(crate) async fn claim_suspect(&self, turn: Turn) -> Result<Option<SagaId>, StoreError> {
        self.bury().await?;
        Ok(self.due(turn, true, 1).await?.pop())
    }

    /// Claims sagas that have been granted keys, or are due, the one due first first; or suspects, first
    /// those with which the fewest workers have died.
    async fn due(
        &self,
        turn: Turn,
        suspects: bool,
        most: usize,
    ) -> Result<Vec<SagaId>, StoreError> {
        let (which, first) = if suspects {
            ("s.takeovers > 0", "due.takeovers, ")
        } else {
            ("s.takeovers = 0", "")
        };
        // Without MATERIALIZED more may be taken than the limit says. The time is that of one moment,
        // or no index could be asked for it.
        let due = format!(
            "SELECT due.number, due.due FROM pair CROSS JOIN LATERAL (
                    SELECT s.number, s.due, s.takeovers FROM @saga AS s
                    WHERE s.name = pair.name AND s.fingerprint = pair.fingerprint AND s.claimed IS NULL
                      AND s.due <= (SELECT {NOW}) AND {which} AND NOT {passed}
                    ORDER BY {first_of_pair}s.due LIMIT $3 FOR UPDATE OF s SKIP LOCKED) AS due
                WHERE EXISTS (SELECT FROM me) AND {mine}
                ORDER BY {first}due.due LIMIT $3",
            first_of_pair = first.replace("due.", "s."),
            mine = may_run("$1", "pair"),
            passed = passes_over("$1"),
        );
        let chosen = if suspects {
            format!("c AS MATERIALIZED ({due})")
        } else {
            // Whoever has keys comes first, since others wait for them.
            format!(
                "keyed AS MATERIALIZED ({granted} AND EXISTS (SELECT FROM me) LIMIT $3 FOR UPDATE OF s SKIP LOCKED),
                 timely AS MATERIALIZED ({due}),
                 c AS MATERIALIZED (SELECT number FROM (
                     SELECT number, NULL::bigint AS due FROM keyed
                     UNION ALL SELECT number, due FROM timely WHERE number NOT IN (SELECT number FROM keyed)) AS them
                     ORDER BY due NULLS FIRST LIMIT $3)",
                granted = granted(),
            )
        };
        let take = take("s.claimed IS NULL");
        let due = format!("WITH RECURSIVE {ME}, {PAIRS}, {chosen}, taken AS ({take}) {TAKEN}");
        let (me, turn, most) = (epoch(self.epoch), integer(turn.0), limit(Some(most)));
        self.taken(&due, &[&me, &turn, &most]).await
    }

    async fn taken(&self, sql: &str, values: &[Value<'_>]) -> Result<Vec<SagaId>, StoreError> {
        let rows = self.under(sql, values).await?;
        let taken = rows.iter().filter_map(|row| {
            let (name, id): (Option<&str>, Option<&str>) = (row.get(1), row.get(2));
            Some(SagaId::new(name?, id?))
        });
        Ok(taken.collect())
    }

    pub(crate) async fn claim_one(
        &self,
        turn: Turn,
        saga: &SagaId,
        from: Option<Turn>,
    ) -> Result<Take, StoreError> {
        self.bury().await?;
        let sql = format!(
            "WITH {ME}, c AS MATERIALIZED (
                SELECT number FROM @saga AS s WHERE name = $3 AND id = $4 AND EXISTS (SELECT FROM me) AND {FREE_OR_FROM} FOR UPDATE),
             taken AS ({take})
             SELECT EXISTS (SELECT FROM me), EXISTS (SELECT FROM taken),
                    (SELECT claimed = $1 AND turn = $2 FROM @saga WHERE name = $3 AND id = $4),
                    EXISTS (SELECT FROM @saga WHERE name = $3 AND id = $4)",
            take = take(FREE_OR_FROM),
        );
        let from = from.map(|from| integer(from.0));
        let (me, turn) = (epoch(self.epoch), integer(turn.0));
        let values: [Value<'_>; 5] = [&me, &turn, &&*saga.saga, &&*saga.id, &from];
        let rows = self.under(&sql, &values).await?;
        let (taken, is_there): (bool, bool) = (rows[0].get(1), rows[0].get(3));
        let held: Option<bool> = rows[0].get(2);
        Ok(match (is_there, taken || held == Some(true)) {
            (false, _) => Take::Missing,
            (true, true) => Take::Mine,
            (true, false) => Take::Theirs,
        })
    }

    pub(crate) async fn release(
        &self,
        Hold { saga, turn }: &Hold,
        (due, mark): (Option<Time>, Mark),
        answers: &[(u64, String)],
    ) -> Result<(), StoreError> {
        let sql = format!(
            "WITH {ME}, held AS MATERIALIZED (
                SELECT number FROM @saga
                WHERE name = $2 AND id = $3 AND claimed = $1 AND turn = $8 AND EXISTS (SELECT FROM me) FOR NO KEY UPDATE),
             b AS MATERIALIZED (
                SELECT b.*, open.number IS NOT NULL AS is_open
                FROM unnest($9::bigint[], $10::text[]) AS b (number, text) CROSS JOIN held
                LEFT JOIN LATERAL (SELECT i.number FROM @inbox AS i WHERE i.number = b.number AND i.answer IS NULL FOR UPDATE) AS open ON TRUE),
             s AS (
                UPDATE @saga AS s SET due = $4, claimed = NULL, orphaned = FALSE,
                    unfit = CASE WHEN $5::text = 'kept' THEN unfit
                                 WHEN $4::bigint IS NULL AND state IN ('completed', 'compensated', 'abandoned') THEN NULL ELSE $6 END,
                    takeovers = CASE WHEN $5 IN ('kept', 'cleared') THEN 0 ELSE takeovers END
                FROM held WHERE s.number = held.number AND NOT EXISTS (SELECT FROM b WHERE NOT is_open) RETURNING s.number, s.name),
             answered AS (
                UPDATE @inbox AS i SET answer = b.text, answered = {NOW} FROM b
                WHERE i.number = b.number AND EXISTS (SELECT FROM s)),
             marked AS (INSERT INTO @unfit (saga, fingerprint) SELECT number, $7::text FROM s WHERE $5 = 'unfit' ON CONFLICT DO NOTHING),
             erased AS (DELETE FROM @unfit AS u USING s
                        WHERE u.saga = s.number AND ($5 = 'cleared' OR $5 = 'readable' AND u.fingerprint = {own}))
             SELECT EXISTS (SELECT FROM me), EXISTS (SELECT FROM s), (SELECT min(number) FROM b WHERE NOT is_open)",
            own = reads("$1"),
        );
        let (how, unfit) = match mark {
            Mark::Kept => ("kept", None),
            Mark::Readable => ("readable", None),
            Mark::Cleared => ("cleared", None),
            Mark::Unfit(unfit) => ("unfit", Some(unfit)),
        };
        let why = unfit.as_ref().map(|unfit| unfit.why.replace('\0', " "));
        let fingerprint = unfit.map(|unfit| hex(unfit.fingerprint));
        let (me, due, turn) = (epoch(self.epoch), due.map(|due| due.0), integer(turn.0));
        let (numbers, texts): (Vec<_>, Vec<_>) = answers
            .iter()
            .map(|(number, text)| (integer(*number), &**text))
            .unzip();
        let values: [Value<'_>; 10] = [
            &me,
            &&*saga.saga,
            &&*saga.id,
            &due,
            &how,
            &why,
            &fingerprint,
            &turn,
            &numbers,
            &texts,
        ];
        let rows = self.under(&sql, &values).await?;
        if rows[0].get::<_, bool>(1) {
            return Ok(());
        }
        Err(match rows[0].get::<_, Option<i64>>(2) {
            Some(open) => StoreError::Answered {
                number: number(open)?,
            },
            None => StoreError::NotHeld { saga: saga.clone() },
        })
    }
}

pub(crate) async fn next_due(
    line: &Line,
    peers: &Peers,
    by: Epoch,
) -> Result<Option<Time>, StoreError> {
    let sql = format!(
        "WITH RECURSIVE {PAIRS}
         SELECT EXISTS ({called}), (SELECT min(due.t) FROM pair CROSS JOIN LATERAL (
                SELECT s.due AS t FROM @saga AS s
                WHERE s.name = pair.name AND s.fingerprint = pair.fingerprint AND s.claimed IS NULL
                  AND s.due IS NOT NULL AND NOT {passed}
                ORDER BY s.due LIMIT 1) AS due
            WHERE {mine})",
        called = called(),
        mine = may_run("$1", "pair"),
        passed = passes_over("$1"),
    );
    let (me, others) = (epoch(by), others(line, by));
    let values: [Value<'_>; 1] = [&me];
    let (rows, (alive, dead)) = try_join!(line.query(&sql, &values), others)?;
    if rows[0].get(0) || dead || !peers.overdue(&alive).is_empty() {
        return Ok(Some(Time(i64::MIN)));
    }
    Ok(time(&rows[0], 1))
}
