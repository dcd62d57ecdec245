//! What a run knows beside its slots: the kernel, the failures by value, and who may interrupt it.

use crate::{
    call::{CallKind, CallSite},
    definition::DefinitionRef,
    discard::quietly,
    error::{Cause, Failure},
    failures::Failures,
    journal::Journal,
    kernel::{Event, Illegal, Kernel, Verdict},
    machine::Machine,
    perform::{Call, Scope},
    progress::StepProgress,
    report::Report,
    watch::Watch,
};
use std::{sync::Arc, time::Duration};
use tokio::time::Instant;

/// The state of a run that is not the user's.
pub(crate) struct RunState<M: Machine> {
    pub(crate) kernel: Kernel<M::States>,
    pub(crate) failures: Failures<M::Error>,
    /// Who may interrupt the run or observes it; most runs have nobody.
    pub(super) watch: Option<Box<Watch>>,
    /// What a run that is taken up again remembers of siblings.
    pub(super) siblings: Option<Box<Siblings<M::Error>>>,
}

/// What is remembered of several siblings.
pub(crate) struct Siblings<E>(pub(super) Vec<StepProgress<E>>);

impl<M: Machine> RunState<M> {
    /// `definition` decides; it is [`Machine::DEFINITION`], or one that differs from it in how
    /// often things are tried.
    pub(crate) fn new(
        definition: impl Into<DefinitionRef>,
        durable: bool,
        watch: Option<Box<Watch>>,
    ) -> Self {
        Self {
            kernel: Kernel::new(definition, M::states(), durable),
            failures: Failures::default(),
            watch,
            siblings: None,
        }
    }

    /// Tells the kernel, the journal, and whoever observes.
    #[inline]
    pub(super) fn apply<J: Journal>(&mut self, scope: &Scope<'_, J>, event: Event) {
        scope.journal.note(event, || None);
        // Inline, because here it is known which event it is: of the usual, a compare is left.
        if self.watch.is_some() {
            self.apply_watched(event, None);
        } else {
            self.apply_alone(event);
        }
    }

    /// The same of a call that failed, and why.
    #[inline]
    fn apply_caused<J: Journal>(
        &mut self,
        scope: &Scope<'_, J>,
        event: Event,
        cause: Option<&Cause<M::Error>>,
    ) {
        scope.journal.note(event, || cause.map(Self::text));
        if self.watch.is_some() {
            self.apply_watched(event, cause);
        } else {
            self.apply_alone(event);
        }
    }

