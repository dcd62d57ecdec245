//! Drives one run: writes its notes, and releases it when it sleeps or is asked to be released.

use crate::{
    runtime::end::RunEnd,
    runtime::handing::{Handing, Promise},
    runtime::inner::SubmitStatus,
    runtime::life::{Draft, Life, Next},
    store::{
        Created, Epoch, Hold, LockChange, LockFilter, LockRow, NewSaga, Store, StoreError,
        StoreFuture, Time, Turn, are_granted,
    },
};
use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};
use tokio::{
    sync::watch,
    time::{Sleep, sleep},
};

/// The waits between attempts to reach an unavailable store: the first one, and the longest.
const PATIENCE: (Duration, Duration) = (Duration::from_millis(50), Duration::from_secs(5));

/// A run, with the store to which it is written.
pub(crate) struct Driver {
    pub(crate) life: Life,
    pub(crate) store: Arc<dyn Store>,
    /// [`Store::in_place`], where the runtime lets tasks block.
    pub(crate) in_place: Option<Arc<dyn Store>>,
    pub(crate) epoch: Epoch,
    pub(crate) turn: Turn,
    /// Set until the first commit, which creates the saga, is written.
    pub(crate) begins: Option<NewSaga>,
    /// The callers that wait for the saga to be recorded.
    pub(crate) begun: Option<watch::Sender<SubmitStatus>>,
    /// Set if the saga's events are delivered here.
    pub(crate) handing: Option<Arc<Handing>>,
    pub(crate) writing: Option<Writing>,
    /// The request for the places of the saga in the queues of keys.
    pub(crate) looking: Option<StoreFuture<'static, Vec<LockRow>>>,
}

/// The reason why a driver is done.
pub(crate) enum Exit {
    /// The run has ended, and that is recorded.
    Ended(RunEnd),
    /// It sleeps until this time, according to its row, and is released.
    Asleep(Time),
    /// Nothing of it runs, and everything is recorded: it was released on request, or is over.
    Released,
    /// The saga existed already, with these inputs.
    Exists(String),
    /// It cannot be written any more.
    Failed(StoreError),
}

/// A commit that is being written.
pub(crate) struct Writing {
    draft: Draft,
    /// Set if the commit claims an event.
    promise: Option<Promise>,
    future: Option<StoreFuture<'static, Option<String>>>,
    /// Set if the store was not available: the wait before the next attempt.
    pause: Option<(Pin<Box<Sleep>>, Duration)>,
}

enum Wrote {
    Yes,
    NotYet,
    No(Exit),
}

impl Driver {
    /// Drives the run until it is done.
    pub(crate) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Exit> {
        loop {
            match self.poll_writing(cx) {
                Wrote::Yes | Wrote::NotYet => {}
                Wrote::No(exit) => return Poll::Ready(exit),
            }
            if let Err(error) = self.poll_looking(cx) {
                return Poll::Ready(Exit::Failed(error));
            }
            match &self.writing {
                // No wait is over before it is recorded. The code behind it may kill each process, and
                // those that have died are counted from the last commit on. And until the first one is
                // recorded, another engine may have a saga with this id.
                Some(writing) if writing.draft.idle => return Poll::Pending,
                Some(_) => {
                    self.life.poll(cx);
                    return Poll::Pending;
                }
                None => self.life.poll(cx),
            }
            match self.life.next(cx.waker(), self.begins.is_some()) {
                Next::Write(mut draft) => {
                    self.writing = Some(Writing {
                        promise: self.promise(&mut draft),
                        draft,
                        future: None,
                        pause: None,
                    });
                }
                Next::Ended(end) => return Poll::Ready(Exit::Ended(end)),
                Next::Released => return Poll::Ready(Exit::Released),
                Next::Wait => return Poll::Pending,
            }
        }
    }

    /// Learns whether the run has the keys that it requested. If the store does not answer, the run
    /// waits as if other sagas had the keys: the worker that claims it next asks again.
    fn poll_looking(&mut self, cx: &mut Context<'_>) -> Result<(), StoreError> {
        let Some(looking) = &mut self.looking else {
            return Ok(());
        };
        let Poll::Ready(rows) = looking.as_mut().poll(cx) else {
            return Ok(());
        };
        self.looking = None;
        let held = match rows {
            Ok(rows) => are_granted(&rows),
            Err(StoreError::Unavailable { .. }) => false,
            Err(error) => return Err(error),
        };
        self.life.shared.has_keys(held);
        Ok(())
    }

