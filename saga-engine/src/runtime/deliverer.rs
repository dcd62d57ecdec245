//! The deliverer: delivers the events of sagas that have ended, as long as the engine lives. Events
//! of different sagas are delivered concurrently, those of one saga one after the other.

use crate::{
    runtime::handing::{AT_ONCE, Claimed, Handing, InDelivery, Kept},
    runtime::inner::{Inner, PAUSE},
    runtime::lease::Session,
    runtime::patience::wait,
    store::{Delivery, EventClaim, EventFilter, EventHold, EventRow, EventsOf, Store, StoreError},
};
use std::{
    pin::pin,
    sync::{Arc, atomic::Ordering},
    time::Duration,
};
use tokio::{
    sync::mpsc,
    task::{JoinError, JoinSet},
    time::{Instant, sleep},
};
use typed_saga_core::{
    Id,
    run::{Undelivered, event_key, report_undelivered, shortened},
};

/// The page size when it looks at all claimed events.
const PAGE: usize = 1024;

/// Delivers the events that are due, of sagas with a `publish`, until the engine stops. `kept`
/// receives the events that commits have claimed.
pub(crate) async fn deliver(inner: Arc<Inner>, mut kept: mpsc::UnboundedReceiver<Kept>) {
    let names: Arc<[Arc<str>]> = inner.publish.clone();
    if names.is_empty() {
        return;
    }
    let of = EventsOf::Only(names);
    let handing = Arc::clone(&inner.outbox);
    let mut reconciled = None;
    // Whether this worker was notified of an event.
    let mut told = false;
    let mut sessions = inner.sessions.subscribe();
    let mut under_way = JoinSet::new();
    // Whether more events may be due than there was room for.
    let mut full = false;
    loop {
        while let Some(ended) = under_way.try_join_next() {
            heard(&handing, &ended);
        }
        let session = sessions.borrow_and_update().clone();
        let (stopping, stopped) = {
            let mut live = inner.live();
            let claims = session.is_some() && !live.stopping;
            live.delivering = under_way.len() + usize::from(claims);
            (live.stopping, live.stopped)
        };
        if stopped || stopping && under_way.is_empty() {
            inner.live().delivering = 0;
            return inner.ended.notify_waiters();
        }
        let pause = match &session {
            Some(session) if !stopping => {
                let due = claim_due(
                    &inner,
                    session,
                    (&of, told),
                    &mut reconciled,
                    &mut under_way,
                );
                let (more, pause) = due.await;
                full = more;
                pause
            }
            _ => Duration::MAX,
        };
        let mut pause = pin!(sleep(pause));
        told = loop {
            tokio::select! {
                () = handing.wake.notified() => break true,
                Some((epoch, claimed, held)) = kept.recv(), if under_way.len() < AT_ONCE => {
                    match &session {
                        Some(session) if session.epoch == epoch => {
                            begin(&inner, session, (claimed, held), &mut under_way);
                        }
                        _ => handing.unheard.store(true, Ordering::Relaxed),
                    }
                }
                // What has ended makes room; one commit then claims as many events.
                Some(ended) = under_way.join_next() => {
                    inner.live().delivering = under_way.len();
                    heard(&handing, &ended);
                    if full || stopping || !matches!(ended, Ok(After::Nothing)) {
                        break false;
                    }
                }
                () = &mut pause => break false,
                // Another worker may deliver what was claimed under the epoch that has ended.
                _ = sessions.changed() => {
                    under_way.shutdown().await;
                    break false;
                }
            }
        };
    }
}

/// What may be due once a delivery has ended.
enum After {
    /// Nothing else, so the store need not be asked: it was the only event of its saga.
    Nothing,
    /// The next event of its saga, or the event itself, later.
    Perhaps,
}

/// A delivery whose task has panicked, in the store, has not ended its claim.
fn heard(handing: &Handing, ended: &Result<After, JoinError>) {
    if ended.is_err() {
        handing.unheard.store(true, Ordering::Relaxed);
    }
}

