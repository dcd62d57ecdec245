//! The changes that a commit makes in locks.
//!
//! A lock is a row of a store, and in the kernel it is a wait like that for a signal: `awaiting`,
//! with the keys, is the request, and `woken` says that the saga has them. The store changes its
//! queues with the commit. So a commit that is written twice has requested once, and nothing has to
//! be repaired after a crash. Whether a request was granted is read after the commit, and is not
//! part of its answer, which may be lost.

use std::{borrow::Cow, fmt, sync::Arc};
use typed_saga_core::run::sha256;

/// A key of a lock, which only one saga can have at a time. Ordered by name, then by key.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LockKey {
    /// The `NAME` of the lock's type.
    pub name: Arc<str>,
    /// The key among those of that name.
    pub key: Arc<str>,
}

impl LockKey {
    /// The key for a store whose texts cannot contain NUL, and whose index takes at most `limit` bytes
    /// for the name and the key: the key itself if it is such a text, else a digest, marked as one.
    #[must_use]
    pub fn within(&self, limit: usize) -> Cow<'_, str> {
        if self.name.len() + self.key.len() <= limit && !self.key.contains('\0') {
            return Cow::Borrowed(&self.key);
        }
        Cow::Owned(format!("sha-256:{}", sha256(self.key.as_bytes())))
    }
}

impl fmt::Display for LockKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, key } = self;
        if key.is_empty() {
            return f.write_str(name);
        }
        write!(f, "{name} {key}")
    }
}

/// A change that a commit makes in the queues of keys.
///
/// Each key has a queue of sagas. A saga has its keys once it is the first in the queue of each key
/// that it has requested together; a saga that leaves a queue passes the key on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LockChange {
    /// The saga enters the queues of these keys: all of them together, and each of them once.
    Request(Vec<LockKey>),
    /// The saga knows that it has the keys that it requested last.
    Taken,
    /// The saga leaves the queues in which it waits, or whose keys it has not taken.
    Withdraw,
    /// The saga leaves all queues: it has ended.
    Release,
}
