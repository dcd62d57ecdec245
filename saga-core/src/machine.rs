//! What the macro implements for a saga: its steps as calls, its effects as slots, its predicates as functions. Everything that decides is elsewhere.

use crate::{
    attempt::{Reported, untimed},
    codec::{Codec, Encode},
    context::{Context, LazyId},
    definition::Definition,
    error::{Failure, Panic},
    executor::Lanes,
    journal::{At, Attempt, CallKind, Journal},
    kernel::{StepState, Verdict},
    outcome::Summary,
};
use std::{future::Future, pin::Pin, sync::Arc};

/// A saga with its inputs and services, ready to run. Implemented by `saga!`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a saga",
    note = "sagas are declared by `saga!`"
)]
pub trait Machine: Sized + Send + Sync + 'static {
    /// The declaration.
    const DEFINITION: &'static Definition;
    /// What the saga gives if it completes.
    type Output: Send + 'static;
    /// The error of its steps.
    type Error: Send + Sync + 'static;
    /// Its effects, each in a slot.
    type Slots: Default + Send + Sync + 'static;
    /// `[StepState; N]`.
    type States: AsRef<[StepState]> + AsMut<[StepState]> + Send + Sync + 'static;
    /// Its effects as users see them.
    type Snapshot: Send + Sync + 'static;

    /// The states of a saga that has not started.
    fn states() -> Self::States;

    /// Performs the action of the step at hand, which is in no block, and fills its slot; goes on with the steps that follow as long as each gives
    /// `Ok`, may be reached, and is neither in a block nor behind a `when`.
    ///
    /// A run of ordinary steps is one loop this way, with nothing to ask in between.
    fn run<'a, J: Journal>(
        &'a self,
        slots: &'a mut Self::Slots,
        straight: &'a mut Straight<'_, Self::Error>,
        scope: &'a Scope<'a, J>,
    ) -> impl Future<Output = ()> + Send + 'a;

    /// Performs the compensation of the step at hand, which is in no block, and empties its slot; goes on with the steps before it as long as each
    /// compensation gives `Ok` and the next may be reached, and passes over those that have none.
    fn undo<'a, J: Journal>(
        &'a self,
        slots: &'a mut Self::Slots,
        straight: &'a mut Straight<'_, Self::Error>,
        scope: &'a Scope<'a, J>,
    ) -> impl Future<Output = ()> + Send + 'a;

    /// Performs any other call of a step and fills the slot.
    fn call<'a, J: Journal>(
        &'a self,
        slots: &'a mut Self::Slots,
        call: Call<'a, Self::Error>,
        scope: &'a Scope<'a, J>,
    ) -> impl Future<Output = Report<Self::Error>> + Send + 'a;

    /// Runs the lanes of the `concurrent` block that begins with step `first`.
    fn group<'a, J: Journal>(
        &'a self,
        slots: &'a Self::Slots,
        first: u16,
        lanes: Lanes<'a, Self>,
        scope: &'a Scope<'a, J>,
    ) -> impl Future<Output = ()> + Send + 'a;

    /// Empties the slot of a step.
    fn clear(slots: &mut Self::Slots, step: u16);

    /// Whether the step is in no block.
    #[must_use]
    fn is_sequential(step: u16) -> bool {
        Self::DEFINITION.steps[usize::from(step)].group.is_none()
    }

    /// What an `Err` means.
    #[must_use]
    fn classify(_: &Self::Error) -> Verdict {
        Verdict::Transient
    }

    /// `#[abort(…)]` of a step.
    #[must_use]
    fn aborts(_step: u16, _: &Self::Error) -> bool {
        false
    }

    /// The `if` of a step's `#[retry]`.
    #[must_use]
    fn again(_step: u16, _: &Self::Error) -> bool {
        true
    }

    /// The `if` of a step's `#[savepoint]`.
    #[must_use]
    fn turns(_step: u16, _: &Self::Error) -> bool {
        true
    }

    /// Puts what was recorded of a step into its slot: its value as JSON, or that it was skipped (`None`). Only durable sagas can.
    ///
    /// # Errors
    /// Why the JSON is no such value.
    fn load(_slots: &mut Self::Slots, _step: u16, _json: Option<&str>) -> Result<(), String> {
        Err("effects of a saga that is not durable are not kept".to_owned())
    }

    /// The error as text: `Display` if it has it, else `Debug` if it has that.
    fn describe(error: &Self::Error) -> Option<String>;

    /// The output of a completed saga, from what it takes out of the slots.
    fn output(self, slots: &mut Self::Slots) -> Self::Output;

    /// `finally`, if there is one.
    fn finally(
        &self,
        summary: &dyn Fn() -> Summary,
    ) -> Option<Pin<Box<dyn Future<Output = ()> + Send>>>;

    /// Slots as a snapshot.
    fn snapshot(slots: Self::Slots) -> Self::Snapshot;

    /// A snapshot as slots.
    fn restore(snapshot: Self::Snapshot) -> Self::Slots;
}

