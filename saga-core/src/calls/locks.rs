//! Locks: what a saga excludes others from until it has ended, and the table of a process.
//!
//! Each key has a queue. A request stands in the queues of all its keys, and has them when it is the
//! first one in each. All are joined at once, so two requests are in the same order wherever both are,
//! and neither can wait for the other in a circle.

use crate::{calls::report::Report, values::cause::Cause};
use std::{
    collections::{BTreeSet, HashMap},
    fmt,
    future::{Ready, ready},
    sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, Waker},
    time::Duration,
};

/// What sagas exclude each other from: `lock order_lock(order => OrderLock(*order)) -> OrderLock;`.
///
/// ```
/// /// Sagas that change an order run one after the other.
/// struct OrderLock(u64);
///
/// impl saga_core::Lock for OrderLock {
///     const NAME: &'static str = "order";
///
///     fn key(&self) -> String {
///         self.0.to_string()
///     }
/// }
/// ```
pub trait Lock {
    /// What the keys belong to: two locks are the same one if their names and their keys are equal.
    /// All sagas share the names. A saga that takes several locks takes them in ascending order of
    /// their names, so that no two sagas can wait for each other.
    const NAME: &'static str;

    /// Which one: the number of an order, say.
    fn key(&self) -> String;
}

/// What the type of a `lock` must be.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a lock",
    label = "the trait `Lock` is not implemented for this type",
    note = "the type of a `lock` is one that implements `saga::Lock`, or a `Vec` of such a type"
)]
pub trait Locks {
    /// A number that stands in [`Is`](crate::generated::shared::Is).
    #[doc(hidden)]
    const CHECKED: usize = 0;
    /// As of the one lock.
    const NAME: &'static str;

    /// The keys, in no order.
    fn keys(self) -> Vec<String>;
}

impl<L: Lock> Locks for L {
    const NAME: &'static str = L::NAME;

    fn keys(self) -> Vec<String> {
        vec![self.key()]
    }
}

impl<L: Lock> Locks for Vec<L> {
    const NAME: &'static str = L::NAME;

    fn keys(self) -> Vec<String> {
        self.iter().map(Lock::key).collect()
    }
}

/// The name of the second lock.
///
/// # Panics
/// With this message, if it is not greater than that of the first one.
#[must_use]
#[track_caller]
pub const fn ascending<A: Locks, B: Locks>(message: &str) -> &'static str {
    assert!(
        is_less(A::NAME.as_bytes(), B::NAME.as_bytes()),
        "{}",
        message
    );
    B::NAME
}

/// Whether the keys of a lock belong to this name.
#[must_use]
pub const fn is_named<L: Locks>(name: &str) -> bool {
    let (one, other) = (L::NAME.as_bytes(), name.as_bytes());
    !is_less(one, other) && !is_less(other, one)
}

const fn is_less(one: &[u8], other: &[u8]) -> bool {
    match (one, other) {
        (_, []) => false,
        ([], _) => true,
        ([a, one @ ..], [b, other @ ..]) => *a < *b || *a == *b && is_less(one, other),
    }
}

/// How many keys one lock may have.
const KEYS_LIMIT: usize = 1000;

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

/// What a lock asks for, once its expression is evaluated. Without a key there is nothing to wait for,
/// and the step is skipped.
pub fn lock<L: Locks, E>(wait: Duration, locks: L) -> Report<E> {
    let keys: BTreeSet<_> = locks.keys().into_iter().collect();
    if keys.is_empty() {
        return Report::Decided(false);
    }
    if keys.len() > KEYS_LIMIT {
        return Report::Failed(Cause::TooManyItems { limit: KEYS_LIMIT });
    }
    let name = L::NAME;
    let keys = Keys { name, keys };
    Report::Requests(Box::new(Request { wait, keys }))
}

/// The lock of a walk, which takes no keys.
///
/// # Errors
/// Never.
pub fn unlocked<L: Locks, E>(locks: L) -> Ready<Result<(), E>> {
    drop(locks);
    ready(Ok(()))
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
    queues: HashMap<Key, BTreeSet<u64>>,
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
            let queue = all.queues.entry(key.clone()).or_default();
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
    #[must_use]
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
            let Some(queue) = self.queues.get_mut(&key) else {
                continue;
            };
            let was_first = queue.first() == Some(&number);
            queue.remove(&number);
            let Some(first) = queue.first() else {
                self.queues.remove(&key);
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
            .field("keys", &all.queues.len())
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
