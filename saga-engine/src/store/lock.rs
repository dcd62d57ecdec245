//! What a commit changes in locks.

use std::{fmt, sync::Arc};

/// A key of a lock: what sagas exclude each other from. Ordered by name, then by key.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LockKey {
    /// The `NAME` of the lock's type.
    pub name: Arc<str>,
    /// Which one of that name.
    pub key: Arc<str>,
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

/// What a commit changes in the queues of keys.
///
/// Each key has a queue of sagas. A saga has its keys once it is the first one in the queue of each
/// that it has requested together; whoever leaves a queue passes the key on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LockChange {
    /// The saga gets in line for these keys, for all at once, and for each once.
    Request(Vec<LockKey>),
    /// The saga has heard that it has the keys that it requested last.
    Taken,
    /// The saga leaves the queues in which it waits, or whose keys it has not taken.
    Withdraw,
    /// The saga leaves all queues: it has ended.
    Release,
}
