//! The notification of a run's observers.

use super::{rules::Rules, run_state::RunState};
use crate::{
    basics::{discard::quietly, shortened::shortened},
    definition::Kind,
    kernel::{CallChange, Command, Event, Phase},
    observers::{Audience, Before, RunEvent},
    report::{context::Context, raised::Raised},
    values::cause::{Cause, equal_items},
};
use std::{task::Poll, time::Duration};

impl RunState {
    /// Applies an event to the kernel, and notifies the observers. `cause` is the failure of the
    /// call, if it failed.
    #[inline]
    pub(super) fn apply_observed(&mut self, event: Event, cause: Option<&Cause<Raised>>) {
        if self.audience().is_some() {
            self.apply_and_tell(event, cause);
        } else {
            self.apply_alone(event);
        }
    }

    #[inline(never)]
    fn apply_and_tell(&mut self, event: Event, cause: Option<&Cause<Raised>>) {
        if !self.audience().is_some_and(|it| it.needs(event)) {
            return self.apply_alone(event);
        }
        let step = event.step();
        // A call that starts neither causes nor ends doubt.
        let other = step.filter(|_| !matches!(event.call(), CallChange::Starts(_)));
        let before = other.map(|step| (self.kernel.is_in_doubt(step), self.kernel.is_stuck(step)));
        let aborted = self.kernel.aborted();
        self.apply_alone(event);
        let Some(audience) = self.audience() else {
            return;
        };
        let at = self.at(audience, step);
        self.tell_event(audience, &at, event, cause);
        let Some((step, (doubted, stuck))) = other.zip(before) else {
            return;
        };
        // Most calls: an action that succeeds begins no doubt, and aborts nothing.
        if matches!(event, Event::Applied { .. }) && !doubted && !stuck {
            return;
        }
        if !aborted && self.kernel.aborted() {
            // It may be a sibling, which the rollback that this event begins leaves in doubt.
            let by = self.at(audience, Some(self.kernel.aborted_by(step)));
            audience.tell_of(&by, &RunEvent::Aborted);
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
        cause: Option<&Cause<Raised>>,
    ) {
        let text = cause
            .map(|cause| self.text(event, cause))
            .unwrap_or_default();
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
                Event::Kept { .. } => RunEvent::CompensationSkipped,
                Event::Turned { .. } => RunEvent::RolledBackTo {
                    times: self.kernel.turns(),
                },
                Event::CancelRequested => RunEvent::CancelRequested,
                Event::DeadlinePassed => RunEvent::DeadlinePassed,
                Event::Resumed => RunEvent::Resumed,
                Event::Unrecordable { .. } => RunEvent::Unrecordable { error },
                Event::Lost { .. } => RunEvent::Lost,
                Event::Woken { step } if self.declared(step).kind == Kind::Lock => RunEvent::Locked,
                Event::Woken { .. } => RunEvent::Woken,
                Event::Signalled { .. } => RunEvent::Signalled,
                Event::EmitFailed => RunEvent::Panicked { message: error },
                Event::Received { .. } => RunEvent::Received,
                // Reported otherwise: the end of doubt by `Settled`, waits when they begin,
                // failures in a child saga or a loop by the child or the item. An operator's
                // settlement is in the journal.
                Event::Decided { .. }
                | Event::Failing { .. }
                | Event::Resolved { .. }
                | Event::Recalled
                | Event::Waited { .. }
                | Event::LatePassed { .. }
                | Event::Awaiting { .. }
                | Event::TurnDeclined { .. }
                | Event::RerunRefused { .. }
                | Event::Settled { .. } => return,
            },
        );
    }

    /// Notifies the observers of a rerun that would repeat an effect that remains.
    pub(super) fn tell_refused(&self, step: u16) {
        if let Some(audience) = self.audience().filter(|it| it.needs_all()) {
            audience.tell_of(&self.at(audience, Some(step)), &RunEvent::RerunRefused);
        }
    }

    /// The steps of a `when` block that is not taken are skipped, and so are those of the arms after one
    /// that is.
    fn tell_decided(&self, audience: &Audience, block: u16, taken: bool) {
        let skipped = self.rules.definition.skipped_by(block, taken);
        for step in skipped {
            audience.tell_of(&self.at(audience, Some(step)), &RunEvent::Skipped);
        }
    }

    /// Notifies the observers of a wait that begins.
    pub(super) fn tell_wait(&self, command: Command, wait: Duration) {
        let Some(audience) = self.audience().filter(|it| it.needs_all()) else {
            return;
        };
        let Some((step, before)) = Before::of(command) else {
            return;
        };
        let event = match before {
            Before::Waking => RunEvent::Sleeping { wait },
            Before::TimeOut => RunEvent::Listening { wait },
            Before::LockTimeOut => RunEvent::Queued { wait },
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

    /// Polls a call inside the run's observers, if one of them needs everything.
    #[inline]
    pub(super) fn polled<T>(&self, step: u16, mut poll: impl FnMut() -> Poll<T>) -> Poll<T> {
        match self.audience().filter(|it| it.needs_all()) {
            None => poll(),
            Some(audience) => audience.around(&self.at(audience, Some(step)), &mut poll),
        }
    }

    /// The text of `cause` for observers and records; `event` is the event that it came with.
    pub(super) fn text(&self, event: Event, cause: &Cause<Raised>) -> String {
        match cause {
            Cause::Panicked(panic) if matches!(event, Event::Unrecordable { .. }) => {
                let text = format!("its output panicked: {}", panic.message());
                shortened(text).into_owned()
            }
            cause => text(cause, |error| words(self.rules, error)),
        }
    }
}

/// The text of `cause`; `words` is that of an error.
pub(super) fn text<E>(cause: &Cause<E>, words: impl FnOnce(&E) -> String) -> String {
    let text = match cause {
        Cause::Failed(error) => words(error),
        Cause::Panicked(panic) => panic.message().to_owned(),
        Cause::TimedOut => "timed out".to_owned(),
        Cause::Lost => "the process ended".to_owned(),
        Cause::Recorded { text } | Cause::Unrecordable { text } => text.clone(),
        Cause::ParentRolledBack(parent) => parent.to_string(),
        Cause::TooManyItems { limit } => format!("more than {limit} items"),
        Cause::EqualItems { of, first, second } => equal_items(of, *first, *second),
        Cause::Cancelled | Cause::DeadlineExceeded => String::new(),
    };
    shortened(text).into_owned()
}

/// The text of an error. Its `Display` may panic, which does not change the run.
pub(crate) fn words(rules: &Rules, error: &Raised) -> String {
    described(|| (rules.describe)(error))
}

/// What `describe` says of an error. It may panic.
pub(crate) fn described(describe: impl FnOnce() -> Option<String>) -> String {
    let described = quietly(describe).flatten();
    described.map_or_else(
        || "an error that has no text".to_owned(),
        |text| shortened(text).into_owned(),
    )
}
