//! Deletes what has ended long ago.

use crate::{
    line::Value,
    row::{AT_REST, conditions},
    session::Session,
    sql::{ME, NOW, epoch, limit, number},
};
use typed_saga_engine::{Filter, Message, SagaId, StoreError, Time};

/// The number of sagas deleted in one statement: others run in between.
const BATCH: usize = 500;

/// The parts of a statement that delete the sagas `old`, and what belongs to them, except what says who had
/// a saga purged. An event may be redelivered meanwhile: what is locked is seen as it is then. If one has the
/// life of the sagas that begin, those have the next one from now on.
fn deleting() -> String {
    let kept = Message::PURGED;
    format!(
        "told AS MATERIALIZED (
            SELECT o.saga, o.delivered FROM @outbox AS o JOIN old ON old.number = o.saga ORDER BY o.saga, o.number FOR UPDATE OF o),
         doomed AS MATERIALIZED (
            SELECT * FROM old WHERE NOT EXISTS (SELECT FROM told WHERE told.saga = old.number AND told.delivered IS NULL)),
         renewed AS (UPDATE @store AS it SET life = split_part(it.life, '.', 1) || '.' || split_part(it.life, '.', 2)::bigint + 1
                     WHERE EXISTS (SELECT FROM doomed WHERE doomed.life = it.life)),
         commits AS (DELETE FROM @journal USING doomed WHERE journal.saga = doomed.number),
         events AS (DELETE FROM @outbox USING doomed WHERE outbox.saga = doomed.number),
         marks AS (DELETE FROM @unfit USING doomed WHERE unfit.saga = doomed.number),
         answers AS (DELETE FROM @inbox USING doomed
                     WHERE inbox.name = doomed.name AND inbox.id = doomed.id AND inbox.answer IS NOT NULL
                       AND NOT starts_with(inbox.text, '{kept}')),
         gone AS (DELETE FROM @saga USING doomed WHERE saga.number = doomed.number RETURNING TRUE)"
    )
}

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
        let deleting = deleting();
        let sql = format!(
            "WITH {ME}, old AS MATERIALIZED (
                SELECT s.number, s.name, s.id, s.life FROM @saga AS s
                WHERE {AT_REST} AND s.claimed IS NULL AND s.changed < $2 AND EXISTS (SELECT FROM me) AND {conditions}
                LIMIT $3 FOR UPDATE OF s SKIP LOCKED),
             {deleting}
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
            if left == Some(0) {
                return Ok(purged);
            }
            if deleted == 0 {
                self.purge_to_nobody(filter, before).await?;
                return Ok(purged);
            }
        }
    }

    /// Deletes the messages to sagas of a filter's name and id that are not there, and that were answered
    /// before a time.
    async fn purge_to_nobody(&self, filter: &Filter, before: Time) -> Result<(), StoreError> {
        let kept = Message::PURGED;
        let sql = format!(
            "WITH {ME}, old AS MATERIALIZED (
                SELECT i.number FROM @inbox AS i
                WHERE i.answer IS NOT NULL AND i.answered < $2 AND NOT starts_with(i.text, '{kept}')
                  AND ($4::text IS NULL OR i.name = $4) AND ($5::text IS NULL OR i.id = $5)
                  AND ($6::text IS NULL OR starts_with(i.id, $6)) AND EXISTS (SELECT FROM me)
                  AND NOT EXISTS (SELECT FROM @saga AS s WHERE s.name = i.name AND s.id = i.id)
                LIMIT $3 FOR UPDATE OF i SKIP LOCKED),
             gone AS (DELETE FROM @inbox USING old WHERE inbox.number = old.number RETURNING TRUE)
             SELECT EXISTS (SELECT FROM me), (SELECT count(*) FROM gone)"
        );
        let (me, part) = (epoch(self.epoch), limit(Some(BATCH)));
        let texts = [&filter.saga, &filter.id, &filter.prefix];
        let [name, id, prefix] = texts.map(Option::as_deref);
        let values: [Value<'_>; 6] = [&me, &before.0, &part, &name, &id, &prefix];
        loop {
            let rows = self.sweeps(&sql, &values).await?;
            if number(rows[0].get(1))? == 0 {
                return Ok(());
            }
        }
    }

    /// Deletes a saga, unless it must stay, and writes a message about that.
    pub(crate) async fn purge_one(
        &self,
        saga: &SagaId,
        text: &str,
    ) -> Result<Option<u64>, StoreError> {
        let (deleting, done) = (deleting(), Message::DONE);
        let sql = format!(
            "WITH {ME}, old AS MATERIALIZED (
                SELECT s.number, s.name, s.id, s.life FROM @saga AS s
                WHERE {AT_REST} AND s.claimed IS NULL AND s.name = $2 AND s.id = $3 AND EXISTS (SELECT FROM me)
                FOR UPDATE OF s SKIP LOCKED),
             {deleting},
             said AS (INSERT INTO @inbox (name, id, at, text, answer, answered)
                      SELECT $2, $3, {NOW}, $4::text, '{done}', {NOW} FROM gone RETURNING number)
             SELECT EXISTS (SELECT FROM me), (SELECT number FROM said)"
        );
        let me = epoch(self.epoch);
        let values: [Value<'_>; 4] = [&me, &&*saga.saga, &&*saga.id, &text];
        let rows = self.sweeps(&sql, &values).await?;
        let message: Option<i64> = rows[0].get(1);
        message.map(number).transpose()
    }
}
