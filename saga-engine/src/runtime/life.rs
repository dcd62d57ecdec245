//! The life of one run, whoever writes its commits: it begins, or is taken up where its records end;
//! it is followed, and what it notes becomes commits; it is over once its `finally` has run.
//!
//! ```text
//!  begin ───┐               ┌── written ◀── the log ◀──┐
//!           ├─▶ poll, next ─┴─▶ a commit ──────────────┘
//!  take_up ─┘       └─▶ ended ─▶ `finally` ─▶ its commit ─▶ over
//! ```
//!
//! The [driver](crate::runtime::driver) of an engine writes the commits to a store, and a
//! [`SoloRun`](crate::solo::SoloRun) passes them to its caller.

use crate::{
    clock::{Clock, Moment},
    error::Unreadable,
    journal::record::{self, Record},
    runtime::end::{Finally, RunEnd, finish},
    runtime::journal::{Noted, Shared},
    runtime::reading::{Continuation, Redefined},
    runtime::resumed::{Resumed, RunContext},
    runtime::run::{AnySaga, Recovered, Run},
    store::{Change, Claim, Commit, LockChange, NewEvent, Row, SagaId, State, Time},
};
use std::{
    any::Any,
    mem,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, Waker},
    time::Duration,
};
use typed_saga_core::{
    Id,
    kernel::{Cancellation, Command},
    run::{Control, discard, event_key},
};

/// A run, from where it begins or is taken up to its end.
pub(crate) struct Life {
    pub(crate) saga: SagaId,
    pub(crate) shared: Arc<Shared>,
    clock: Clock,
    /// Where the callers of `cancel` wait for the answer of the run; `None` without such callers.
    pub(crate) control: Option<Arc<Control>>,
    /// The shortest sleep for which the saga is unloaded.
    pub(crate) unload_after: Duration,
    /// The time limit of its `finally`.
    finally_limit: Duration,
    /// Whether it may have keys of locks.
    pub(crate) holds_keys: bool,
    /// When it rolls back if it has not passed its pivot.
    deadline: Option<Moment>,
    /// The number of its next commit.
    pub(crate) seq: u64,
    /// What goes with its next commit, if its row is out of date.
    opening: Option<Opening>,
    stage: Stage,
}

enum Stage {
    Runs(Run),
    /// It has ended, which is to be recorded.
    Ends(RunEnd),
    /// Its `finally` runs.
    Finishes(State, Pin<Box<dyn Future<Output = Record> + Send>>),
    /// Its `finally` has run, which is to be recorded.
    Finished(State),
    /// Nothing of it runs.
    Over,
}

/// How a saga begins.
pub(crate) struct Start {
    /// Its first record.
    pub(crate) record: Record,
    /// When it rolls back if it has not passed its pivot.
    ends: Option<Moment>,
    /// How long that is from now.
    limit: Option<Duration>,
}

impl Start {
    /// The start of a saga that begins now. `limit`: it rolls back if it has not passed its pivot
    /// after this time.
    pub(crate) fn of(entry: &dyn AnySaga, clock: &Clock, limit: Option<Duration>) -> Self {
        let ends = limit.map(|limit| clock.end_of(limit));
        let at = ends.map(|ends| clock.at_moment(ends));
        Self {
            record: Record::started(entry.definition(), entry.fingerprint(), at),
            ends,
            limit,
        }
    }
}

/// What goes with the first commit of a saga that continues: the saga is running, and may have
/// another definition.
struct Opening {
    /// The fingerprint of its definition, if that has changed.
    fingerprint: Option<u64>,
    /// The record that it has changed, which comes first. It is not a reason for a commit.
    redefined: Option<Record>,
}

impl Opening {
    /// `None` if the row is up to date.
    fn of(row: &Row, redefined: Option<&Redefined>) -> Option<Self> {
        let changed = redefined.is_some() || row.state != State::Running;
        changed.then(|| Self {
            fingerprint: redefined.map(|it| it.fingerprint),
            redefined: redefined.map(|it| it.record.clone()),
        })
    }
}

/// What is to be done before a saga that was taken up is followed.
pub(crate) struct TakenUp {
    /// Set if it continues with another definition, which must be stored.
    pub(crate) redefined: Option<Redefined>,
    /// The lock whose keys it waits for.
    pub(crate) awaits: Option<u16>,
}

