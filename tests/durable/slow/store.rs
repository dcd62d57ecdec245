//! A store whose appends are done at once, and answered late.

use saga::engine::{
    Change, Commit, Created, DefinitionRow, Epoch, Filter, Memory, Message, NewSaga, Row, SagaId,
    Stat, Store, StoreFuture, Stored, Time,
};
use std::{sync::Arc, time::Duration};

pub(crate) struct Slow {
    store: Memory,
    wait: Duration,
}

impl Slow {
    pub(crate) fn new(store: Memory, wait: Duration) -> Self {
        Self { store, wait }
    }
}

impl Store for Slow {
    fn append(
        &self,
        epoch: Epoch,
        saga: SagaId,
        commit: Commit,
        change: Option<Change>,
    ) -> StoreFuture<'_, ()> {
        Box::pin(async move {
            self.store.append(epoch, saga, commit, change).await?;
            tokio::time::sleep(self.wait).await;
            Ok(())
        })
    }

    fn open(&self) -> StoreFuture<'_, Epoch> {
        self.store.open()
    }

    fn define(&self, epoch: Epoch, definition: DefinitionRow) -> StoreFuture<'_, ()> {
        self.store.define(epoch, definition)
    }

    fn definition(
        &self,
        saga: Arc<str>,
        fingerprint: u64,
    ) -> StoreFuture<'_, Option<DefinitionRow>> {
        self.store.definition(saga, fingerprint)
    }

    fn create(&self, epoch: Epoch, saga: NewSaga, first: Commit) -> StoreFuture<'_, Created> {
        self.store.create(epoch, saga, first)
    }

    fn load(&self, saga: SagaId) -> StoreFuture<'_, Option<Stored>> {
        self.store.load(saga)
    }

    fn claim(&self, epoch: Epoch, now: Time, limit: usize) -> StoreFuture<'_, Vec<SagaId>> {
        self.store.claim(epoch, now, limit)
    }

    fn next_due(&self, epoch: Epoch) -> StoreFuture<'_, Option<Time>> {
        self.store.next_due(epoch)
    }

    fn list(&self, filter: Filter) -> StoreFuture<'_, Vec<Row>> {
        self.store.list(filter)
    }

    fn stats(&self) -> StoreFuture<'_, Vec<Stat>> {
        self.store.stats()
    }

    fn purge(&self, epoch: Epoch, filter: Filter, before: Time) -> StoreFuture<'_, u64> {
        self.store.purge(epoch, filter, before)
    }

    fn send(&self, saga: SagaId, text: String, at: Time) -> StoreFuture<'_, u64> {
        self.store.send(saga, text, at)
    }

    fn inbox(&self) -> StoreFuture<'_, Vec<Message>> {
        self.store.inbox()
    }

    fn answer(&self, epoch: Epoch, number: u64, answer: String, at: Time) -> StoreFuture<'_, ()> {
        self.store.answer(epoch, number, answer, at)
    }

    fn answer_to(&self, number: u64) -> StoreFuture<'_, Option<String>> {
        self.store.answer_to(number)
    }
}
