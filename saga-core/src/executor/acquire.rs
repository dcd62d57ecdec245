//! Locks: a run requests keys, waits for them, and holds them until it has ended.

use super::{
    places::{LockAt, Places},
    run_state::RunState,
    wait::{alarm, is_over},
};
use crate::{
    calls::{
        attached::Attached,
        journal::Journal,
        lock_table::{LockTable, Request},
        perform::Scope,
    },
    kernel::{Command, End, Event},
    report::progress::StepProgress,
};
use std::{
    future::poll_fn,
    mem,
    pin::pin,
    task::{Context, Poll},
};

impl RunState {
    /// Joins the queues of the keys of a lock.
    #[inline(never)]
    pub(super) fn requests<J: Journal>(
        &mut self,
        scope: &Scope<'_, J>,
        progress: &mut StepProgress,
        request: Request,
    ) {
        let Request { wait, keys } = request;
        let step = progress.step;
        let event = Event::Awaiting { step };
        let place = if J::DURABLE {
            let with = Attached {
                keys: Some(keys),
                ..Attached::default()
            };
            scope.note(event, with);
            self.apply_noted(scope, event, None);
            LockAt::Journal
        } else {
            self.apply_noted(scope, event, None);
            let table = self.watch.as_ref().and_then(|watch| watch.locks.clone());
            let table = table.unwrap_or_else(LockTable::of_process);
            LockAt::Table(table.request(keys))
        };
        self.places().requested = Some((step, place));
        self.begin_wait(scope, progress, wait);
    }

    /// Marks a run that is recovered while it waits for keys as being in their queues already.
    pub(crate) fn in_line(&mut self, step: u16) {
        self.places().requested = Some((step, LockAt::Journal));
    }

    fn places(&mut self) -> &mut Places {
        &mut self.aside.get_or_insert_default().places
    }

    fn requested(&self) -> Option<&(u16, LockAt)> {
        self.aside.as_ref()?.places.requested.as_ref()
    }

    /// Leaves the queues, if the run no longer waits in them: its wait has timed out, or it rolls
    /// back.
    #[inline]
    pub(super) fn leave_queues<J: Journal>(&mut self, scope: &Scope<'_, J>, command: Command) {
        if self.requested().is_some() && !matches!(command, Command::Acquire { .. }) {
            if let Some((step, LockAt::Journal)) = self.places().requested.take() {
                scope.journal.withdraw(step);
            }
        }
    }

    /// The run has ended, so it passes its keys on. A parked run keeps them.
    pub(crate) fn unlock(&mut self, end: End) {
        let aside = self.aside.as_mut().filter(|_| end != End::Parked);
        if let Some(aside) = aside {
            drop(mem::take(&mut aside.places));
        }
    }

    /// Returns whether the run has the keys that it waits for, and whether something interrupts the
    /// wait.
    fn poll_keys<J: Journal>(&self, scope: &Scope<'_, J>, cx: &Context<'_>) -> (bool, bool) {
        // Both are polled, because each must wake the run.
        let asked = self.poll_requested(cx) || self.misses_recall(scope).is_some();
        let place = self.requested();
        let held = place.is_none_or(|(step, place)| match place {
            LockAt::Table(place) => place.poll(cx).is_ready(),
            LockAt::Journal => scope.journal.poll_keys(*step, cx).is_ready(),
        });
        (held, asked)
    }

    /// The run has the keys that it waited for.
    fn locked<J: Journal>(&mut self, scope: &Scope<'_, J>, progress: &mut StepProgress, step: u16) {
        let places = self.places();
        if let Some((_, LockAt::Table(place))) = places.requested.take() {
            places.held.push(place);
        }
        progress.wait = None;
        self.succeeded(scope, progress, Event::Woken { step });
    }
}

/// Waits for the keys of a lock until the run has them, or the wait times out, or a cancel or a
/// deadline interrupts it.
pub(super) async fn acquire<J: Journal>(
    run: &mut RunState,
    scope: &Scope<'_, J>,
    progress: &mut StepProgress,
    step: u16,
) {
    let command = Command::Acquire { step };
    let due = run.due(scope, progress, command);
    let wake = run.deadline().map_or(due, |deadline| deadline.min(due));
    // Without a runtime there is no timer, but the keys may become free all the same.
    let mut timer = pin!(alarm(wake));
    let mut held = false;
    poll_fn(|cx| {
        let asked;
        (held, asked) = run.poll_keys(scope, cx);
        if held || asked {
            return Poll::Ready(());
        }
        let timer = timer.as_mut().as_pin_mut();
        timer.map_or(Poll::Pending, |timer| timer.poll(cx))
    })
    .await;
    run.hear_requests(scope);
    if run.kernel.next() != command {
        return;
    }
    if held {
        run.locked(scope, progress, step);
    } else if is_over(due) {
        run.waited(scope, progress, command);
    }
}
