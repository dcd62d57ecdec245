//! Purges a file in batches, and rewrites it: each in several steps, between which others write.

use crate::{Sqlite, log, purge, row};
use typed_saga_engine::{Epoch, Filter, SagaId, StoreError, Time};

impl Sqlite {
    /// Deletes matching sagas that are at rest and were last changed before a time, then gives the
    /// space back, and empties the log if no other process reads. A file whose `auto_vacuum` is not
    /// `INCREMENTAL` keeps the space for new sagas. If there are no more such sagas, deletes what was
    /// answered before that time to sagas that are not there.
    pub(crate) async fn purge_in_batches(
        &self,
        epoch: Epoch,
        mut filter: Filter,
        before: Time,
    ) -> Result<u64, StoreError> {
        self.write(move |write| write.under(epoch)).await?;
        let mut left = filter.limit;
        let mut purged = 0;
        loop {
            let batch = left.map_or(purge::BATCH, |left| left.min(purge::BATCH));
            filter.limit = Some(batch);
            let sought = filter.clone();
            let doomed = self.look(move |conn| row::at_rest(conn, &sought, before));
            let doomed = doomed.await?;
            if doomed.is_empty() {
                break;
            }
            let deleted = self.write(move |write| write.delete(epoch, &doomed, before));
            let deleted = deleted.await?;
            if deleted == 0 {
                break;
            }
            left = left.map(|left| left - deleted);
            purged += deleted as u64;
        }
        let mut is_changed = purged > 0;
        if left != Some(0) {
            let to_nobody = self.look(move |conn| purge::to_nobody(conn, &filter, before));
            for part in to_nobody.await?.chunks(purge::BATCH) {
                let part = part.to_vec();
                let deleting = self.write(move |write| write.delete_messages(epoch, &part));
                deleting.await?;
                is_changed = true;
            }
        }
        if is_changed {
            self.shrink(epoch).await?;
        }
        Ok(purged)
    }

    /// Deletes one saga, unless it must stay, and writes a message about that.
    pub(crate) async fn purge_alone(
        &self,
        epoch: Epoch,
        saga: SagaId,
        text: String,
        now: Time,
    ) -> Result<Option<u64>, StoreError> {
        let deleting = self.write(move |write| write.delete_one(epoch, &saga, &text, now));
        let message = deleting.await?;
        if message.is_some() {
            self.shrink(epoch).await?;
        }
        Ok(message)
    }

    /// Gives the space of what was deleted back, and empties the log.
    async fn shrink(&self, epoch: Epoch) -> Result<(), StoreError> {
        while self.write(move |write| write.give_back(epoch)).await? {}
        let patience = self.patience();
        let emptying = self.look(move |conn| log::empty_at_once(conn, patience));
        emptying.await.map(drop)
    }

    /// Rewrites the file.
    pub(crate) async fn rewrite(&self, epoch: Epoch) -> Result<bool, StoreError> {
        self.write(move |write| write.under(epoch)).await?;
        let path = self.path().to_owned();
        self.look(move |conn| purge::vacuum(conn, &path)).await?;
        // It is still the file that was opened, and still that of this worker.
        self.write(move |write| write.under(epoch)).await?;
        Ok(true)
    }
}
