//! What a run knows beside its slots: the kernel, the failures by value, and who may interrupt it.

use super::Control;
use crate::{
    error::{Cause, Failure},
    id,
    journal::{At, CallKind, Journal},
    kernel::{Cancellation, Command, Event, Illegal, Kernel, Phase, Verdict, Waiting},
    machine::{Machine, Report, Scope},
};
use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
    time::Duration,
};
use tokio::time::Instant;

/// The state of a run that is not the user's.
pub struct Core<M: Machine> {
    pub(crate) kernel: Kernel<M::States>,
    pub(crate) failures: Failures<M::Error>,
    control: Option<Arc<Control>>,
    deadline: Option<Instant>,
    cancel_heard: bool,
    deadline_heard: bool,
}

/// The failures of a run, in order.
pub(crate) struct Failures<E> {
    /// The one that is reported.
    pub(crate) first: Option<Failure<E>>,
    pub(crate) also: Vec<Failure<E>>,
}

impl<E> Failures<E> {
    fn push(&mut self, failure: Failure<E>) {
        match &self.first {
            None => self.first = Some(failure),
            Some(_) => self.also.push(failure),
        }
    }

    pub(crate) fn clear(&mut self) {
        self.first = None;
        self.also.clear();
    }
}

/// What has to be remembered of one step while it is worked at.
pub struct Track<E> {
    step: u16,
    /// Whether there is anything below.
    used: bool,
    /// The call that runs.
    pub(super) running: Option<CallKind>,
    /// A wait that the kernel asked for, and its end.
    wait: Option<(Command, Instant)>,
    /// When the attempt that brought the doubt ended; kept only where `#[late]` asks for it.
    doubt_since: Option<Instant>,
    /// The last error of an attempt.
    failed: Option<Failure<E>>,
    /// `failed`, while a fallback reads it.
    lent: Option<Arc<Failure<E>>>,
    /// The last error of a `resolve` or a compensation.
    unsettled: Option<Failure<E>>,
}

impl<E> Track<E> {
    pub(super) fn of(step: u16) -> Self {
        Self { step, used: false, running: None, wait: None, doubt_since: None, failed: None, lent: None, unsettled: None }
    }

    fn forget(&mut self) {
        *self = Self::of(self.step);
    }
}

impl<M: Machine> Core<M> {
    pub(crate) fn new(durable: bool, control: Option<Arc<Control>>, deadline: Option<Instant>) -> Self {
        Self {
            kernel: Kernel::new(M::DEFINITION, M::states(), durable),
            failures: Failures { first: None, also: Vec::new() },
            control,
            deadline,
            cancel_heard: false,
            deadline_heard: false,
        }
    }

    /// Tells the kernel and the journal.
    #[inline]
    pub(super) fn apply<J: Journal>(&mut self, scope: &Scope<'_, J>, event: Event) {
        scope.journal.note(event);
        if let Err(illegal) = self.kernel.apply(event) {
            defect(illegal);
        }
    }

    /// Starts a call: puts it on record, and says which one it is and what failure a fallback is to read.
    #[inline]
    pub(super) fn begin<J: Journal>(&mut self, scope: &Scope<'_, J>, track: &mut Track<M::Error>, call: CallKind) -> (At, Option<Arc<Failure<M::Error>>>) {
        let step = track.step;
        let mut own = None;
        match call {
            CallKind::When => {}
            CallKind::Action => self.apply(scope, Event::Attempting { step }),
            CallKind::Resolve => self.apply(scope, Event::Resolving { step }),
            CallKind::Compensate => self.apply(scope, Event::Compensating { step }),
            CallKind::Fallback => {
                self.apply(scope, Event::FallingBack { step });
                track.lent = track.failed.take().map(Arc::new);
                own.clone_from(&track.lent);
            }
        }
        let at = At { step, call, attempt: self.kernel.attempt(step), round: self.kernel.round(step) };
        (at, own)
    }

    /// Hears how a call went. The machine has dropped the call by now.
    #[inline]
    pub(super) fn ended<J: Journal>(&mut self, scope: &Scope<'_, J>, track: &mut Track<M::Error>, call: CallKind, report: Report<M::Error>) {
        let step = track.step;
        match (call, report) {
            (CallKind::Action, Report::Done) => {
                self.apply(scope, Event::Applied { step });
                if track.used {
                    track.forget();
                }
            }
            (call, report) => self.ended_otherwise(scope, track, call, report),
        }
        self.answer();
    }

