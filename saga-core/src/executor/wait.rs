//! Waits: when they end, and the events that their ends cause.

use super::run_state::RunState;
use crate::{
    basics::{discard::quietly, until::NEVER},
    calls::{
        journal::Journal,
        mail::Mail,
        perform::{AnyCall, Scope},
        report::Report,
    },
    definition::{Backoff, Kind},
    kernel::{Command, Event},
    report::progress::StepProgress,
    values::{
        call::{CallKind, CallSite},
        cause::Cause,
    },
};
use std::{panic::catch_unwind, thread, time::Duration};
use tokio::{
    runtime,
    time::{Instant, Sleep, sleep_until},
};

impl RunState {
    /// When the wait of this command ends. The same command has the same end.
    pub(super) fn due<J: Journal>(
        &mut self,
        scope: &Scope<'_, J>,
        progress: &mut StepProgress,
        command: Command,
    ) -> Instant {
        match progress.wait {
            Some((asked, due)) if asked == command => due,
            _ => {
                let due = self.new_due(progress, command);
                let wait = due.saturating_duration_since(Instant::now());
                scope.journal.wait(scope.place, command, wait);
                self.tell_wait(command, wait);
                progress.wait = Some((command, due));
                progress.used = true;
                due
            }
        }
    }

    fn new_due(&mut self, progress: &StepProgress, command: Command) -> Instant {
        let now = Instant::now();
        let (from, wait) = match command {
            Command::Backoff {
                step,
                call,
                failure,
            } => {
                let (_, backoff) = self.kernel.policy(step, call);
                let backoff = backoff.clone();
                (now, self.backoff(&backoff, failure))
            }
            Command::AfterLoss { seconds, .. } => (now, Duration::from_secs(seconds.into())),
            Command::Turn { step, failure } => {
                let savepoint = self.rules.definition.steps[usize::from(step)]
                    .savepoint
                    .as_ref();
                let backoff = savepoint.map(|savepoint| &savepoint.backoff);
                (
                    now,
                    backoff.map_or(Duration::ZERO, |backoff| self.backoff(backoff, failure)),
                )
            }
            // The end of this wait is not recorded.
            Command::Listen { .. } | Command::Acquire { .. } => (now, NEVER),
            Command::AwaitLate { step, call } => {
                let since = match call {
                    CallKind::Compensate => self.lost_since(step),
                    _ => progress.doubt_since(),
                };
                (since.unwrap_or(now), self.late(step))
            }
            _ => (now, Duration::ZERO),
        };
        // A time that the clock cannot represent counts as never.
        from.checked_add(wait)
            .unwrap_or_else(|| now + Duration::from_secs(86_400 * 365))
    }

    /// The wait of a backoff; zero if the user's expression panics.
    fn backoff(&mut self, backoff: &Backoff, failure: u32) -> Duration {
        let random = if backoff.jitter { self.random() } else { 0 };
        quietly(|| backoff.wait(failure, random)).unwrap_or_default()
    }

    /// A step starts to wait for its signal, or to sleep.
    #[inline(never)]
    pub(super) fn awaits<J: Journal>(
        &mut self,
        scope: &Scope<'_, J>,
        progress: &mut StepProgress,
        wait: Duration,
    ) {
        let step = progress.step;
        self.apply_caused(scope, Event::Awaiting { step }, None);
        self.begin_wait(scope, progress, wait);
    }

    /// A wait begins whose length comes from an expression.
    pub(super) fn begin_wait<J: Journal>(
        &mut self,
        scope: &Scope<'_, J>,
        progress: &mut StepProgress,
        wait: Duration,
    ) {
        let step = progress.step;
        let command = match self.rules.definition.steps[usize::from(step)].kind {
            Kind::Sleep => Command::Sleep { step },
            Kind::Lock => Command::Acquire { step },
            _ => Command::Listen { step },
        };
        let now = Instant::now();
        scope.journal.wait(scope.place, command, wait);
        self.tell_wait(command, wait);
        progress.wait = Some((command, now.checked_add(wait).unwrap_or(now)));
        progress.used = true;
    }

    /// Connects the run to the mailbox of its machine, if anything can send signals to the run.
    pub(crate) fn watch_mail(&mut self, mail: Option<&Mail>) {
        if let Some(watch) = &mut self.watch {
            watch.mail = mail.cloned();
        }
    }

    /// The call in which a step receives its signal: it starts and ends at once, and is recorded at
    /// its end.
    pub(super) fn receive<'f>(&self, step: u16) -> AnyCall<'f> {
        AnyCall::plain(CallSite {
            step,
            call: CallKind::Action,
            attempt: self.kernel.attempt(step),
            round: self.kernel.round(step),
        })
    }

    /// A wait is over.
    pub(super) fn waited<J: Journal>(
        &mut self,
        scope: &Scope<'_, J>,
        progress: &mut StepProgress,
        command: Command,
    ) {
        progress.wait = None;
        match command {
            Command::AwaitLate { step, .. } => {
                self.apply_caused(scope, Event::LatePassed { step }, None);
            }
            Command::Backoff { step, .. } | Command::AfterLoss { step, .. } => {
                self.apply_caused(scope, Event::Waited { step }, None);
            }
            Command::Sleep { step } => self.succeeded(scope, progress, Event::Woken { step }),
            Command::Listen { .. } | Command::Acquire { .. } => {
                self.ended(
                    scope,
                    progress,
                    CallKind::Action,
                    Report::Failed(Cause::TimedOut),
                );
            }
            _ => {}
        }
    }
}

/// Whether a wait that ends then is over.
pub(super) fn is_over(until: Instant) -> bool {
    until <= Instant::now()
}

/// Returns a timer for a wait. Without a tokio runtime that has timers, this blocks the thread
/// until then and returns `None`: continuing early would be too early, and giving up would leave
/// the saga half done.
pub(crate) fn timer(until: Instant) -> Option<Sleep> {
    let timer = alarm(until);
    if timer.is_none() {
        thread::sleep(until.saturating_duration_since(Instant::now()));
    }
    timer
}

/// Returns a timer, if there is a tokio runtime that has timers.
pub(super) fn alarm(until: Instant) -> Option<Sleep> {
    runtime::Handle::try_current().ok()?;
    catch_unwind(|| sleep_until(until)).ok()
}
