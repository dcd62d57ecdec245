//! Runs of ordinary steps, there and back, with nobody asked in between: what most sagas are.

use super::{
    Begin, Core,
    drive::undo,
    execute,
    finish::{completed, outcome, output, summary},
    prepared::run_beside,
    track::Track,
};
use crate::{
    attempt::caught,
    context::LazyId,
    definition::Definition,
    error::Panic,
    journal::{At, CallKind, Journal, Volatile},
    kernel::Command,
    machine::{Machine, Report, Scope, Straight},
    observe::is_observed,
    outcome::Outcome,
};
use std::{
    future::{Future, poll_fn},
    pin::{Pin, pin},
    task::{Context, Poll},
};

/// Whether a saga may start with a run of ordinary steps: where nobody interrupts or observes it.
#[inline]
pub(crate) fn goes_straight(definition: &Definition) -> bool {
    let first = definition.steps.first();
    first.is_some_and(|first| first.when.is_none() && first.group.is_none()) && !is_observed()
}

/// Runs a saga that may [go straight](goes_straight), and gives its outcome to `finish`.
///
/// Most sagas end here, so this is all that they make room for. What decides is made when there is something to decide, in a box of its own.
#[expect(
    clippy::manual_async_fn,
    reason = "an `async fn` stores its arguments twice"
)]
#[inline]
pub(crate) fn straight<M: Machine, T: Send + 'static>(
    machine: M,
    id: LazyId,
    finish: impl FnOnce(Outcome<M>) -> T + Send + 'static,
) -> impl Future<Output = T> + Send + 'static {
    async move {
        let mut slots = M::Slots::default();
        let stopped = {
            let mut straight = Straight::new(At::first(), u16::MAX, None);
            let scope = Scope {
                journal: &Volatile,
                id: &id,
            };
            let panic = {
                let mut run = pin!(machine.run(&mut slots, &mut straight, &scope));
                poll_fn(|cx| stopped(|| run.as_mut().poll(cx))).await
            };
            straight.ended(panic)
        };
        if let (last, Report::Done) = stopped {
            if usize::from(last) + 1 == M::DEFINITION.steps.len() {
                // Nothing was left to decide: the kernel need not even be made.
                if let Some(finally) = machine.finally(&|| completed::<M>(&id)) {
                    run_beside(finally, None).await;
                }
                return finish(output(machine, &mut slots));
            }
        }
        Box::pin(back(machine, id, slots, stopped, finish)).await
    }
}

/// Goes on with a saga that went straight until `stopped`: most often back, which is straight, too. Whatever else may happen gets a box of its own.
#[expect(
    clippy::manual_async_fn,
    reason = "an `async fn` stores its arguments twice"
)]
fn back<M: Machine, T: Send + 'static>(
    machine: M,
    id: LazyId,
    mut slots: M::Slots,
    stopped: (u16, Report<M::Error>),
    finish: impl FnOnce(Outcome<M>) -> T + Send + 'static,
) -> impl Future<Output = T> + Send + 'static {
    async move {
        let mut core = Core::<M>::new(M::DEFINITION, Volatile::DURABLE, None);
        let mut track = Track::of(0);
        {
            let scope = Scope {
                journal: &Volatile,
                id: &id,
            };
            core.begin(&scope, track.step, CallKind::Action);
            core.went(&scope, &mut track, stopped);
            if let Command::Compensate { step } = core.kernel.next() {
                if M::is_sequential(step) {
                    undo(&machine, &mut slots, &mut core, &scope, &mut track, step).await;
                }
            }
        }
        let Command::End(end) = core.kernel.next() else {
            let begin = Begin::GoesOn(track);
            return Box::pin(execute(machine, id, slots, core, begin, finish)).await;
        };
        core.flush(&mut track);
        if let Some(finally) = machine.finally(&|| summary(&core, &id, end)) {
            run_beside(finally, None).await;
        }
        finish(outcome(machine, slots, core, &id, end))
    }
}

impl<E> Straight<'_, E> {
    /// Which step was the last, and how its call went; `panic`: what the run [stopped](stopped) with.
    pub(super) fn ended(self, panic: Option<Box<Panic>>) -> (u16, Report<E>) {
        let report = panic.map_or(self.report, Report::Panicked);
        (self.at.step, report)
    }
}

/// Polls a run of calls, and catches its panic once for all of them.
#[inline]
fn stopped(poll: impl FnOnce() -> Poll<()>) -> Poll<Option<Box<Panic>>> {
    caught(|| poll().map(|()| None), Some)
}

impl<M: Machine> Core<M> {
    /// Polls a run of calls that may be asked to stop. A request is answered at once, though what runs is let end.
    #[inline]
    pub(super) fn poll_straight<J: Journal>(
        &mut self,
        scope: &Scope<'_, J>,
        at: At,
        mut run: Pin<&mut impl Future<Output = ()>>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Box<Panic>>> {
        self.listen(scope, cx);
        self.polled(at, || stopped(|| run.as_mut().poll(cx)))
    }

    /// Whether a run of ordinary steps may go on by itself: nobody can interrupt it, and what it did needs no record while it goes on.
    #[inline]
    pub(super) fn goes_straight<J: Journal>(&self) -> bool {
        !J::DURABLE && self.watch.is_none() && self.kernel.is_fresh()
    }

    /// The step at hand and those behind it, all but `last`, were applied by themselves; `last` was attempted, and it went so.
    #[inline]
    pub(super) fn went<J: Journal>(
        &mut self,
        scope: &Scope<'_, J>,
        track: &mut Track<M::Error>,
        (last, report): (u16, Report<M::Error>),
    ) {
        if track.step != last {
            self.kernel.went_straight(last);
            self.turn_to(track, last);
        }
        self.ended(scope, track, CallKind::Action, report);
    }

    /// Down to which step a run of compensations may go on by itself, if so: nobody can interrupt it, and what it did needs no record while it goes on.
    #[inline]
    pub(super) fn goes_straight_back<J: Journal>(&self) -> Option<u16> {
        if J::DURABLE || self.watch.is_some() {
            return None;
        }
        self.kernel.goes_back_to()
    }

    /// The step at hand and those before it were undone by themselves, but for `last`, whose compensation was called, and went so.
    #[inline]
    pub(super) fn came_back<J: Journal>(
        &mut self,
        scope: &Scope<'_, J>,
        track: &mut Track<M::Error>,
        (last, report): (u16, Report<M::Error>),
    ) {
        if track.step != last {
            self.kernel.went_back(last);
            self.turn_to(track, last);
        }
        self.ended(scope, track, CallKind::Compensate, report);
    }
}