    /// Out of the way of the ordinary case.
    #[inline(never)]
    fn ended_otherwise<J: Journal>(&mut self, scope: &Scope<'_, J>, track: &mut Track<M::Error>, call: CallKind, report: Report<M::Error>) {
        let step = track.step;
        track.used = true;
        let (cause, again) = match report {
            Report::Done => return self.succeeded(scope, track, call),
            // The action follows at once.
            Report::Decided(true) => return,
            Report::Decided(false) => return self.apply(scope, Event::Skipped { step }),
            Report::Resolved(happened) => {
                track.unsettled = None;
                if happened {
                    track.forget();
                }
                return self.apply(scope, Event::Resolved { step, happened });
            }
            Report::Failed(error) => {
                let judged = (call == CallKind::Action).then(|| self.judge(track, &error));
                (Cause::Failed(error), judged)
            }
            Report::TimedOut => (Cause::TimedOut, None),
            Report::Panicked(panic) => (Cause::Panicked(panic), None),
        };
        let event = match (call, &cause) {
            (CallKind::When, _) => Event::WhenPanicked { step },
            (CallKind::Action, Cause::TimedOut) => Event::TimedOut { step },
            (CallKind::Action, Cause::Panicked(_)) => Event::Panicked { step },
            (CallKind::Action, _) => again.unwrap_or(Event::Panicked { step }),
            (CallKind::Resolve, _) => Event::ResolveFailed { step },
            (CallKind::Compensate, _) => Event::CompensationFailed { step },
            (CallKind::Fallback, _) => Event::FallbackDeclined { step },
        };
        let failure = Failure::of(scope.definition.steps[usize::from(step)].name, call, cause);
        match call {
            CallKind::When | CallKind::Action => track.failed = Some(failure),
            CallKind::Resolve | CallKind::Compensate => track.unsettled = Some(failure),
            // The error that it was to make good is the one reported.
            CallKind::Fallback => track.failed = track.lent.take().and_then(Arc::into_inner),
        }
        self.apply(scope, event);
        if call == CallKind::Action && scope.definition.steps[usize::from(step)].late.is_some() {
            track.doubt_since = Some(Instant::now());
        }
        self.flush_if_final(track);
    }

    fn succeeded<J: Journal>(&mut self, scope: &Scope<'_, J>, track: &mut Track<M::Error>, call: CallKind) {
        let step = track.step;
        match call {
            CallKind::Fallback => {
                self.apply(scope, Event::FellBack { step });
                track.forget();
            }
            _ => {
                self.apply(scope, Event::Compensated { step });
                track.unsettled = None;
                self.flush_if_final(track);
            }
        }
    }

    /// What an `Err` of an action means. A predicate that panics counts as "unknown".
    fn judge(&self, track: &Track<M::Error>, error: &M::Error) -> Event {
        let step = track.step;
        let declared = &self.kernel.definition().steps[usize::from(step)];
        let judged = catch_unwind(AssertUnwindSafe(|| {
            let verdict = M::classify(error);
            let abort = declared.abort && M::aborts(step, error);
            let again = !declared.retry.is_some_and(|retry| retry.conditional) || M::again(step, error);
            (verdict, abort, again)
        }));
        let (verdict, abort, again) = judged.unwrap_or((Verdict::Unknown, false, true));
        let late_passed = match (track.doubt_since, declared.late) {
            (Some(since), Some(late)) => since.elapsed() >= late.get(),
            _ => true,
        };
        Event::Rejected { step, verdict, abort, again, late_passed }
    }

    /// What failed and is not tried again is filed at once, so that the run's failures are in order.
    fn flush_if_final(&mut self, track: &mut Track<M::Error>) {
        if matches!(self.kernel.phase(track.step), Phase::Failed | Phase::Unsettled | Phase::Standing) {
            self.flush(track);
        }
    }

    /// Files what is remembered of a step under the run's failures.
    pub(super) fn flush(&mut self, track: &mut Track<M::Error>) {
        for failure in [track.failed.take(), track.unsettled.take()].into_iter().flatten() {
            self.failures.push(failure);
        }
    }

    /// Whether a run of ordinary steps may go on by itself: nobody can interrupt it, and what it did needs no record while it goes on.
    #[inline]
    pub(super) fn goes_straight<J: Journal>(&self) -> bool {
        !J::DURABLE && !self.is_watched() && self.kernel.is_fresh()
    }

    /// The steps from `first` on, all but `last`, were applied by themselves, and `last` was attempted.
    #[inline]
    pub(super) fn went<J: Journal>(&mut self, scope: &Scope<'_, J>, first: u16, last: u16) {
        for step in first..last {
            self.apply(scope, Event::Applied { step });
            self.apply(scope, Event::Attempting { step: step + 1 });
        }
    }

