//! The worker: asks the store which sagas are due and which have requests, as long as the engine
//! lives.

use crate::{
    runtime::astray::Astray,
    runtime::inbox,
    runtime::inner::{Inner, PAUSE},
    runtime::lease::Session,
    runtime::tasks::lock,
    store::{Filter, Message, Row, Rows, SagaId, StoreError, Time, Turn},
};
use std::{
    collections::{BTreeSet, HashMap, HashSet},
    mem,
    sync::{Arc, Mutex},
    time::Duration,
};
use tokio::time::{Instant, sleep};
use typed_saga_core::run::random;

/// The number of sagas claimed in one round.
const BATCH: usize = 64;
/// The longest wait while something is due that cannot be claimed yet, which hides when the rest is due.
const LOOK: Duration = Duration::from_millis(250);
/// The time after which a suspect is tried though other sagas are due, too, and though there is no slot.
const PATIENCE: Duration = Duration::from_secs(10);
/// The number of sagas purged in one round; the worker resumes others in between.
const PURGED: usize = 256;
/// The number of awaited sagas looked up in one round.
const PAGE: usize = 1024;

/// The state of the worker.
struct WorkerState {
    inner: Arc<Inner>,
    /// Whether sagas of an earlier epoch are still to be resumed.
    recovering: bool,
    /// Set while it recovers: no saga that is due is claimed before this time.
    paced: Instant,
    purged: Option<Instant>,
    /// The time of the last look for requests while there was no free slot.
    asked: Option<Instant>,
    /// The time of the last look for a suspect.
    tried: Instant,
    /// The time of the last look for claims without a task.
    reconciled: Instant,
    /// The sagas whose messages were being answered at the last look.
    answering: HashSet<SagaId>,
    /// The sagas in `answering` whose messages have been handled since then.
    handled: Arc<Mutex<HashSet<SagaId>>>,
    /// The position in the list of awaited sagas at which the next round continues.
    cursor: usize,
}

/// Works until the engine stops.
pub(crate) async fn work(inner: Arc<Inner>) {
    let mut worker = WorkerState {
        inner,
        recovering: true,
        paced: Instant::now(),
        purged: None,
        asked: None,
        tried: Instant::now(),
        reconciled: Instant::now(),
        answering: HashSet::new(),
        handled: Arc::default(),
        cursor: 0,
    };
    while !worker.inner.live().stopping {
        let pause = match worker.inner.current() {
            Some(session) => match worker.round(&session).await {
                Ok(pause) => pause,
                Err(StoreError::Fenced { epoch }) => {
                    worker.inner.fenced(epoch);
                    Duration::ZERO
                }
                Err(error @ StoreError::Lost { .. }) => return worker.inner.stop(Some(&error)),
                Err(_) => PAUSE,
            },
            None => match worker.inner.open_anew().await {
                Ok(()) => {
                    worker.recovering = true;
                    Duration::ZERO
                }
                Err(error @ (StoreError::Owned { .. } | StoreError::Lost { .. })) => {
                    return worker.inner.stop(Some(&error));
                }
                Err(_) => PAUSE,
            },
        };
        tokio::select! {
            () = worker.inner.wake.notified() => {}
            () = sleep(pause) => {}
            _ = worker.inner.store.changed() => {}
        }
    }
}

impl WorkerState {
    /// Does everything that is to be done now. Returns for how long there will be nothing to do.
    async fn round(&mut self, session: &Session) -> Result<Duration, StoreError> {
        self.answer(session).await?;
        let purges = self.purge(session).await?;
        self.reconcile(session).await?;
        self.tell().await?;
        let due = loop {
            // Cleared before the look: a saga that becomes due after the look wakes the worker
            // again.
            self.inner.live().looks = None;
            let due = self.inner.store.next_due(session.epoch).await?;
            if due.is_none_or(|due| !self.inner.clock.is_due(due)) {
                self.recovering = false;
                self.inner.live().backlog = false;
                break due;
            }
            if !self.claim(session).await? {
                let wait = self.inner.settings.inbox_interval.min(LOOK);
                let paced = self.paced.saturating_duration_since(Instant::now());
                return Ok(if paced.is_zero() {
                    wait
                } else {
                    wait.min(paced)
                });
            }
        };
        let inner = &self.inner;
        let mut live = inner.live();
        live.looks = [live.looks, due].into_iter().flatten().min();
        let wait = live
            .looks
            .map_or(Duration::MAX, |due| inner.clock.until(due));
        let wait = wait.min(live.astray.wait());
        let wait = wait.min(inner.settings.inbox_interval);
        Ok(if purges { Duration::ZERO } else { wait })
    }