/// A commit that is to be written.
pub(crate) struct Draft {
    pub(crate) commit: Commit,
    pub(crate) change: Option<Change>,
    /// The answers that are recorded with it.
    pub(crate) answers: Vec<(u64, String)>,
    upto: u64,
    /// Whether no call is running meanwhile, which a blocked thread would hold up.
    pub(crate) idle: bool,
}

/// What follows the notes of a run.
pub(crate) enum Next {
    Write(Draft),
    /// It has ended, and that is recorded. If it has a `finally`, that runs from now on.
    Ended(RunEnd),
    /// Nothing of it runs, and everything is recorded: it was released on request, or is over.
    Released,
    Wait,
}

impl Life {
    /// The life of a saga with so many commits, before it begins or is taken up.
    pub(crate) fn new(saga: SagaId, seq: u64, given: &RunContext<'_>) -> Self {
        Self {
            saga,
            holds_keys: given.shared.definition().takes_locks(),
            shared: Arc::clone(&given.shared),
            clock: given.clock.clone(),
            control: None,
            unload_after: given.unload_after,
            finally_limit: given.finally_limit,
            deadline: None,
            seq,
            opening: None,
            stage: Stage::Over,
        }
    }

    /// Begins the saga with these inputs, which are of the entry's type.
    ///
    /// # Errors
    /// If the services cannot be cloned.
    pub(crate) fn begin(
        &mut self,
        entry: &dyn AnySaga,
        saga: Box<dyn Any>,
        start: Start,
        given: RunContext<'_>,
    ) -> Result<(), Unreadable> {
        self.stage = Stage::Runs(entry.begin(saga, given, start.limit)?);
        self.shared.push(start.record);
        self.deadline = start.ends;
        Ok(())
    }

    /// The saga, which begins, was created without a commit, perhaps by another version.
    pub(crate) fn was_created(&mut self, row: &Row, entry: &dyn AnySaga) {
        let fingerprint = entry.fingerprint();
        self.opening = Some(Opening {
            fingerprint: (fingerprint != row.fingerprint).then_some(fingerprint),
            redefined: None,
        });
    }

    /// Takes the saga up where its records end.
    pub(crate) fn take_up(
        &mut self,
        entry: &dyn AnySaga,
        row: &Row,
        reading: Continuation,
        given: RunContext<'_>,
    ) -> Result<TakenUp, Unreadable> {
        let Continuation {
            mut folded,
            redefined,
            ..
        } = reading;
        folded.set_clock(given.clock.now(), row);
        if folded.run.kernel.cancellation() != Cancellation::None {
            self.shared.was_cancelled();
        }
        let awaits = match folded.whole().kernel().next() {
            Command::Acquire { step } => Some(step),
            _ => None,
        };
        Ok(match entry.recover(row, &mut Resumed::of(folded, given))? {
            Recovered::Finally(finally) => {
                self.finish(row.state, finally);
                TakenUp {
                    redefined: None,
                    awaits: None,
                }
            }
            Recovered::Run { run, deadline } => {
                self.deadline = deadline.map(|ends| self.clock.moment(ends));
                self.opening = Opening::of(row, redefined.as_ref());
                self.stage = Stage::Runs(run);
                TakenUp { redefined, awaits }
            }
        })
    }

    /// Runs its `finally`, which is then recorded.
    fn finish(&mut self, state: State, finally: Option<Finally>) {
        let finished = Box::pin(finish(finally, self.finally_limit));
        self.stage = Stage::Finishes(state, finished);
    }

    /// Whether it has ended, and only its `finally` is left to run.
    pub(crate) fn finishes(&self) -> bool {
        matches!(self.stage, Stage::Finishes(..))
    }

    /// Polls the run, or its `finally`.
    pub(crate) fn poll(&mut self, cx: &mut Context<'_>) {
        let (record, stage) = match &mut self.stage {
            Stage::Runs(run) => match run.as_mut().poll(cx) {
                Poll::Ready((record, end)) => (record, Stage::Ends(end)),
                Poll::Pending => return,
            },
            Stage::Finishes(state, finally) => match finally.as_mut().poll(cx) {
                Poll::Ready(record) => (record, Stage::Finished(*state)),
                Poll::Pending => return,
            },
            Stage::Ends(_) | Stage::Finished(_) | Stage::Over => return,
        };
        discard(mem::replace(&mut self.stage, stage));
        self.shared.push(record);
    }

