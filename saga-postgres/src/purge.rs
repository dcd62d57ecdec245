//! Deletes what has ended long ago.

use crate::{
    line::Value,
    row::{AT_REST, conditions},
    session::Session,
    sql::{ME, epoch, limit, number},
};
use saga_engine::{Filter, StoreError, Time};

/// How many sagas are deleted in one statement: others go on in between.
const BATCH: usize = 500;

impl Session {
    pub(crate) async fn purge(&self, filter: &Filter, before: Time) -> Result<u64, StoreError> {
        let (conditions, texts) = conditions(filter, 3);
        let sql = format!(
            "WITH {ME}, old AS MATERIALIZED (
                SELECT s.number, s.name, s.id FROM saga AS s
                WHERE {AT_REST} AND s.claimed IS NULL AND s.changed < $2 AND EXISTS (SELECT FROM me) AND {conditions}
                LIMIT $3 FOR UPDATE OF s SKIP LOCKED),
             commits AS (DELETE FROM journal USING old WHERE journal.saga = old.number),
             events AS (DELETE FROM outbox USING old WHERE outbox.saga = old.number),
             marks AS (DELETE FROM unfit USING old WHERE unfit.saga = old.number),
             answers AS (DELETE FROM inbox USING old WHERE inbox.name = old.name AND inbox.id = old.id AND inbox.answer IS NOT NULL),
             gone AS (DELETE FROM saga USING old WHERE saga.number = old.number RETURNING TRUE)
             SELECT EXISTS (SELECT FROM me), (SELECT count(*) FROM gone)"
        );
        let (me, mut left, mut purged) = (epoch(self.epoch), filter.limit, 0);
        loop {
            let part = limit(Some(left.map_or(BATCH, |left| left.min(BATCH))));
            let mut values: Vec<Value<'_>> = vec![&me, &before.0, &part];
            values.extend(texts.iter().map(|text| text as Value<'_>));
            let rows = self.under(&sql, &values).await?;
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
