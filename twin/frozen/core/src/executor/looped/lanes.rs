//! The lanes of the items that have begun.

use crate::{
    calls::{lane::LaneFuture, link::Link, loops::ItemKernel},
    definition::Items,
    executor::run_state::RunState,
    kernel::StepState,
};
use std::{pin::Pin, sync::Arc};

/// The lane of an item.
pub(in crate::executor) type ItemLane<'a, E> = Pin<Box<dyn LaneFuture<'a, E> + 'a>>;

/// Creates the lane of an item. If the item is a child saga, the link tells it that the item rolls
/// back.
pub(in crate::executor) type MakeLane<'a, 'm, E> =
    dyn Fn(usize, Option<Arc<Link>>) -> ItemLane<'a, E> + Sync + 'm;

/// The lanes of a loop, created when they are needed.
pub(in crate::executor) struct Lanes<'a, 'm, E> {
    /// The lanes of items that have begun and not ended, in order.
    pub(in crate::executor) running: Vec<Running<'a, E>>,
    pub(in crate::executor) make: &'m MakeLane<'a, 'm, E>,
}

/// An item that has begun and not ended.
pub(in crate::executor) struct Running<'a, E> {
    pub(super) index: usize,
    pub(super) lane: ItemLane<'a, E>,
    pub(super) link: Option<Arc<Link>>,
}

/// The link that tells an item's child saga in which direction the item goes.
pub(super) fn link<E: Send + Sync + 'static>(
    run: &mut RunState<E, [StepState; 2]>,
    item: &ItemKernel,
) -> Option<Arc<Link>> {
    run.declared(Items::STEP).child.as_ref()?;
    let watch = run.watch.as_deref();
    let seeded = watch.is_some_and(|watch| watch.seed.is_some());
    let seed = seeded.then(|| run.random());
    Some(Arc::new(Link {
        seed,
        ..Link::new(item.parts(), run.watch.as_deref())
    }))
}
