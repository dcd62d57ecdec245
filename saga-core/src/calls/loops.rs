//! The state of a loop, which the machine and the executor share: its items, their effects, and
//! their outcomes.
//!
//! ```text
//! When ──▶ items ──▶ Action ──▶ one kernel and one lane for each item ──▶ a list of effects
//! ```

use crate::{
    basics::{list, panic::caught},
    calls::link::Link,
    kernel::{Kernel, LoopEnd, LoopKernel},
    observers::Audience,
    report::{
        error::Failure,
        failures::Failures,
        item_keys::{EqualKeys, ItemKeys},
        progress::StepProgress,
        raised::Raised,
        why::Why,
    },
    values::{
        codec::Codec,
        key_digest::{DigestOf, KeyDigest},
    },
};
use std::{
    any::Any,
    collections::BTreeMap,
    fmt,
    sync::{Arc, OnceLock},
};
use tokio::time::Instant;

/// The state of a loop until its saga has ended.
#[derive(Default)]
pub(crate) struct LoopState {
    /// The kernel of each item. Those from index `count` on are from an earlier round, which had
    /// more items, and keep the numbers of their rounds.
    pub(crate) kernels: Vec<Kernel>,
    pub(crate) count: usize,
    /// When the last unconfirmed attempt of an item ended, if a compensation waits for it.
    pub(crate) lost: BTreeMap<u32, Instant>,
    /// The items and, until all are applied, their effects: an `Arc` of [`Items`].
    pub(crate) items: Option<Arc<dyn Any + Send + Sync>>,
    /// The items as they are recorded, until the attempt that they belong to is noted.
    pub(crate) listed: Option<String>,
    /// The keys of the items, if they are child sagas.
    pub(crate) keys: Option<Arc<ItemKeys>>,
    /// The point at which a call of the loop continues that is recorded without an end.
    pub(crate) goes_on: Option<Box<GoesOn>>,
    /// Why the loop rolls back, for the child sagas of its items.
    pub(crate) why: Option<Box<Why>>,
}

/// The records of a call of a loop that has no end yet, except for its kernels.
#[derive(Default)]
pub(crate) struct GoesOn {
    /// The progress of the items that have begun.
    pub(crate) lanes: BTreeMap<usize, StepProgress>,
    /// The failures so far, in order.
    pub(crate) failures: Failures,
    /// The loop's own kernel.
    pub(crate) kernel: LoopKernel,
}

/// A loop that has begun.
pub(crate) struct Looping {
    pub(crate) step: u16,
    pub(crate) state: LoopState,
}

/// The input of a loop's call, besides the call itself.
pub(crate) struct Looped {
    pub(crate) state: LoopState,
    /// The maximum number of items.
    pub(crate) limit: usize,
    pub(crate) audience: Option<Arc<Audience>>,
    pub(crate) seed: Option<u64>,
}

/// The outcome of a loop's call, or of the creation of its items.
pub struct LoopReport {
    pub(crate) state: LoopState,
    pub(crate) end: LoopCall,
    /// The failures, in order.
    pub(crate) failures: Vec<Failure<Raised>>,
}

/// The result of a loop's call.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum LoopCall {
    /// The items were created.
    Made,
    /// There are more items than this limit.
    TooMany(usize),
    /// Each item is its own key, and two keys are equal.
    Equal(EqualKeys),
    /// The loop has ended: no item has anything left to do.
    Ended(LoopEnd),
}

impl fmt::Debug for LoopReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("LoopReport").field(&self.end).finish()
    }
}

/// The items of a loop, and a slot for the effect of each.
pub(crate) struct Items<I, T> {
    pub(crate) items: Arc<Vec<I>>,
    /// Empty once the effects are in the slot of the loop.
    pub(crate) effects: Vec<OnceLock<T>>,
}

impl<I, T> Items<I, T> {
    pub(crate) fn new(items: Arc<Vec<I>>) -> Self {
        let effects = items.iter().map(|_| OnceLock::new()).collect();
        Self { items, effects }
    }

    /// The items of a loop that is applied.
    pub(crate) fn without_effects(items: Arc<Vec<I>>) -> Self {
        Self {
            items,
            effects: Vec::new(),
        }
    }

    fn effect(&self, index: usize) -> Option<&T> {
        self.effects.get(index)?.get()
    }

    /// The effects of all items.
    pub(crate) fn into_effects(self) -> impl Iterator<Item = Option<T>> {
        self.effects.into_iter().map(OnceLock::into_inner)
    }
}

/// One item, for the calls of its step.
pub struct Each<I, T> {
    pub(crate) all: Arc<Items<I, T>>,
    pub(crate) index: usize,
    /// The link to the item's child saga, if it has one.
    pub(crate) link: Option<Arc<Link>>,
    /// The keys of all items, if they are child sagas.
    pub(crate) keys: Option<Arc<ItemKeys>>,
}

impl<I, T> Clone for Each<I, T> {
    fn clone(&self) -> Self {
        Self {
            all: Arc::clone(&self.all),
            index: self.index,
            link: self.link.clone(),
            keys: self.keys.clone(),
        }
    }
}

