//! A run that passes its commits to its caller.

use super::{
    Solo,
    tape::{Tape, Written},
};
use crate::{
    clock::{Clock, system_time},
    error::{EngineError, Unreadable},
    journal::action::Attribution,
    journal::record::{self, Record},
    journal::schema::Applies,
    runtime::end::{Finally, finish},
    runtime::engine::{EFFECT_LIMIT, FINALLY_LIMIT, ITEMS_LIMIT},
    runtime::follow::{Draft, Follow, Next, Opening},
    runtime::journal::{Shared, limited},
    runtime::lease::Lease,
    runtime::reading::{Reading, Redefined},
    runtime::recorded::{Recorded, Version},
    runtime::resumed::{Resumed, RunContext},
    runtime::run::Recovered,
    runtime::submission::id_of,
    store::{Change, Claim, Commit, SagaId, State},
};
use twin_core::{
    Durable, Id,
    run::{Control, canonical, has_limits, need_timers},
};
use std::{
    fmt,
    future::{Future, poll_fn},
    mem,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};
use thiserror::Error;
use tokio::time::Instant;

/// A running saga, which passes its commits to its caller. Dropping it is equivalent to the process
/// ending.
///
/// It makes its calls while [`step`](Self::step) is polled, and at no other time.
pub struct SoloRun {
    follow: Follow,
    control: Arc<Control>,
    lease: Lease,
    guard: Duration,
    nap: Duration,
    /// Whether it needs timers, and has not asked for them.
    limited: bool,
    /// Recorded with the next commit, if the log lacks them: the start of the saga, and its
    /// definition.
    begins: Option<(String, u64)>,
    definition: Option<String>,
    /// The commit that was passed to the caller, and has not been acknowledged.
    out: Option<(Draft, Written)>,
    last: Last,
}

/// What is left of a saga after its end.
enum Last {
    /// It has not ended.
    Nothing,
    Finally(State, Pin<Box<dyn Future<Output = Record> + Send>>),
    Over,
}

/// The next step of a run.
#[derive(Debug)]
pub enum Step {
    /// A commit. It is returned again until it is acknowledged.
    Write(Written),
    /// It was [released](SoloRun::release), or rests: none of its calls runs, and everything is
    /// recorded.
    Released,
}

/// Calls of a run may not start: its last commit was passed to the log longer ago than the
/// [guard](Solo::guard) allows. Drop the run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("writing a commit took longer than {guard:?}, so its calls do not start")]
pub struct TooLate {
    /// The guard.
    pub guard: Duration,
}

impl<S: Durable> Solo<S> {
    /// Begins a saga with inputs as JSON. `deadline`: the saga rolls back if it has not passed its
    /// pivot after this time.
    ///
    /// # Errors
    /// [`EngineError::Id`], [`EngineError::Input`].
    pub fn begin(
        &self,
        id: impl Into<Id>,
        input: &str,
        deadline: Option<Duration>,
    ) -> Result<SoloRun, EngineError> {
        let saga = id_of(S::DEFINITION, &id.into())?;
        let unfit = |why| EngineError::Input { why };
        let input = canonical(input).map_err(|error| unfit(error.to_string()))?;
        let input = limited(input, EFFECT_LIMIT).map_err(unfit)?;
        let value = self.entry.input(&input).map_err(unfit)?;
        let fingerprint = self.entry.fingerprint();
        let mut run = self.idle(saga, 0);
        let deadline = S::DEFINITION.deadline_of_run(deadline);
        let clock = &run.follow.clock;
        let ends = deadline.map(|limit| clock.end_of(limit));
        let at = ends.map(|ends| clock.at_moment(ends));
        let started = Record::started(S::DEFINITION, fingerprint, at);
        run.follow.deadline = ends;
        run.follow.shared.push(started);
        run.begins = Some((input, fingerprint));
        run.definition = Some(S::DEFINITION.to_json());
        run.follow.run = Some(self.entry.begin(value, run.given(self), deadline));
        Ok(run)
    }