    /// Resumes sagas that are due, as far as there are slots, and sagas that have requests. Returns
    /// whether there were any.
    async fn claim(&mut self, session: &Session) -> Result<bool, StoreError> {
        let inner = &self.inner;
        let is_paced = Instant::now() < self.paced;
        let free = || {
            if is_paced {
                return 0;
            }
            inner.slots.available_permits().min(BATCH)
        };
        let mut limit = free();
        if limit == 0 && !is_paced {
            inner.live().backlog = true;
            // A slot that is released from now on wakes this worker. Look again for one that was
            // released before that.
            limit = free();
        }
        if limit == 0 {
            let interval = inner.settings.inbox_interval;
            if self.asked.is_some_and(|asked| asked.elapsed() < interval) {
                return Ok(false);
            }
            self.asked = Some(Instant::now());
        }
        let turn = Turn::random();
        let claimed = inner.store.claim(session.epoch, turn, limit).await;
        // It may have taken effect.
        let claimed = claimed.inspect_err(|_| inner.reconcile_soon(None))?;
        if claimed.is_empty() {
            if limit > 0 {
                // Nothing waits for a slot but suspects, which are tried one by one.
                inner.live().backlog = false;
                self.recovering = false;
            } else if self.tried.elapsed() < PATIENCE {
                return Ok(false);
            }
            return self.claim_suspect(session).await;
        }
        self.take_up(session, (claimed, turn), limit).await?;
        if self.tried.elapsed() > PATIENCE {
            self.claim_suspect(session).await?;
        }
        Ok(limit > 0)
    }

    /// Resumes claimed sagas, of which at most `limit` are due; the others have requests.
    async fn take_up(
        &mut self,
        session: &Session,
        (claimed, turn): (Vec<SagaId>, Turn),
        limit: usize,
    ) -> Result<(), StoreError> {
        let inner = &self.inner;
        let asked: HashSet<SagaId> = {
            let inbox = inner.store.inbox(session.epoch).await;
            // Resume the claimed sagas, even if reading the inbox fails.
            let messages = inbox.unwrap_or_else(|_| Vec::new());
            messages.into_iter().map(|message| message.saga).collect()
        };
        let (asked, due): (Vec<_>, Vec<_>) =
            claimed.into_iter().partition(|saga| asked.contains(saga));
        if limit > 0 {
            inner.live().backlog = due.len() == limit;
        }
        let share = Duration::from_secs(1) / inner.settings.recovery_rate;
        let spread = share * u32::try_from(due.len()).unwrap_or(u32::MAX);
        for saga in &due {
            let wait = if self.recovering {
                jitter(spread)
            } else {
                Duration::ZERO
            };
            inner.take_up((saga, turn), wait, None);
        }
        if self.recovering && due.len() == limit {
            self.paced = Instant::now() + spread;
        }
        if !asked.is_empty() {
            self.answer(session).await?;
        }
        Ok(())
    }

    /// Resumes one saga that workers have died with, if no other such saga is on trial: if this worker
    /// dies of it, none of those is counted with it. The rest has been claimed before, or is so much that
    /// a suspect would wait for ever. Returns whether there was one.
    async fn claim_suspect(&mut self, session: &Session) -> Result<bool, StoreError> {
        let inner = &self.inner;
        let Ok(trial) = Arc::clone(&inner.trial).try_acquire_owned() else {
            return Ok(false);
        };
        self.tried = Instant::now();
        let turn = Turn::random();
        let suspect = inner.store.claim_suspect(session.epoch, turn).await;
        let suspect = suspect.inspect_err(|_| inner.reconcile_soon(None))?;
        let Some(saga) = suspect else {
            return Ok(false);
        };
        inner.take_up((&saga, turn), Duration::ZERO, Some(trial));
        Ok(true)
    }

    /// Settles claims without a task: those that [went astray](Inner::reconcile_soon), and all three
    /// times per lease, since a claim that was given up may take effect late. In a store without
    /// leases no claim does.
    async fn reconcile(&mut self, session: &Session) -> Result<(), StoreError> {
        let inner = &self.inner;
        // Taken before the look: what goes astray after it is looked for again.
        let Astray { sagas, any, .. } = inner.live().astray.take_due();
        for saga in sagas {
            inner.settle(&saga).await;
        }
        let lease = session.lease.length();
        let is_time = lease.is_some_and(|lease| self.reconciled.elapsed() >= lease / 3);
        if !any && !is_time {
            return Ok(());
        }
        let claimed = claimed_under(inner, session).await.inspect_err(|_| {
            if any {
                inner.reconcile_soon(None);
            }
        });
        for row in claimed? {
            // The task of a saga ends by releasing it, or says that it could not; another claim of the
            // saga is none of that task.
            let at_hand = inner.live().at_hand.get(&row.saga).map(|it| it.turn);
            if at_hand.is_none() || at_hand != row.turn {
                inner.settle(&row.saga).await;
            }
        }
        self.reconciled = Instant::now();
        Ok(())
    }

