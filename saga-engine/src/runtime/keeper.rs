//! Keeps the lease of an engine: renews it in time, and drops the runs when it has ended.

use crate::{
    runtime::inner::{Inner, PAUSE},
    runtime::lease::Session,
    store::StoreError,
};
use std::{future::pending, sync::Arc};
use tokio::time::{Instant, sleep_until, timeout_at};

/// Keeps the lease of each epoch that the engine has, one after the other, until it is stopped.
pub(crate) async fn keep(inner: Arc<Inner>) {
    let mut sessions = inner.sessions.subscribe();
    loop {
        let session = sessions.borrow_and_update().clone();
        // Whoever stops the engine says so here, too; the store must be free for the next engine.
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
            // The engine holds the sender as long as this holds the engine.
            _ = sessions.changed() => continue,
        }
        if let Some(session) = session {
            inner.fenced(session.epoch);
        }
    }
}

/// Renews a lease at each third of it, until it has ended.
async fn keep_one(inner: &Inner, session: &Session) {
    let Some(length) = session.lease.length() else {
        return pending().await;
    };
    let mut next = Instant::now() + length / 3;
    while let Some(ends) = session.lease.ends() {
        if next >= ends {
            return sleep_until(ends).await;
        }
        sleep_until(next).await;
        let sent = Instant::now();
        match timeout_at(ends, inner.store.renew(session.epoch)).await {
            Ok(Ok(now)) => {
                inner.clock.set(now);
                session.lease.renewed(sent);
                next = sent + length / 3;
            }
            Err(_) | Ok(Err(StoreError::Fenced { .. })) => return,
            Ok(Err(_)) => next = Instant::now() + (length / 10).min(PAUSE),
        }
    }
}