    pub(super) fn reading(&self, tape: &Tape) -> Result<Reading, Unreadable> {
        let version = Version::from(&*self.entry);
        let recorded = self.recorded(tape, Some(version))?;
        // The log has one owner.
        let row = &tape.stored().row;
        Reading::of(version, (&recorded, row), Applies::FromHere, system_time())
    }

    /// The tape with the definitions under which the saga was run; that of `own` is not read.
    pub(super) fn recorded(
        &self,
        tape: &Tape,
        own: Option<Version>,
    ) -> Result<Recorded, Unreadable> {
        Recorded::of(tape.stored(), own, |fingerprint| {
            let mut rows = tape.definitions.iter();
            let row = rows.find(|row| row.fingerprint == fingerprint);
            let row = row.ok_or(Unreadable::NoDefinition { fingerprint })?;
            self.definitions.read(row).map_err(Unreadable::Definition)
        })
    }

    /// Resumes a saga where its tape ends. Calls that are recorded as started, without an end, are
    /// lost.
    ///
    /// # Errors
    /// [`Unreadable`] if its definition has changed in a part that it has already run, or the
    /// records cannot be read; [`Unreadable::Over`] if nothing of it is left to run.
    pub fn go_on(&self, tape: &Tape) -> Result<SoloRun, Unreadable> {
        let stored = tape.stored();
        let entry = &*self.entry;
        let Reading {
            mut folded,
            redefined,
            ..
        } = self.reading(tape)?;
        let mut run = self.idle(stored.row.saga.clone(), stored.row.commits);
        let given = run.given(self);
        folded.set_clock(given.clock.now(), &stored.row);
        match entry.recover(&stored.row, &mut Resumed::of(folded, given))? {
            Recovered::Finally(finally) => run.last = Last::finally(stored.row.state, finally),
            Recovered::Run {
                run: recovered,
                deadline,
            } => {
                run.follow.run = Some(recovered);
                run.follow.deadline = deadline.map(|ends| run.follow.clock.moment(ends));
                run.definition = redefined.as_ref().map(Redefined::json);
                run.follow.opening = Opening::of(&stored.row, redefined);
            }
        }
        Ok(run)
    }

    /// A run that does nothing.
    fn idle(&self, saga: SagaId, seq: u64) -> SoloRun {
        let (clock, lease) = (Clock::system(), Lease::of(self.guard));
        SoloRun {
            follow: Follow {
                saga,
                shared: Arc::new(Shared::new(
                    S::DEFINITION,
                    EFFECT_LIMIT,
                    clock.clone(),
                    lease.clone(),
                )),
                clock,
                control: None,
                unload_after: self.nap,
                holds_keys: false,
                deadline: None,
                seq,
                opening: None,
                run: None,
                end: None,
            },
            control: Arc::default(),
            lease,
            guard: self.guard,
            nap: self.nap,
            limited: has_limits(S::DEFINITION),
            begins: None,
            definition: None,
            out: None,
            last: Last::Nothing,
        }
    }
}