    /// Answers requests, those for one saga in the order in which they were sent, since a `resume`
    /// after a `settle` relies on it. A saga with a running call does not hold up the messages for
    /// others.
    async fn answer(&mut self, session: &Session) -> Result<(), StoreError> {
        // Before the look: messages that are handled during the look may still be in its result.
        for saga in mem::take(&mut *lock(&self.handled)) {
            self.answering.remove(&saga);
        }
        let mut asked: HashMap<SagaId, Vec<Message>> = HashMap::new();
        for message in self.inner.store.inbox(session.epoch).await? {
            if !self.answering.contains(&message.saga) {
                asked.entry(message.saga.clone()).or_default().push(message);
            }
        }
        for (saga, messages) in asked {
            self.answering.insert(saga.clone());
            let (inner, handled) = (Arc::clone(&self.inner), Arc::clone(&self.handled));
            self.inner.tasks.spawn(async move {
                for message in messages {
                    if inbox::answer(&inner, message).await.is_break() {
                        break;
                    }
                }
                lock(&handled).insert(saga);
            });
        }
        Ok(())
    }

    /// Makes callers look again that wait for the outcome of a saga that has ended elsewhere. If
    /// there are many, they take turns.
    async fn tell(&mut self) -> Result<(), StoreError> {
        let waiting: Vec<SagaId> = {
            let live = self.inner.live();
            let away = |saga: &&SagaId| !live.at_hand.contains_key(saga);
            let all = live.tells.keys().filter(away);
            all.skip(self.cursor).take(PAGE).cloned().collect()
        };
        self.cursor = match waiting.len() {
            PAGE => self.cursor + PAGE,
            _ => 0,
        };
        if waiting.is_empty() {
            return Ok(());
        }
        for saga in self.inner.store.ended(waiting).await? {
            let tell = {
                let mut live = self.inner.live();
                live.unreadable.remove(&saga);
                live.tell(&saga)
            };
            if let Some(tell) = tell {
                tell.look.notify_waiters();
            }
        }
        Ok(())
    }

    /// Purges some of the sagas that ended long ago. Returns whether there may be more.
    async fn purge(&mut self, session: &Session) -> Result<bool, StoreError> {
        let inner = &self.inner;
        let Some(retain) = inner.settings.retain else {
            return Ok(false);
        };
        let every = (retain / 10).clamp(Duration::from_secs(1), Duration::from_secs(3600));
        if self.purged.is_some_and(|purged| purged.elapsed() < every) {
            return Ok(false);
        }
        let millis = i64::try_from(retain.as_millis()).unwrap_or(i64::MAX);
        let before = Time(inner.now().0.saturating_sub(millis));
        for of in self.purgeable(session).await? {
            let part = Filter {
                limit: Some(PURGED),
                ..of
            };
            let purged = inner.store.purge(session.epoch, part, before).await?;
            if purged == PURGED as u64 {
                return Ok(true);
            }
        }
        self.purged = Some(Instant::now());
        Ok(false)
    }

    /// What this worker purges: not the sagas that only other workers run, which say for themselves how
    /// long they are retained.
    async fn purgeable(&self, session: &Session) -> Result<Vec<Filter>, StoreError> {
        let inner = &self.inner;
        let peers = inner.store.peers(session.epoch).await?;
        let runs = peers.iter().flat_map(|peer| &peer.runs);
        let runs = runs.map(|(name, _)| name).filter(|name| !name.is_empty());
        let others: HashSet<_> = runs.filter(|it| !inner.entries.contains_key(*it)).collect();
        if others.is_empty() {
            return Ok(vec![Filter::default()]);
        }
        let stats = inner.store.stats().await?;
        let names: BTreeSet<_> = stats.into_iter().map(|stat| stat.saga).collect();
        let names = names.into_iter().filter(|name| !others.contains(name));
        let of = |name| Filter {
            saga: Some(name),
            ..Filter::default()
        };
        Ok(names.map(of).collect())
    }
}

/// All sagas that are claimed under the epoch of a session.
async fn claimed_under(inner: &Inner, session: &Session) -> Result<Vec<Row>, StoreError> {
    let claimed = Filter {
        claimed: Some(session.epoch),
        ..Filter::default()
    };
    let mut all = Vec::new();
    let mut pages = Rows::of(&*inner.store, claimed);
    while let Some(rows) = pages.next().await? {
        all.extend(rows);
    }
    Ok(all)
}

/// A random part of `spread`.
fn jitter(spread: Duration) -> Duration {
    let fraction = u32::try_from(random() >> 32).unwrap_or(u32::MAX);
    spread.mul_f64(f64::from(fraction) / f64::from(u32::MAX))
}
