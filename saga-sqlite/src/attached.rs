use crate::{Sqlite, owner};
use saga_engine::{
    DefinitionRow, Filter, Message, Row, SagaId, Stat, Store, StoreError, Stored, Time,
};
use std::{path::Path, sync::Arc};

/// A file that somebody else owns, or nobody: to look at it, and to leave messages. It takes no epoch and writes nothing but messages, so that the
/// owner goes on as if it were not there.
#[derive(Clone, Debug)]
pub struct Attached(Sqlite);

impl Attached {
    /// Opens a file that is there. Blocks for as long as that takes: some disk accesses.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] if it is no store of sagas, is damaged or was made by a newer version; [`StoreError::Unavailable`] if it is not there,
    /// cannot be opened for writing, or was made by an older version and no engine has opened it since. They name the file.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, StoreError> {
        Sqlite::attach(path.as_ref()).map(Self)
    }

    /// The file: absolute, without links.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.0.path()
    }

    /// Who owns the file and is alive, in words.
    #[must_use]
    pub fn owner(&self) -> Option<String> {
        owner::alive(self.path())
    }

    /// [`Store::definition`].
    ///
    /// # Errors
    /// `Unavailable`, `Corrupt`.
    pub async fn definition(
        &self,
        saga: Arc<str>,
        fingerprint: u64,
    ) -> Result<Option<DefinitionRow>, StoreError> {
        self.0.definition(saga, fingerprint).await
    }

    /// [`Store::load`].
    ///
    /// # Errors
    /// `Unavailable`, `Corrupt`.
    pub async fn load(&self, saga: SagaId) -> Result<Option<Stored>, StoreError> {
        self.0.load(saga).await
    }

    /// [`Store::list`].
    ///
    /// # Errors
    /// `Unavailable`, `Corrupt`.
    pub async fn list(&self, filter: Filter) -> Result<Vec<Row>, StoreError> {
        self.0.list(filter).await
    }

    /// [`Store::stats`].
    ///
    /// # Errors
    /// `Unavailable`, `Corrupt`.
    pub async fn stats(&self) -> Result<Vec<Stat>, StoreError> {
        self.0.stats().await
    }

    /// [`Store::send`].
    ///
    /// # Errors
    /// `Unavailable`, `Corrupt`.
    pub async fn send(&self, saga: SagaId, text: String, at: Time) -> Result<u64, StoreError> {
        self.0.send(saga, text, at).await
    }

    /// [`Store::inbox`].
    ///
    /// # Errors
    /// `Unavailable`, `Corrupt`.
    pub async fn inbox(&self) -> Result<Vec<Message>, StoreError> {
        self.0.inbox().await
    }

    /// [`Store::answer_to`].
    ///
    /// # Errors
    /// `Unavailable`, `Corrupt`.
    pub async fn answer_to(&self, number: u64) -> Result<Option<String>, StoreError> {
        self.0.answer_to(number).await
    }
}
