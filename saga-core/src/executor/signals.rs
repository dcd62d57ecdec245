//! Requests that interrupt a run.

use super::{
    run_state::RunState,
    wait::{alarm, is_over},
};
use crate::{
    basics::{
        control::Control,
        discard::discard,
        random::{random, split_mix},
    },
    calls::{journal::Journal, perform::Scope},
    definition::Kind,
    kernel::{Cancellation, Event, Hearing},
    observers::{Audience, RunEvent},
    report::{
        place::Place,
        standing::{Remains as _, UnsettledPaths},
        summary::Summary,
        way::Way,
        why::Why,
    },
};
use std::{future::Future, pin::Pin, sync::Arc, task};
use tokio::time::Instant;

impl RunState {
    /// The deadline, until its event has been applied.
    pub(super) fn deadline(&self) -> Option<Instant> {
        let watch = self.watch.as_ref().filter(|watch| !watch.deadline_heard)?;
        watch.deadline
    }

    /// Marks a cancel and a deadline that are recorded as applied.
    pub(crate) fn heard(&mut self) {
        if let Some(watch) = &mut self.watch {
            watch.cancel_heard = self.kernel.cancellation() != Cancellation::None;
            watch.deadline_heard = self.kernel.deadline() != Cancellation::None;
        }
    }

    /// Registers the run to be woken when a cancel is requested or a signal is sent, and returns
    /// whether either has happened.
    pub(super) fn poll_requested(&self, cx: &task::Context<'_>) -> bool {
        let Some(watch) = &self.watch else {
            return false;
        };
        let mail = watch.mail.as_ref();
        // Both are polled, because each must wake the run.
        let sent = mail.is_some_and(|mail| mail.poll_sent(cx));
        let control = watch.control();
        control.is_some_and(|control| control.poll_requested(cx)) || sent
    }

    /// Applies pending requests, and registers the run to be woken at the next one.
    #[inline]
    pub(super) fn listen<J: Journal>(&mut self, scope: &Scope<'_, J>, cx: &task::Context<'_>) {
        if self.may_hear(scope) {
            if scope.holds_back() {
                // An answer counts only once it is recorded, and behind an attempt that waits for its
                // inputs nothing is noted yet. They are known when this poll ends.
                cx.waker().wake_by_ref();
                return;
            }
            self.poll_requested(cx);
            self.hear_requests_watched(scope);
            if self.poll_deadline(cx) {
                self.hear_requests(scope);
            }
        }
    }

    /// Registers the run to be woken at its deadline: the deadline ends the waits of the runs that
    /// are part of it, and the first of several reasons to roll back is the one that is reported.
    /// Returns whether the deadline has passed.
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

    /// Applies a cancel and the deadline, each once, and answers signals.
    #[inline]
    pub(super) fn hear_requests<J: Journal>(&mut self, scope: &Scope<'_, J>) {
        if self.may_hear(scope) {
            self.hear_requests_watched(scope);
        }
    }

    /// Whether anything may interrupt the run: a run that is only observed has no requests.
    #[inline]
    fn may_hear<J: Journal>(&self, scope: &Scope<'_, J>) -> bool {
        let watch = self.watch.as_ref();
        watch.is_some_and(|watch| watch.interrupts() || scope.place.is_some())
    }

    #[inline(never)]
    fn hear_requests_watched<J: Journal>(&mut self, scope: &Scope<'_, J>) {
        if let Some(way) = self.misses_recall(scope) {
            self.recall(way.why());
            self.tell_why(scope);
        }
        let Some(watch) = &mut self.watch else { return };
        let cancels = watch.control().is_some_and(Control::is_requested);
        let late = !watch.deadline_heard && watch.deadline.is_some_and(is_over);
        let has_mail = watch.mail.is_some();
        watch.cancel_heard |= cancels;
        watch.deadline_heard |= late;
        if cancels {
            self.apply_caused(scope, Event::CancelRequested, None);
        }
        if late {
            self.apply_caused(scope, Event::DeadlinePassed, None);
        }
        if has_mail {
            self.hear_signals(scope);
        }
        self.answer();
        if cancels || late {
            self.tell_why(scope);
        }
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
                self.apply_caused(scope, Event::Signalled { step }, None);
            }
            mail.answer(sent, hearing);
        }
    }

    /// The parent is compensating, for this reason, so this run must, too. Not recorded: it can be
    /// derived from the parent's records.
    pub(crate) fn recall(&mut self, why: Option<Arc<Why>>) {
        if !self.kernel.is_recalled() {
            self.failures.parent = why.map(|why| why.for_child().into());
            self.kernel.recall();
            self.failures.request(&self.kernel);
        }
    }

    /// The link to the parent, if the parent rolls back, and this run has not noticed that yet.
    pub(crate) fn misses_recall<'s, J: Journal>(&self, scope: &Scope<'s, J>) -> Option<&'s Way> {
        let way = scope.place.and_then(Place::way)?;
        (way.is_back() && !self.kernel.is_recalled()).then_some(way)
    }

    /// The run has ended: nothing interrupts it any more, and its observers are notified of the
    /// end. Returns its control.
    pub(crate) fn close(&mut self, summary: &dyn Fn(&Self) -> Summary) -> Option<Arc<Control>> {
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

    /// The run begins, or continues.
    pub(crate) fn open(&mut self, what: &RunEvent<'_>) {
        if let Some(watch) = &mut self.watch {
            watch.ended = false;
            if let Some(audience) = &watch.audience {
                audience.tell(what);
            }
        }
    }
}

/// A run that is dropped before its end is orphaned: there was no runtime to continue it.
impl Drop for RunState {
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
        // The steps that a durable run leaves are in its journal.
        if !watch.ended && !self.kernel.is_durable() {
            if let Some(audience) = &watch.audience {
                audience.tell(&RunEvent::Orphaned {
                    unsettled: &UnsettledPaths::of_saga(self.kernel.view())
                        .shown(self.rules.definition, false),
                });
            }
        }
        discard(watch);
    }
}

impl RunState {
    /// A uniform random `u64`: from the run's seed, if it has one.
    pub(super) fn random(&mut self) -> u64 {
        let seed = self.watch.as_mut().and_then(|watch| watch.seed.as_mut());
        seed.map_or_else(random, split_mix)
    }

    /// The seed for the random waits of tasks that run alongside it.
    pub(crate) fn seed(&self) -> Option<u64> {
        self.watch.as_ref().and_then(|watch| watch.seed)
    }

    pub(crate) fn audience(&self) -> Option<&Arc<Audience>> {
        self.watch
            .as_ref()
            .and_then(|watch| watch.audience.as_ref())
    }

    /// Sets the answers to signals from now on: no run receives them any more.
    #[inline(never)]
    fn close_mail(&mut self) {
        let mail = self.watch.as_mut().and_then(|watch| watch.mail.take());
        let Some(mail) = mail else { return };
        let signals = (0..).zip(self.rules.definition.steps.iter());
        let signals = signals.filter(|(_, step)| step.kind == Kind::Signal);
        let answers = signals.map(|(step, _)| match self.kernel.hearing(step) {
            Hearing::Accepted => (step, Hearing::TooLate),
            hearing => (step, hearing),
        });
        mail.close(answers.collect());
    }

    /// Passes on the kernel's answer to a cancel, and makes an accepted cancel the failure of a run
    /// that has none.
    #[inline]
    pub(crate) fn answer(&mut self) {
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
}

#[cfg(test)]
mod tests;