/// Claims the events that are due and for which there is room, and starts to deliver them. Returns
/// whether more events may be due, and for how long there will be nothing more to claim.
async fn claim_due(
    inner: &Arc<Inner>,
    session: &Session,
    (of, told): (&EventsOf, bool),
    reconciled: &mut Option<Instant>,
    under_way: &mut JoinSet<After>,
) -> (bool, Duration) {
    let room = inner.outbox.room();
    let found = match reconcile(inner, session, of, reconciled).await {
        Ok(()) => claim(inner, session, of, (room, told)).await,
        Err(error) => Err(error),
    };
    let (claimed, pause) = match found {
        Ok(found) => found,
        Err(error) => {
            if let StoreError::Fenced { epoch } = error {
                inner.fenced(epoch);
            }
            (Vec::new(), PAUSE)
        }
    };
    // What is claimed alone leaves others behind.
    let alone = claimed.iter().any(|row| row.lost > 0);
    let full = claimed.len() == room || alone;
    for row in claimed {
        let held = inner.outbox.hold(row.saga.clone(), row.number);
        begin(inner, session, (row.into(), held), under_way);
    }
    inner.live().delivering = under_way.len();
    (full, pause)
}

/// Starts to deliver a claimed event, concurrently with the others.
fn begin(
    inner: &Arc<Inner>,
    session: &Session,
    (event, held): (Claimed, InDelivery),
    under_way: &mut JoinSet<After>,
) {
    // A shutdown waits for the deliveries that are running, so no further one may start.
    let stopping = inner.live().stopping;
    let (it, session) = (Arc::clone(inner), session.clone());
    under_way.spawn(inner.tasks.track(async move {
        let after = if stopping {
            answer(&it, &session, &event, Delivery::Release).await;
            After::Perhaps
        } else {
            hand_over(&it, &session, &event).await
        };
        drop(held);
        // Those who wait for the delivery look whether it is still being made.
        let tell = it.live().tell(&event.hold.saga);
        if let Some(tell) = tell {
            tell.look.notify_waiters();
        }
        after
    }));
    inner.live().delivering = under_way.len();
}

/// Releases claims for which no delivery is running here: after a claim that was not answered, and
/// three times per lease, since such a claim may take effect late.
async fn reconcile(
    inner: &Inner,
    session: &Session,
    of: &EventsOf,
    reconciled: &mut Option<Instant>,
) -> Result<(), StoreError> {
    let handing: &Handing = &inner.outbox;
    let every = session.lease.length().map(|length| length / 3);
    let since = reconciled.get_or_insert_with(Instant::now).elapsed();
    let unheard = handing.unheard.swap(false, Ordering::Relaxed);
    if !unheard && every.is_none_or(|every| since < every) {
        return Ok(());
    }
    let released = release_strays(inner, session, of).await;
    if released.is_err() {
        handing.unheard.store(true, Ordering::Relaxed);
    } else {
        *reconciled = Some(Instant::now());
    }
    released
}