    /// Tells the kernel alone.
    #[inline(always)]
    #[expect(
        clippy::inline_always,
        reason = "the caller knows which event it is, so one compare is left of it"
    )]
    pub(super) fn apply_alone(&mut self, event: Event) {
        if let Err(illegal) = self.kernel.apply(event) {
            defect(illegal);
        }
    }

    /// Starts a call: puts it on record, and says which one it is.
    #[inline(always)]
    #[expect(
        clippy::inline_always,
        reason = "the caller knows which call it is, so one event is left of it"
    )]
    pub(super) fn begin<J: Journal>(
        &mut self,
        scope: &Scope<'_, J>,
        step: u16,
        call: CallKind,
    ) -> CallSite {
        match call {
            CallKind::When => {}
            CallKind::Action => self.apply(scope, Event::Attempting { step }),
            CallKind::Resolve => self.apply(scope, Event::Resolving { step }),
            CallKind::Compensate => self.apply(scope, Event::Compensating { step }),
            CallKind::Fallback => self.apply(scope, Event::FallingBack { step }),
        }
        CallSite {
            step,
            call,
            attempt: self.kernel.attempt(step),
            round: self.kernel.round(step),
        }
    }

    /// The same, with what the code of the call reads of the step's own failure.
    #[inline]
    pub(super) fn call<'f, J: Journal>(
        &mut self,
        scope: &Scope<'_, J>,
        progress: &mut StepProgress<M::Error>,
        call: CallKind,
    ) -> Call<'f, M::Error> {
        let at = self.begin(scope, progress.step, call);
        let own = match call {
            CallKind::Fallback => Self::lend_own(progress),
            CallKind::When | CallKind::Action | CallKind::Resolve | CallKind::Compensate => None,
        };
        let failure = None;
        Call { at, failure, own }
    }

    /// Lends what failed to a fallback that begins.
    fn lend_own(progress: &mut StepProgress<M::Error>) -> Option<Arc<Failure<M::Error>>> {
        let (call, cause) = progress.failed.take()?;
        let step = M::DEFINITION.steps[usize::from(progress.step)].name.clone();
        let own = Arc::new(Failure::of(step, call, cause));
        progress.doubt().lent = Some(Arc::clone(&own));
        Some(own)
    }

    /// Hears how a call went. The machine has dropped the call by now.
    #[inline]
    pub(super) fn ended<J: Journal>(
        &mut self,
        scope: &Scope<'_, J>,
        progress: &mut StepProgress<M::Error>,
        call: CallKind,
        report: Report<M::Error>,
    ) {
        let step = progress.step;
        match (call, report) {
            (CallKind::Action, Report::Done) => match scope.journal.unrecordable(step) {
                None => {
                    self.apply(scope, Event::Applied { step });
                    if progress.used {
                        progress.forget();
                    }
                }
                Some(why) => self.ended_otherwise(scope, progress, call, Report::Unrecordable(why)),
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
        progress: &mut StepProgress<M::Error>,
        call: CallKind,
        report: Report<M::Error>,
    ) {
        let step = progress.step;
        progress.used = true;
        // A wait that was cut short before this call is not taken up again.
        progress.wait = None;
        let (cause, judged) = match report {
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
            Report::Resolved(happened) => {
                return self.succeeded(scope, progress, Event::Resolved { step, happened });
            }
            Report::Failed(error) => {
                let judged = (call == CallKind::Action).then(|| self.judge(progress, &error));
                (Cause::Failed(error), judged)
            }
            Report::TimedOut => (Cause::TimedOut, None),
            Report::Panicked(panic) => (Cause::Panicked(panic), None),
            Report::Unrecordable(text) => (Cause::Unrecordable { text }, None),
        };
        let event = match (call, &cause) {
            (CallKind::When, _) => Event::WhenPanicked { step },
            (CallKind::Action, Cause::TimedOut) => Event::TimedOut { step },
            (CallKind::Action, Cause::Panicked(_)) => Event::Panicked { step },
            (CallKind::Action, Cause::Unrecordable { .. }) => Event::Unrecordable { step },
            (CallKind::Action, _) => judged.unwrap_or(Event::Panicked { step }),
            (CallKind::Resolve, _) => Event::ResolveFailed { step },
            (CallKind::Compensate, _) => Event::CompensationFailed { step },
            (CallKind::Fallback, _) => Event::FallbackDeclined { step },
        };
        self.apply_caused(scope, event, Some(&cause));
        self.file_failure(progress, event, (call, cause));
    }

    fn succeeded<J: Journal>(
        &mut self,
        scope: &Scope<'_, J>,
        progress: &mut StepProgress<M::Error>,
        event: Event,
    ) {
        self.apply(scope, event);
        self.failures.file_event(&self.kernel, progress, event);
    }

    /// A call is on record as started, and the process that made it has ended since.
    pub(super) fn lost<J: Journal>(
        &mut self,
        scope: &Scope<'_, J>,
        progress: &mut StepProgress<M::Error>,
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

    fn file_failure(
        &mut self,
        progress: &mut StepProgress<M::Error>,
        event: Event,
        failure: (CallKind, Cause<M::Error>),
    ) {
        let (failures, kernel) = (&mut self.failures, &self.kernel);
        failures.file_failure(kernel, progress, event, failure, Instant::now);
    }

    /// What an `Err` of an action means. A predicate that panics counts as "unknown".
    fn judge(&self, progress: &mut StepProgress<M::Error>, error: &M::Error) -> Event {
        let step = progress.step;
        let declared = &M::DEFINITION.steps[usize::from(step)];
        let conditional = declared.retry.as_ref();
        let conditional = conditional.is_some_and(|retry| retry.conditional);
        let asks = M::DEFINITION.classified || declared.abort || conditional;
        let (verdict, abort, again) = if asks {
            let judged = quietly(|| {
                let verdict = M::classify(error);
                let abort = declared.abort && M::aborts(step, error);
                (verdict, abort, !conditional || M::again(step, error))
            });
            judged.unwrap_or((Verdict::Unknown, false, true))
        } else {
            (Verdict::Transient, false, true)
        };
        Event::Rejected {
            step,
            verdict,
            abort,
            again,
            late_passed: self.late_passed(progress),
        }
    }

    /// Whether what brought the step's doubt can no longer arrive. A resumed saga does not know
    /// since when it is in doubt, and counts from its first answer.
    fn late_passed(&self, progress: &mut StepProgress<M::Error>) -> bool {
        let step = progress.step;
        if M::DEFINITION.steps[usize::from(step)].late.is_none() {
            return true;
        }
        if progress.doubt_since().is_none() && self.kernel.is_in_doubt(step) {
            progress.doubt().doubt_since = Some(Instant::now());
        }
        progress
            .doubt_since()
            .is_none_or(|since| since.elapsed() >= late::<M>(step))
    }

    /// Files what is remembered of a step under the run's failures.
    pub(super) fn flush(&mut self, progress: &mut StepProgress<M::Error>) {
        self.failures.flush(M::DEFINITION, progress);
    }

    /// Selects another step: what is left of the one before was cut short.
    #[inline]
    pub(super) fn select_step(&mut self, progress: &mut StepProgress<M::Error>, step: u16) {
        self.failures.select_step(M::DEFINITION, progress, step);
    }

    /// Forward again: what had failed is not reported.
    pub(super) fn turned<J: Journal>(&mut self, scope: &Scope<'_, J>, step: u16) {
        self.apply(scope, Event::Turned { step });
        self.failures.clear();
    }

    /// Whether the savepoint's `if` agrees. It sees errors only: a timeout or a panic turns.
    pub(super) fn turns(&self, step: u16) -> bool {
        let conditional = M::DEFINITION.steps[usize::from(step)]
            .savepoint
            .as_ref()
            .is_some_and(|savepoint| savepoint.conditional);
        match self.failures.first.as_ref().and_then(Failure::error) {
            Some(error) if conditional => quietly(|| M::turns(step, error)).unwrap_or(false),
            _ => true,
        }
    }
}

/// The executor does only what the kernel said.
#[cold]
fn defect(illegal: Illegal) -> ! {
    unreachable!("the kernel refused what it had asked for: {illegal:?}")
}

/// How late an operation of the step may arrive; for ever, if the user's expression panics: to ask
/// too early would be false.
pub(super) fn late<M: Machine>(step: u16) -> Duration {
    let late = M::DEFINITION.steps[usize::from(step)].late.as_ref();
    late.map_or(Duration::ZERO, |late| {
        quietly(|| late.get()).unwrap_or(Duration::MAX)
    })
}