    /// Turns to another step: what is left of the one before was cut short.
    #[inline]
    pub(super) fn turn_to(&mut self, track: &mut Track<M::Error>, step: u16) {
        if track.step != step {
            if track.used {
                self.flush(track);
                *track = Track::of(step);
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
        let conditional = self.kernel.definition().steps[usize::from(step)].savepoint.is_some_and(|savepoint| savepoint.conditional);
        match self.failures.first.as_ref().and_then(Failure::error) {
            Some(error) if conditional => catch_unwind(AssertUnwindSafe(|| M::turns(step, error))).unwrap_or(false),
            _ => true,
        }
    }

    /// When a wait that the kernel asks for is over. The same question gives the same answer.
    pub(super) fn due(&self, track: &mut Track<M::Error>, command: Command) -> Instant {
        match track.wait {
            Some((asked, due)) if asked == command => due,
            _ => {
                let due = self.new_due(track, command);
                track.wait = Some((command, due));
                track.used = true;
                due
            }
        }
    }

    fn new_due(&self, track: &Track<M::Error>, command: Command) -> Instant {
        let now = Instant::now();
        let step = |step: u16| &self.kernel.definition().steps[usize::from(step)];
        let (from, wait) = match command {
            Command::Backoff { step, what, failure } => (now, self.backoff(step, what, failure)),
            Command::AwaitLate { step: k } => (track.doubt_since.unwrap_or(now), step(k).late.map_or(Duration::ZERO, |late| late.get())),
            Command::Turn { step: k, failure } => {
                (now, step(k).savepoint.map_or(Duration::ZERO, |savepoint| savepoint.backoff.wait(failure, id::random())))
            }
            _ => (now, Duration::ZERO),
        };
        // A sum beyond what the clock can say is as good as never.
        from.checked_add(wait).unwrap_or_else(|| now + Duration::from_secs(86_400 * 365))
    }

    fn backoff(&self, step: u16, what: Waiting, failure: u32) -> Duration {
        let (_, backoff) = self.kernel.policy(step, what);
        backoff.wait(failure, if backoff.jitter { id::random() } else { 0 })
    }

    /// A wait is over.
    pub(super) fn waited<J: Journal>(&mut self, scope: &Scope<'_, J>, track: &mut Track<M::Error>, command: Command) {
        track.wait = None;
        match command {
            Command::AwaitLate { step } => self.apply(scope, Event::LatePassed { step }),
            Command::Backoff { step, .. } => self.apply(scope, Event::Waited { step }),
            _ => {}
        }
    }

    /// Whether anything may interrupt this run.
    #[inline]
    pub(super) fn is_watched(&self) -> bool {
        self.control.is_some() || self.deadline.is_some()
    }

    pub(super) fn control(&self) -> Option<&Arc<Control>> {
        self.control.as_ref().filter(|_| !self.cancel_heard)
    }

    /// The deadline, until it has been heard.
    pub(super) fn deadline(&self) -> Option<Instant> {
        self.deadline.filter(|_| !self.deadline_heard)
    }

    /// Tells the kernel of a cancel or a deadline, once each.
    pub(super) fn hear<J: Journal>(&mut self, scope: &Scope<'_, J>) {
        if self.control().is_some_and(|control| control.is_requested()) {
            self.cancel_heard = true;
            self.apply(scope, Event::CancelRequested);
        }
        if self.deadline().is_some_and(|deadline| Instant::now() >= deadline) {
            self.deadline_heard = true;
            self.apply(scope, Event::DeadlinePassed);
        }
        self.answer();
    }

    /// Passes the kernel's answer to a cancel on, and makes an accepted one the failure of a run that had none.
    #[inline]
    fn answer(&mut self) {
        if self.cancel_heard || self.deadline_heard {
            self.answer_watched();
        }
    }

    #[inline(never)]
    fn answer_watched(&mut self) {
        if let Some(control) = &self.control {
            match self.kernel.cancellation() {
                Cancellation::Accepted => control.answer(true),
                Cancellation::TooLate => control.answer(false),
                Cancellation::None | Cancellation::Pending => {}
            }
        }
        if self.failures.first.is_none() {
            if self.kernel.cancellation() == Cancellation::Accepted {
                self.failures.first = Some(Failure::whole(Cause::Cancelled));
            } else if self.kernel.deadline() == Cancellation::Accepted {
                self.failures.first = Some(Failure::whole(Cause::DeadlineExceeded));
            }
        }
    }

    /// Nothing interrupts it any more.
    pub(super) fn close(&mut self) {
        if let Some(control) = &self.control {
            control.answer(false);
        }
    }
}

/// The executor does only what the kernel said.
#[cold]
fn defect(illegal: Illegal) -> ! {
    unreachable!("the kernel refused what it had asked for: {illegal:?}")
}
