//! What a run knows beside its slots: the kernel, the failures by value, and who may interrupt it.

use super::{
    places::Places,
    rules::{Rules, rules},
};
use crate::{
    basics::discard::quietly,
    calls::{
        journal::Journal, link::Link, loops::Looping, perform::Scope, report::Report, watch::Watch,
    },
    definition::{Definition, DefinitionRef},
    generated::machine::Machine,
    kernel::{Event, Illegal, Kernel, StepState},
    report::{
        error::Failure,
        failures::Failures,
        progress::{StepProgress, Within},
    },
    values::{call::CallKind, cause::Cause},
};
use tokio::time::Instant;

/// The state of a run that is not the user's.
///
/// It is not generic over the machine, so that what hears of a run's events is compiled once for all
/// sagas of as many steps with this type of error.
pub(crate) struct RunState<E: Send + Sync + 'static, S: States> {
    pub(crate) rules: &'static Rules<E>,
    pub(crate) kernel: Kernel<S>,
    pub(crate) failures: Failures<E>,
    /// Who may interrupt the run or observes it; most runs have nobody.
    pub(crate) watch: Option<Box<Watch>>,
    /// What few runs have.
    pub(crate) aside: Option<Box<Aside<E>>>,
}

/// That of a saga. The items of a loop share another one, whose kernel is that of the item at hand.
pub(crate) type RunOf<M> = RunState<<M as Machine>::Error, <M as Machine>::States>;

/// The states of a saga's steps.
pub(crate) trait States:
    AsRef<[StepState]> + AsMut<[StepState]> + Send + Sync + 'static
{
}

impl<S: AsRef<[StepState]> + AsMut<[StepState]> + Send + Sync + 'static> States for S {}

/// What few runs have.
pub(crate) struct Aside<E> {
    /// What a run that is taken up again remembers of siblings.
    pub(crate) siblings: Vec<StepProgress<E>>,
    /// The loops that were begun.
    pub(crate) loops: Vec<Looping>,
    pub(crate) places: Places,
}

impl<E> Default for Aside<E> {
    fn default() -> Self {
        Self {
            siblings: Vec::new(),
            loops: Vec::new(),
            places: Places::default(),
        }
    }
}

/// The state of a new run. `definition` decides; it is [`Machine::DEFINITION`], or one that differs
/// from it in how often things are tried.
pub(crate) fn new_run<M: Machine>(
    definition: impl Into<DefinitionRef>,
    durable: bool,
    watch: Option<Box<Watch>>,
) -> RunOf<M> {
    run_of::<M>(Kernel::new(definition, M::states(), durable), watch)
}

