//! Who may interrupt a run, and who observes it.

use crate::{
    basics::control::Control,
    calls::{lock_table::LockTable, mail::Mail},
    observers::{Audience, Observer},
    values::id::Id,
};
use std::{fmt, pin::Pin, sync::Arc, time::Duration};
use tokio::time::{Instant, Sleep};

/// What may interrupt a run, who hears of it, and how its waits are drawn.
#[derive(Default)]
pub struct RunOptions {
    /// Who may ask it to cancel.
    pub control: Option<Arc<Control>>,
    /// How long it is from the start, or from now on, to its deadline.
    pub deadline: Option<Duration>,
    /// Who observes it.
    pub observers: Vec<Arc<dyn Observer>>,
    /// Of the waits that are drawn at random; `None`: they differ from run to run.
    pub seed: Option<u64>,
    /// How many items a loop may have; `None`: 10,000.
    pub items_limit: Option<usize>,
    /// What a run in memory takes its locks from; `None`: from the table of the process.
    pub locks: Option<LockTable>,
}

/// How many items a loop may have if nothing else is said.
pub(crate) const ITEMS_LIMIT: usize = 10_000;

/// An item of a loop.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Item {
    /// The loop.
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

/// The same for a run that has started.
#[derive(Default)]
pub(crate) struct Watch {
    pub(crate) control: Option<Arc<Control>>,
    pub(crate) deadline: Option<Instant>,
    pub(crate) cancel_heard: bool,
    pub(crate) deadline_heard: bool,
    /// Wakes the run at its deadline while what is part of it runs.
    pub(crate) alarm: Option<Pin<Box<Sleep>>>,
    pub(crate) ended: bool,
    pub(crate) seed: Option<u64>,
    pub(crate) items_limit: Option<usize>,
    pub(crate) locks: Option<LockTable>,
    /// What is at hand, if the run is that of the items of a loop.
    pub(crate) item: Option<Item>,
    /// Where signals are sent to.
    pub(crate) mail: Option<Mail>,
    /// Shared with the calls that run, which are polled within its observers.
    pub(crate) audience: Option<Arc<Audience>>,
}

impl Watch {
    /// `None`, if there is nobody.
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

    /// Whether anybody or anything may interrupt the run: it is not only observed.
    #[inline]
    pub(crate) fn interrupts(&self) -> bool {
        self.control.is_some() || self.deadline.is_some() || self.mail.is_some()
    }

    /// Who may ask to cancel, until it has been heard.
    pub(crate) fn control(&self) -> Option<&Control> {
        self.control.as_deref().filter(|_| !self.cancel_heard)
    }
}
