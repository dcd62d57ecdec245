//! The events of a saga: created once it has ended, and delivered one after the other.

use crate::{
    basics::{
        discard::{discard, quietly},
        panic::{Panic, caught},
        random::{random, split_mix},
    },
    calls::{
        events::{Events, Publisher},
        journal::Journal,
        perform::Scope,
    },
    definition::{Backoff, Limit},
    executor::{run_state::RunState, wait::timer},
    generated::machine::{EventOf, Machine},
    kernel::{End, Event},
    observers::{Audience, RunEvent},
    report::raised::Lent,
    values::{
        cause::Cause,
        id::{Id, event_key},
    },
};
use std::{future::Future, sync::Arc, time::Duration};
use tokio::time::Instant;

/// The default of how often, and with what backoff, the delivery of an event is tried.
const TIMES: Limit = Limit::Times(5);
static BACKOFF: Backoff = Backoff::between(Duration::from_millis(200), Duration::from_secs(5));

/// Creates the events of a saga that has ended, each converted by `keep`. If that fails, the saga
/// is parked instead.
pub(crate) fn announce<M: Machine, J: Journal, T>(
    (machine, slots): (&M, &M::Slots),
    run: &mut RunState,
    scope: &Scope<'_, J>,
    end: End,
    keep: impl Fn(EventOf<M>) -> Result<T, String>,
) -> (End, Vec<T>) {
    if !M::Events::EMITS {
        return (end, Vec::new());
    }
    let cause = match made(machine, slots, run, end) {
        Ok(events) => match events.into_iter().map(keep).collect() {
            Ok(events) => return (end, events),
            Err(text) => Cause::Unrecordable { text },
        },
        Err(panic) => Cause::Panicked(panic),
    };
    let cause = run.apply_failed(scope, Event::EmitFailed, cause);
    run.failures.emit_failed(run.kernel.direction(), cause);
    (End::Parked, Vec::new())
}

fn made<M: Machine>(
    machine: &M,
    slots: &M::Slots,
    run: &mut RunState,
    end: End,
) -> Result<Vec<EventOf<M>>, Box<Panic>> {
    match (end, &run.failures.first) {
        (End::Completed, _) => {
            caught(|| machine.events(slots, &|block| run.kernel.is_taken(block)))
        }
        (End::Compensated, Some(_)) => {
            let lent = run.failures.lend(run.rules.plain);
            let made = |lent: &Lent| caught(|| machine.events_of_failed(lent.read().typed()));
            let made = lent.as_ref().map_or_else(|| Ok(Vec::new()), made);
            run.failures.give_back(lent);
            made
        }
        _ => Ok(Vec::new()),
    }
}

/// Delivers the events of a saga that has events and a publisher.
pub(crate) struct Delivery<T> {
    publisher: Publisher<T>,
    events: Vec<T>,
    saga: &'static str,
    id: Id,
    retry: (Limit, &'static Backoff),
    audience: Option<Arc<Audience>>,
    seed: Option<u64>,
}

impl<T: Send + Sync + 'static> Delivery<T> {
    pub(crate) fn of<M: Machine<Events: Events<Event = T>>>(
        machine: &M,
        events: Vec<T>,
        id: &Id,
        (audience, seed): (Option<Arc<Audience>>, Option<u64>),
    ) -> Option<Self> {
        if events.is_empty() {
            return None;
        }
        let retry = M::DEFINITION.publish.as_ref();
        let retry = retry.and_then(|publish| publish.retry.as_ref());
        Some(Self {
            publisher: machine.publisher()?,
            events,
            saga: &M::DEFINITION.name,
            id: id.clone(),
            retry: retry.map_or((TIMES, &BACKOFF), |retry| {
                (retry.limit, retry.backoff.get())
            }),
            audience,
            seed,
        })
    }

    /// Delivers the events in order, each after the one before it was delivered.
    pub(crate) fn run(self) -> impl Future<Output = ()> + Send + 'static {
        let Self {
            publisher,
            events,
            saga,
            id,
            retry: (limit, backoff),
            audience,
            mut seed,
        } = self;
        async move {
            let mut failed: Option<String> = None;
            for (number, event) in (0..).zip(events) {
                let key = event_key(saga, &id, number);
                let event = Arc::new(event);
                let mut failures = 0;
                while failed.is_none() {
                    let Err(error) = publisher.attempt(Arc::clone(&event), key).await else {
                        break;
                    };
                    failures += 1;
                    if error.refused || !limit.allows(failures) {
                        failed = Some(error.error);
                        break;
                    }
                    let random = seed.as_mut().map_or_else(random, split_mix);
                    let random = if backoff.jitter { random } else { 0 };
                    let wait = quietly(|| backoff.wait(failures - 1, random)).unwrap_or_default();
                    let now = Instant::now();
                    if let Some(timer) = timer(now.checked_add(wait).unwrap_or(now)) {
                        timer.await;
                    }
                }
                discard(event);
                if let Some(error) = &failed {
                    let key = &key;
                    let undelivered = RunEvent::Undelivered { number, key, error };
                    if let Some(audience) = &audience {
                        audience.tell(&undelivered);
                    }
                }
            }
            discard(publisher);
        }
    }
}
