//! Requests that interrupt a run, and what its observers are told.

use super::{run_state::RunState, wait::alarm};
use crate::{
    call::CallSite,
    cause::Cause,
    context::Context,
    control::Control,
    definition::Kind,
    discard::{discard, quietly},
    journal::Journal,
    kernel::{Cancellation, Command, Event, Hearing, Phase, StepState},
    machine::Machine,
    observers::{Audience, Before, RunEvent},
    perform::Scope,
    random::{random, split_mix},
    standing::Unsettled,
    summary::Summary,
};
use std::{
    future::Future,
    pin::Pin,
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

    /// What is on record of a cancel and of the deadline was heard.
    pub(super) fn heard(&mut self) {
        if let Some(watch) = &mut self.watch {
            watch.cancel_heard = self.kernel.cancellation() != Cancellation::None;
            watch.deadline_heard = self.kernel.deadline() != Cancellation::None;
        }
    }

    /// Has the run woken when somebody asks to cancel or sends a signal, and says whether somebody
    /// has.
    pub(super) fn poll_requested(&self, cx: &task::Context<'_>) -> bool {
        let Some(watch) = &self.watch else {
            return false;
        };
        let mail = watch.mail.as_ref();
        // Both are asked: each wakes the run.
        let sent = mail.is_some_and(|mail| mail.poll_sent(cx));
        let control = watch.control();
        control.is_some_and(|control| control.poll_requested(cx)) || sent
    }

    /// Hears what there is to hear, and has the run woken when there is more.
    #[inline]
    pub(super) fn listen<J: Journal>(&mut self, scope: &Scope<'_, J>, cx: &task::Context<'_>) {
        if self.watch.is_some() {
            self.poll_requested(cx);
            self.hear_requests(scope);
            if (M::NESTS || M::LOOPS) && self.poll_deadline(cx) {
                self.hear_requests(scope);
            }
        }
    }

    /// Has the run woken at its deadline, which ends the waits of what runs as part of it, and says
    /// whether it has passed.
    #[inline(never)]
    fn poll_deadline(&mut self, cx: &task::Context<'_>) -> bool {
        let (Some(deadline), Some(watch)) = (self.deadline(), &mut self.watch) else {
            return false;
        };
        if watch.alarm.is_none() {
            watch.alarm = alarm(deadline).map(Box::pin);
        }
        let mut cx = task::Context::from_waker(cx.waker());
        let alarm = watch.alarm.as_mut().map(Pin::as_mut);
        alarm.is_some_and(|alarm| alarm.poll(&mut cx).is_ready())
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
        if scope.is_called_back() && !self.kernel.is_recalled() {
            self.recall(scope);
        }
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
        self.hear_signals(scope);
        self.answer();
    }

    /// Answers the signals that were sent.
    #[inline(never)]
    fn hear_signals<J: Journal>(&mut self, scope: &Scope<'_, J>) {
        let mail = self.watch.as_ref().and_then(|watch| watch.mail.clone());
        let Some(mail) = mail else { return };
        for sent in mail.take_sent() {
            let step = sent.step;
            let hearing = self.kernel.hearing(step);
            if hearing == Hearing::Accepted {
                self.apply(scope, Event::Signalled { step });
            }
            mail.answer(sent, hearing);
        }
    }

    /// The run above goes back, and so does this one. That follows from the records of that one.
    pub(super) fn recall<J: Journal>(&mut self, scope: &Scope<'_, J>) {
        if self.watch.is_some() {
            self.apply_watched(Event::Recalled, None);
        } else {
            self.apply_alone(Event::Recalled);
        }
        scope.tell(self.kernel.direction());
    }

    /// Whether it is called back, and has not heard of it.
    pub(super) fn misses_recall<J: Journal>(&self, scope: &Scope<'_, J>) -> bool {
        scope.is_called_back() && !self.kernel.is_recalled()
    }

    /// The run has ended: nothing interrupts it any more, and its observers are told how. Gives who
    /// could interrupt it.
    pub(super) fn close(&mut self, summary: impl FnOnce(&Self) -> Summary) -> Option<Arc<Control>> {
        if self.watch.is_some() {
            self.close_mail();
        }
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
}

/// A run that is dropped before its end is abandoned: what could have taken it over was not there.
impl<M: Machine, S: AsRef<[StepState]> + AsMut<[StepState]>> Drop for RunState<M, S> {
    fn drop(&mut self) {
        if self.failures.first.is_some() {
            self.failures.clear();
        }
        if self.watch.is_some() {
            self.close_mail();
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

impl<M: Machine, S: AsRef<[StepState]> + AsMut<[StepState]>> RunState<M, S> {
    /// An even draw from `u64`: from the run's seed, if it has one.
    pub(super) fn random(&mut self) -> u64 {
        let seed = self.watch.as_mut().and_then(|watch| watch.seed.as_mut());
        seed.map_or_else(random, split_mix)
    }

    /// What draws the waits of what runs beside it.
    pub(super) fn seed(&self) -> Option<u64> {
        self.watch.as_ref().and_then(|watch| watch.seed)
    }

    pub(super) fn audience(&self) -> Option<&Arc<Audience>> {
        self.watch
            .as_ref()
            .and_then(|watch| watch.audience.as_ref())
    }

    /// What is answered to signals from now on: no run hears them any more.
    #[inline(never)]
    fn close_mail(&mut self) {
        let mail = self.watch.as_mut().and_then(|watch| watch.mail.take());
        let Some(mail) = mail else { return };
        let signals = (0..).zip(M::DEFINITION.steps.iter());
        let signals = signals.filter(|(_, step)| step.kind == Kind::Signal);
        let answers = signals.map(|(step, _)| match self.kernel.hearing(step) {
            Hearing::Accepted => (step, Hearing::TooLate),
            hearing => (step, hearing),
        });
        mail.close(answers.collect());
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
        if let Event::Decided { block, taken } = event {
            return self.tell_decided(audience, block, taken);
        }
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
                Event::Woken { .. } => RunEvent::Woken,
                Event::Signalled { .. } => RunEvent::Signalled,
                Event::EmitFailed => RunEvent::Panicked { message: error },
                Event::Received { .. } => RunEvent::Received,
                // Told of when doubt ends; waits when they begin; what a person settles is in the
                // journal.
                Event::Decided { .. }
                | Event::Resolved { .. }
                | Event::Recalled
                | Event::Waited { .. }
                | Event::LatePassed { .. }
                | Event::Awaiting { .. }
                | Event::TurnDeclined { .. }
                | Event::Settled { .. } => return,
            },
        );
    }

    /// The steps of a `when` block that is not taken are skipped.
    fn tell_decided(&self, audience: &Audience, block: u16, taken: bool) {
        let condition = &M::DEFINITION.conditions[usize::from(block)];
        let steps = condition.first..condition.first + condition.len;
        for step in steps.filter(|_| !taken) {
            audience.tell_of(&self.at(audience, Some(step)), &RunEvent::Skipped);
        }
    }

    /// A wait begins.
    pub(super) fn tell_wait(&self, command: Command, wait: Duration) {
        let Some(audience) = self.audience() else {
            return;
        };
        let Some((step, before)) = Before::of(command) else {
            return;
        };
        let event = match before {
            Before::Waking => RunEvent::Sleeping { wait },
            Before::TimeOut => RunEvent::Listening { wait },
            _ => RunEvent::Waiting { before, wait },
        };
        audience.tell_of(&self.at(audience, Some(step)), &event);
    }

    fn at<'a>(&self, audience: &'a Audience, step: Option<u16>) -> Context<'a> {
        match step {
            None => audience.context("", 0, 0),
            Some(step) => {
                let name = &self.declared(step).name;
                let (attempt, round) = (self.kernel.attempt(step), self.kernel.round(step));
                Context {
                    item: self.item().map(|item| item.index),
                    ..audience.context(name, attempt, round)
                }
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
            Cause::Recorded { text }
            | Cause::Unrecordable { text }
            | Cause::CalledBack { text } => text.clone(),
            Cause::TooManyItems { limit } => format!("more than {limit} items"),
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