/// A call that a machine is to perform.
pub struct Call<'a, E> {
    /// Which one.
    pub at: At,
    /// What a `compensate` reads as `failure`.
    pub failure: Option<&'a Failure<E>>,
    /// What a `fallback` reads as `failure`; shared, since it runs inside of a group, too, while the group goes on.
    pub own: Option<Arc<Failure<E>>>,
}

impl<E> Call<'_, E> {
    /// The failure that a fallback reads.
    ///
    /// # Panics
    /// If no attempt failed: only then is a fallback called.
    #[must_use]
    pub fn own(&self) -> &Failure<E> {
        self.own
            .as_deref()
            .expect("a fallback runs after a failure only")
    }
}

/// A run of calls that fall through from one to the next: where it is, how far it may go, and how its last call went.
#[derive(Debug)]
pub struct Straight<'f, E> {
    /// The call at hand; once the run has stopped, or has panicked, the last one.
    pub at: At,
    /// On the way forward the first step that it must not reach, on the way back the last one that it may.
    until: u16,
    /// What a compensation reads as `failure`.
    pub failure: Option<&'f Failure<E>>,
    /// How the last call went.
    pub report: Report<E>,
}

impl<'f, E> Straight<'f, E> {
    #[inline]
    pub(crate) fn new(at: At, until: u16, failure: Option<&'f Failure<E>>) -> Self {
        Self {
            at,
            until,
            failure,
            report: Report::Done,
        }
    }

    /// Goes on with the action of step `next`, if it may.
    #[inline]
    pub fn goes_on(&mut self, next: u16) -> bool {
        let goes = next < self.until;
        if goes {
            self.turn_to(next);
        }
        goes
    }

    /// Goes on with the compensation of step `next`, if it may.
    #[inline]
    pub fn goes_back(&mut self, next: u16) -> bool {
        let goes = self.until <= next;
        if goes {
            self.turn_to(next);
        }
        goes
    }

    #[inline]
    fn turn_to(&mut self, step: u16) {
        // Only the first call of a run may have been tried before.
        self.at.step = step;
        self.at.attempt = 1;
        self.at.round = 0;
    }

    /// Whether all calls up to step `last`, which is one behind the other, gave `Ok`.
    #[inline]
    #[must_use]
    pub fn reached(&self, last: u16) -> bool {
        self.at.step == last && matches!(self.report, Report::Done)
    }

    /// Where the machine has no such code: see [`At::undeclared`].
    #[cold]
    pub fn undeclared(&self) {
        drop(self.at.undeclared::<E>());
    }
}

/// The failure that a compensation reads.
///
/// # Panics
/// If the saga is not on its way back: only then are such compensations called.
#[must_use]
pub fn reported<E>(failure: Option<&Failure<E>>) -> &Failure<E> {
    failure.expect("a compensation that reads `failure` runs on the way back only")
}

/// What all calls of a run share.
pub struct Scope<'a, J> {
    pub(crate) journal: &'a J,
    pub(crate) id: &'a LazyId,
}

