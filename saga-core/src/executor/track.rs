//! What a run remembers of the step that it works at, and when its waits are over.

use super::Core;
use crate::{
    error::{Cause, Failure},
    id,
    journal::{CallKind, Journal},
    kernel::{Command, Event, Waiting},
    machine::{Machine, Scope},
    policy::Timing,
};
use std::{panic::catch_unwind, sync::Arc, thread, time::Duration};
use tokio::{
    runtime,
    time::{Instant, Sleep, sleep_until},
};

/// What has to be remembered of one step while it is worked at.
pub struct Track<E> {
    pub(super) step: u16,
    /// Whether there is anything below.
    pub(super) used: bool,
    /// A wait that the kernel asked for, and its end.
    pub(super) wait: Option<(Command, Instant)>,
    /// When the attempt that brought the doubt ended; kept only where `#[late]` asks for it.
    pub(super) doubt_since: Option<Instant>,
    /// The last error of an attempt, and of which call. (Without the step's name, which would make every run larger.)
    pub(super) failed: Option<(CallKind, Cause<E>)>,
    /// `failed`, while a fallback reads it.
    pub(super) lent: Option<Arc<Failure<E>>>,
    /// The last error of a `resolve` or a compensation.
    pub(super) unsettled: Option<(CallKind, Cause<E>)>,
}

impl<E> Track<E> {
    pub(super) fn of(step: u16) -> Self {
        Self {
            step,
            used: false,
            wait: None,
            doubt_since: None,
            failed: None,
            lent: None,
            unsettled: None,
        }
    }

    pub(super) fn forget(&mut self) {
        *self = Self::of(self.step);
    }
}

impl<M: Machine> Core<M> {
    /// When a wait that the kernel asks for is over. The same question gives the same answer.
    pub(super) fn due(&self, track: &mut Track<M::Error>, command: Command) -> Instant {
        match track.wait {
            Some((asked, due)) if asked == command => due,
            _ => {
                let due = self.new_due(track, command);
                self.tell_wait(command, due.saturating_duration_since(Instant::now()));
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
            Command::Backoff {
                step,
                what,
                failure,
            } => (now, self.backoff(step, what, failure)),
            Command::AwaitLate { step: k } => (
                track.doubt_since.unwrap_or(now),
                step(k).late.map_or(Duration::ZERO, Timing::get),
            ),
            Command::Turn { step: k, failure } => (
                now,
                step(k).savepoint.map_or(Duration::ZERO, |savepoint| {
                    savepoint.backoff.wait(failure, id::random())
                }),
            ),
            _ => (now, Duration::ZERO),
        };
        // A sum beyond what the clock can say is as good as never.
        from.checked_add(wait)
            .unwrap_or_else(|| now + Duration::from_secs(86_400 * 365))
    }

    fn backoff(&self, step: u16, what: Waiting, failure: u32) -> Duration {
        let (_, backoff) = self.kernel.policy(step, what);
        backoff.wait(failure, if backoff.jitter { id::random() } else { 0 })
    }

    /// A wait is over.
    pub(super) fn waited<J: Journal>(
        &mut self,
        scope: &Scope<'_, J>,
        track: &mut Track<M::Error>,
        command: Command,
    ) {
        track.wait = None;
        match command {
            Command::AwaitLate { step } => self.apply(scope, Event::LatePassed { step }),
            Command::Backoff { step, .. } => self.apply(scope, Event::Waited { step }),
            _ => {}
        }
    }
}

/// A timer for a wait. Without a tokio runtime that has timers the thread itself waits, here, and `None` is given: to go on early would ask too
/// early, and to give up would leave the saga half-way.
pub(super) fn timer(until: Instant) -> Option<Sleep> {
    if runtime::Handle::try_current().is_ok() {
        if let Ok(timer) = catch_unwind(|| sleep_until(until)) {
            return Some(timer);
        }
    }
    thread::sleep(until.saturating_duration_since(Instant::now()));
    None
}