impl SoloRun {
    fn given<'a, S>(&self, solo: &'a Solo<S>) -> RunContext<'a> {
        RunContext {
            id: Id::from(Arc::clone(&self.follow.saga.id)),
            control: Arc::clone(&self.control),
            shared: Arc::clone(&self.follow.shared),
            observers: &solo.observers,
            items_limit: ITEMS_LIMIT,
            clock: self.follow.clock.clone(),
        }
    }

    /// Runs the saga until there is a commit, and returns it. Returns that commit again until it is
    /// acknowledged. The future may be dropped, and the method called again.
    ///
    /// # Errors
    /// [`TooLate`], for good.
    ///
    /// # Panics
    /// If the saga has time limits, outside of a tokio runtime with its timer enabled.
    pub fn step(&mut self) -> impl Future<Output = Result<Step, TooLate>> + Send + '_ {
        poll_fn(|cx| {
            if mem::take(&mut self.limited) {
                need_timers(&self.follow.saga.saga);
            }
            self.poll(cx)
        })
    }

    /// Acknowledges that the last commit, which was passed to the log at `asked`, is recorded: its
    /// calls may start.
    ///
    /// # Errors
    /// [`TooLate`] if that was too long ago.
    pub fn acknowledge(&mut self, asked: Instant) -> Result<(), TooLate> {
        let Some((draft, written)) = self.out.take() else {
            return Ok(());
        };
        self.lease.renewed(asked);
        if !self.lease.holds() {
            return Err(self.too_late());
        }
        if written.rests().is_some() {
            self.last = Last::Over;
        }
        self.follow.seq += 1;
        (self.begins, self.definition) = (None, None);
        self.follow.shared.committed(draft.upto);
        Ok(())
    }

    /// Asks the saga to roll back. It does so once its running call has ended, unless it is too
    /// late by then.
    pub fn cancel(&self, who: Attribution) {
        self.follow.shared.asked(who, None);
        self.control.request();
    }

    /// Lets no further call start. Once the running calls have ended, and their results are
    /// recorded, [`step`](Self::step) returns [`Step::Released`].
    pub fn release(&self) {
        self.follow.shared.release();
    }

    fn too_late(&self) -> TooLate {
        TooLate { guard: self.guard }
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Result<Step, TooLate>> {
        loop {
            if let Some((_, written)) = &self.out {
                return Poll::Ready(Ok(Step::Write(written.clone())));
            }
            match &mut self.last {
                Last::Nothing => {}
                Last::Over => return Poll::Ready(Ok(Step::Released)),
                Last::Finally(state, finally) => {
                    let Poll::Ready(record) = finally.as_mut().poll(cx) else {
                        return Poll::Pending;
                    };
                    let state = *state;
                    self.last = Last::Over;
                    self.hand_out(self.finished(state, &record));
                    continue;
                }
            }
            self.follow.poll(cx);
            if self.follow.shared.is_without_lease() {
                return Poll::Ready(Err(self.too_late()));
            }
            // A saga that waits for a signal is unloaded immediately: the owner of the log receives
            // signals for it.
            self.follow.unload_after = if self.follow.shared.listens() {
                Duration::ZERO
            } else {
                self.nap
            };
            match self.follow.next(cx.waker(), self.begins.is_some()) {
                Next::Write(draft) => self.hand_out(draft),
                Next::Ended(end) => self.last = Last::of(end.state, end.finally),
                Next::Released => return Poll::Ready(Ok(Step::Released)),
                Next::Wait => return Poll::Pending,
            }
        }
    }

    fn hand_out(&mut self, draft: Draft) {
        let written = Written {
            commit: draft.commit.clone(),
            change: draft.change.clone(),
            begins: self.begins.clone(),
            definition: self.definition.clone(),
            listens: self.follow.shared.listens(),
        };
        self.out = Some((draft, written));
    }

    /// The commit that records that `finally` has run.
    fn finished(&self, state: State, record: &Record) -> Draft {
        Draft {
            commit: Commit {
                seq: self.follow.seq,
                at: self.follow.clock.now(),
                records: record::encode(std::slice::from_ref(record)),
            },
            change: Some(Change {
                state,
                claim: Claim::Rest,
                fingerprint: None,
                events: Vec::new(),
                delivers: false,
                locks: Vec::new(),
            }),
            answers: Vec::new(),
            upto: 0,
            idle: true,
        }
    }
}

impl Last {
    /// What is left of a saga that has ended here.
    fn of(state: State, finally: Option<Finally>) -> Self {
        match finally {
            None => Self::Over,
            finally => Self::finally(state, finally),
        }
    }

    fn finally(state: State, finally: Option<Finally>) -> Self {
        Self::Finally(state, Box::pin(finish(finally, FINALLY_LIMIT)))
    }
}

impl fmt::Debug for SoloRun {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SoloRun")
            .field("saga", &self.follow.saga)
            .field("commits", &self.follow.seq)
            .finish_non_exhaustive()
    }
}
