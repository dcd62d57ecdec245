//! A run that passes its commits to its caller.

use super::{
    Solo,
    tape::{Begins, Tape, Written},
};
use crate::{
    clock::{Clock, system_time},
    error::{EngineError, Unreadable},
    journal::action::Attribution,
    runtime::engine::{EFFECT_LIMIT, FINALLY_LIMIT, ITEMS_LIMIT},
    runtime::journal::{Shared, limited},
    runtime::lease::Lease,
    runtime::life::{Draft, Life, Next, Start},
    runtime::reading::{Continuation, Redefined},
    runtime::recorded::{Recorded, Version},
    runtime::resumed::RunContext,
    runtime::submission::id_of,
    store::SagaId,
};
use std::{
    fmt,
    future::{Future, poll_fn},
    mem,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};
use thiserror::Error;
use tokio::time::Instant;
use typed_saga_core::{
    Durable, Id,
    run::{Control, canonical, discard, has_limits, need_timers},
};

/// A running saga, which passes its commits to its caller. Dropping it is equivalent to the process
/// ending.
///
/// It makes its calls while [`step`](Self::step) is polled, and at no other time.
pub struct SoloRun {
    life: Life,
    control: Arc<Control>,
    lease: Lease,
    guard: Duration,
    nap: Duration,
    /// Whether it needs timers, and has not asked for them.
    limited: bool,
    /// Recorded with the next commit, if the log lacks them: the start of the saga, and its
    /// definition.
    begins: Option<Box<Begins>>,
    definition: Option<String>,
    /// The commit that was passed to the caller, and has not been acknowledged.
    out: Option<(Draft, Written)>,
}

/// The next step of a run.
#[derive(Debug)]
pub enum SoloStep {
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
    /// Begins a saga with inputs as JSON, and with the life of its id, if the log records that: draw
    /// another one for each saga that begins. `deadline`: the saga rolls back if it has not passed its
    /// pivot after this time.
    ///
    /// # Errors
    /// [`EngineError::Id`], [`EngineError::Input`]; [`EngineError::Unreadable`] if the services
    /// panicked when they were cloned.
    pub fn begin(
        &self,
        id: impl Into<Id>,
        input: &str,
        deadline: Option<Duration>,
    ) -> Result<SoloRun, EngineError> {
        let id = id.into();
        let (saga, life) = (id_of(S::DEFINITION, &id)?, id.life());
        let unfit = |why| EngineError::Input { why };
        let input = canonical(input).map_err(|error| unfit(error.to_string()))?;
        let input = limited(input, EFFECT_LIMIT).map_err(unfit)?;
        let value = self.entry.input(&input).map_err(unfit)?;
        let entry = &*self.entry;
        let (mut run, given) = self.idle(saga, life, 0);
        let limit = S::DEFINITION.deadline_of_run(deadline);
        let start = Start::of(entry, &given.clock, limit);
        let begins = run.life.begin(entry, value, start, given);
        begins.map_err(|why| EngineError::unreadable(&run.life.saga, why))?;
        run.begins = Some(Box::new(Begins {
            input,
            fingerprint: entry.fingerprint(),
            life,
        }));
        run.definition = Some(S::DEFINITION.to_json());
        Ok(run)
    }

    pub(super) fn reading(&self, tape: &Tape) -> Result<Continuation, Unreadable> {
        let version = Version::from(&*self.entry);
        let recorded = self.recorded(tape, Some(version))?;
        // The log has one owner.
        let row = &tape.stored().row;
        Continuation::of(version, (&recorded, row), system_time())
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
        let row = &tape.stored().row;
        let reading = self.reading(tape)?;
        let (mut run, given) = self.idle(row.saga.clone(), row.life, row.commits);
        let taken = run.life.take_up(&*self.entry, row, reading, given)?;
        run.definition = taken.redefined.as_ref().map(Redefined::json);
        Ok(run)
    }

    /// A run that does nothing yet, and what it is given.
    fn idle(
        &self,
        saga: SagaId,
        life: Option<typed_saga_core::Life>,
        seq: u64,
    ) -> (SoloRun, RunContext<'_>) {
        let (clock, lease) = (Clock::system(), Lease::of(self.guard));
        let shared = Shared::new(S::DEFINITION, EFFECT_LIMIT, clock.clone(), lease.clone());
        shared.lives(life);
        let given = RunContext {
            id: shared.id(&saga),
            control: Arc::default(),
            shared: Arc::new(shared),
            observers: &self.observers,
            items_limit: ITEMS_LIMIT,
            unload_after: self.nap,
            finally_limit: FINALLY_LIMIT,
            clock,
        };
        let run = SoloRun {
            life: Life::new(saga, seq, &given),
            control: Arc::clone(&given.control),
            lease,
            guard: self.guard,
            nap: self.nap,
            limited: has_limits(S::DEFINITION),
            begins: None,
            definition: None,
            out: None,
        };
        (run, given)
    }
}

impl SoloRun {
    /// Runs the saga until there is a commit, and returns it. Returns that commit again until it is
    /// acknowledged. The future may be dropped, and the method called again.
    ///
    /// # Errors
    /// [`TooLate`], for good.
    ///
    /// # Panics
    /// If the saga has time limits, outside of a tokio runtime with its timer enabled.
    pub fn step(&mut self) -> impl Future<Output = Result<SoloStep, TooLate>> + Send + '_ {
        poll_fn(|cx| {
            if mem::take(&mut self.limited) {
                need_timers(&self.life.saga.saga);
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
        let Some((draft, _)) = self.out.take() else {
            return Ok(());
        };
        self.lease.renewed(asked);
        if !self.lease.holds() {
            return Err(self.too_late());
        }
        (self.begins, self.definition) = (None, None);
        self.life.written(&draft);
        Ok(())
    }

    /// Asks the saga to roll back. It does so once its running call has ended, unless it is too
    /// late by then.
    pub fn cancel(&self, who: Attribution) {
        self.life.shared.asked(who, None);
        self.control.request();
    }

    /// Lets no further call start. Once the running calls have ended, and their results are
    /// recorded, [`step`](Self::step) returns [`SoloStep::Released`].
    pub fn release(&self) {
        self.life.shared.release();
    }

    fn too_late(&self) -> TooLate {
        TooLate { guard: self.guard }
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Result<SoloStep, TooLate>> {
        loop {
            if let Some((_, written)) = &self.out {
                return Poll::Ready(Ok(SoloStep::Write(written.clone())));
            }
            self.life.poll(cx);
            if self.life.shared.is_without_lease() {
                return Poll::Ready(Err(self.too_late()));
            }
            // A saga that waits for a signal is unloaded immediately: the owner of the log receives
            // signals for it.
            self.life.unload_after = if self.life.shared.listens() {
                Duration::ZERO
            } else {
                self.nap
            };
            match self.life.next(cx.waker(), self.begins.is_some()) {
                Next::Write(draft) => self.hand_out(draft),
                Next::Ended(end) => discard(end),
                Next::Released => return Poll::Ready(Ok(SoloStep::Released)),
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
            listens: self.life.shared.listens(),
        };
        self.out = Some((draft, written));
    }
}

impl fmt::Debug for SoloRun {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SoloRun")
            .field("saga", &self.life.saga)
            .field("commits", &self.life.seq)
            .finish_non_exhaustive()
    }
}
