//! Follows one run: polls it, writes what it notes, lets it go when it sleeps or is asked to.

use crate::{
    clock::Clock,
    runtime::end::End,
    runtime::inner::SubmitStatus,
    runtime::journal::{Noted, Shared},
    runtime::run::Run,
    store::{
        Change, Claim, Commit, Created, Epoch, NewEvent, NewSaga, SagaId, State, Store, StoreError,
    },
    store::{StoreFuture, Time},
};
use saga_core::{
    Id,
    run::{discard, event_key},
};
use std::{
    future::Future,
    mem,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};
use tokio::{
    sync::watch,
    time::{Sleep, sleep},
};

/// How often a store that is not available is asked again: first after this, then ever less often.
const PATIENCE: (Duration, Duration) = (Duration::from_millis(50), Duration::from_secs(5));

/// A run and where it is written.
pub(crate) struct Driver {
    pub(crate) saga: SagaId,
    pub(crate) store: Arc<dyn Store>,
    /// [`Store::in_place`], where the runtime lets tasks block.
    pub(crate) in_place: Option<Arc<dyn Store>>,
    pub(crate) epoch: Epoch,
    pub(crate) clock: Clock,
    pub(crate) shared: Arc<Shared>,
    /// How long it must sleep to be worth letting go.
    pub(crate) unload_after: Duration,
    /// When it is turned back.
    pub(crate) deadline: Option<Time>,
    /// The number of its next commit.
    pub(crate) seq: u64,
    /// The first commit begins the saga.
    pub(crate) begins: Option<NewSaga>,
    /// Who waits for that is told.
    pub(crate) begun: Option<watch::Sender<SubmitStatus>>,
    /// What its row says from its next commit on, if that is something else than it says now.
    pub(crate) opening: Option<Change>,
    /// `None` once it has ended.
    pub(crate) run: Option<Run>,
    /// How it ended, once it has.
    pub(crate) end: Option<End>,
    pub(crate) writing: Option<Writing>,
}

/// Why a driver is done.
pub(crate) enum Exit {
    /// The run has ended, and that is on record.
    Ended(End),
    /// It sleeps until then, as its row says, and is let go.
    Asleep(Time),
    /// It was let go as asked: nothing of it runs, and all of it is on record.
    Released,
    /// The saga was there already, with these inputs.
    Exists(String),
    /// It cannot be written any more.
    Failed(StoreError),
}

/// A commit that is being written.
pub(crate) struct Writing {
    commit: Commit,
    change: Option<Change>,
    /// The answers that are on record with it.
    answers: Vec<(u64, String)>,
    upto: u64,
    /// Whether no call runs meanwhile, which a thread that is blocked would hold up.
    idle: bool,
    future: Option<StoreFuture<'static, Option<String>>>,
    /// The store was not available: when it is asked again.
    pause: Option<(Pin<Box<Sleep>>, Duration)>,
}

enum Written {
    Yes,
    NotYet,
    No(Exit),
}

impl Driver {
    /// Follows the run until there is nothing left to follow.
    pub(crate) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Exit> {
        loop {
            match self.poll_writing(cx) {
                Written::Yes | Written::NotYet => {}
                Written::No(exit) => return Poll::Ready(exit),
            }
            if let Some(run) = &mut self.run {
                if let Poll::Ready((record, end)) = run.as_mut().poll(cx) {
                    discard(self.run.take());
                    self.shared.push(record);
                    self.end = Some(end);
                }
            }
            if self.writing.is_some() {
                return Poll::Pending;
            }
            let noted = self.shared.take(cx.waker());
            match self.next(noted) {
                Next::Write(writing) => self.writing = Some(writing),
                Next::Exit(exit) => return Poll::Ready(exit),
                Next::Wait => return Poll::Pending,
            }
        }
    }

