//! The options of a run: what may interrupt it, and its observers.

use crate::{
    basics::control::Control,
    calls::{lock_table::LockTable, mail::Mail},
    observers::{Audience, Observer},
    values::id::Id,
};
use std::{fmt, pin::Pin, sync::Arc, time::Duration};
use tokio::time::{Instant, Sleep};

/// What may interrupt a run, its observers, and its limits.
#[derive(Default)]
pub struct RunOptions {
    /// Through this, the run can be cancelled.
    pub control: Option<Arc<Control>>,
    /// The time until the deadline, from the start of the run or, for a recovered run, from now.
    pub deadline: Option<Duration>,
    /// The observers of the run.
    pub observers: Vec<Arc<dyn Observer>>,
    /// The seed of the random waits; `None`: they differ from run to run.
    pub seed: Option<u64>,
    /// The maximum number of items of a loop; `None`: 10,000.
    pub items_limit: Option<usize>,
    /// The table of the locks of a run in memory; `None`: the table of the process.
    pub locks: Option<LockTable>,
}

/// The default of the maximum number of items of a loop.
pub(crate) const ITEMS_LIMIT: usize = 10_000;

/// An item of a loop.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Item {
    /// The loop's step.
    pub(crate) step: u16,
    pub(crate) index: u32,
}

impl fmt::Debug for RunOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RunOptions")
            .field("deadline", &self.deadline)
            .finish_non_exhaustive()
    }
}

/// The options of a run that has started, and its current state.
#[derive(Default)]
pub(crate) struct Watch {
    pub(crate) control: Option<Arc<Control>>,
    pub(crate) deadline: Option<Instant>,
    pub(crate) cancel_heard: bool,
    pub(crate) deadline_heard: bool,
    /// Wakes the run at its deadline while a run that is part of it runs.
    pub(crate) alarm: Option<Pin<Box<Sleep>>>,
    pub(crate) ended: bool,
    pub(crate) seed: Option<u64>,
    pub(crate) items_limit: Option<usize>,
    pub(crate) locks: Option<LockTable>,
    /// The current item, if the run is that of an item of a loop.
    pub(crate) item: Option<Item>,
    /// The mailbox to which signals are sent.
    pub(crate) mail: Option<Mail>,
    /// Shared with the running calls, which are polled inside the observers.
    pub(crate) audience: Option<Arc<Audience>>,
}

impl Watch {
    /// Returns `None` if the run has no options and no observers.
    pub(crate) fn of(
        saga: &'static str,
        id: &dyn Fn() -> Id,
        options: Option<Box<RunOptions>>,
    ) -> Option<Box<Self>> {
        let audience = |own| Audience::gather(saga, id, own);
        let Some(options) = options else {
            return audience(Vec::new()).map(|audience| {
                Box::new(Self {
                    audience: Some(audience),
                    ..Self::default()
                })
            });
        };
        Some(Box::new(Self {
            control: options.control,
            deadline: options
                .deadline
                .and_then(|limit| Instant::now().checked_add(limit)),
            audience: audience(options.observers),
            seed: options.seed,
            items_limit: options.items_limit,
            locks: options.locks,
            ..Self::default()
        }))
    }

    /// Whether anything may interrupt the run. (If not, it is only observed.)
    #[inline]
    pub(crate) fn interrupts(&self) -> bool {
        self.control.is_some() || self.deadline.is_some() || self.mail.is_some()
    }

    /// The control through which the run can be cancelled, until the run has noticed a request.
    pub(crate) fn control(&self) -> Option<&Control> {
        self.control.as_deref().filter(|_| !self.cancel_heard)
    }
}
