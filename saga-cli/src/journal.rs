//! What the commands ask of a journal: to be read, and to take messages.

use saga_engine::{DefinitionRow, Filter, Message, Row, SagaId, Stat, StoreFuture, Stored, Time};
use saga_sqlite::Attached;
use std::sync::Arc;

/// A journal that somebody else owns, or nobody.
pub(crate) trait Journal: Sync {
    /// As [`Store::definition`](saga_engine::Store::definition).
    fn definition(
        &self,
        saga: Arc<str>,
        fingerprint: u64,
    ) -> StoreFuture<'_, Option<DefinitionRow>>;

    /// As [`Store::load`](saga_engine::Store::load).
    fn load(&self, saga: SagaId) -> StoreFuture<'_, Option<Stored>>;

    /// As [`Store::list`](saga_engine::Store::list).
    fn list(&self, filter: Filter) -> StoreFuture<'_, Vec<Row>>;

    /// As [`Store::stats`](saga_engine::Store::stats).
    fn stats(&self) -> StoreFuture<'_, Vec<Stat>>;

    /// As [`Store::send`](saga_engine::Store::send).
    fn send(&self, saga: SagaId, text: String, at: Time) -> StoreFuture<'_, u64>;

    /// As [`Store::inbox`](saga_engine::Store::inbox).
    fn inbox(&self) -> StoreFuture<'_, Vec<Message>>;

    /// As [`Store::answer_to`](saga_engine::Store::answer_to).
    fn answer_to(&self, number: u64) -> StoreFuture<'_, Option<String>>;

    /// Who owns it and is alive, in words.
    fn owner(&self) -> Option<String>;
}

impl Journal for Attached {
    fn definition(
        &self,
        saga: Arc<str>,
        fingerprint: u64,
    ) -> StoreFuture<'_, Option<DefinitionRow>> {
        Box::pin(self.definition(saga, fingerprint))
    }

    fn load(&self, saga: SagaId) -> StoreFuture<'_, Option<Stored>> {
        Box::pin(self.load(saga))
    }

    fn list(&self, filter: Filter) -> StoreFuture<'_, Vec<Row>> {
        Box::pin(self.list(filter))
    }

    fn stats(&self) -> StoreFuture<'_, Vec<Stat>> {
        Box::pin(self.stats())
    }

    fn send(&self, saga: SagaId, text: String, at: Time) -> StoreFuture<'_, u64> {
        Box::pin(self.send(saga, text, at))
    }

    fn inbox(&self) -> StoreFuture<'_, Vec<Message>> {
        Box::pin(self.inbox())
    }

    fn answer_to(&self, number: u64) -> StoreFuture<'_, Option<String>> {
        Box::pin(self.answer_to(number))
    }

    fn owner(&self) -> Option<String> {
        self.owner()
    }
}