    /// What follows from what the run has noted.
    fn next(&mut self, noted: Noted) -> Next {
        let releasing = self.shared.is_releasing();
        let sleeps_until = self.sleeps_until(&noted).filter(|_| !releasing);
        if noted.records.is_empty() && sleeps_until.is_none() {
            return match self.end.take() {
                Some(end) => Next::Exit(Exit::Ended(end)),
                None if releasing && noted.idle => Next::Exit(Exit::Released),
                None => Next::Wait,
            };
        }
        let opening = self.opening.take();
        let fingerprint = opening.as_ref().and_then(|change| change.fingerprint);
        let end = self.end.as_mut();
        let events = end.map_or_else(Vec::new, |end| mem::take(&mut end.events));
        let events = self.keyed(events);
        let change = match (&self.end, sleeps_until) {
            (Some(end), _) if end.finally.is_some() => Some((end.state, Claim::Keep)),
            (Some(end), _) => Some((end.state, Claim::Rest)),
            (None, Some(until)) => Some((State::Waiting, Claim::Until(until))),
            (None, None) => opening.map(|change| (change.state, change.claim)),
        };
        let change = change.map(|(state, claim)| Change {
            state,
            claim,
            fingerprint,
            events,
        });
        let records = if noted.records.is_empty() {
            "[]".to_owned()
        } else {
            noted.records
        };
        Next::Write(Writing {
            commit: Commit {
                seq: self.seq,
                at: self.clock.now(),
                records,
            },
            change,
            answers: noted.answers,
            upto: noted.upto,
            idle: noted.idle,
            future: None,
            pause: None,
        })
    }

    /// Events with the keys that they are known by.
    fn keyed(&self, events: Vec<String>) -> Vec<NewEvent> {
        let SagaId { saga, id } = &self.saga;
        let keyed = events.into_iter().zip(0..).map(|(payload, number)| {
            let key = event_key(saga, &Id::from(Arc::clone(id)), number);
            let key = key.to_string();
            NewEvent { key, payload }
        });
        keyed.collect()
    }

    /// Until when it does nothing but wait, if that is long enough to let it go.
    fn sleeps_until(&self, noted: &Noted) -> Option<Time> {
        if !noted.idle || self.run.is_none() || self.begins.is_some() {
            return None;
        }
        let wakes = noted.wakes?;
        let deadline = self.deadline.filter(|_| !noted.late);
        let wakes = deadline.map_or(wakes, |deadline| wakes.min(deadline));
        (self.clock.until(wakes) > self.unload_after).then_some(wakes)
    }

    fn poll_writing(&mut self, cx: &mut Context<'_>) -> Written {
        let Some(mut writing) = self.writing.take() else {
            return Written::NotYet;
        };
        loop {
            if let Some((pause, _)) = &mut writing.pause {
                if writing.future.is_none() && pause.as_mut().poll(cx).is_pending() {
                    self.writing = Some(writing);
                    return Written::NotYet;
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
                    return Written::NotYet;
                }
                Poll::Ready(result) => result,
            };
            match result {
                Ok(None) => {
                    self.seq += 1;
                    self.begins = None;
                    if let Some(begun) = self.begun.take() {
                        begun.send_replace(SubmitStatus::Yes);
                    }
                    self.shared.committed(writing.upto);
                    return match writing.change.map(|change| change.claim) {
                        Some(Claim::Until(until)) => Written::No(Exit::Asleep(until)),
                        _ => Written::Yes,
                    };
                }
                Ok(Some(input)) => return Written::No(Exit::Exists(input)),
                // Whether it was written is not known: it is asked for again, which is harmless.
                Err(StoreError::Unavailable { .. }) if self.begins.is_none() => {
                    let wait = writing
                        .pause
                        .map_or(PATIENCE.0, |(_, wait)| (wait * 2).min(PATIENCE.1));
                    writing.pause = Some((Box::pin(sleep(wait)), wait));
                    writing.future = None;
                }
                Err(error) => return Written::No(Exit::Failed(error)),
            }
        }
    }

    fn write(&self, writing: &Writing) -> StoreFuture<'static, Option<String>> {
        let in_place = self.in_place.as_ref().filter(|_| writing.idle);
        let store = Arc::clone(in_place.unwrap_or(&self.store));
        let (epoch, commit) = (self.epoch, writing.commit.clone());
        if let Some(saga) = self.begins.clone() {
            return Box::pin(async move {
                Ok(match store.create(Some(epoch), saga, Some(commit)).await? {
                    Created::New => None,
                    Created::Exists(row) => Some(row.input),
                })
            });
        }
        let (change, answers) = (writing.change.clone(), writing.answers.clone());
        let saga = self.saga.clone();
        Box::pin(async move {
            store.append(epoch, saga, commit, change, answers).await?;
            Ok(None)
        })
    }
}

enum Next {
    Write(Writing),
    Exit(Exit),
    Wait,
}

impl Future for Driver {
    type Output = Exit;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Exit> {
        Self::poll(&mut self, cx)
    }
}
