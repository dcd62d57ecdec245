//! The locks of sagas in memory.
//!
//! Each key has a queue. A request is in the queues of all its keys, and has the keys when it is
//! the first in each queue. It joins all queues at once, so two requests are in the same order in
//! every queue that has both, and sagas never wait for each other in a circle.

use std::{
    collections::{BTreeSet, HashMap},
    fmt,
    sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, Waker},
    time::Duration,
};

/// The keys of a lock, at least one.
#[derive(Clone, Debug)]
pub struct Keys {
    /// The name of the lock, to which the keys belong.
    pub name: &'static str,
    /// The keys, without duplicates.
    pub keys: BTreeSet<String>,
}

/// A request for all keys of a lock at once.
#[derive(Debug)]
pub struct Request {
    /// How long the saga waits for the keys.
    pub(crate) wait: Duration,
    pub(crate) keys: Keys,
}

/// The locks of sagas in memory: sagas that share a table exclude each other. Clones are the same
/// table.
///
/// Each process has one table, which every saga uses unless [`locks`](crate::Prepared::locks) sets
/// another.
#[derive(Clone, Default)]
pub struct LockTable(Arc<Mutex<Queues>>);

/// A key, with the name that it belongs to.
type Key = (&'static str, String);

#[derive(Default)]
struct Queues {
    /// The numbers of the requests for each key: the first request has the key.
    by_key: HashMap<Key, BTreeSet<u64>>,
    requests: HashMap<u64, Waiting>,
    /// The number of the next request.
    next: u64,
}

/// A request in its queues.
struct Waiting {
    keys: Vec<Key>,
    /// The number of its queues in which it is not the first.
    behind: usize,
    waker: Option<Waker>,
}

/// The place of a request in the queues of its keys, and the keys themselves once the request is
/// the first in each queue. Dropping it passes the keys on.
#[derive(Debug)]
pub struct LockPlace {
    table: LockTable,
    number: u64,
}

impl LockTable {
    /// Creates a table that shares nothing with others.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The table of the process.
    pub(crate) fn of_process() -> Self {
        static TABLE: LazyLock<LockTable> = LazyLock::new(LockTable::default);
        TABLE.clone()
    }

    fn queues(&self) -> MutexGuard<'_, Queues> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Joins the queues of all keys at once.
    #[must_use]
    pub fn request(&self, Keys { name, keys }: Keys) -> LockPlace {
        let mut all = self.queues();
        let number = all.next;
        all.next += 1;
        let keys: Vec<_> = keys.into_iter().map(|key| (name, key)).collect();
        let mut behind = 0;
        for key in &keys {
            let queue = all.by_key.entry(key.clone()).or_default();
            behind += usize::from(!queue.is_empty());
            queue.insert(number);
        }
        let waiting = Waiting {
            keys,
            behind,
            waker: None,
        };
        all.requests.insert(number, waiting);
        drop(all);
        LockPlace {
            table: self.clone(),
            number,
        }
    }
}

impl LockPlace {
    /// Whether the request has its keys. If not, the task is woken once it has.
    pub fn poll(&self, cx: &Context<'_>) -> Poll<()> {
        let mut all = self.table.queues();
        match all.requests.get_mut(&self.number) {
            Some(waiting) if waiting.behind > 0 => {
                waiting.waker = Some(cx.waker().clone());
                Poll::Pending
            }
            _ => Poll::Ready(()),
        }
    }
}

impl Queues {
    /// Removes a request from its queues, and returns the wakers of the requests that have their
    /// keys now.
    fn leave(&mut self, number: u64) -> Vec<Waker> {
        let Some(left) = self.requests.remove(&number) else {
            return Vec::new();
        };
        let mut woken = Vec::new();
        for key in left.keys {
            let Some(queue) = self.by_key.get_mut(&key) else {
                continue;
            };
            let was_first = queue.first() == Some(&number);
            queue.remove(&number);
            let Some(first) = queue.first() else {
                self.by_key.remove(&key);
                continue;
            };
            let next = self.requests.get_mut(first).filter(|_| was_first);
            if let Some(next) = next {
                next.behind -= 1;
                if next.behind == 0 {
                    woken.extend(next.waker.take());
                }
            }
        }
        woken
    }
}

impl Drop for LockPlace {
    fn drop(&mut self) {
        let woken = self.table.queues().leave(self.number);
        woken.into_iter().for_each(Waker::wake);
    }
}

impl fmt::Debug for LockTable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let all = self.queues();
        f.debug_struct("LockTable")
            .field("keys", &all.by_key.len())
            .field("requests", &all.requests.len())
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::{Keys, LockPlace, LockTable};
    use std::task::{Context, Waker};

    fn request_of<const N: usize>(
        table: &LockTable,
        name: &'static str,
        keys: [&str; N],
    ) -> LockPlace {
        let keys = keys.into_iter().map(str::to_owned).collect();
        table.request(Keys { name, keys })
    }

    fn request<const N: usize>(table: &LockTable, keys: [&str; N]) -> LockPlace {
        request_of(table, "order", keys)
    }

    impl LockPlace {
        fn is_held(&self) -> bool {
            self.poll(&Context::from_waker(Waker::noop())).is_ready()
        }
    }

    #[test]
    fn a_key_goes_to_whoever_asked_first() {
        let table = LockTable::new();
        let [first, second, third] = [(); 3].map(|()| request(&table, ["7"]));
        assert!(first.is_held() && !second.is_held());
        drop(second);
        assert!(!third.is_held());
        drop(first);
        assert!(third.is_held());
    }

    #[test]
    fn all_keys_or_none() {
        let table = LockTable::new();
        let one = request(&table, ["1"]);
        let both = request(&table, ["1", "2"]);
        let two = request(&table, ["2"]);
        assert!(one.is_held() && !both.is_held() && !two.is_held());
        drop(one);
        assert!(both.is_held() && !two.is_held());
        drop(both);
        assert!(two.is_held());
    }

    #[test]
    fn another_name_or_table_is_another_lock() {
        let table = LockTable::new();
        let order = request(&table, ["7"]);
        let customer = request_of(&table, "customer", ["7"]);
        assert!(order.is_held() && customer.is_held());
        assert!(request(&LockTable::new(), ["7"]).is_held());
    }

    #[test]
    fn nothing_is_kept_of_what_is_over() {
        let table = LockTable::new();
        let places: Vec<_> = (0..10).map(|_| request(&table, ["1", "2"])).collect();
        drop(places);
        assert_eq!(format!("{table:?}"), "LockTable { keys: 0, requests: 0 }");
    }
}
