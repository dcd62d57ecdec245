//! Requests that interrupt a run, and what its observers are told.

use super::run_state::RunState;
use crate::{
    call::CallSite,
    context::Context,
    control::Control,
    discard::{discard, quietly},
    error::{Cause, Unsettled},
    journal::Journal,
    kernel::{Cancellation, Command, Event, Phase},
    machine::Machine,
    observers::{Audience, Before, RunEvent},
    perform::Scope,
    random::{random, split_mix},
    summary::Summary,
};
use std::{
    sync::Arc,
    task::{self, Poll},
    time::Duration,
};
use tokio::time::Instant;

impl<M: Machine> RunState<M> {
    /// The deadline, until it has been heard.
    pub(super) fn deadline(&self) -> Option<Instant> {
        let watch = self.watch.as_ref().filter(|watch| !watch.deadline_heard)?;
        watch.deadline
    }

    /// An even draw from `u64`: from the run's seed, if it has one.
    pub(super) fn random(&mut self) -> u64 {
        let seed = self.watch.as_mut().and_then(|watch| watch.seed.as_mut());
        seed.map_or_else(random, split_mix)
    }

    /// What is on record of a cancel and of the deadline was heard.
    pub(super) fn heard(&mut self) {
        if let Some(watch) = &mut self.watch {
            watch.cancel_heard = self.kernel.cancellation() != Cancellation::None;
            watch.deadline_heard = self.kernel.deadline() != Cancellation::None;
        }
    }

    /// Has the run woken when somebody asks to cancel, and says whether somebody has.
    pub(super) fn poll_requested(&self, cx: &task::Context<'_>) -> bool {
        let control = self.watch.as_ref().and_then(|watch| watch.control());
        control.is_some_and(|control| control.poll_requested(cx))
    }

    /// Hears what there is to hear, and has the run woken when there is more.
    #[inline]
    pub(super) fn listen<J: Journal>(&mut self, scope: &Scope<'_, J>, cx: &task::Context<'_>) {
        if self.watch.is_some() {
            self.poll_requested(cx);
            self.hear_requests(scope);
        }
    }

    /// Tells the kernel of a cancel or a deadline, once each.
    #[inline]
    pub(super) fn hear_requests<J: Journal>(&mut self, scope: &Scope<'_, J>) {
        if self.watch.is_some() {
            self.hear_requests_watched(scope);
        }
    }

    #[inline(never)]
    fn hear_requests_watched<J: Journal>(&mut self, scope: &Scope<'_, J>) {
        let Some(watch) = &mut self.watch else { return };
        let cancels = watch.control().is_some_and(Control::is_requested);
        let late = !watch.deadline_heard
            && watch
                .deadline
                .is_some_and(|deadline| Instant::now() >= deadline);
        watch.cancel_heard |= cancels;
        watch.deadline_heard |= late;
        if cancels {
            self.apply(scope, Event::CancelRequested);
        }
        if late {
            self.apply(scope, Event::DeadlinePassed);
        }
        self.answer();
    }

    /// Passes the kernel's answer to a cancel on, and makes an accepted one the failure of a run
    /// that had none.
    #[inline]
    pub(super) fn answer(&mut self) {
        if self.watch.is_some() {
            self.answer_watched();
        }
    }

    #[inline(never)]
    fn answer_watched(&mut self) {
        if let Some(control) = self.watch.as_ref().and_then(|watch| watch.control.as_ref()) {
            match self.kernel.cancellation() {
                Cancellation::Accepted => control.answer(true),
                Cancellation::TooLate => control.answer(false),
                Cancellation::None | Cancellation::Pending => {}
            }
        }
        self.failures.request(&self.kernel);
    }

    /// The run has ended: nothing interrupts it any more, and its observers are told how. Gives who
    /// could interrupt it.
    pub(super) fn close(&mut self, summary: impl FnOnce(&Self) -> Summary) -> Option<Arc<Control>> {
        let mut watch = self.watch.take()?;
        let control = watch.control.take();
        if let Some(control) = &control {
            control.answer(false);
        }
        watch.ended = true;
        if let Some(audience) = &watch.audience {
            audience.tell(&RunEvent::Finished {
                summary: &summary(self),
            });
        }
        self.watch = Some(watch);
        control
    }

    /// The run begins, or is taken up again.
    pub(super) fn open(&mut self, what: &RunEvent<'_>) {
        if let Some(watch) = &mut self.watch {
            watch.ended = false;
            if let Some(audience) = &watch.audience {
                audience.tell(what);
            }
        }
    }

    pub(super) fn audience(&self) -> Option<&Arc<Audience>> {
        self.watch
            .as_ref()
            .and_then(|watch| watch.audience.as_ref())
    }
}

/// A run that is dropped before its end is abandoned: what could have taken it over was not there.
impl<M: Machine> Drop for RunState<M> {
    fn drop(&mut self) {
        if self.failures.first.is_some() {
            self.failures.clear();
        }
        let Some(watch) = self.watch.take() else {
            return;
        };
        // What a durable run leaves is in its journal.
        if !watch.ended && !self.kernel.is_durable() {
            if let Some(audience) = &watch.audience {
                audience.tell(&RunEvent::Abandoned {
                    unsettled: &Unsettled::of(M::DEFINITION, &self.kernel),
                });
            }
        }
        discard(watch);
    }
}