    fn poll_writing(&mut self, cx: &mut Context<'_>) -> Wrote {
        let Some(mut writing) = self.writing.take() else {
            return Wrote::NotYet;
        };
        loop {
            if let Some((pause, _)) = &mut writing.pause {
                if writing.future.is_none() && pause.as_mut().poll(cx).is_pending() {
                    self.writing = Some(writing);
                    return Wrote::NotYet;
                }
            }
            if writing.future.is_none() {
                writing.future = Some(self.write(&writing));
            }
            let Some(future) = &mut writing.future else {
                unreachable!("it was made above");
            };
            let result = match future.as_mut().poll(cx) {
                Poll::Pending => {
                    self.writing = Some(writing);
                    return Wrote::NotYet;
                }
                Poll::Ready(result) => result,
            };
            match result {
                Ok(None) => return self.written(writing),
                Ok(Some(input)) => return Wrote::No(Exit::Exists(input)),
                // It is not known whether the commit was written, so it is written again, which is
                // harmless.
                Err(StoreError::Unavailable { .. }) if self.begins.is_none() => {
                    let wait = writing
                        .pause
                        .map_or(PATIENCE.0, |(_, wait)| (wait * 2).min(PATIENCE.1));
                    writing.pause = Some((Box::pin(sleep(wait)), wait));
                    writing.future = None;
                }
                // Somebody else has answered the request; the commit has what it brought about all the same.
                Err(StoreError::Answered { number }) => {
                    writing.draft.answers.retain(|(asked, _)| *asked != number);
                    writing.future = None;
                }
                Err(error) => return Wrote::No(Exit::Failed(error)),
            }
        }
    }

    /// A commit was written.
    fn written(&mut self, Writing { draft, promise, .. }: Writing) -> Wrote {
        self.begins = None;
        if let Some(begun) = self.begun.take() {
            begun.send_replace(SubmitStatus::Yes);
        }
        let asleep = self.life.written(&draft);
        if let Some(change) = draft.change {
            let requests = |change: &LockChange| matches!(change, LockChange::Request(_));
            if change.locks.iter().any(requests) {
                let (store, saga) = (Arc::clone(&self.store), self.life.saga.clone());
                self.looking = Some(Box::pin(
                    async move { store.locks(LockFilter::of(saga)).await },
                ));
            }
            if let Some((promise, event)) = promise.zip(change.events.first()) {
                promise.keep(self.epoch, event.clone(), change.events.len());
                self.life.delivers();
            }
        }
        asleep.map_or(Wrote::Yes, |until| Wrote::No(Exit::Asleep(until)))
    }

    /// Lets a commit with events claim the first one, if that can be delivered immediately.
    fn promise(&self, draft: &mut Draft) -> Option<Promise> {
        let change = draft.change.as_mut();
        let change = change.filter(|change| !change.events.is_empty())?;
        let promise = self.handing.as_ref()?.promise(&self.life.saga)?;
        change.delivers = true;
        Some(promise)
    }

    fn write(&self, writing: &Writing) -> StoreFuture<'static, Option<String>> {
        let in_place = self.in_place.as_ref().filter(|_| writing.draft.idle);
        let store = Arc::clone(in_place.unwrap_or(&self.store));
        let (by, commit) = ((self.epoch, self.turn), writing.draft.commit.clone());
        if let Some(saga) = self.begins.clone() {
            return Box::pin(async move {
                Ok(match store.create(Some(by), saga, Some(commit)).await? {
                    Created::New => None,
                    Created::Exists(row) => Some(row.input),
                })
            });
        }
        let (change, answers) = (writing.draft.change.clone(), writing.draft.answers.clone());
        let hold = Hold::new(self.life.saga.clone(), self.turn);
        Box::pin(async move {
            store.append(by.0, hold, commit, change, answers).await?;
            Ok(None)
        })
    }
}
