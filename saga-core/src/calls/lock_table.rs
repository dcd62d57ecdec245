//! The locks of sagas in memory.
//!
//! Each key has a queue. A request stands in the queues of all its keys, and has them when it is the
//! first one in each. All are joined at once, so two requests are in the same order wherever both are,
//! and neither can wait for the other in a circle.

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
    /// What they belong to.
    pub name: &'static str,
    /// Each once.
    pub keys: BTreeSet<String>,
}

/// A request for keys, all at once.
#[derive(Debug)]
pub struct Request {
    /// How long the saga waits for them.
    pub(crate) wait: Duration,
    pub(crate) keys: Keys,
}

/// The locks of sagas in memory: those that share a table exclude each other. Clones are the same
/// table.
///
/// A process has one, which every saga uses that is not given another by
/// [`locks`](crate::Prepared::locks).
#[derive(Clone, Default)]
pub struct LockTable(Arc<Mutex<Queues>>);

/// A key, with what it belongs to.
type Key = (&'static str, String);

#[derive(Default)]
struct Queues {
    /// The requests for each key, by number: the first one has it.
    by_key: HashMap<Key, BTreeSet<u64>>,
    requests: HashMap<u64, Waiting>,
    /// That of the next request.
    next: u64,
}

/// A request in its queues.
struct Waiting {
    keys: Vec<Key>,
    /// In how many of its queues it is not the first.
    behind: usize,
    waker: Option<Waker>,
}

/// The place of a request in the queues of its keys, and the keys themselves once it is the first in
/// each: they are passed on when it is dropped.
#[derive(Debug)]
pub struct LockPlace {
    table: LockTable,
    number: u64,
}

impl LockTable {
    /// A table of its own.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// That of the process.
    pub(crate) fn of_process() -> Self {
        static TABLE: LazyLock<LockTable> = LazyLock::new(LockTable::default);
        TABLE.clone()
    }

    fn queues(&self) -> MutexGuard<'_, Queues> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Gets in line for all keys at once.
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
    /// Whether it has its keys; else the task is woken when it has.
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
    /// Leaves the queues of a request, and gives whom that lets go on.
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
