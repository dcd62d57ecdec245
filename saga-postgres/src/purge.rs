//! Deletes what has ended long ago.

use crate::{
    line::Value,
    row::{AT_REST, conditions},
    session::Session,
    sql::{ME, epoch, limit, number},
};
use saga_engine::{Filter, StoreError, Time};

/// The number of sagas deleted in one statement: others run in between.
const BATCH: usize = 500;

impl Session {
    pub(crate) async fn purge(&self, filter: &Filter, before: Time) -> Result<u64, StoreError> {
        let Filter {
            saga, id, prefix, ..
        } = filter;
        let texts = [saga, id, prefix];
        if texts.into_iter().flatten().any(|text| text.contains('\0')) {
            return Ok(0);
        }
        let (conditions, own) = conditions(filter, 3);
        // An event may be redelivered meanwhile: what is locked is seen as it is then.
        let sql = format!(
            "WITH {ME}, old AS MATERIALIZED (
                SELECT s.number, s.name, s.id FROM @saga AS s
                WHERE {AT_REST} AND s.claimed IS NULL AND s.changed < $2 AND EXISTS (SELECT FROM me) AND {conditions}
                LIMIT $3 FOR UPDATE OF s SKIP LOCKED),
             told AS MATERIALIZED (
                SELECT o.saga, o.delivered FROM @outbox AS o JOIN old ON old.number = o.saga ORDER BY o.saga, o.number FOR UPDATE OF o),
             doomed AS MATERIALIZED (
                SELECT * FROM old WHERE NOT EXISTS (SELECT FROM told WHERE told.saga = old.number AND told.delivered IS NULL)),
             commits AS (DELETE FROM @journal USING doomed WHERE journal.saga = doomed.number),
             events AS (DELETE FROM @outbox USING doomed WHERE outbox.saga = doomed.number),
             marks AS (DELETE FROM @unfit USING doomed WHERE unfit.saga = doomed.number),
             answers AS (DELETE FROM @inbox USING doomed
                         WHERE inbox.name = doomed.name AND inbox.id = doomed.id AND inbox.answer IS NOT NULL),
             gone AS (DELETE FROM @saga USING doomed WHERE saga.number = doomed.number RETURNING TRUE)
             SELECT EXISTS (SELECT FROM me), (SELECT count(*) FROM gone)"
        );
        let (me, mut left, mut purged) = (epoch(self.epoch), filter.limit, 0);
        loop {
            let part = limit(Some(left.map_or(BATCH, |left| left.min(BATCH))));
            let mut values: Vec<Value<'_>> = vec![&me, &before.0, &part];
            values.extend(own.iter().map(|value| &**value as Value<'_>));
            let rows = self.sweeps(&sql, &values).await?;
            let deleted = number(rows[0].get(1))?;
            purged += deleted;
            let deleted = usize::try_from(deleted).unwrap_or(BATCH);
            left = left.map(|left| left.saturating_sub(deleted));
            if deleted == 0 || left == Some(0) {
                return Ok(purged);
            }
        }
    }
}
