//! A store in memory, for tests: it forgets everything when the process ends.

mod data;
mod locks;
mod outbox;
mod sagas;
mod workers;

use crate::{
    clock::Clock,
    store::{
        Change, Commit, Created, DefinitionRow, Delivery, Epoch, EventChange, EventClaim,
        EventFilter, EventHold, EventRow, EventStat, EventsOf, Filter, Freed, Hold, LockFilter,
        LockKey, LockRow, Mark, Message, NewSaga, Opened, Peer, ReadStore, Row, SagaId, Stat,
        Store, StoreError, StoreFuture, Stored, Take, Time, Turn, Worker,
    },
};
use data::Data;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::Notify;

/// A [`Store`] in memory. Clones share its content.
///
/// [`new`](Self::new) makes a store with one owner, like a file: opening it ends all earlier
/// epochs, as after a restart. [`shared`](Self::shared) makes a store for many workers with leases,
/// like a database. The time of both is that of tokio, so a test that pauses it decides when a
/// lease ends.
#[derive(Clone, Debug)]
pub struct Memory(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    shared: bool,
    clock: Clock,
    data: Mutex<Data>,
    changed: Notify,
}

impl Default for Memory {
    fn default() -> Self {
        Self::new()
    }
}

impl Memory {
    /// An empty store, for one owner at a time.
    #[must_use]
    pub fn new() -> Self {
        Self::of(false)
    }

    /// An empty store, for many workers.
    #[must_use]
    pub fn shared() -> Self {
        Self::of(true)
    }

    fn of(shared: bool) -> Self {
        Self(Arc::new(Inner {
            shared,
            clock: Clock::system(),
            data: Mutex::new(Data::new(shared)),
            changed: Notify::new(),
        }))
    }

    /// Reads or writes, when the future is polled.
    fn later<'a, T: Send + 'a>(
        &'a self,
        work: impl FnOnce(&mut Data, &Clock) -> T + Send + 'a,
    ) -> StoreFuture<'a, T> {
        Box::pin(async move { Ok(work(&mut self.lock(), &self.0.clock)) })
    }

    /// Writes, and notifies the callers that wait for a hint.
    fn write<'a, T: Send + 'a>(
        &'a self,
        work: impl FnOnce(&mut Data, &Clock) -> Result<T, StoreError> + Send + 'a,
    ) -> StoreFuture<'a, T> {
        Box::pin(async move {
            let done = work(&mut self.lock(), &self.0.clock);
            self.0.changed.notify_waiters();
            done
        })
    }

    /// Writes under an epoch, if it lives.
    fn under<'a, T: Send + 'a>(
        &'a self,
        epoch: Epoch,
        work: impl FnOnce(&mut Data, &Clock) -> Result<T, StoreError> + Send + 'a,
    ) -> StoreFuture<'a, T> {
        self.write(move |data, clock| {
            data.lives(epoch)?;
            work(data, clock)
        })
    }

    /// A poisoned lock is not a problem, because no method of [`Data`] can panic half-way.
    fn lock(&self) -> MutexGuard<'_, Data> {
        self.0.data.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl ReadStore for Memory {
    fn definition(
        &self,
        saga: Arc<str>,
        fingerprint: u64,
    ) -> StoreFuture<'_, Option<DefinitionRow>> {
        self.later(move |data, _| data.definition(saga, fingerprint))
    }

    fn in_use(&self) -> StoreFuture<'_, Vec<DefinitionRow>> {
        self.later(|data, _| data.in_use())
    }

    fn load(&self, saga: SagaId) -> StoreFuture<'_, Option<Stored>> {
        self.later(move |data, _| data.load(&saga))
    }

    fn list(&self, filter: Filter) -> StoreFuture<'_, Vec<Row>> {
        self.later(move |data, _| data.list(&filter))
    }

    fn stats(&self) -> StoreFuture<'_, Vec<Stat>> {
        self.later(|data, _| data.stats())
    }

    fn events(&self, filter: EventFilter) -> StoreFuture<'_, Vec<EventRow>> {
        self.later(move |data, _| data.events(&filter))
    }

    fn locks(&self, filter: LockFilter) -> StoreFuture<'_, Vec<LockRow>> {
        self.later(move |data, _| data.locks.rows(&filter))
    }

    fn free(&self, key: LockKey, saga: SagaId, text: String, at: Time) -> StoreFuture<'_, Freed> {
        self.write(move |data, clock| Ok(data.free(&key, saga, (text, at), clock.now())))
    }

    fn is_untried(&self, saga: SagaId) -> StoreFuture<'_, bool> {
        self.later(move |data, clock| data.is_untried(&saga, clock.now()))
    }

    fn undelivered(&self) -> StoreFuture<'_, Vec<EventStat>> {
        self.later(|data, _| data.undelivered())
    }

    fn messages(&self) -> StoreFuture<'_, Vec<Message>> {
        self.later(|data, _| data.messages())
    }

    fn send(&self, saga: SagaId, text: String, at: Time) -> StoreFuture<'_, u64> {
        self.write(move |data, _| {
            saga.check()?;
            Ok(data.send(saga, text, at))
        })
    }

    fn message(&self, number: u64) -> StoreFuture<'_, Option<Message>> {
        self.later(move |data, _| data.message(number))
    }

    fn workers(&self) -> StoreFuture<'_, Vec<String>> {
        self.later(|data, clock| data.workers(clock.now()))
    }

    fn now(&self) -> StoreFuture<'_, Time> {
        self.later(|_, clock| clock.now())
    }
}

