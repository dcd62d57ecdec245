//! What a run knows beside its slots: the kernel, the failures by value, and who may interrupt it.

use super::{
    failures::Failures,
    track::{Track, late},
    watch::Watch,
};
use crate::{
    definition::{Compensation, Definition},
    error::{Cause, Failure},
    journal::{At, CallKind, Journal},
    kernel::{Direction, Event, Illegal, Kernel, Phase, Settlement, Verdict},
    machine::{Machine, Report, Scope},
};
use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
};
use tokio::time::Instant;

/// The state of a run that is not the user's.
pub(crate) struct Core<M: Machine> {
    pub(crate) kernel: Kernel<M::States>,
    pub(crate) failures: Failures<M::Error>,
    /// Who may interrupt the run or observes it; most runs have nobody.
    pub(super) watch: Option<Box<Watch>>,
    /// What a run that is taken up again remembers of siblings.
    pub(super) siblings: Option<Box<Siblings<M::Error>>>,
}

/// What is remembered of several siblings.
pub(crate) struct Siblings<E>(pub(super) Vec<Track<E>>);

impl<M: Machine> Core<M> {
    /// `definition` decides; it is [`Machine::DEFINITION`], or one that differs from it in how often things are tried.
    pub(crate) fn new(
        definition: &'static Definition,
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
        // Here, where it is known which event it is, the usual is a compare and a few stores.
        if self.watch.is_some() || !self.kernel.takes_as_usual(event) {
            self.apply_noted(event, None);
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
        self.apply_noted(event, cause);
    }

    fn apply_noted(&mut self, event: Event, cause: Option<&Cause<M::Error>>) {
        if self.watch.is_some() {
            self.apply_watched(event, cause);
        } else {
            self.apply_alone(event);
        }
    }

    /// Tells the kernel alone.
    pub(super) fn apply_alone(&mut self, event: Event) {
        if let Err(illegal) = self.kernel.apply(event) {
            defect(illegal);
        }
    }

    /// Starts a call: puts it on record, and says which one it is.
    #[inline]
    pub(super) fn begin<J: Journal>(
        &mut self,
        scope: &Scope<'_, J>,
        step: u16,
        call: CallKind,
    ) -> At {
        match call {
            CallKind::When => {}
            CallKind::Action => self.apply(scope, Event::Attempting { step }),
            CallKind::Resolve => self.apply(scope, Event::Resolving { step }),
            CallKind::Compensate => self.apply(scope, Event::Compensating { step }),
            CallKind::Fallback => self.apply(scope, Event::FallingBack { step }),
        }
        At {
            step,
            call,
            attempt: self.kernel.attempt(step),
            round: self.kernel.round(step),
        }
    }

    /// Lends what failed to a fallback that begins.
    pub(super) fn lend_own(track: &mut Track<M::Error>) -> Option<Arc<Failure<M::Error>>> {
        let own = Arc::new(Self::failure(track.step, track.failed.take()?));
        track.rare().lent = Some(Arc::clone(&own));
        Some(own)
    }

    /// Hears how a call went. The machine has dropped the call by now.
    #[inline]
    pub(super) fn ended<J: Journal>(
        &mut self,
        scope: &Scope<'_, J>,
        track: &mut Track<M::Error>,
        call: CallKind,
        report: Report<M::Error>,
    ) {
        let step = track.step;
        match (call, report) {
            (CallKind::Action, Report::Done) => match scope.journal.unrecordable(step) {
                None => {
                    self.apply(scope, Event::Applied { step });
                    if track.used {
                        track.forget();
                    }
                }
                Some(why) => self.ended_otherwise(scope, track, call, Report::Unrecordable(why)),
            },
            (CallKind::Compensate, Report::Done) if !track.used => {
                self.apply(scope, Event::Compensated { step });
            }
            (call, report) => self.ended_otherwise(scope, track, call, report),
        }
        self.answer();
    }

    /// Out of the way of the ordinary case.
    #[inline(never)]
    fn ended_otherwise<J: Journal>(
        &mut self,
        scope: &Scope<'_, J>,
        track: &mut Track<M::Error>,
        call: CallKind,
        report: Report<M::Error>,
    ) {
        let step = track.step;
        track.used = true;
        // A wait that was cut short before this call is not taken up again.
        track.wait = None;
        let (cause, judged) = match report {
            Report::Done if call == CallKind::Fallback => {
                return self.succeeded(scope, track, Event::FellBack { step });
            }
            Report::Done => return self.succeeded(scope, track, Event::Compensated { step }),
            // The action follows at once.
            Report::Decided(true) => return,
            // A `when` that panicked before is made good.
            Report::Decided(false) => return self.succeeded(scope, track, Event::Skipped { step }),
            Report::Resolved(happened) => {
                return self.succeeded(scope, track, Event::Resolved { step, happened });
            }
            Report::Failed(error) => {
                let judged = (call == CallKind::Action).then(|| self.judge(track, &error));
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
        self.file(track, event, Some((call, cause)), Instant::now);
    }

    fn succeeded<J: Journal>(
        &mut self,
        scope: &Scope<'_, J>,
        track: &mut Track<M::Error>,
        event: Event,
    ) {
        self.apply(scope, event);
        self.file(track, event, None, Instant::now);
    }

    /// A call is on record as started, and the process that made it has ended since.
    pub(super) fn lost<J: Journal>(
        &mut self,
        scope: &Scope<'_, J>,
        track: &mut Track<M::Error>,
        call: CallKind,
    ) {
        let event = Event::Lost { step: track.step };
        track.used = true;
        track.wait = None;
        self.apply_caused(scope, event, Some(&Cause::Lost));
        self.file(track, event, Some((call, Cause::Lost)), Instant::now);
    }

    /// Files what the kernel has just heard of a step under what is remembered of it: the same whether it happens now or is read from a journal.
    /// `failure`: of a call that failed; `at`: when it ended.
    pub(super) fn file(
        &mut self,
        track: &mut Track<M::Error>,
        event: Event,
        failure: Option<(CallKind, Cause<M::Error>)>,
        at: impl FnOnce() -> Instant,
    ) {
        let acted = matches!(failure, Some((CallKind::Action, _)));
        match (event, failure) {
            (
                Event::Applied { .. }
                | Event::FellBack { .. }
                | Event::Skipped { .. }
                | Event::Resolved { happened: true, .. }
                | Event::Settled {
                    settlement: Settlement::Applied,
                    ..
                },
                _,
            ) => return track.forget(),
            (Event::Resolved { .. } | Event::Compensated { .. } | Event::Settled { .. }, _) => {
                drop(track.take_unsettled());
            }
            (_, Some(failure)) => match failure.0 {
                CallKind::When | CallKind::Action => track.failed = Some(failure),
                CallKind::Resolve | CallKind::Compensate => {
                    track.rare().unsettled = Some(failure);
                }
                // The error that it was to make good is the one reported.
                CallKind::Fallback => {
                    if let Some(lent) = track.take_lent() {
                        track.failed = Some(lent.into_parts());
                    }
                }
            },
            (_, None) => return,
        }
        let late = M::DEFINITION.steps[usize::from(track.step)].late;
        if acted && event.brings_doubt() && late.is_some() {
            track.rare().doubt_since = Some(at());
        }
        self.flush_if_final(track);
    }

    /// What an `Err` of an action means. A predicate that panics counts as "unknown".
    fn judge(&self, track: &mut Track<M::Error>, error: &M::Error) -> Event {
        let step = track.step;
        let declared = &M::DEFINITION.steps[usize::from(step)];
        let conditional = declared.retry.is_some_and(|retry| retry.conditional);
        let asks = M::DEFINITION.classified || declared.abort || conditional;
        let (verdict, abort, again) = if asks {
            let judged = catch_unwind(AssertUnwindSafe(|| {
                let verdict = M::classify(error);
                let abort = declared.abort && M::aborts(step, error);
                (verdict, abort, !conditional || M::again(step, error))
            }));
            judged.unwrap_or((Verdict::Unknown, false, true))
        } else {
            (Verdict::Transient, false, true)
        };
        Event::Rejected {
            step,
            verdict,
            abort,
            again,
            late_passed: self.late_passed(track),
        }
    }

    /// Whether what brought the step's doubt can no longer arrive. A resumed saga does not know
    /// since when it is in doubt, and counts from its first answer.
    fn late_passed(&self, track: &mut Track<M::Error>) -> bool {
        let step = track.step;
        if M::DEFINITION.steps[usize::from(step)].late.is_none() {
            return true;
        }
        if track.doubt_since().is_none() && self.kernel.is_in_doubt(step) {
            track.rare().doubt_since = Some(Instant::now());
        }
        track
            .doubt_since()
            .is_none_or(|since| since.elapsed() >= late::<M>(step))
    }

    /// What failed and is not tried again is filed at once, so that the run's failures are in order.
    fn flush_if_final(&mut self, track: &mut Track<M::Error>) {
        self.answer();
        if self.is_final(track.step) {
            self.flush(track);
        }
    }

    fn is_final(&self, step: u16) -> bool {
        match self.kernel.phase(step) {
            Phase::Failed | Phase::Unsettled | Phase::Standing => true,
            // It may stay in doubt on the way back.
            Phase::InDoubt if self.kernel.direction() == Direction::Back => matches!(
                M::DEFINITION.steps[usize::from(step)].compensation,
                Compensation::None
            ),
            _ => false,
        }
    }

    /// Files what is remembered of a step under the run's failures.
    pub(super) fn flush(&mut self, track: &mut Track<M::Error>) {
        if !track.used {
            return;
        }
        if let Some(failure) = track.failed.take() {
            self.failures.push(Self::failure(track.step, failure));
        }
        if let Some(failure) = track.take_unsettled() {
            self.failures.push(Self::failure(track.step, failure));
        }
    }

    fn failure(step: u16, (call, cause): (CallKind, Cause<M::Error>)) -> Failure<M::Error> {
        Failure::of(M::DEFINITION.steps[usize::from(step)].name, call, cause)
    }

    /// Turns to another step: what is left of the one before was cut short.
    #[inline]
    pub(super) fn turn_to(&mut self, track: &mut Track<M::Error>, step: u16) {
        if track.step != step {
            if track.used {
                self.flush(track);
                track.forget();
            }
            track.step = step;
        }
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
            .is_some_and(|savepoint| savepoint.conditional);
        match self.failures.first.as_ref().and_then(Failure::error) {
            Some(error) if conditional => {
                catch_unwind(AssertUnwindSafe(|| M::turns(step, error))).unwrap_or(false)
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
