//! Who may interrupt a run: somebody who cancels, and the deadline.

use super::{Control, Core};
use crate::{
    error::{Cause, Failure},
    journal::Journal,
    kernel::{Cancellation, Event},
    machine::{Machine, Scope},
};
use std::task::Context;
use tokio::time::Instant;

impl<M: Machine> Core<M> {
    /// Whether anything may interrupt this run.
    #[inline]
    pub(super) fn is_watched(&self) -> bool {
        self.control.is_some() || self.deadline.is_some()
    }

    /// Who may ask to cancel, until it has been heard.
    pub(super) fn control(&self) -> Option<&Control> {
        self.control.as_deref().filter(|_| !self.cancel_heard)
    }

    /// The deadline, until it has been heard.
    pub(super) fn deadline(&self) -> Option<Instant> {
        self.deadline.filter(|_| !self.deadline_heard)
    }

    /// Hears what there is to hear, and has the run woken when there is more.
    #[inline]
    pub(super) fn listen<J: Journal>(&mut self, scope: &Scope<'_, J>, cx: &Context<'_>) {
        if self.is_watched() {
            if let Some(control) = self.control() {
                control.poll_requested(cx);
            }
            self.hear(scope);
        }
    }

    /// Tells the kernel of a cancel or a deadline, once each.
    pub(super) fn hear<J: Journal>(&mut self, scope: &Scope<'_, J>) {
        if self.control().is_some_and(Control::is_requested) {
            self.cancel_heard = true;
            self.apply(scope, Event::CancelRequested);
        }
        if self
            .deadline()
            .is_some_and(|deadline| Instant::now() >= deadline)
        {
            self.deadline_heard = true;
            self.apply(scope, Event::DeadlinePassed);
        }
        self.answer();
    }

    /// Passes the kernel's answer to a cancel on, and makes an accepted one the failure of a run that had none.
    #[inline]
    pub(super) fn answer(&mut self) {
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
        // A failure that is on record already is filed by who heard of it.
        if self.failures.first.is_none() && self.kernel.first_failed().is_none() {
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
