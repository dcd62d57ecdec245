//! The lanes of the items that have begun.

use crate::{
    calls::{lane::LaneFuture, link::Link},
    definition::Items,
    executor::run_state::RunState,
    kernel::Kernel,
};
use std::{pin::Pin, sync::Arc};

/// The lane of an item.
pub(crate) type ItemLane<'a> = Pin<Box<dyn LaneFuture<'a> + 'a>>;

/// Creates the lane of an item. If the item is a child saga, the link tells it that the item rolls
/// back.
pub(crate) type MakeLane<'a, 'm> = dyn Fn(usize, Option<Arc<Link>>) -> ItemLane<'a> + Sync + 'm;

/// The lanes of a loop, created when they are needed.
pub(super) struct Lanes<'a, 'm> {
    /// The lanes of items that have begun and not ended, in order.
    pub(super) running: Vec<Running<'a>>,
    pub(super) make: &'m MakeLane<'a, 'm>,
}

/// An item that has begun and not ended.
pub(super) struct Running<'a> {
    pub(super) index: usize,
    pub(super) lane: ItemLane<'a>,
    pub(super) link: Option<Arc<Link>>,
}

/// The link that tells an item's child saga in which direction the item goes.
pub(super) fn link(run: &mut RunState, item: &Kernel) -> Option<Arc<Link>> {
    run.declared(Items::STEP).child.as_ref()?;
    let watch = run.watch.as_deref();
    let seeded = watch.is_some_and(|watch| watch.seed.is_some());
    let seed = seeded.then(|| run.random());
    Some(Arc::new(Link {
        seed,
        ..Link::new(item.parts(), run.watch.as_deref())
    }))
}