    /// The next thing to do. `begins`: its first commit has not been written.
    pub(crate) fn next(&mut self, waker: &Waker, begins: bool) -> Next {
        let answer = self.control.as_ref().and_then(|it| it.answered());
        let noted = self.shared.take(waker, begins, answer == Some(false));
        let releasing = self.shared.is_releasing();
        let sleeps_until = self.sleeps_until(&noted, begins).filter(|_| !releasing);
        if noted.records.is_empty() && noted.locks.is_empty() && sleeps_until.is_none() {
            return self.after_notes(releasing && noted.idle);
        }
        let opening = self.opening.take();
        let fingerprint = opening.as_ref().and_then(|opening| opening.fingerprint);
        let mut locks = noted.locks;
        let mut events = Vec::new();
        let change = match (&mut self.stage, sleeps_until) {
            (Stage::Ends(end), _) if !begins => {
                let id = self.shared.id(&self.saga);
                events = keyed(&self.saga.saga, &id, mem::take(&mut end.events));
                if self.holds_keys && end.state != State::Parked {
                    locks.push(LockChange::Release);
                }
                let claim = if end.finally.is_some() {
                    Claim::Keep
                } else {
                    Claim::Rest
                };
                Some((end.state, claim))
            }
            (Stage::Finished(state), _) => Some((*state, Claim::Rest)),
            (_, Some(until)) => Some((State::Waiting, Claim::Until(until))),
            (_, None) => {
                let changed = opening.is_some() || !locks.is_empty();
                changed.then_some((State::Running, Claim::Keep))
            }
        };
        let change = change.map(|(state, claim)| Change {
            state,
            claim,
            fingerprint,
            events,
            delivers: false,
            locks,
        });
        let first = opening.and_then(|opening| opening.redefined);
        let records = record::after(first.as_ref(), noted.records);
        Next::Write(Draft {
            commit: Commit {
                seq: self.seq,
                at: self.clock.now(),
                records,
            },
            change,
            answers: noted.answers,
            upto: noted.upto,
            idle: noted.idle,
        })
    }

    /// What follows when nothing is to be written. `releases`: it was asked to release, and no call
    /// runs.
    fn after_notes(&mut self, releases: bool) -> Next {
        match mem::replace(&mut self.stage, Stage::Over) {
            Stage::Ends(mut end) => {
                let finally = end.finally.take();
                if finally.is_some() {
                    self.finish(end.state, finally);
                }
                Next::Ended(end)
            }
            Stage::Finished(_) | Stage::Over => Next::Released,
            stage => {
                let is_released = releases && matches!(stage, Stage::Runs(_));
                self.stage = stage;
                if is_released {
                    Next::Released
                } else {
                    Next::Wait
                }
            }
        }
    }

    /// A commit is recorded: the calls that waited for it start. If the saga is released with it,
    /// returns until when.
    pub(crate) fn written(&mut self, draft: &Draft) -> Option<Time> {
        self.seq += 1;
        self.shared.committed(draft.upto);
        match draft.change.as_ref()?.claim {
            Claim::Until(until) => {
                discard(mem::replace(&mut self.stage, Stage::Over));
                Some(until)
            }
            Claim::Keep | Claim::Rest => None,
        }
    }

    /// The commit that ends it has claimed its first event: no deliverer need be told of it.
    pub(crate) fn delivers(&mut self) {
        if let Stage::Ends(end) = &mut self.stage {
            end.tells = false;
        }
    }

    /// The time until which the run only waits, if that is long enough to release it.
    fn sleeps_until(&self, noted: &Noted, begins: bool) -> Option<Time> {
        // A caller that waits for the outcome of the pivot would have it loaded again at once.
        let asked = self.control.as_ref().is_some_and(|it| it.is_awaited());
        let runs = matches!(self.stage, Stage::Runs(_));
        if !noted.idle || !runs || begins || asked {
            return None;
        }
        let wakes = noted.wakes?;
        let deadline = self.deadline.filter(|_| !noted.late);
        let wakes = deadline.map_or(wakes, |deadline| wakes.min(deadline));
        let wakes = self.clock.at_moment(wakes);
        // A saga that waits for other sagas releases its slot immediately: it may be one of a
        // thousand that do.
        let is_long = noted.queued || self.clock.until(wakes) > self.unload_after;
        (is_long && !self.clock.is_near(wakes)).then_some(wakes)
    }
}

/// Events with their keys.
fn keyed(saga: &str, id: &Id, events: Vec<String>) -> Vec<NewEvent> {
    let keyed = events.into_iter().zip(0..).map(|(payload, number)| {
        let key = event_key(saga, id, number).to_string();
        NewEvent { key, payload }
    });
    keyed.collect()
}
