//! The worker: asks the store what is due and what is asked, as long as the engine lives.

use crate::{
    runtime::engine::{Inner, PAUSE},
    runtime::inbox,
    store::{Filter, StoreError, Time},
};
use saga_core::run::random;
use std::{
    collections::HashSet,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::time::{Instant, sleep};

/// How many sagas are claimed at once.
const BATCH: usize = 64;
/// How many rows are looked at at once, when all are looked at.
const PAGE: usize = 1024;

/// What the worker keeps in mind.
struct Worker {
    inner: Arc<Inner>,
    /// What an earlier engine left has not all been taken up yet.
    recovering: bool,
    purged: Option<Instant>,
    /// A claim was not answered, and may have been made.
    unheard: bool,
    /// Messages that are being answered.
    answering: Arc<Mutex<HashSet<u64>>>,
}

/// Works until the engine stops.
pub(crate) async fn work(inner: Arc<Inner>) {
    let mut worker = Worker {
        inner,
        recovering: true,
        purged: None,
        unheard: false,
        answering: Arc::default(),
    };
    while !worker.inner.live().stopping {
        let pause = match worker.round().await {
            Ok(pause) => pause,
            Err(error @ (StoreError::Fenced { .. } | StoreError::Owned { .. })) => {
                return worker.inner.stop(Some(&error));
            }
            Err(_) => PAUSE,
        };
        tokio::select! {
            () = worker.inner.wake.notified() => {}
            () = sleep(pause) => {}
        }
    }
}

impl Worker {
    /// Does what is to be done now; says for how long there is nothing.
    async fn round(&mut self) -> Result<Duration, StoreError> {
        self.answer().await?;
        self.purge().await?;
        self.make_good().await?;
        let due = loop {
            // Cleared before the look: what becomes due after it wakes this again.
            self.inner.live().looks = None;
            let due = self.inner.store.next_due(self.inner.epoch).await?;
            if due.is_none_or(|due| self.inner.now() < due) {
                self.recovering = false;
                self.inner.live().backlog = false;
                break due;
            }
            if !self.claim().await? {
                return Ok(self.inner.settings.inbox_interval);
            }
        };
        let inner = &self.inner;
        let mut live = inner.live();
        live.looks = [live.looks, due].into_iter().flatten().min();
        let wait = live
            .looks
            .map_or(Duration::MAX, |due| inner.clock.until(due));
        Ok(wait.min(inner.settings.inbox_interval))
    }

    /// Takes up what is due, as far as there are slots; says whether there was one.
    async fn claim(&mut self) -> Result<bool, StoreError> {
        let inner = &self.inner;
        let free = || inner.slots.available_permits().min(BATCH);
        let mut limit = free();
        if limit == 0 {
            inner.live().backlog = true;
            // Whoever lets a slot go from now on wakes this: one that was let go before that is not missed.
            limit = free();
        }
        if limit == 0 {
            return Ok(false);
        }
        let claimed = inner.store.claim(inner.epoch, inner.now(), limit).await;
        self.unheard = claimed.is_err();
        let claimed = claimed?;
        inner.live().backlog = claimed.len() == limit;
        let share = Duration::from_secs(1) / inner.settings.recovery_rate;
        let spread = share * u32::try_from(claimed.len()).unwrap_or(u32::MAX);
        for saga in &claimed {
            let permit = Arc::clone(&inner.slots).try_acquire_owned().ok();
            let wait = if self.recovering {
                jitter(spread)
            } else {
                Duration::ZERO
            };
            inner.take_up(saga, permit, wait);
        }
        if self.recovering && claimed.len() == limit {
            sleep(spread).await;
        }
        Ok(true)
    }

    /// Takes up what is claimed and nobody has, after a claim that was not answered.
    async fn make_good(&mut self) -> Result<(), StoreError> {
        let inner = &self.inner;
        let mut filter = Filter {
            limit: Some(PAGE),
            ..Filter::default()
        };
        while self.unheard {
            let rows = inner.store.list(filter.clone()).await?;
            self.unheard = rows.len() == PAGE;
            filter.after = rows.last().map(|row| row.saga.clone());
            for row in rows {
                let claimed = row.due.is_some() && row.claimed == Some(inner.epoch);
                if claimed && !inner.knows(&row.saga) {
                    let permit = Arc::clone(&inner.slots).try_acquire_owned().ok();
                    inner.take_up(&row.saga, permit, Duration::ZERO);
                }
            }
        }
        Ok(())
    }

    /// Answers what people ask. One that takes long, since a call of its saga runs, does not hold up the others.
    async fn answer(&mut self) -> Result<(), StoreError> {
        for message in self.inner.store.messages().await? {
            let (number, answering) = (message.number, Arc::clone(&self.answering));
            if lock(&answering).insert(number) {
                let inner = Arc::clone(&self.inner);
                tokio::spawn(async move {
                    inbox::answer(inner, message).await;
                    lock(&answering).remove(&number);
                });
            }
        }
        Ok(())
    }

    async fn purge(&mut self) -> Result<(), StoreError> {
        let inner = &self.inner;
        let Some(retain) = inner.settings.retain else {
            return Ok(());
        };
        let every = (retain / 10).clamp(Duration::from_secs(1), Duration::from_secs(3600));
        if self.purged.is_some_and(|purged| purged.elapsed() < every) {
            return Ok(());
        }
        let millis = i64::try_from(retain.as_millis()).unwrap_or(i64::MAX);
        let before = Time(inner.now().0.saturating_sub(millis));
        let purge = inner.store.purge(inner.epoch, Filter::default(), before);
        purge.await?;
        self.purged = Some(Instant::now());
        Ok(())
    }
}

fn lock(answering: &Mutex<HashSet<u64>>) -> MutexGuard<'_, HashSet<u64>> {
    answering.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A random part of `spread`.
fn jitter(spread: Duration) -> Duration {
    let fraction = u32::try_from(random() >> 32).unwrap_or(u32::MAX);
    spread.mul_f64(f64::from(fraction) / f64::from(u32::MAX))
}