impl<J: Journal> Scope<'_, J> {
    /// What a call reads as `ctx`.
    #[must_use]
    pub fn context(&self, at: At, saga: &'static str, step: &'static str) -> Context<'_> {
        Context {
            saga,
            id: self.id.get(),
            step,
            attempt: at.attempt,
            round: at.round,
        }
    }

    /// Performs and records one call.
    #[inline]
    pub fn perform<'a, T, E, F, C>(
        &'a self,
        at: At,
        codec: C,
        attempt: F,
    ) -> impl Future<Output = Attempt<T, E>> + Send + use<'a, T, E, F, C, J>
    where
        T: Send + 'a,
        E: Send + 'static,
        F: Future<Output = Attempt<T, E>> + Send + 'a,
        C: Encode<T> + 'a,
    {
        self.journal.perform(at, codec, attempt)
    }

    /// The same for what most calls are: without a limit, nothing to keep. One function for the layers around it, instead of one for each in
    /// generated code: that would take rustc twice as long.
    #[inline]
    pub fn call<'a, T, E, F>(
        &'a self,
        at: At,
        call: F,
    ) -> impl Future<Output = Result<T, Report<E>>> + Send + use<'a, T, E, F, J>
    where
        T: Send + 'a,
        E: Send + 'static,
        F: Future<Output = Result<T, E>> + Send + 'a,
    {
        Reported::new(self.perform(at, Codec::none(), untimed(call)))
    }
}

/// How a call went, once its value is in its slot.
#[derive(Debug)]
pub enum Report<E> {
    /// The call gave `Ok`.
    Done,
    /// `when` said this.
    Decided(bool),
    /// `resolve` said whether it happened.
    Resolved(bool),
    /// The call gave `Err`.
    Failed(E),
    /// It took too long.
    TimedOut,
    /// It panicked.
    Panicked(Box<Panic>),
    /// Its value cannot be recorded.
    Unrecordable(String),
}

impl<T, E> Attempt<T, E> {
    /// Its value.
    ///
    /// # Errors
    /// How it went, if it gave none.
    #[inline]
    pub fn value(self) -> Result<T, Report<E>> {
        match self {
            Self::Ok(value) => Ok(value),
            Self::Err(error) => Err(Report::Failed(error)),
            Self::TimedOut => Err(Report::TimedOut),
            Self::Panicked(panic) => Err(Report::Panicked(panic)),
            Self::Unrecordable(why) => Err(Report::Unrecordable(why)),
        }
    }
}

impl<E> Report<E> {
    /// Puts the value of an attempt into its slot and says how the attempt went.
    #[inline]
    pub fn of<T>(attempt: Attempt<T, E>, store: impl FnOnce(T)) -> Self {
        match attempt.value() {
            Ok(value) => {
                store(value);
                Self::Done
            }
            Err(report) => report,
        }
    }

    /// The same for `resolve`, whose `None` says that nothing happened.
    #[inline]
    pub fn answer<T>(attempt: Attempt<Option<T>, E>, store: impl FnOnce(T)) -> Self {
        let mut happened = false;
        let report = Self::of(attempt, |answer| {
            if let Some(value) = answer {
                happened = true;
                store(value);
            }
        });
        match report {
            Self::Done => Self::Resolved(happened),
            other => other,
        }
    }
}

/// Applies a predicate of a declaration: a path or a closure, whose argument's type this fixes.
#[inline]
pub fn agrees<E>(predicate: impl FnOnce(&E) -> bool, error: &E) -> bool {
    predicate(error)
}

impl At {
    /// The first attempt of the first step.
    pub(crate) fn first() -> Self {
        Self {
            step: 0,
            call: CallKind::Action,
            attempt: 1,
            round: 0,
        }
    }

    /// Where the machine has no such code: the kernel asks for what the definition declares, so this is a defect of the library.
    #[cold]
    #[must_use]
    pub fn undeclared<E>(self) -> Report<E> {
        unreachable!(
            "step {} declares no {}",
            self.step,
            CallKind::to_string(&self.call)
        )
    }
}