async fn release_strays(inner: &Inner, session: &Session, of: &EventsOf) -> Result<(), StoreError> {
    let mut page = EventFilter {
        claimed: Some(session.epoch),
        limit: Some(PAGE),
        ..EventFilter::default()
    };
    loop {
        let rows = inner.store.events(page.clone()).await?;
        let is_last = rows.len() < PAGE;
        page.after = rows.last().map(|row| row.position);
        for row in rows {
            // An event that a relay has claimed does not belong to this task.
            if !of.fits(&row.saga.saga) || inner.outbox.holds(&row.saga, row.number) {
                continue;
            }
            let release =
                store_here(inner).handed_over(session.epoch, row.hold(), Delivery::Release);
            match release.await {
                // The task that delivered it has recorded the result meanwhile.
                Ok(()) | Err(StoreError::NotHeld { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        if is_last {
            return Ok(());
        }
    }
}

/// Claims events that are due. Returns them, and for how long there will be nothing more to claim.
async fn claim(
    inner: &Inner,
    session: &Session,
    of: &EventsOf,
    (limit, told): (usize, bool),
) -> Result<(Vec<EventRow>, Duration), StoreError> {
    // The claims of a worker that has died are free once its lease has ended.
    let lease = session.lease.length();
    let look = lease.map_or(Duration::MAX, |length| length / 3);
    // A delivery that ends makes room and wakes this task.
    if limit == 0 {
        return Ok((Vec::new(), look));
    }
    let claims = async || {
        let claim = EventClaim {
            of: of.clone(),
            limit,
            lease: None,
        };
        let claimed = store_here(inner).claim_events(session.epoch, claim).await;
        if claimed.is_err() {
            inner.outbox.unheard.store(true, Ordering::Relaxed);
        }
        claimed
    };
    // An event of which this worker was notified is usually due by now.
    if told {
        let claimed = claims().await?;
        if !claimed.is_empty() {
            return Ok((claimed, look));
        }
    }
    let due = inner.store.next_event(session.epoch, of.clone()).await?;
    let wait = due.map_or(Duration::MAX, |due| inner.clock.until(due));
    if !wait.is_zero() {
        return Ok((Vec::new(), wait.min(look)));
    }
    let claimed = claims().await?;
    // If more events than this are due, they are claimed when one of these deliveries ends.
    let pause = if claimed.is_empty() { PAUSE } else { look };
    Ok((claimed, pause))
}

/// The store, for a write by a task of the deliverer.
fn store_here(inner: &Inner) -> &Arc<dyn Store> {
    inner.store_in_place().unwrap_or(&inner.store)
}

/// Delivers one event, and records the result.
async fn hand_over(inner: &Inner, session: &Session, event: &Claimed) -> After {
    let EventHold { saga, number, .. } = &event.hold;
    let Some(entry) = inner.entries.get(&saga.saga) else {
        return After::Perhaps;
    };
    // Without a lease another worker may have the event: the claim has ended, too.
    if !session.lease.holds() {
        return After::Perhaps;
    }
    let id = Id::from(Arc::clone(&saga.id));
    let (key, published) = match event.key.parse() {
        Ok(key) => (key, entry.publish(&event.payload, key).await),
        Err(damaged) => {
            let (error, refused) = (damaged.to_string(), true);
            let key = event_key(&saga.saga, &id, *number);
            (key, Err(Undelivered { error, refused }))
        }
    };
    let how = match published {
        Ok(()) => Delivery::Acknowledged,
        Err(Undelivered { error, refused }) => {
            let error = shortened(error).into_owned();
            let was_stuck = event.failures >= EventRow::STUCK;
            if !was_stuck && (refused || event.failures + 1 == EventRow::STUCK) {
                let observers = &inner.settings.observers;
                report_undelivered(entry.definition(), id, observers, (*number, &key, &error));
            }
            let why = error.into();
            if refused {
                Delivery::Refused { why }
            } else {
                let wait = wait(entry.backoff(), event.failures);
                let due = inner.now().after(wait);
                Delivery::Failed { why, due }
            }
        }
    };
    let is_over = matches!(how, Delivery::Acknowledged) && event.alone;
    if answer(inner, session, event, how).await && is_over {
        After::Nothing
    } else {
        After::Perhaps
    }
}

/// Records the result of a delivery. Says whether it is recorded.
async fn answer(inner: &Inner, session: &Session, event: &Claimed, how: Delivery) -> bool {
    loop {
        let said = store_here(inner).handed_over(session.epoch, event.hold.clone(), how.clone());
        match said.await {
            Err(StoreError::Unavailable { .. }) => sleep(PAUSE).await,
            Err(StoreError::Fenced { epoch }) => {
                inner.fenced(epoch);
                return false;
            }
            // Another worker has it by now, or the result cannot be written: then it is delivered
            // again.
            said => return said.is_ok(),
        }
    }
}
