//! The events that this engine delivers. It claims them with a commit of their own, or with the one
//! that ends their saga, which saves a commit and a look for what is due.

use crate::{
    runtime::tasks::lock,
    store::{Epoch, EventHold, EventRow, NewEvent, SagaId},
};
use std::{
    collections::HashSet,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
};
use tokio::sync::{Notify, mpsc};

/// The number of events that are delivered concurrently.
pub(crate) const AT_ONCE: usize = 32;
/// The number of events up to which a commit may claim its own. Those that no delivery is free for wait
/// here, which saves the commit that would claim them; any further ones are for other workers, too.
const CLAIMED: usize = 2 * AT_ONCE;

/// An event that this engine has claimed.
pub(crate) struct Claimed {
    pub(crate) hold: EventHold,
    /// Its key, as text.
    pub(crate) key: String,
    pub(crate) payload: String,
    pub(crate) failures: u32,
    /// Whether it is known to be the only undelivered event of its saga.
    pub(crate) alone: bool,
}

impl From<EventRow> for Claimed {
    fn from(row: EventRow) -> Self {
        Self {
            hold: row.hold(),
            key: row.key,
            payload: row.payload,
            failures: row.failures,
            alone: false,
        }
    }
}

/// An event that a commit has claimed, and the epoch of the claim.
pub(crate) type Kept = (Epoch, Claimed, InDelivery);

/// The state that the deliverer shares with sagas that end.
pub(crate) struct Handing {
    /// Wakes the deliverer.
    pub(crate) wake: Notify,
    /// Whether a claim was not answered, but may have taken effect.
    pub(crate) unheard: AtomicBool,
    /// The events that are being delivered, or that an unfinished commit claims.
    held: Arc<Mutex<HashSet<(SagaId, u64)>>>,
    kept: mpsc::UnboundedSender<Kept>,
}

impl Handing {
    pub(crate) fn new() -> (Arc<Self>, mpsc::UnboundedReceiver<Kept>) {
        let (kept, receiver) = mpsc::unbounded_channel();
        let handing = Self {
            wake: Notify::new(),
            unheard: AtomicBool::new(false),
            held: Arc::default(),
            kept,
        };
        (Arc::new(handing), receiver)
    }

    /// The number of further events that may be claimed.
    pub(crate) fn room(&self) -> usize {
        AT_ONCE.saturating_sub(lock(&self.held).len())
    }

    /// Whether an event of this saga is being delivered, or is about to be.
    pub(crate) fn delivers(&self, saga: &SagaId) -> bool {
        lock(&self.held).iter().any(|(held, _)| held == saga)
    }

    pub(crate) fn holds(&self, saga: &SagaId, number: u64) -> bool {
        lock(&self.held).contains(&(saga.clone(), number))
    }

    pub(crate) fn hold(&self, saga: SagaId, number: u64) -> InDelivery {
        let event = (saga, number);
        lock(&self.held).insert(event.clone());
        InDelivery {
            all: Arc::clone(&self.held),
            event,
        }
    }

    /// Lets the commit that ends a saga claim its first event, if there is room.
    pub(crate) fn promise(self: &Arc<Self>, saga: &SagaId) -> Option<Promise> {
        // A deliverer that has stopped delivers nothing.
        let takes = !self.kept.is_closed() && lock(&self.held).len() < CLAIMED;
        takes.then(|| Promise {
            handing: Arc::clone(self),
            held: Some(self.hold(saga.clone(), 0)),
        })
    }
}

/// An event that is being delivered, until this is dropped.
pub(crate) struct InDelivery {
    all: Arc<Mutex<HashSet<(SagaId, u64)>>>,
    event: (SagaId, u64),
}

impl Drop for InDelivery {
    fn drop(&mut self) {
        lock(&self.all).remove(&self.event);
    }
}

/// The claim of an event by an unfinished commit. If it is dropped, the claim may have taken
/// effect, and no task here would deliver the event.
pub(crate) struct Promise {
    handing: Arc<Handing>,
    /// `None` once it was [kept](Self::keep).
    held: Option<InDelivery>,
}

impl Promise {
    /// The commit was written: this event is to be delivered, the first of `of`.
    pub(crate) fn keep(mut self, epoch: Epoch, event: NewEvent, of: usize) {
        let Some(held) = self.held.take() else { return };
        let (saga, number) = held.event.clone();
        let claimed = Claimed {
            hold: EventHold {
                saga,
                number,
                turn: 1,
            },
            key: event.key,
            payload: event.payload,
            failures: 0,
            alone: of == 1,
        };
        // An engine that has stopped delivers nothing: its claims end with it.
        drop(self.handing.kept.send((epoch, claimed, held)));
    }
}

impl Drop for Promise {
    fn drop(&mut self) {
        if self.held.take().is_some() {
            self.handing.unheard.store(true, Ordering::Relaxed);
            self.handing.wake.notify_one();
        }
    }
}
