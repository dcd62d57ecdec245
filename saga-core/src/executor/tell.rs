//! What observers are told: the kernel's events, and what follows from them.

use super::Core;
use crate::{
    context::Context,
    error::Cause,
    journal::At,
    kernel::{Command, Event, Phase},
    machine::Machine,
    observe::{Audience, Before, What},
};
use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    task::Poll,
    time::Duration,
};

impl<M: Machine> Core<M> {
    /// Applies an event and tells whoever observes. `cause`: what the call ended with, if it failed.
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
            audience.tell_of(&at, &What::Aborted);
        }
        match (doubted, self.kernel.is_in_doubt(step)) {
            (false, true) => audience.tell_of(&at, &What::InDoubt),
            (true, false) => {
                let happened = self.kernel.phase(step) == Phase::Applied;
                audience.tell_of(&at, &What::Settled { happened });
            }
            _ => {}
        }
        if !stuck && self.kernel.is_stuck(step) {
            audience.tell_of(&at, &What::Stuck);
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
                Event::Skipped { .. } => What::Skipped,
                Event::Attempting { .. } => What::Attempting,
                Event::Applied { .. } => What::Applied,
                Event::Rejected { verdict, .. } => What::Rejected { verdict, error },
                Event::TimedOut { .. } => What::TimedOut,
                Event::Panicked { .. } | Event::WhenPanicked { .. } => {
                    What::Panicked { message: error }
                }
                Event::Resolving { .. } => What::Resolving,
                Event::ResolveFailed { .. } => What::ResolveFailed { error },
                Event::FallingBack { .. } => What::FallingBack,
                Event::FellBack { .. } => What::FellBack,
                Event::FallbackDeclined { .. } => What::FallbackDeclined { error },
                Event::Compensating { .. } => What::Compensating,
                Event::Compensated { .. } => What::Compensated,
                Event::CompensationFailed { .. } => What::CompensationFailed { error },
                Event::Kept { .. } => What::Kept,
                Event::Turned { .. } => What::Turned {
                    turns: self.kernel.turns(),
                },
                Event::CancelRequested => What::CancelRequested,
                Event::DeadlinePassed => What::DeadlinePassed,
                Event::Resumed => What::Resumed,
                Event::Unrecordable { .. } => What::Unrecordable { error },
                Event::Lost { .. } => What::Lost,
                // Told of when doubt ends; waits when they begin; what a person settles is in the journal.
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
            &What::Waiting { before, wait },
        );
    }

    fn at<'a>(&self, audience: &'a Audience, step: Option<u16>) -> Context<'a> {
        match step {
            None => audience.context("", 0, 0),
            Some(step) => {
                let name = self.kernel.definition().steps[usize::from(step)].name;
                audience.context(name, self.kernel.attempt(step), self.kernel.round(step))
            }
        }
    }

    /// Polls a call within the run's observers, if it has any.
    #[inline]
    pub(super) fn polled<T>(&self, at: At, mut poll: impl FnMut() -> Poll<T>) -> Poll<T> {
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
    catch_unwind(AssertUnwindSafe(|| M::describe(error)))
        .unwrap_or_default()
        .unwrap_or_else(|| "an error that has no text".to_owned())
}
