//! The state of a run besides its slots: the kernel, the failures by value, and what may interrupt
//! or observe the run.

use super::{
    places::Places,
    rules::{Rules, rules},
};
use crate::{
    calls::{
        journal::{Journal, Words},
        loops::Looping,
        perform::Scope,
        report::Report,
        watch::Watch,
    },
    definition::{Definition, DefinitionRef},
    generated::machine::Machine,
    kernel::{Event, Illegal, Kernel, StepState, Verdict},
    report::{
        failures::Failures,
        progress::{StepProgress, Within},
        why::Why,
    },
    values::{call::CallKind, cause::Cause},
};
use std::collections::BTreeMap;
use tokio::time::Instant;

/// The state of a run, without the user's values.
///
/// Not generic over the machine, so that the code that applies a run's events is compiled once for
/// all sagas with the same number of steps and this type of error.
pub(crate) struct RunState<E: Send + Sync + 'static, S: States> {
    pub(crate) rules: &'static Rules<E>,
    pub(crate) kernel: Kernel<S>,
    pub(crate) failures: Failures<E>,
    /// What may interrupt or observe the run; `None` for most runs.
    pub(crate) watch: Option<Box<Watch>>,
    /// State that few runs have.
    pub(crate) aside: Option<Box<Aside<E>>>,
}

/// The state of a saga's run. The items of a loop share a state of their own, whose kernel is that
/// of the current item.
pub(crate) type RunOf<M> = RunState<<M as Machine>::Error, <M as Machine>::States>;

/// The states of a saga's steps.
pub(crate) trait States:
    AsRef<[StepState]> + AsMut<[StepState]> + Send + Sync + 'static
{
}

impl<S: AsRef<[StepState]> + AsMut<[StepState]> + Send + Sync + 'static> States for S {}

/// State that few runs have.
pub(crate) struct Aside<E> {
    /// The progress of the steps of the current block, in a recovered run.
    pub(crate) siblings: Vec<StepProgress<E>>,
    /// The loops that have begun.
    pub(crate) loops: Vec<Looping>,
    pub(crate) places: Places,
    /// When the last unconfirmed attempt of a step ended, if compensations wait for it; in the run
    /// of a loop's items, by item.
    pub(crate) lost: BTreeMap<u32, Instant>,
    /// Why the run rolls back, since a part of it has failed that may still undo itself.
    pub(crate) why: Option<Why>,
}

impl<E> Default for Aside<E> {
    fn default() -> Self {
        Self {
            siblings: Vec::new(),
            loops: Vec::new(),
            places: Places::default(),
            lost: BTreeMap::new(),
            why: None,
        }
    }
}

/// The state of a new run. `definition` decides; it is [`Machine::DEFINITION`], or one that differs
/// from it in how often calls are tried.
pub(crate) fn new_run<M: Machine>(
    definition: impl Into<DefinitionRef>,
    durable: bool,
    watch: Option<Box<Watch>>,
) -> RunOf<M> {
    run_of::<M>(Kernel::new(definition, M::states(), durable), watch)
}

/// The state of a run with this kernel, and nothing else.
pub(crate) fn run_of<M: Machine>(kernel: Kernel<M::States>, watch: Option<Box<Watch>>) -> RunOf<M> {
    RunState {
        rules: rules::<M>(),
        kernel,
        failures: Failures::default(),
        watch,
        aside: None,
    }
}

impl<E: Send + Sync + 'static> RunState<E, [StepState; 2]> {
    /// The state of a run of a loop's items.
    pub(super) fn of_items(
        rules: &'static Rules<E>,
        definition: &'static Definition,
        durable: bool,
        watch: Box<Watch>,
    ) -> Self {
        Self {
            rules,
            kernel: Kernel::new(definition, [StepState::NEW; 2], durable),
            failures: Failures::default(),
            watch: Some(watch),
            aside: None,
        }
    }
}

