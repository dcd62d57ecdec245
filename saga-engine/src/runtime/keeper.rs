//! Renews the lease of an engine in time, and drops the runs when the lease has ended. Also reports
//! stuck calls.

use crate::{
    runtime::calls::RunningCall,
    runtime::inner::{Inner, PAUSE},
    runtime::lease::Session,
    store::StoreError,
};
use std::{future::pending, sync::Arc, time::Duration};
use tokio::time::{Instant, sleep, sleep_until, timeout_at};
use typed_saga_core::run::report_stuck;

/// The interval at which it looks for stuck calls.
const LOOK: Duration = Duration::from_secs(1);

/// Keeps the lease of each of the engine's epochs, one after the other, until the engine is
/// stopped.
pub(crate) async fn keep(inner: Arc<Inner>) {
    let mut sessions = inner.sessions.subscribe();
    loop {
        let session = sessions.borrow_and_update().clone();
        // Stopping the engine changes the sessions, too. The store must be free for the next
        // engine.
        if inner.live().stopped {
            return;
        }
        let kept = async {
            match &session {
                Some(session) => keep_one(&inner, session).await,
                None => pending().await,
            }
        };
        tokio::select! {
            () = kept => {}
            () = watch(&inner) => {}
            // The sender exists as long as the engine, which this task holds.
            _ = sessions.changed() => continue,
        }
        if let Some(session) = session {
            inner.fenced(session.epoch);
        }
    }
}

/// Renews a lease after each third of its length, until it has ended.
async fn keep_one(inner: &Inner, session: &Session) {
    let lease = &session.lease;
    let (Some(length), Some(mut next)) = (lease.length(), lease.renewal()) else {
        return pending().await;
    };
    while let Some(ends) = lease.ends() {
        sleep_until(next.min(ends)).await;
        if !lease.holds() {
            return;
        }
        let sent = Instant::now();
        match timeout_at(ends, inner.store.renew(session.epoch)).await {
            // The process stood still until the lease had ended: calls that were refused since then are
            // not asked for again in this session.
            Ok(Ok(_)) if !lease.holds() => return,
            Ok(Ok(now)) => {
                inner.clock.set(now);
                lease.renewed(sent);
                next = sent + length / 3;
            }
            Err(_) | Ok(Err(StoreError::Fenced { .. })) => return,
            Ok(Err(_)) => next = Instant::now() + (length / 10).min(PAUSE),
        }
    }
}

/// Reports each stuck call, once: a call that blocks its thread cannot report itself.
async fn watch(inner: &Inner) {
    loop {
        sleep(LOOK).await;
        let at_hand: Vec<_> = {
            let live = inner.live();
            let at_hand = live.at_hand.iter();
            let at_hand = at_hand.map(|(saga, run)| (saga.clone(), Arc::clone(&run.shared)));
            at_hand.collect()
        };
        for (saga, shared) in at_hand {
            let stuck = shared.overdue();
            let Some(entry) = inner.entries.get(&saga.saga) else {
                continue;
            };
            for call in stuck {
                let RunningCall {
                    path,
                    definition,
                    at,
                    ..
                } = call;
                let (root, id) = (entry.definition(), || shared.id(&saga));
                let site = (path.as_deref(), definition, at);
                report_stuck(root, id, &inner.settings.observers, site);
            }
        }
    }
}