impl Store for Memory {
    fn open(&self, worker: Worker) -> StoreFuture<'_, Opened> {
        self.write(move |data, clock| {
            if self.0.shared {
                let now = clock.now();
                let opened = data.join(worker, now);
                data.set_clock(now);
                return Ok(opened);
            }
            let epoch = data.take_over(worker)?;
            clock.restart_by_system();
            let (now, lease) = (clock.now(), None);
            data.set_clock(now);
            let life = None;
            Ok(Opened {
                epoch,
                now,
                lease,
                life,
            })
        })
    }

    fn renew(&self, epoch: Epoch) -> StoreFuture<'_, Time> {
        Box::pin(async move {
            let now = self.0.clock.now();
            self.lock().renew(epoch, now).map(|()| now)
        })
    }

    fn close(&self, epoch: Epoch) -> StoreFuture<'_, ()> {
        self.under(epoch, move |data, _| {
            data.close(epoch);
            Ok(())
        })
    }

    fn peers(&self, epoch: Epoch) -> StoreFuture<'_, Vec<Peer>> {
        self.later(move |data, _| data.peers(epoch))
    }

    fn define(&self, epoch: Epoch, definition: DefinitionRow) -> StoreFuture<'_, ()> {
        self.under(epoch, |data, _| {
            data.define(definition);
            Ok(())
        })
    }

    fn create(
        &self,
        by: Option<(Epoch, Turn)>,
        saga: NewSaga,
        first: Option<Commit>,
    ) -> StoreFuture<'_, Created> {
        self.write(move |data, clock| {
            saga.saga.check()?;
            if let Some((epoch, _)) = by {
                data.lives(epoch)?;
            }
            data.create(by, saga, first, clock.now())
        })
    }

    fn claim(&self, epoch: Epoch, turn: Turn, limit: usize) -> StoreFuture<'_, Vec<SagaId>> {
        Box::pin(async move {
            let now = self.0.clock.now();
            let mut data = self.lock();
            data.lives(epoch)?;
            data.declare_dead(epoch, now);
            Ok(data.claim((epoch, turn), now, limit))
        })
    }

    fn claim_suspect(&self, epoch: Epoch, turn: Turn) -> StoreFuture<'_, Option<SagaId>> {
        self.under(epoch, move |data, clock| {
            let now = clock.now();
            data.declare_dead(epoch, now);
            Ok(data.claim_suspect((epoch, turn), now))
        })
    }

    fn claim_one(
        &self,
        epoch: Epoch,
        turn: Turn,
        saga: SagaId,
        from: Option<Turn>,
    ) -> StoreFuture<'_, Take> {
        self.under(epoch, move |data, clock| {
            data.declare_dead(epoch, clock.now());
            Ok(data.claim_one((epoch, turn), &saga, from))
        })
    }

    fn next_due(&self, epoch: Epoch) -> StoreFuture<'_, Option<Time>> {
        self.later(move |data, clock| data.next_due(epoch, clock.now()))
    }

    fn append(
        &self,
        epoch: Epoch,
        hold: Hold,
        commit: Commit,
        change: Option<Change>,
        answers: Vec<(u64, String)>,
    ) -> StoreFuture<'_, ()> {
        self.under(epoch, move |data, _| {
            data.append(epoch, hold, commit, change, answers)
        })
    }

    fn release(
        &self,
        epoch: Epoch,
        hold: Hold,
        due: Option<Time>,
        mark: Mark,
        answers: Vec<(u64, String)>,
    ) -> StoreFuture<'_, ()> {
        self.under(epoch, move |data, clock| {
            data.release(epoch, hold, (due, mark), (answers, clock.now()))
        })
    }

    fn inbox(&self, epoch: Epoch) -> StoreFuture<'_, Vec<Message>> {
        self.later(move |data, _| data.inbox(epoch))
    }

    fn answer(&self, epoch: Epoch, answers: Vec<(u64, String)>) -> StoreFuture<'_, ()> {
        self.under(epoch, move |data, clock| {
            data.answer(answers, clock.now());
            Ok(())
        })
    }

    fn ended(&self, of: Vec<SagaId>) -> StoreFuture<'_, Vec<SagaId>> {
        self.later(move |data, _| data.ended(of))
    }

    fn claim_events(&self, epoch: Epoch, claim: EventClaim) -> StoreFuture<'_, Vec<EventRow>> {
        self.under(epoch, move |data, clock| {
            let now = clock.now();
            data.declare_dead(epoch, now);
            Ok(data.claim_events(epoch, &claim, now))
        })
    }

    fn next_event(&self, _: Epoch, of: EventsOf) -> StoreFuture<'_, Option<Time>> {
        self.later(move |data, clock| data.next_event(&of, clock.now()))
    }

    fn handed_over(&self, epoch: Epoch, hold: EventHold, how: Delivery) -> StoreFuture<'_, ()> {
        self.under(epoch, move |data, clock| {
            data.handed_over(epoch, hold, how, clock.now())
        })
    }

    fn decide(
        &self,
        epoch: Epoch,
        saga: SagaId,
        number: u64,
        change: EventChange,
        answer: Option<(u64, String)>,
    ) -> StoreFuture<'_, bool> {
        self.under(epoch, move |data, clock| {
            let (now, answers) = (clock.now(), Vec::from_iter(answer));
            data.are_open(&answers)?;
            let done = data.decide(&saga, number, &change, now);
            if done {
                data.answer(answers, now);
            }
            Ok(done)
        })
    }

    fn changed(&self) -> StoreFuture<'_, ()> {
        Box::pin(async {
            if !self.0.shared {
                std::future::pending::<()>().await;
            }
            self.0.changed.notified().await;
            Ok(())
        })
    }

    fn purge(&self, epoch: Epoch, filter: Filter, before: Time) -> StoreFuture<'_, u64> {
        self.under(epoch, move |data, _| Ok(data.purge(&filter, before)))
    }

    fn purge_one(&self, epoch: Epoch, saga: SagaId, text: String) -> StoreFuture<'_, Option<u64>> {
        self.under(epoch, move |data, clock| {
            Ok(data.purge_one(saga, text, clock.now()))
        })
    }
}