impl<M: Machine> RunState<M> {
    /// Applies an event and tells whoever observes. `cause`: what the call ended with, if it
    /// failed.
    #[inline(never)]
    pub(super) fn apply_watched(&mut self, event: Event, cause: Option<&Cause<M::Error>>) {
        let Some(audience) = self.audience().cloned() else {
            return self.apply_alone(event);
        };
        let step = event.step();
        let before = step.map(|step| (self.kernel.is_in_doubt(step), self.kernel.is_stuck(step)));
        let aborted = self.kernel.aborted();
        self.apply_alone(event);
        let at = self.at(&audience, step);
        self.tell_event(&audience, &at, event, cause);
        let Some((step, (doubted, stuck))) = step.zip(before) else {
            return;
        };
        if !aborted && self.kernel.aborted() {
            audience.tell_of(&at, &RunEvent::Aborted);
        }
        match (doubted, self.kernel.is_in_doubt(step)) {
            (false, true) => audience.tell_of(&at, &RunEvent::InDoubt),
            (true, false) => {
                let happened = self.kernel.phase(step) == Phase::Applied;
                audience.tell_of(&at, &RunEvent::Settled { happened });
            }
            _ => {}
        }
        if !stuck && self.kernel.is_stuck(step) {
            audience.tell_of(&at, &RunEvent::Stuck);
        }
    }

    fn tell_event(
        &self,
        audience: &Audience,
        at: &Context<'_>,
        event: Event,
        cause: Option<&Cause<M::Error>>,
    ) {
        let text = cause.map(Self::text).unwrap_or_default();
        let error = text.as_str();
        audience.tell_of(
            at,
            &match event {
                Event::Skipped { .. } => RunEvent::Skipped,
                Event::Attempting { .. } => RunEvent::Attempting,
                Event::Applied { .. } => RunEvent::Applied,
                Event::Rejected { verdict, .. } => RunEvent::Rejected { verdict, error },
                Event::TimedOut { .. } => RunEvent::TimedOut,
                Event::Panicked { .. } | Event::WhenPanicked { .. } => {
                    RunEvent::Panicked { message: error }
                }
                Event::Resolving { .. } => RunEvent::Resolving,
                Event::ResolveFailed { .. } => RunEvent::ResolveFailed { error },
                Event::FallingBack { .. } => RunEvent::FallingBack,
                Event::FellBack { .. } => RunEvent::FellBack,
                Event::FallbackDeclined { .. } => RunEvent::FallbackDeclined { error },
                Event::Compensating { .. } => RunEvent::Compensating,
                Event::Compensated { .. } => RunEvent::Compensated,
                Event::CompensationFailed { .. } => RunEvent::CompensationFailed { error },
                Event::Kept { .. } => RunEvent::Kept,
                Event::Turned { .. } => RunEvent::Turned {
                    turns: self.kernel.turns(),
                },
                Event::CancelRequested => RunEvent::CancelRequested,
                Event::DeadlinePassed => RunEvent::DeadlinePassed,
                Event::Resumed => RunEvent::Resumed,
                Event::Unrecordable { .. } => RunEvent::Unrecordable { error },
                Event::Lost { .. } => RunEvent::Lost,
                // Told of when doubt ends; waits when they begin; what a person settles is in the
                // journal.
                Event::Resolved { .. }
                | Event::Waited { .. }
                | Event::LatePassed { .. }
                | Event::TurnDeclined { .. }
                | Event::Settled { .. } => return,
            },
        );
    }

    /// A wait begins.
    pub(super) fn tell_wait(&self, command: Command, wait: Duration) {
        let Some(audience) = self.audience() else {
            return;
        };
        let Some((step, before)) = Before::of(command) else {
            return;
        };
        audience.tell_of(
            &self.at(audience, Some(step)),
            &RunEvent::Waiting { before, wait },
        );
    }

    fn at<'a>(&self, audience: &'a Audience, step: Option<u16>) -> Context<'a> {
        match step {
            None => audience.context("", 0, 0),
            Some(step) => {
                let name = &M::DEFINITION.steps[usize::from(step)].name;
                audience.context(name, self.kernel.attempt(step), self.kernel.round(step))
            }
        }
    }

    /// Polls a call within the run's observers, if it has any.
    #[inline]
    pub(super) fn polled<T>(&self, at: CallSite, mut poll: impl FnMut() -> Poll<T>) -> Poll<T> {
        match self.audience() {
            None => poll(),
            Some(audience) => audience.around(&self.at(audience, Some(at.step)), poll),
        }
    }

    pub(super) fn text(cause: &Cause<M::Error>) -> String {
        match cause {
            Cause::Failed(error) => words::<M>(error),
            Cause::Panicked(panic) => panic.message().to_owned(),
            Cause::TimedOut => "timed out".to_owned(),
            Cause::Lost => "the process ended".to_owned(),
            Cause::Recorded { text } | Cause::Unrecordable { text } => text.clone(),
            Cause::Cancelled | Cause::DeadlineExceeded => String::new(),
        }
    }
}

/// An error in words. Its `Display` may panic, which changes nothing about the run.
pub(super) fn words<M: Machine>(error: &M::Error) -> String {
    quietly(|| M::describe(error))
        .flatten()
        .unwrap_or_else(|| "an error that has no text".to_owned())
}
