use super::{Epoch, SagaId};
use std::{error, fmt, sync::Arc};
use typed_saga_core::Life;

/// The maximum length of a name or an id, in bytes. The index of a database holds both.
const LIMIT: usize = 1024;

/// The reason why a store could not do what it was asked to do.
#[derive(Clone)]
#[non_exhaustive]
pub enum StoreError {
    /// The epoch has ended, and nothing can be written under it any more: it was closed, its worker
    /// was declared dead, or another owner has opened the store.
    Fenced {
        /// The epoch of the request.
        epoch: Epoch,
    },
    /// The store has another owner, which is alive.
    Owned {
        /// The owner, in words.
        owner: String,
    },
    /// The epoch does not have this saga by this claim, which has ended: another worker may have claimed
    /// it, or the same one once more. Other sagas are not affected.
    NotHeld {
        /// The saga.
        saga: SagaId,
    },
    /// The message has an answer, or is gone with one: somebody else has carried the request out. Nothing
    /// was written.
    Answered {
        /// The message.
        number: u64,
    },
    /// The store has begun another generation, and the saga, which was not created, would have the keys of
    /// the one before.
    Life {
        /// The life of the sagas that begin now.
        life: Life,
    },
    /// The commit does not follow the one before it.
    Conflict {
        /// The saga.
        saga: SagaId,
        /// The commit's number.
        seq: u64,
    },
    /// Not every store can keep a saga, or a message for it, under this name and id: one of them
    /// contains NUL, or has more than 1,024 bytes.
    Id {
        /// The saga.
        saga: SagaId,
    },
    /// It cannot be read or written for now: a full disk, a lock, a lost connection. The request
    /// may be repeated.
    Unavailable {
        /// The reason.
        reason: Arc<dyn error::Error + Send + Sync>,
    },
    /// It is not there any more, or another one is in its place: a file that was removed, renamed,
    /// replaced or overwritten while it was open. An engine stops, so that nothing more is written
    /// where the next one does not find it. The write that was answered so may have been done.
    Lost {
        /// The reason, and what to do.
        reason: Arc<dyn error::Error + Send + Sync>,
    },
    /// A task of the engine has panicked while it used the store: in a method of the store, or by a fault of
    /// the engine, which stops.
    Panicked {
        /// What the task does.
        task: &'static str,
        /// The message of the panic.
        message: Arc<str>,
    },
    /// Its content cannot be trusted or understood: it is damaged, or written by a newer version.
    Corrupt {
        /// The reason.
        reason: Arc<dyn error::Error + Send + Sync>,
    },
}

impl StoreError {
    /// An [`Unavailable`](Self::Unavailable) with this reason: an error or a text.
    #[must_use]
    pub fn unavailable(reason: impl Into<Box<dyn error::Error + Send + Sync>>) -> Self {
        Self::Unavailable {
            reason: Arc::from(reason.into()),
        }
    }

    /// A [`Lost`](Self::Lost) with this reason: an error or a text.
    #[must_use]
    pub fn lost(reason: impl Into<Box<dyn error::Error + Send + Sync>>) -> Self {
        Self::Lost {
            reason: Arc::from(reason.into()),
        }
    }

    /// A [`Corrupt`](Self::Corrupt) with this reason: an error or a text.
    #[must_use]
    pub fn corrupt(reason: impl Into<Box<dyn error::Error + Send + Sync>>) -> Self {
        Self::Corrupt {
            reason: Arc::from(reason.into()),
        }
    }
}

impl SagaId {
    /// Checks that every store can keep this name and id. A store calls it before it
    /// [creates](super::Store::create) a saga, and before it leaves
    /// [a message](super::ReadStore::send).
    ///
    /// # Errors
    /// [`StoreError::Id`].
    pub fn check(&self) -> Result<(), StoreError> {
        let is_kept = |text: &str| text.len() <= LIMIT && !text.contains('\0');
        if is_kept(&self.saga) && is_kept(&self.id) {
            return Ok(());
        }
        let saga = self.clone();
        Err(StoreError::Id { saga })
    }
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fenced { epoch } => write!(
                f,
                "the store was taken over or closed: epoch {} has ended",
                epoch.0
            ),
            Self::Owned { owner } => write!(
                f,
                "the store is owned by {owner}; end that before another engine takes the store over"
            ),
            Self::NotHeld { saga } => write!(
                f,
                "{saga} is not claimed by this worker, or by another claim"
            ),
            Self::Answered { number } => write!(f, "request {number} was answered before"),
            Self::Life { life } => write!(f, "the life of new sagas is {life} by now"),
            Self::Conflict { saga, seq } => write!(
                f,
                "commit {seq} of {saga} does not follow the one before it"
            ),
            Self::Id { saga } => write!(
                f,
                "no store keeps a saga of the name {:?} and the id {:?}: one is longer than 1,024 bytes, or has a NUL in it",
                saga.saga, saga.id
            ),
            Self::Unavailable { reason } => write!(f, "the store is not available: {reason}"),
            Self::Lost { reason } => write!(f, "the store is lost: {reason}"),
            Self::Panicked { task, message } => {
                write!(f, "the task that {task} has panicked: {message}")
            }
            Self::Corrupt { reason } => write!(f, "the store is damaged: {reason}"),
        }
    }
}

// A program whose `main` returns this error prints it with `Debug`, so that text includes what to
// do.
impl fmt::Debug for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let variant = match self {
            Self::Fenced { .. } => "Fenced",
            Self::Owned { .. } => "Owned",
            Self::NotHeld { .. } => "NotHeld",
            Self::Answered { .. } => "Answered",
            Self::Life { .. } => "Life",
            Self::Conflict { .. } => "Conflict",
            Self::Id { .. } => "Id",
            Self::Unavailable { .. } => "Unavailable",
            Self::Lost { .. } => "Lost",
            Self::Panicked { .. } => "Panicked",
            Self::Corrupt { .. } => "Corrupt",
        };
        f.debug_tuple(variant).field(&self.to_string()).finish()
    }
}

// Implemented by hand: thiserror takes a field as the source, and then the message must not include
// the text of that field. Here the message has the reason, and `source` continues with the reason's
// own source.
impl error::Error for StoreError {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        match self {
            Self::Unavailable { reason } | Self::Lost { reason } | Self::Corrupt { reason } => {
                reason.source()
            }
            Self::Fenced { .. }
            | Self::Owned { .. }
            | Self::NotHeld { .. }
            | Self::Answered { .. }
            | Self::Life { .. }
            | Self::Conflict { .. }
            | Self::Panicked { .. }
            | Self::Id { .. } => None,
        }
    }
}