impl<E: Send + Sync + 'static, S: States> RunState<E, S> {
    /// Applies an event, and notes it in the journal and for the observers.
    pub(super) fn apply<J: Journal>(&mut self, scope: &Scope<'_, J>, event: Event) {
        scope.journal.note(scope.place, event, || None);
        self.apply_observed(event, None);
        if self.rules.have_parts() {
            self.tell_parts(scope);
        }
    }

    /// [`apply`](Self::apply) for rare events, and for an event that the caller does not know.
    /// `cause` is the failure of the call, if it failed.
    pub(crate) fn apply_caused<J: Journal>(
        &mut self,
        scope: &Scope<'_, J>,
        event: Event,
        cause: Option<&Cause<E>>,
    ) {
        scope.journal.note(scope.place, event, || {
            cause.map(|cause| Words::of(self.text(event, cause)))
        });
        self.apply_noted(scope, event, cause);
    }

    /// [`apply_caused`](Self::apply_caused) for an event that is already noted.
    pub(super) fn apply_noted<J: Journal>(
        &mut self,
        scope: &Scope<'_, J>,
        event: Event,
        cause: Option<&Cause<E>>,
    ) {
        self.apply_observed(event, cause);
        if self.rules.have_parts() {
            self.tell_parts(scope);
        }
        self.tell_above(scope);
    }

    /// Applies an event to the kernel alone.
    pub(crate) fn apply_alone(&mut self, event: Event) {
        if let Err(illegal) = self.kernel.apply(event) {
            defect(illegal);
        }
    }

    /// Applies the report of a call. The machine has already dropped the call.
    #[inline]
    pub(super) fn ended<J: Journal>(
        &mut self,
        scope: &Scope<'_, J>,
        progress: &mut StepProgress<E>,
        call: CallKind,
        report: Report<E>,
    ) {
        let step = progress.step;
        // A batch may have called child sagas before this step.
        let has_part = |step| self.rules.nests || self.declared(step).items.is_some();
        if self.rules.have_parts() && has_part(step) {
            self.note_parts(scope, step, &report);
        }
        // By reference: moving a report whose parts were just written stalls.
        match (call, &report) {
            (CallKind::Action, Report::Done) => match scope.journal.unrecordable(scope.place, step)
            {
                None => {
                    self.apply(scope, Event::Applied { step });
                    if progress.used {
                        progress.forget();
                    }
                }
                Some(text) => {
                    let report = Report::Failed(Cause::Unrecordable { text });
                    self.ended_otherwise(scope, progress, call, report);
                }
            },
            (CallKind::Compensate, Report::Done) if !progress.used => {
                self.apply(scope, Event::Compensated { step });
            }
            _ => self.ended_otherwise(scope, progress, call, report),
        }
        self.answer();
    }

    /// Kept out of the fast path.
    #[inline(never)]
    fn ended_otherwise<J: Journal>(
        &mut self,
        scope: &Scope<'_, J>,
        progress: &mut StepProgress<E>,
        call: CallKind,
        report: Report<E>,
    ) {
        let failing = self.rules.have_parts() && self.kernel.is_failing(progress.step);
        let later = self.failures.set_aside(failing);
        self.ended_as(scope, progress, call, report);
        self.failures.add(later);
        if failing {
            self.forget_why(scope);
        }
        self.tell_why(scope);
    }

    fn ended_as<J: Journal>(
        &mut self,
        scope: &Scope<'_, J>,
        progress: &mut StepProgress<E>,
        call: CallKind,
        report: Report<E>,
    ) {
        let step = progress.step;
        progress.used = true;
        // A wait that was cut short before this call does not continue.
        progress.wait = None;
        let cause = match report {
            Report::Done if call == CallKind::Fallback => {
                return self.succeeded(scope, progress, Event::FellBack { step });
            }
            Report::Done => return self.succeeded(scope, progress, Event::Compensated { step }),
            // The action follows at once.
            Report::Decided(true) => return,
            // This clears the failure of a `when` that panicked before.
            Report::Decided(false) => {
                return self.succeeded(scope, progress, Event::Skipped { step });
            }
            Report::Awaits(wait) => return self.awaits(scope, progress, wait),
            Report::Requests(request) => return self.requests(scope, progress, *request),
            Report::Received => {
                return self.succeeded(scope, progress, Event::Received { step });
            }
            Report::Resolved(happened) => {
                return self.succeeded(scope, progress, Event::Resolved { step, happened });
            }
            Report::Failed(cause) => cause,
            // The steps of the child are applied; only their effect is missing.
            Report::OutputPanicked(panic) => {
                return self.failed(
                    scope,
                    progress,
                    Event::Unrecordable { step },
                    (call, Cause::Panicked(panic)),
                );
            }
            Report::Looped(looped) if self.rules.loops => {
                return self.loop_ended(scope, progress, call, *looped);
            }
            Report::Nested(end) if self.rules.nests => {
                return self.nested_ended(scope, progress, call, *end);
            }
            Report::Looped(_) | Report::Nested(_) => unreachable!("the saga has no such step"),
        };
        let event = match (call, &cause) {
            (CallKind::When, _) => Event::WhenPanicked { step },
            (CallKind::Action, Cause::Failed(error)) => self.judge(progress, error),
            (CallKind::Action, Cause::TimedOut) => Event::TimedOut { step },
            (CallKind::Action, Cause::Panicked(_)) => Event::Panicked { step },
            (CallKind::Action, Cause::Unrecordable { .. }) => Event::Unrecordable { step },
            // The child saga of an item did not begin, and would not next time.
            (CallKind::Action, Cause::EqualItems { .. }) => Event::Rejected {
                step,
                verdict: Verdict::Refused,
                abort: false,
                again: true,
                late_passed: true,
                awaits_late: false,
            },
            (
                CallKind::Action,
                Cause::TooManyItems { .. }
                | Cause::Cancelled
                | Cause::DeadlineExceeded
                | Cause::ParentRolledBack(_)
                | Cause::Lost
                | Cause::Recorded { .. },
            ) => unreachable!("no call of an action ends so"),
            (CallKind::Resolve, _) => Event::ResolveFailed { step },
            (CallKind::Compensate, _) => Event::CompensationFailed { step },
            (CallKind::Fallback, _) => Event::FallbackDeclined { step },
        };
        self.failed(scope, progress, event, (call, cause));
    }

    /// A call failed; `event` is its event.
    #[inline]
    pub(crate) fn failed<J: Journal>(
        &mut self,
        scope: &Scope<'_, J>,
        progress: &mut StepProgress<E>,
        event: Event,
        (call, cause): (CallKind, Cause<E>),
    ) {
        progress.used = true;
        self.note_lost(event);
        let cause = self.apply_failed(scope, event, cause);
        self.file_failure(progress, event, (call, cause));
    }

    /// The condition of a `when` block was evaluated. This clears the failure of a condition that
    /// panicked before.
    pub(super) fn decided<J: Journal>(
        &mut self,
        scope: &Scope<'_, J>,
        progress: &mut StepProgress<E>,
        block: u16,
        taken: bool,
    ) {
        self.succeeded(scope, progress, Event::Decided { block, taken });
    }

    pub(super) fn succeeded<J: Journal>(
        &mut self,
        scope: &Scope<'_, J>,
        progress: &mut StepProgress<E>,
        event: Event,
    ) {
        self.apply_caused(scope, event, None);
        self.failures.file_event(&self.kernel, progress, event);
    }

    /// A call is recorded as started, and the process that made it has ended.
    pub(crate) fn lost<J: Journal>(
        &mut self,
        scope: &Scope<'_, J>,
        progress: &mut StepProgress<E>,
        call: CallKind,
    ) {
        let event = Event::Lost {
            step: progress.step,
            counted: false,
        };
        progress.used = true;
        progress.wait = None;
        self.note_lost(event);
        self.apply_caused(scope, event, Some(&Cause::Lost));
        self.file_failure(progress, event, (call, Cause::Lost));
    }

    #[inline]
    pub(crate) fn file_failure(
        &mut self,
        progress: &mut StepProgress<E>,
        event: Event,
        failure: (CallKind, Cause<E>),
    ) {
        self.file_failure_within(progress, event, failure, None);
    }

    /// [`file_failure`](Self::file_failure) for a step that may be a child saga.
    pub(crate) fn file_failure_within(
        &mut self,
        progress: &mut StepProgress<E>,
        event: Event,
        failure: (CallKind, Cause<E>),
        within: Option<Within<E>>,
    ) {
        let (failures, kernel) = (&mut self.failures, &self.kernel);
        failures.file_failure(kernel, progress, event, failure, within, Instant::now);
    }

    /// Adds the pending failures of a step to those of the run.
    pub(crate) fn flush(&mut self, progress: &mut StepProgress<E>) {
        self.failures.flush(self.rules.definition, progress);
    }

    /// Selects another step; the pending failures of the step before it are reported as they are.
    #[inline]
    pub(crate) fn select_step(&mut self, progress: &mut StepProgress<E>, step: u16) {
        self.failures
            .select_step(self.rules.definition, progress, step);
    }

    /// The saga goes forward again: earlier failures are not reported.
    pub(super) fn turned<J: Journal>(&mut self, scope: &Scope<'_, J>, step: u16) {
        self.apply_caused(scope, Event::Turned { step }, None);
        self.turn_loops(step);
        self.failures.clear();
        self.forget_why(scope);
    }
}

/// The executor applies only events that the kernel asked for.
#[cold]
fn defect(illegal: Illegal) -> ! {
    unreachable!("the kernel refused what it had asked for: {illegal:?}")
}
