//! The state of a run besides its slots: the kernel, the failures by value, and what may interrupt
//! or observe the run.

use super::{places::Places, rules::Rules};
use crate::{
    calls::{
        attached::{Attached, Words},
        journal::Journal,
        loops::Looping,
        perform::Scope,
        report::Report,
        watch::Watch,
    },
    definition::DefinitionRef,
    kernel::{Event, Illegal, Kernel, Verdict},
    report::{
        error::Failure,
        failures::Failures,
        progress::{StepProgress, Within},
        raised::Raised,
    },
    values::{call::CallKind, cause::Cause, written::Written},
};
use std::collections::BTreeMap;
use tokio::time::Instant;

/// The state of a run, without the user's values.
///
/// Not generic, so that the code that applies a run's events is compiled once for all sagas.
pub(crate) struct RunState {
    pub(crate) rules: &'static Rules,
    /// In the run of a loop's items, that of the current item.
    pub(crate) kernel: Kernel,
    pub(crate) failures: Failures,
    /// What may interrupt or observe the run; `None` for most runs.
    pub(crate) watch: Option<Box<Watch>>,
    /// State that few runs have.
    pub(crate) aside: Option<Box<Aside>>,
}

/// State that few runs have.
#[derive(Default)]
pub(crate) struct Aside {
    /// The progress of the steps of the current block, in a recovered run.
    pub(crate) siblings: Vec<StepProgress>,
    /// The loops that have begun.
    pub(crate) loops: Vec<Looping>,
    pub(crate) places: Places,
    /// When the last unconfirmed attempt of a step ended, if compensations wait for it; in the run
    /// of a loop's items, by item.
    pub(crate) lost: BTreeMap<u32, Instant>,
    /// The failure of a part that has failed for good, and still undoes itself.
    pub(crate) failing: Option<Failure<Written>>,
}

impl RunState {
    /// The state of a run with this kernel, and nothing else.
    pub(crate) fn of(rules: &'static Rules, kernel: Kernel, watch: Option<Box<Watch>>) -> Self {
        Self {
            rules,
            kernel,
            failures: Failures::default(),
            watch,
            aside: None,
        }
    }

    /// The state of a new run. `definition` decides; it is that of the rules, or one that differs
    /// from it in how often calls are tried.
    pub(crate) fn new(
        rules: &'static Rules,
        definition: impl Into<DefinitionRef>,
        durable: bool,
        watch: Option<Box<Watch>>,
    ) -> Self {
        Self::of(rules, Kernel::new(definition, durable), watch)
    }
}

impl RunState {
    /// Applies an event, and notes it in the journal and for the observers.
    pub(super) fn apply<J: Journal>(&mut self, scope: &Scope<'_, J>, event: Event) {
        scope.note(event, Attached::default());
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
        cause: Option<&Cause<Raised>>,
    ) {
        if J::DURABLE {
            let words = cause.map(|cause| Words::of(self.text(event, cause)));
            scope.note(event, Attached::words(words));
        }
        self.apply_noted(scope, event, cause);
    }

    /// [`apply_caused`](Self::apply_caused) for an event that is already noted.
    pub(super) fn apply_noted<J: Journal>(
        &mut self,
        scope: &Scope<'_, J>,
        event: Event,
        cause: Option<&Cause<Raised>>,
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
        progress: &mut StepProgress,
        call: CallKind,
        report: Report<Raised>,
    ) {
        let step = progress.step;
        // A batch may have called child sagas before this step.
        let has_part = |step| self.rules.nests || self.declared(step).items.is_some();
        if self.rules.have_parts() && has_part(step) {
            // An attempt that still waits for inputs has none.
            scope.note_held(None);
            self.note_parts(scope, step, &report);
        }
        // By reference: moving a report whose parts were just written stalls.
        match (call, &report) {
            (CallKind::Action, Report::Done) => match scope.unrecordable() {
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
        progress: &mut StepProgress,
        call: CallKind,
        report: Report<Raised>,
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
        progress: &mut StepProgress,
        call: CallKind,
        report: Report<Raised>,
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
            (CallKind::Resolve, cause) => {
                let refused = self.gives_up(step, CallKind::Resolve, cause);
                Event::ResolveFailed { step, refused }
            }
            (CallKind::Compensate, cause) => {
                let refused = self.gives_up(step, CallKind::Compensate, cause);
                Event::CompensationFailed { step, refused }
            }
            (CallKind::Fallback, _) => Event::FallbackDeclined { step },
        };
        self.failed(scope, progress, event, (call, cause));
    }

    /// A call failed; `event` is its event.
    #[inline]
    pub(crate) fn failed<J: Journal>(
        &mut self,
        scope: &Scope<'_, J>,
        progress: &mut StepProgress,
        event: Event,
        (call, cause): (CallKind, Cause<Raised>),
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
        progress: &mut StepProgress,
        block: u16,
        taken: bool,
    ) {
        self.succeeded(scope, progress, Event::Decided { block, taken });
    }

    pub(super) fn succeeded<J: Journal>(
        &mut self,
        scope: &Scope<'_, J>,
        progress: &mut StepProgress,
        event: Event,
    ) {
        self.apply_caused(scope, event, None);
        self.failures.file_event(&self.kernel, progress, event);
    }

    /// A call is recorded as started, and the process that made it has ended.
    pub(crate) fn lost<J: Journal>(
        &mut self,
        scope: &Scope<'_, J>,
        progress: &mut StepProgress,
        call: CallKind,
    ) {
        let event = Event::Lost {
            step: progress.step,
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
        progress: &mut StepProgress,
        event: Event,
        failure: (CallKind, Cause<Raised>),
    ) {
        self.file_failure_within(progress, event, failure, None);
    }

    /// [`file_failure`](Self::file_failure) for a step that may be a child saga.
    pub(crate) fn file_failure_within(
        &mut self,
        progress: &mut StepProgress,
        event: Event,
        failure: (CallKind, Cause<Raised>),
        within: Option<Within<Raised>>,
    ) {
        if failure.0 == CallKind::Fallback {
            progress.take_back();
        }
        let (failures, kernel) = (&mut self.failures, &self.kernel);
        failures.file_failure(kernel, progress, event, failure, within, Instant::now);
    }

    /// Resumes the run if it is parked.
    pub(crate) fn take_up(&mut self) {
        if self.kernel.take_up() {
            self.failures.resumed(self.kernel.direction());
        }
    }

    /// Adds the pending failures of a step to those of the run.
    pub(crate) fn flush(&mut self, progress: &mut StepProgress) {
        self.failures.flush(self.rules.definition, progress);
    }

    /// Selects another step; the pending failures of the step before it are reported as they are.
    #[inline]
    pub(crate) fn select_step(&mut self, progress: &mut StepProgress, step: u16) {
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
