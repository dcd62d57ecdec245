use crate::{Sqlite, owner};
use std::{path::Path, sync::Arc};
use typed_saga_engine::{
    DefinitionRow, EventFilter, EventRow, EventStat, Filter, Freed, LockFilter, LockKey, LockRow,
    Message, ReadStore, Row, SagaId, Stat, StoreError, StoreFuture, Stored, Time,
};

/// A file that another process may own, opened to read it and to leave messages. It does not take
/// ownership and writes nothing but messages, so the owner is not disturbed. A process
/// that may only read the file can do that, and leave no messages.
#[derive(Clone, Debug)]
pub struct Attached(Sqlite);

impl Attached {
    /// Opens an existing file. Blocks the thread for some disk accesses.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] if it is not a store of sagas, is damaged or was made by another
    /// version; [`StoreError::Unavailable`] if it does not exist, cannot be read, or is another name
    /// of a file than the one that an engine used last; [`StoreError::Owned`] if an engine has it
    /// open under another name. They name the file.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, StoreError> {
        Sqlite::attach(path.as_ref()).map(Self)
    }

    /// The path of the file: absolute, without links.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.0.path()
    }

    /// The living owner of the file, in words.
    #[must_use]
    pub fn owner(&self) -> Option<String> {
        owner::alive(self.path())
    }
}

impl ReadStore for Attached {
    fn definition(
        &self,
        saga: Arc<str>,
        fingerprint: u64,
    ) -> StoreFuture<'_, Option<DefinitionRow>> {
        self.0.definition(saga, fingerprint)
    }

    fn in_use(&self) -> StoreFuture<'_, Vec<DefinitionRow>> {
        self.0.in_use()
    }

    fn load(&self, saga: SagaId) -> StoreFuture<'_, Option<Stored>> {
        self.0.load(saga)
    }

    fn list(&self, filter: Filter) -> StoreFuture<'_, Vec<Row>> {
        self.0.list(filter)
    }

    fn stats(&self) -> StoreFuture<'_, Vec<Stat>> {
        self.0.stats()
    }

    fn messages(&self) -> StoreFuture<'_, Vec<Message>> {
        self.0.messages()
    }

    fn events(&self, filter: EventFilter) -> StoreFuture<'_, Vec<EventRow>> {
        self.0.events(filter)
    }

    fn locks(&self, filter: LockFilter) -> StoreFuture<'_, Vec<LockRow>> {
        self.0.locks(filter)
    }

    fn free(&self, key: LockKey, saga: SagaId, text: String, at: Time) -> StoreFuture<'_, Freed> {
        self.0.free(key, saga, text, at)
    }

    fn is_untried(&self, saga: SagaId) -> StoreFuture<'_, bool> {
        self.0.is_untried(saga)
    }

    fn undelivered(&self) -> StoreFuture<'_, Vec<EventStat>> {
        self.0.undelivered()
    }

    fn send(&self, saga: SagaId, text: String, at: Time) -> StoreFuture<'_, u64> {
        self.0.send(saga, text, at)
    }

    fn message(&self, number: u64) -> StoreFuture<'_, Option<Message>> {
        self.0.message(number)
    }

    fn check(&self) -> StoreFuture<'_, Option<Vec<String>>> {
        self.0.check()
    }

    fn workers(&self) -> StoreFuture<'_, Vec<String>> {
        self.0.workers()
    }

    fn now(&self) -> StoreFuture<'_, Time> {
        self.0.now()
    }
}
