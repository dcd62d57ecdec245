//! What a run remembers of the step that it works at, and when its waits are over.

use super::Core;
use crate::{
    error::{Cause, Failure},
    journal::{CallKind, Journal},
    kernel::{Command, Event},
    machine::{Machine, Scope},
    policy::Backoff,
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
    /// The last error of an attempt, and of which call. (Without the step's name, which would make every run larger.)
    pub(super) failed: Option<(CallKind, Cause<E>)>,
    /// What few steps come to, on the heap, so that the others do not make room for it.
    rare: Option<Box<Rare<E>>>,
}

/// What is remembered of a step in doubt, of one that is not undone, and of one that falls back.
pub(super) struct Rare<E> {
    /// When the attempt that brought the doubt ended; kept only where `#[late]` asks for it.
    pub(super) doubt_since: Option<Instant>,
    /// [`Track::failed`], while a fallback reads it.
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
            failed: None,
            rare: None,
        }
    }

    pub(super) fn forget(&mut self) {
        *self = Self::of(self.step);
    }

    pub(super) fn rare(&mut self) -> &mut Rare<E> {
        self.rare.get_or_insert_with(|| {
            Box::new(Rare {
                doubt_since: None,
                lent: None,
                unsettled: None,
            })
        })
    }

    /// Since when it is in doubt, if that is kept.
    pub(super) fn doubt_since(&self) -> Option<Instant> {
        self.rare.as_ref()?.doubt_since
    }

    /// What a fallback has read and given back.
    pub(super) fn take_lent(&mut self) -> Option<Failure<E>> {
        Arc::into_inner(self.rare.as_mut()?.lent.take()?)
    }

    pub(super) fn take_unsettled(&mut self) -> Option<(CallKind, Cause<E>)> {
        self.rare.as_mut()?.unsettled.take()
    }
}

impl<M: Machine> Core<M> {
    /// When a wait that the kernel asks for is over. The same question gives the same answer.
    pub(super) fn due<J: Journal>(
        &mut self,
        scope: &Scope<'_, J>,
        track: &mut Track<M::Error>,
        command: Command,
    ) -> Instant {
        match track.wait {
            Some((asked, due)) if asked == command => due,
            _ => {
                let due = self.new_due(track, command);
                let wait = due.saturating_duration_since(Instant::now());
                scope.journal.wait(command, wait);
                self.tell_wait(command, wait);
                track.wait = Some((command, due));
                track.used = true;
                due
            }
        }
    }

    fn new_due(&mut self, track: &Track<M::Error>, command: Command) -> Instant {
        let now = Instant::now();
        let (from, wait) = match command {
            Command::Backoff {
                step,
                what,
                failure,
            } => {
                let (_, backoff) = self.kernel.policy(step, what);
                (now, self.backoff(backoff, failure))
            }
            Command::Turn { step, failure } => {
                let savepoint = M::DEFINITION.steps[usize::from(step)].savepoint;
                let backoff = savepoint.map(|savepoint| savepoint.backoff);
                (
                    now,
                    backoff.map_or(Duration::ZERO, |backoff| self.backoff(backoff, failure)),
                )
            }
            Command::AwaitLate { step } => (track.doubt_since().unwrap_or(now), late::<M>(step)),
            _ => (now, Duration::ZERO),
        };
        // A sum beyond what the clock can say is as good as never.
        from.checked_add(wait)
            .unwrap_or_else(|| now + Duration::from_secs(86_400 * 365))
    }

    /// None at all, if the user's expression panics.
    fn backoff(&mut self, backoff: Backoff, failure: u32) -> Duration {
        let random = if backoff.jitter { self.random() } else { 0 };
        catch_unwind(|| backoff.wait(failure, random)).unwrap_or_default()
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

/// How late an operation of the step may arrive; for ever, if the user's expression panics: to ask too early would be false.
pub(super) fn late<M: Machine>(step: u16) -> Duration {
    let late = M::DEFINITION.steps[usize::from(step)].late;
    late.map_or(Duration::ZERO, |late| {
        catch_unwind(|| late.get()).unwrap_or(Duration::MAX)
    })
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
