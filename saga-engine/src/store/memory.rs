//! A store in memory, for tests: it keeps nothing when the process ends, and all of it until then.

mod data;
mod faulty;

pub use faulty::Faulty;

use crate::store::{
    Change, Commit, Created, DefinitionRow, Epoch, Filter, Message, NewSaga, ReadStore, Row,
    SagaId, Stat, Store, StoreError, StoreFuture, Stored, Time,
};
use data::Data;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// A [`Store`] in memory. Clones share what it holds: whoever opens one of them takes over from whoever opened another, as after a restart.
///
/// It never says [`Owned`](StoreError::Owned): the owner before is fenced.
#[derive(Clone, Debug, Default)]
pub struct Memory(Arc<Mutex<Data>>);

impl Memory {
    /// An empty one.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Reads or writes, when the future is polled.
    fn later<'a, T: Send + 'a>(
        &'a self,
        work: impl FnOnce(&mut Data) -> T + Send + 'a,
    ) -> StoreFuture<'a, T> {
        Box::pin(async move { Ok(work(&mut self.lock())) })
    }

    /// Writes under an epoch, if it still holds.
    fn under<'a, T: Send + 'a>(
        &'a self,
        epoch: Epoch,
        work: impl FnOnce(&mut Data) -> Result<T, StoreError> + Send + 'a,
    ) -> StoreFuture<'a, T> {
        Box::pin(async move {
            let mut data = self.lock();
            data.hold(epoch)?;
            work(&mut data)
        })
    }

    /// No method of [`Data`] can panic half-way.
    fn lock(&self) -> MutexGuard<'_, Data> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl ReadStore for Memory {
    fn definition(
        &self,
        saga: Arc<str>,
        fingerprint: u64,
    ) -> StoreFuture<'_, Option<DefinitionRow>> {
        self.later(move |data| data.definition(saga, fingerprint))
    }

    fn load(&self, saga: SagaId) -> StoreFuture<'_, Option<Stored>> {
        self.later(move |data| data.load(&saga))
    }

    fn list(&self, filter: Filter) -> StoreFuture<'_, Vec<Row>> {
        self.later(move |data| data.list(&filter))
    }

    fn stats(&self) -> StoreFuture<'_, Vec<Stat>> {
        self.later(|data| data.stats())
    }

    fn send(&self, saga: SagaId, text: String, at: Time) -> StoreFuture<'_, u64> {
        self.later(move |data| data.send(saga, text, at))
    }

    fn messages(&self) -> StoreFuture<'_, Vec<Message>> {
        self.later(|data| data.messages())
    }

    fn answer_to(&self, number: u64) -> StoreFuture<'_, Option<String>> {
        self.later(move |data| data.answer_to(number))
    }

    fn workers(&self) -> StoreFuture<'_, Vec<String>> {
        Box::pin(async { Ok(Vec::new()) })
    }
}

impl Store for Memory {
    fn open(&self) -> StoreFuture<'_, Epoch> {
        self.later(Data::open)
    }

    fn define(&self, epoch: Epoch, definition: DefinitionRow) -> StoreFuture<'_, ()> {
        self.under(epoch, |data| {
            data.define(definition);
            Ok(())
        })
    }

    fn create(&self, epoch: Epoch, saga: NewSaga, first: Commit) -> StoreFuture<'_, Created> {
        self.under(epoch, move |data| data.create(epoch, saga, first))
    }

    fn append(
        &self,
        epoch: Epoch,
        saga: SagaId,
        commit: Commit,
        change: Option<Change>,
    ) -> StoreFuture<'_, ()> {
        self.under(epoch, move |data| data.append(epoch, saga, commit, change))
    }

    fn claim(&self, epoch: Epoch, now: Time, limit: usize) -> StoreFuture<'_, Vec<SagaId>> {
        self.under(epoch, move |data| Ok(data.claim(epoch, now, limit)))
    }

    fn next_due(&self, _: Epoch) -> StoreFuture<'_, Option<Time>> {
        self.later(|data| data.next_due())
    }

    fn purge(&self, epoch: Epoch, filter: Filter, before: Time) -> StoreFuture<'_, u64> {
        self.under(epoch, move |data| Ok(data.purge(&filter, before)))
    }

    fn answer(&self, epoch: Epoch, number: u64, answer: String, _: Time) -> StoreFuture<'_, ()> {
        self.under(epoch, move |data| {
            data.answer(number, answer);
            Ok(())
        })
    }
}