impl<I, T> Each<I, T> {
    /// The item.
    #[must_use]
    pub fn item(&self) -> &I {
        &self.all.items[self.index]
    }

    /// The index of the item.
    #[must_use]
    pub fn index(&self) -> usize {
        self.index
    }

    /// The effect of the item, if there is one. `whole` is the effect of the loop.
    #[must_use]
    pub fn own<'s, R: Whole<T>>(&'s self, whole: Option<&'s R>) -> Option<&'s T> {
        match whole {
            Some(whole) => whole.list().get(self.index),
            None => self.all.effect(self.index),
        }
    }

    /// Stores the effect of the item.
    pub fn fill(&self, value: T) {
        let filled = self.all.effects[self.index].set(value);
        debug_assert!(filled.is_ok(), "an item happens once in a run of its loop");
    }
}

/// The records of the items of a loop.
pub struct RecordedItems<'a> {
    /// The items as JSON.
    pub(crate) items: &'a str,
    /// The recorded effect of each item. Empty if the effect of the loop contains them.
    pub(crate) effects: Vec<RecordedEffect<'a>>,
}

/// The recorded effect of an item.
pub(crate) enum RecordedEffect<'a> {
    /// The item has no effect yet, or no longer has one.
    Missing,
    /// The item was skipped.
    Skipped,
    /// The effect as JSON.
    Made(&'a str),
}

impl<'a> RecordedItems<'a> {
    /// The record of one item's effect alone.
    pub(crate) fn effect(json: &'a str) -> Self {
        Self {
            items: "[]",
            effects: vec![RecordedEffect::Made(json)],
        }
    }
}

/// The items of a loop, restored from their records.
pub struct LoadedItems {
    /// An `Arc` of [`Items`].
    pub(crate) items: Arc<dyn Any + Send + Sync>,
    /// The key of each item, if the items are keys.
    pub(crate) keys: Vec<KeyDigest>,
}

/// Decodes the recorded items of a loop. `effect` decodes the effect of one item, or `None` for one
/// that was skipped; `key` is the digest of an item that is its own key.
///
/// # Errors
/// The reason why one cannot be decoded.
pub fn load_items<I, T>(
    codec: Codec<I>,
    recorded: &RecordedItems<'_>,
    effect: impl Fn(Option<&str>) -> Result<T, String>,
    key: Option<DigestOf<I>>,
) -> Result<LoadedItems, String>
where
    I: Send + Sync + 'static,
    T: Send + Sync + 'static,
{
    let parts = list::parts(recorded.items)?;
    let mut items = Vec::with_capacity(parts.len());
    for (index, part) in parts.into_iter().enumerate() {
        let item = codec.decode(part);
        items.push(item.map_err(|why| format!("item {index}: {why}"))?);
    }
    let mut effects = Vec::with_capacity(recorded.effects.len());
    for recorded in &recorded.effects {
        effects.push(match *recorded {
            RecordedEffect::Missing => OnceLock::new(),
            RecordedEffect::Skipped => effect(None)?.into(),
            RecordedEffect::Made(json) => effect(Some(json))?.into(),
        });
    }
    let keys = caught(|| key.map_or_else(Vec::new, |key| items.iter().map(key).collect()));
    let keys = keys.map_err(|panic| format!("their keys panicked: {}", panic.message()))?;
    let items = Arc::new(items);
    Ok(LoadedItems {
        items: Arc::new(Items { items, effects }),
        keys,
    })
}

/// The effect of a loop: a list of its items' effects, or an `Option` of such a list under a
/// `when`.
pub trait Whole<T> {
    /// Creates it from the effects, in the order of the items.
    fn of(list: Vec<T>) -> Self;
    /// Returns the effects.
    fn list(&self) -> &[T];
}

impl<T> Whole<T> for Vec<T> {
    fn of(list: Self) -> Self {
        list
    }

    fn list(&self) -> &[T] {
        self
    }
}

impl<T> Whole<T> for Option<Vec<T>> {
    fn of(list: Vec<T>) -> Self {
        Some(list)
    }

    fn list(&self) -> &[T] {
        self.as_deref().unwrap_or_default()
    }
}

/// The value of a loop's expression: a list of items.
#[diagnostic::on_unimplemented(
    message = "the items of this loop are `{I}`, but this is `{Self}`",
    label = "not a list of `{I}`",
    note = "write a list or an iterator of `{I}`; if it yields references, add `.cloned()` or `.copied()`"
)]
#[doc(hidden)]
pub trait ListOf<I> {
    /// The list that the items are taken from.
    #[doc(hidden)]
    type List: IntoIterator<Item = I>;

    /// Returns the list.
    #[doc(hidden)]
    fn list(self) -> Self::List;
}

#[diagnostic::do_not_recommend]
impl<I, L: IntoIterator<Item = I>> ListOf<I> for L {
    type List = L;

    fn list(self) -> L {
        self
    }
}

/// Collects all items.
pub fn collected<I>(items: impl ListOf<I>) -> Vec<I> {
    items.list().into_iter().collect()
}
