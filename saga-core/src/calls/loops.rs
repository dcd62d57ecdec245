//! The state of a loop, which the machine and the executor share: its items, their effects, and
//! their outcomes.
//!
//! ```text
//! When ──▶ items ──▶ Action ──▶ one kernel and one lane for each item ──▶ a list of effects
//! ```

use crate::{
    basics::list,
    calls::link::Link,
    kernel::{Kernel, LoopEnd, LoopKernel, StepState},
    observers::Audience,
    report::{error::Failure, failures::Failures, progress::StepProgress},
    values::codec::Codec,
};
use std::{
    any::Any,
    collections::{BTreeMap, HashMap},
    convert::Infallible,
    fmt,
    hash::Hash,
    sync::{Arc, OnceLock},
};

/// The kernel of one item. Its step is [`Items::STEP`](crate::definition::Items::STEP).
pub(crate) type ItemKernel = Kernel<[StepState; 2]>;

/// The state of a loop until its saga has ended.
#[derive(Default)]
pub(crate) struct LoopState {
    /// The kernel of each item. Those from index `count` on are from an earlier round, which had
    /// more items, and keep the numbers of their rounds.
    pub(crate) kernels: Vec<ItemKernel>,
    pub(crate) count: usize,
    /// The items and, until all are applied, their effects: an `Arc` of [`Items`].
    pub(crate) items: Option<Arc<dyn Any + Send + Sync>>,
    /// The point at which a call of the loop continues that is recorded without an end.
    pub(crate) goes_on: Option<Box<GoesOn>>,
}

/// The records of a call of a loop that has no end yet, except for its kernels.
#[derive(Default)]
pub(crate) struct GoesOn {
    /// The progress of the items that have begun.
    pub(crate) lanes: BTreeMap<usize, StepProgress<Infallible>>,
    /// The failures so far, in order.
    pub(crate) failures: Failures<Infallible>,
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
pub struct LoopReport<E> {
    pub(crate) state: LoopState,
    pub(crate) end: LoopCall,
    /// The failures, in order.
    pub(crate) failures: Vec<Failure<E>>,
}

/// The result of a loop's call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LoopCall {
    /// The items were created.
    Made,
    /// There are more items than this limit.
    TooMany(usize),
    /// The items with these two indices are equal, and each item is its own key.
    Equal(usize, usize),
    /// The loop has ended: no item has anything left to do.
    Ended(LoopEnd),
}

impl<E> fmt::Debug for LoopReport<E> {
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
}

/// One item, for the calls of its step.
pub struct Each<I, T> {
    pub(crate) all: Arc<Items<I, T>>,
    pub(crate) index: usize,
    /// The link to the item's child saga, if it has one.
    pub(crate) link: Option<Arc<Link>>,
}

impl<I, T> Clone for Each<I, T> {
    fn clone(&self) -> Self {
        Self {
            all: Arc::clone(&self.all),
            index: self.index,
            link: self.link.clone(),
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
            None => self.all.effects.get(self.index)?.get(),
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

/// Decodes the recorded items of a loop. `effect` decodes the effect of one item, or `None` for one
/// that was skipped.
///
/// # Errors
/// The reason why one cannot be decoded.
pub fn load_items<I, T>(
    codec: Codec<I>,
    recorded: &RecordedItems<'_>,
    effect: impl Fn(Option<&str>) -> Result<T, String>,
) -> Result<Arc<dyn Any + Send + Sync>, String>
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
    let items = Arc::new(items);
    Ok(Arc::new(Items { items, effects }))
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

/// An item that is used as the key of its step.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is an idempotency key here, so it must be `Eq` and `Hash`",
    label = "is not `Eq` and `Hash`",
    note = "two equal items would be one operation to the service, so the saga compares them: derive `PartialEq`, `Eq` and `Hash`"
)]
pub trait KeyItem: Sized {
    /// Finds the first item that is equal to an earlier one, and returns the indices of the earlier
    /// one and of that item.
    fn equal_items(items: &[Self]) -> Option<(usize, usize)>;
}

#[diagnostic::do_not_recommend]
impl<T: Eq + Hash> KeyItem for T {
    fn equal_items(items: &[Self]) -> Option<(usize, usize)> {
        let mut seen = HashMap::with_capacity(items.len());
        let mut items = items.iter().enumerate();
        items.find_map(|(second, item)| Some((seen.insert(item, second)?, second)))
    }
}

/// Finds nothing: items that are not keys may be equal.
#[must_use]
pub const fn no_keys<I>(_: &[I]) -> Option<(usize, usize)> {
    None
}

/// Collects all items.
pub fn collected<I>(items: impl ListOf<I>) -> Vec<I> {
    items.list().into_iter().collect()
}
