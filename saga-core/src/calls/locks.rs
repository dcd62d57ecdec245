//! Locks: a saga that has one keeps other sagas out until it has ended.
//!
//! Their names ascend, and nobody looks for circles in a graph of sagas: two sagas that take their
//! locks in one order cannot wait for each other, whichever sagas, workers and versions run.

use super::lock_table::{Keys, Request};
use crate::{basics::panic::Panic, calls::report::Report, values::cause::Cause};
use std::{
    collections::BTreeSet,
    future::{Ready, ready},
    time::Duration,
};

/// A lock, by which sagas exclude each other, as in
/// `lock order_lock(order => OrderLock(*order)) -> OrderLock;`.
///
/// ```
/// /// Sagas that change an order run one after the other.
/// struct OrderLock(u64);
///
/// impl typed_saga_core::Lock for OrderLock {
///     const NAME: &'static str = "order";
///
///     fn key(&self) -> String {
///         self.0.to_string()
///     }
/// }
/// ```
pub trait Lock {
    /// The name that the keys belong to: two locks are the same one if their names and their keys
    /// are equal. All sagas share the names. A saga that takes several locks takes them in
    /// ascending order of their names, so that no two sagas can wait for each other. At most 1,024
    /// bytes, without NUL.
    const NAME: &'static str;

    /// The key of this lock: for example, the number of an order.
    fn key(&self) -> String;
}

/// The requirement on the type of a `lock`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a lock",
    label = "the trait `Lock` is not implemented for this type",
    note = "the type of a `lock` is one that implements `typed_saga::Lock`, or a `Vec` of such a type"
)]
#[doc(hidden)]
pub trait Locks {
    /// The argument of [`Is`](crate::generated::shared::Is), so that naming the type checks this
    /// trait.
    #[doc(hidden)]
    const CHECKED: usize = 0;
    /// The [`NAME`](Lock::NAME) of the lock.
    const NAME: &'static str;

    /// The keys, in any order.
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

/// Returns the name of the second lock.
///
/// # Panics
/// If the name is not greater than that of the first lock: with `equal` if both have the same name,
/// else with `less`.
#[must_use]
#[track_caller]
pub const fn ascending<A: Locks, B: Locks>(equal: &str, less: &str) -> &'static str {
    assert!(!is_named::<A>(B::NAME), "{}", equal);
    assert!(is_less(A::NAME.as_bytes(), B::NAME.as_bytes()), "{}", less);
    B::NAME
}

/// Whether the keys of a lock belong to this name.
#[must_use]
pub const fn is_named<L: Locks>(name: &str) -> bool {
    let (one, other) = (L::NAME.as_bytes(), name.as_bytes());
    !is_less(one, other) && !is_less(other, one)
}

/// It does not call itself for each byte, as a constant can only so often.
const fn is_less(one: &[u8], other: &[u8]) -> bool {
    let mut at = 0;
    while at < one.len() && at < other.len() {
        if one[at] != other[at] {
            return one[at] < other[at];
        }
        at += 1;
    }
    one.len() < other.len()
}

/// Returns the name of a lock.
///
/// # Panics
/// If not every store takes it: with `long` if it is too long, with `nul` if it contains NUL.
#[must_use]
#[track_caller]
pub const fn named(name: &'static str, long: &str, nul: &str) -> &'static str {
    assert!(name.len() <= NAME_LIMIT, "{}", long);
    let mut at = 0;
    while at < name.len() {
        assert!(name.as_bytes()[at] != 0, "{}", nul);
        at += 1;
    }
    name
}

/// The maximum number of keys of one lock.
const KEYS_LIMIT: usize = 1000;
/// The maximum size of all keys of one lock, in bytes.
const SIZE_LIMIT: usize = 1 << 20;
/// The maximum size of its name, in bytes.
const NAME_LIMIT: usize = 1024;

/// Why no journal and no store takes these keys, if none does.
fn refused(keys: &BTreeSet<String>) -> Option<String> {
    let size: usize = keys.iter().map(String::len).sum();
    (size > SIZE_LIMIT).then(|| format!("its keys have {size} bytes, more than {SIZE_LIMIT}"))
}

/// Reports the request of a lock, once its expression is evaluated. Without a key there is nothing
/// to wait for, and the step is skipped. A lock that no store takes fails, on an engine or not.
pub fn lock<L: Locks, E>(wait: Duration, locks: L) -> Report<E> {
    let keys: BTreeSet<_> = locks.keys().into_iter().collect();
    if keys.is_empty() {
        return Report::Decided(false);
    }
    if keys.len() > KEYS_LIMIT {
        return Report::Failed(Cause::TooManyItems { limit: KEYS_LIMIT });
    }
    if let Some(why) = refused(&keys) {
        return Report::panicked(Box::new(Panic::recorded(why)));
    }
    let keys = Keys {
        name: L::NAME,
        keys,
    };
    Report::Requests(Box::new(Request { wait, keys }))
}

/// The lock of a saga that is walked by hand, which takes no keys.
///
/// # Errors
/// Never.
pub fn unlocked<L: Locks, E>(locks: L) -> Ready<Result<(), E>> {
    drop(locks);
    ready(Ok(()))
}