/// The state of a run with this kernel, of which nothing else is known yet.
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
    /// That of the items of a loop.
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
    /// Tells the kernel, the journal, and whoever observes.
    pub(super) fn apply<J: Journal>(&mut self, scope: &Scope<'_, J>, event: Event) {
        scope.journal.note(scope.place, event, || None);
        self.apply_observed(event, None);
        if self.rules.have_parts() {
            scope.tell(self.kernel.direction());
        }
    }

    /// The same of what is seldom told, or of an event that the caller does not know. `cause`: of a
    /// call that failed, why.
    pub(crate) fn apply_caused<J: Journal>(
        &mut self,
        scope: &Scope<'_, J>,
        event: Event,
        cause: Option<&Cause<E>>,
    ) {
        scope.journal.note(scope.place, event, || {
            cause.map(|cause| self.text(event, cause))
        });
        self.apply_observed(event, cause);
        if self.rules.have_parts() {
            scope.tell(self.kernel.direction());
        }
        self.tell_above(scope);
    }

    /// Tells the parent, if this run is a child saga that has failed for good.
    pub(crate) fn tell_above<J>(&self, scope: &Scope<'_, J>) {
        let place = scope.place.filter(|_| self.kernel.has_failed_for_good());
        if let Some(place) = place {
            place.fail(self.kernel.is_refused());
        }
    }

    /// Hears whether the part of this run that was just polled has failed for good: the step then
    /// counts as failed, if it has not ended anyway. Gives whether it does.
    pub(super) fn hear_part<J: Journal>(
        &mut self,
        scope: &Scope<'_, J>,
        step: u16,
        runs: bool,
    ) -> bool {
        let failed = scope.link.and_then(|link| link.way.take_failed());
        let failed = failed.filter(|refused| runs && self.kernel.fails_for_good(step, *refused));
        if let Some(refused) = failed {
            self.apply_caused(scope, Event::Failing { step, refused }, None);
            self.answer();
        }
        failed.is_some()
    }

    /// Tells the kernel alone.
    pub(crate) fn apply_alone(&mut self, event: Event) {
        if let Err(illegal) = self.kernel.apply(event) {
            defect(illegal);
        }
    }

    /// What it has in common with the runs that are part of it, if it may have any.
    pub(crate) fn link(&self) -> Option<Box<Link>> {
        if !self.rules.have_parts() {
            return None;
        }
        let link = Link::new(self.kernel.parts(), self.watch.as_deref());
        link.tell(self.kernel.direction());
        Some(Box::new(link))
    }

    /// Hears how a call went. The machine has dropped the call by now.
    #[inline]
    pub(super) fn ended<J: Journal>(
        &mut self,
        scope: &Scope<'_, J>,
        progress: &mut StepProgress<E>,
        call: CallKind,
        report: Report<E>,
    ) {
        let step = progress.step;
        match (call, report) {
            (CallKind::Action, Report::Done) => match scope.journal.unrecordable(scope.place, step)
            {
                None => {
                    self.apply(scope, Event::Applied { step });
                    if progress.used {
                        progress.forget();
                    }
                }
                Some(text) => self.ended_otherwise(
                    scope,
                    progress,
                    call,
                    Report::Failed(Cause::Unrecordable { text }),
                ),
            },
            (CallKind::Compensate, Report::Done) if !progress.used => {
                self.apply(scope, Event::Compensated { step });
            }
            (call, report) => self.ended_otherwise(scope, progress, call, report),
        }
        self.answer();
    }

    /// Out of the way of the ordinary case.
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
        // A wait that was cut short before this call is not taken up again.
        progress.wait = None;
        let cause = match report {
            Report::Done if call == CallKind::Fallback => {
                return self.succeeded(scope, progress, Event::FellBack { step });
            }
            Report::Done => return self.succeeded(scope, progress, Event::Compensated { step }),
            // The action follows at once.
            Report::Decided(true) => return,
            // A `when` that panicked before is made good.
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
            // Its steps are applied, only their effect is missing.
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
            (
                CallKind::Action,
                Cause::TooManyItems { .. }
                | Cause::EqualItems { .. }
                | Cause::Cancelled
                | Cause::DeadlineExceeded
                | Cause::ParentRolledBack { .. }
                | Cause::Lost
                | Cause::Recorded { .. },
            ) => unreachable!("no call of an action ends so"),
            (CallKind::Resolve, _) => Event::ResolveFailed { step },
            (CallKind::Compensate, _) => Event::CompensationFailed { step },
            (CallKind::Fallback, _) => Event::FallbackDeclined { step },
        };
        self.failed(scope, progress, event, (call, cause));
    }

    /// A call failed, which the kernel hears as this event.
    #[inline]
    pub(crate) fn failed<J: Journal>(
        &mut self,
        scope: &Scope<'_, J>,
        progress: &mut StepProgress<E>,
        event: Event,
        (call, cause): (CallKind, Cause<E>),
    ) {
        progress.used = true;
        self.apply_caused(scope, event, Some(&cause));
        self.file_failure(progress, event, (call, cause));
    }

    /// A `when` block was decided on. If it panicked before, that is made good.
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

    /// A call is on record as started, and the process that made it has ended since.
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
        self.apply_caused(scope, event, Some(&Cause::Lost));
        self.file_failure(progress, event, (call, Cause::Lost));
    }

    #[inline]
    pub(super) fn file_failure(
        &mut self,
        progress: &mut StepProgress<E>,
        event: Event,
        failure: (CallKind, Cause<E>),
    ) {
        self.file_failure_within(progress, event, failure, None);
    }

    /// The same of a saga that is a step.
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

    /// Files what is remembered of a step under the run's failures.
    pub(crate) fn flush(&mut self, progress: &mut StepProgress<E>) {
        self.failures.flush(self.rules.definition, progress);
    }

    /// Selects another step: what is left of the one before was cut short.
    #[inline]
    pub(crate) fn select_step(&mut self, progress: &mut StepProgress<E>, step: u16) {
        self.failures
            .select_step(self.rules.definition, progress, step);
    }

    /// Forward again: what had failed is not reported.
    pub(super) fn turned<J: Journal>(&mut self, scope: &Scope<'_, J>, step: u16) {
        self.apply_caused(scope, Event::Turned { step }, None);
        self.failures.clear();
    }

    /// Whether the savepoint's `if` agrees. It sees errors only: a timeout or a panic turns.
    pub(super) fn turns(&self, step: u16) -> bool {
        let conditional = self.rules.definition.steps[usize::from(step)]
            .savepoint
            .as_ref()
            .is_some_and(|savepoint| savepoint.conditional);
        match self.failures.first.as_ref().and_then(Failure::error) {
            Some(error) if conditional => {
                quietly(|| (self.rules.turns)(step, error)).unwrap_or(false)
            }
            _ => true,
        }
    }
}

/// The executor does only what the kernel said.
#[cold]
fn defect(illegal: Illegal) -> ! {
    unreachable!("the kernel refused what it had asked for: {illegal:?}")
}
