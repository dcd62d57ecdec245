//! The outbox: the events of sagas that have ended, until they are delivered.

use super::{Epoch, SagaId, Time};
use std::{fmt, sync::Arc, time::Duration};

/// An event in the outbox. `Debug` leaves out its content.
#[derive(Clone, PartialEq, Eq)]
pub struct EventRow {
    /// Its position in the outbox, later than that of every event that was visible when it was
    /// written. If sagas end concurrently, an event with a lower position may appear later, so a
    /// reader that relies on the highest position that it has seen misses events.
    pub position: u64,
    /// The saga.
    pub saga: SagaId,
    /// Its position among the events of its saga, from 0.
    pub number: u64,
    /// The key by which a consumer recognises it.
    pub key: String,
    /// The content, as JSON.
    pub payload: String,
    /// When it was written.
    pub written: Time,
    /// When it was delivered, if it was.
    pub delivered: Option<Time>,
    /// When it is due for delivery; if it is claimed, the time since which it has been due. `None`
    /// if it was delivered, or an earlier event of its saga was not.
    pub due: Option<Time>,
    /// The epoch that last claimed it, unless it was released. The claim may have ended.
    pub claimed: Option<Epoch>,
    /// The number of times that it was claimed.
    pub turn: u64,
    /// The number of failed deliveries in a row.
    pub failures: u32,
    /// The number of claims in a row that have ended without an answer: who delivered the event died,
    /// or lost its lease.
    pub lost: u32,
    /// The reason for the last failure.
    pub why: Option<Arc<str>>,
    /// Why an operator had it skipped, if one did: it then counts as delivered.
    pub skipped: Option<Arc<str>>,
}

/// Selects events: every field that is set must match.
#[derive(Clone, Debug, Default)]
pub struct EventFilter {
    /// The name of the saga.
    pub saga: Option<Arc<str>>,
    /// The id of the saga.
    pub id: Option<Arc<str>>,
    /// Only events that were not delivered.
    pub undelivered: bool,
    /// Only events that are [stuck](EventRow::is_stuck).
    pub stuck: bool,
    /// Only events that this epoch has claimed.
    pub claimed: Option<Epoch>,
    /// Only events after this [position](EventRow::position).
    pub after: Option<u64>,
    /// At most this many; `None`: all.
    pub limit: Option<usize>,
}

/// Selects events by the names of their sagas.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EventsOf {
    /// The events of these sagas.
    Only(Arc<[Arc<str>]>),
    /// The events of all other sagas.
    Except(Arc<[Arc<str>]>),
}

/// A request to claim events for delivery.
#[derive(Clone, Debug)]
pub struct EventClaim {
    /// The sagas whose events are claimed.
    pub of: EventsOf,
    /// The maximum number of events.
    pub limit: usize,
    /// How long the claim lasts; `None`: until the epoch ends.
    pub lease: Option<Duration>,
}

/// One claim of an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventHold {
    /// The saga.
    pub saga: SagaId,
    /// The number of the event.
    pub number: u64,
    /// The number of the claim.
    pub turn: u64,
}

/// The result of delivering a claimed event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Delivery {
    /// It was delivered.
    Acknowledged,
    /// It could not be delivered.
    Failed {
        /// The reason.
        why: Arc<str>,
        /// When the event is due again.
        due: Time,
    },
    /// It could not be delivered, and is set aside: it is listed as stuck, and not due until an operator
    /// asks for it. It holds up the later events of its saga.
    Refused {
        /// The reason.
        why: Arc<str>,
    },
    /// It was not tried.
    Release,
}

/// What an operator decides about an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EventChange {
    /// It is due now, even if it was delivered or skipped before; its failures are forgotten.
    Redeliver,
    /// It is never delivered; the saga's next event is due.
    Skip {
        /// The reason.
        why: String,
    },
}

/// The number of undelivered events of a saga's name, if there are any.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventStat {
    /// The name.
    pub saga: Arc<str>,
    /// The number of undelivered events.
    pub undelivered: u64,
    /// The number of those that are [stuck](EventRow::is_stuck).
    pub stuck: u64,
    /// When the oldest of them was written.
    pub oldest: Time,
}

impl EventRow {
    /// An event is stuck after this many failures in a row, or after as many lost deliveries.
    pub const STUCK: u32 = 10;

    /// The text for [`why`](Self::why) if an event is not delivered because its row is damaged.
    #[must_use]
    pub fn damaged(why: &str) -> String {
        format!("its row is damaged: {why}; mend it, and redeliver the event")
    }

    /// The text for [`why`](Self::why) if an event is not delivered any more because of its
    /// [`lost`](Self::lost) deliveries.
    #[must_use]
    pub fn given_up(lost: u32) -> String {
        format!("{lost} processes have died with it, one after the other; redeliver it, or skip it")
    }

    /// Whether its delivery has failed [this many](Self::STUCK) times in a row.
    #[must_use]
    pub fn is_stuck(&self) -> bool {
        self.delivered.is_none() && self.failures >= Self::STUCK
    }

    /// The claim with which the event was returned.
    #[must_use]
    pub fn hold(&self) -> EventHold {
        EventHold {
            saga: self.saga.clone(),
            number: self.number,
            turn: self.turn,
        }
    }
}

impl EventFilter {
    /// The events of this saga.
    #[must_use]
    pub fn of(saga: SagaId) -> Self {
        Self {
            saga: Some(saga.saga),
            id: Some(saga.id),
            ..Self::default()
        }
    }

    /// The undelivered events of this saga.
    #[must_use]
    pub fn undelivered_of(saga: SagaId) -> Self {
        Self {
            undelivered: true,
            ..Self::of(saga)
        }
    }

    /// The first undelivered event of this saga.
    #[must_use]
    pub fn first_undelivered_of(saga: SagaId) -> Self {
        Self {
            limit: Some(1),
            ..Self::undelivered_of(saga)
        }
    }

    /// Whether an event matches; does not look at `limit`.
    #[must_use]
    pub fn fits(&self, event: &EventRow) -> bool {
        let fits = |wanted: &Option<Arc<str>>, is| wanted.as_ref().is_none_or(|name| name == is);
        fits(&self.saga, &event.saga.saga)
            && fits(&self.id, &event.saga.id)
            && (!self.undelivered || event.delivered.is_none())
            && (!self.stuck || event.is_stuck())
            && self
                .claimed
                .is_none_or(|epoch| event.claimed == Some(epoch))
            && self.after.is_none_or(|after| event.position > after)
    }
}

impl EventsOf {
    /// Whether it selects sagas of this name.
    #[must_use]
    pub fn fits(&self, name: &str) -> bool {
        match self {
            Self::Only(names) => names.iter().any(|one| **one == *name),
            Self::Except(names) => names.iter().all(|one| **one != *name),
        }
    }
}

impl fmt::Debug for EventRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            position,
            saga,
            number,
            key,
            payload: _,
            written,
            delivered,
            due,
            claimed,
            turn,
            failures,
            lost,
            why,
            skipped,
        } = self;
        f.debug_struct("EventRow")
            .field("position", position)
            .field("saga", saga)
            .field("number", number)
            .field("key", key)
            .field("written", written)
            .field("delivered", delivered)
            .field("due", due)
            .field("claimed", claimed)
            .field("turn", turn)
            .field("failures", failures)
            .field("lost", lost)
            .field("why", why)
            .field("skipped", skipped)
            .finish_non_exhaustive()
    }
}
