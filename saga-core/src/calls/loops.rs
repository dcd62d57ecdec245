//! What is kept of a loop, and what the machine and the executor share of it: its items, their
//! effects, and what became of them.
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

/// What is kept of a loop while its saga is not over.
#[derive(Default)]
pub(crate) struct LoopState {
    /// One for each item; those behind `count` are of an earlier time, when there were more items,
    /// and keep their rounds.
    pub(crate) kernels: Vec<ItemKernel>,
    pub(crate) count: usize,
    /// The items and, until all are applied, their effects: an `Arc` of [`Items`].
    pub(crate) items: Option<Arc<dyn Any + Send + Sync>>,
    /// Where a call of the loop goes on that is on record without an end.
    pub(crate) goes_on: Option<Box<GoesOn>>,
}

/// What is on record of a call of a loop that has no end yet, beside its kernels.
#[derive(Default)]
pub(crate) struct GoesOn {
    /// What is remembered of the items that are worked at.
    pub(crate) lanes: BTreeMap<usize, StepProgress<Infallible>>,
    /// What went wrong, in order.
    pub(crate) failures: Failures<Infallible>,
    /// What the call remembers of its items.
    pub(crate) kernel: LoopKernel,
}

/// A loop that was begun.
pub(crate) struct Looping {
    pub(crate) step: u16,
    pub(crate) state: LoopState,
}

/// What a loop is handed, beside the call.
pub(crate) struct Looped {
    pub(crate) state: LoopState,
    /// How many items it may have.
    pub(crate) limit: usize,
    pub(crate) audience: Option<Arc<Audience>>,
    pub(crate) seed: Option<u64>,
}

/// What became of a loop, or of the making of its items.
pub struct LoopReport<E> {
    pub(crate) state: LoopState,
    pub(crate) end: LoopCall,
    /// In order.
    pub(crate) failures: Vec<Failure<E>>,
}

/// What a call of a loop gave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LoopCall {
    /// The items are there.
    Made,
    /// There are more than so many.
    TooMany(usize),
    /// These two are equal, and each is its own key.
    Equal(usize, usize),
    /// No item has anything left to do.
    Ended(LoopEnd),
}

impl<E> fmt::Debug for LoopReport<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("LoopReport").field(&self.end).finish()
    }
}

/// The items of a loop, and a place for the effect of each.
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

/// One item, as its calls see it.
pub struct Each<I, T> {
    pub(crate) all: Arc<Items<I, T>>,
    pub(crate) index: usize,
    /// To the saga that is done with the item, if it is one.
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

    /// Which one it is.
    #[must_use]
    pub fn index(&self) -> usize {
        self.index
    }

    /// Its effect, if it is there; `whole`: the effect of the loop.
    #[must_use]
    pub fn own<'s, R: Whole<T>>(&'s self, whole: Option<&'s R>) -> Option<&'s T> {
        match whole {
            Some(whole) => whole.list().get(self.index),
            None => self.all.effects.get(self.index)?.get(),
        }
    }

    /// Puts its effect there.
    pub fn fill(&self, value: T) {
        let filled = self.all.effects[self.index].set(value);
        debug_assert!(filled.is_ok(), "an item happens once in a run of its loop");
    }
}

/// What is on record of the items of a loop.
pub struct RecordedItems<'a> {
    /// The items as JSON.
    pub(crate) items: &'a str,
    /// What is there of the effect of each. None at all, where that of the loop has them.
    pub(crate) effects: Vec<RecordedEffect<'a>>,
}

/// What is on record of the effect of an item.
pub(crate) enum RecordedEffect<'a> {
    /// It has none yet, or not any more.
    Missing,
    /// The item was skipped.
    Skipped,
    /// This, as JSON.
    Made(&'a str),
}

impl<'a> RecordedItems<'a> {
    /// The effect of one item alone.
    pub(crate) fn effect(json: &'a str) -> Self {
        Self {
            items: "[]",
            effects: vec![RecordedEffect::Made(json)],
        }
    }
}

/// The items of a loop as they were recorded; `effect` reads the effect of one, or that it was
/// skipped.
///
/// # Errors
/// Why one cannot be read.
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

/// What a loop is to its readers: a list of effects, or under a `when` perhaps.
pub trait Whole<T> {
    /// Of the effects in the order of the items.
    fn of(list: Vec<T>) -> Self;
    /// These.
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

/// What the expression of a loop makes.
#[diagnostic::on_unimplemented(
    message = "the items of this loop are `{I}`, but this is `{Self}`",
    label = "not a list of `{I}`",
    note = "write a list or an iterator of `{I}`; of references, `.cloned()` or `.copied()` makes one"
)]
pub trait ListOf<I> {
    /// What the items are taken from.
    #[doc(hidden)]
    type List: IntoIterator<Item = I>;

    /// Itself.
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

/// An item that its step names as its key.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is an idempotency key here, so it must be `Eq` and `Hash`",
    label = "is not `Eq` and `Hash`",
    note = "the service would take two equal items of one list for one operation, so the saga looks for them: derive `PartialEq`, `Eq` and `Hash`"
)]
pub trait KeyItem: Sized {
    /// The first item that is equal to one before it, and that one.
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

/// Items that are no keys may be equal.
#[must_use]
pub const fn no_keys<I>(_: &[I]) -> Option<(usize, usize)> {
    None
}

/// All items.
pub fn collected<I>(items: impl ListOf<I>) -> Vec<I> {
    items.list().into_iter().collect()
}
