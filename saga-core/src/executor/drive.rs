//! The loop of a run: one step at a time, groups by `group`.

use super::{
    Core,
    group::Lanes,
    track::{Track, timer},
};
use crate::{
    attempt::caught,
    journal::{CallKind, Journal},
    kernel::{Command, End, Event},
    machine::{Call, Machine, Report, Scope, Straight},
};
use std::{
    future::{Future, poll_fn},
    pin::pin,
    task::Poll,
};
use tokio::time::Instant;

/// Runs a saga from wherever its kernel stands to its end. `track`: what is remembered of the step at hand.
#[expect(
    clippy::manual_async_fn,
    reason = "an `async fn` stores its arguments twice"
)]
pub(crate) fn drive<'a, M: Machine, J: Journal>(
    machine: &'a M,
    slots: &'a mut M::Slots,
    core: &'a mut Core<M>,
    scope: &'a Scope<'a, J>,
    mut track: Track<M::Error>,
) -> impl Future<Output = End> + Send + 'a {
    async move {
        loop {
            core.hear(scope);
            let (step, call) = match core.kernel.next() {
                Command::Attempt { step } => {
                    attempt(machine, slots, core, scope, &mut track, step).await;
                    continue;
                }
                Command::Decide { step } => (step, CallKind::When),
                Command::Resolve { step } => (step, CallKind::Resolve),
                Command::Compensate { step } if M::is_sequential(step) => {
                    undo(machine, slots, core, scope, &mut track, step).await;
                    continue;
                }
                Command::Compensate { step } => (step, CallKind::Compensate),
                Command::Fallback { step } => (step, CallKind::Fallback),
                Command::Group { first, .. } => {
                    let lanes = Lanes::new(core, first);
                    machine.group(slots, first, lanes, scope).await;
                    continue;
                }
                Command::Keep { step } => {
                    core.apply(scope, Event::Kept { step });
                    continue;
                }
                command @ Command::Turn { step, .. } => {
                    // First, so that its `if` sees the failure.
                    core.turn_to(&mut track, step);
                    if !core.turns(step) {
                        core.apply(scope, Event::TurnDeclined { step });
                        continue;
                    }
                    if wait(core, scope, &mut track, command).await {
                        core.turned(scope, step);
                        (step..)
                            .take(M::DEFINITION.steps.len() - usize::from(step))
                            .for_each(|later| M::clear(slots, later));
                    }
                    continue;
                }
                command @ (Command::Backoff { step, .. } | Command::AwaitLate { step }) => {
                    core.turn_to(&mut track, step);
                    wait(core, scope, &mut track, command).await;
                    continue;
                }
                Command::End(end) => {
                    core.flush(&mut track);
                    return end;
                }
            };
            core.turn_to(&mut track, step);
            let at = core.begin(scope, step, call);
            let own = match call {
                CallKind::Fallback => Core::<M>::lend_own(&mut track),
                _ => None,
            };
            let lent = core.failures.lend();
            let report = {
                let failure = lent.as_ref();
                let mut call = pin!(machine.call(slots, Call { at, failure, own }, scope));
                poll_fn(|cx| {
                    core.listen(scope, cx);
                    core.polled(at, || caught(|| call.as_mut().poll(cx), Report::Panicked))
                })
                .await
            };
            core.failures.give_back(lent);
            if let Report::Decided(true) = report {
                attempt(machine, slots, core, scope, &mut track, step).await;
                continue;
            }
            let compensated = call == CallKind::Compensate && matches!(report, Report::Done);
            core.ended(scope, &mut track, call, report);
            if compensated {
                M::clear(slots, step);
            }
        }
    }
}

/// Attempts a step, and those that follow it as far as nobody needs to be asked.
#[expect(
    clippy::manual_async_fn,
    reason = "an `async fn` stores its arguments twice"
)]
fn attempt<'a, M: Machine, J: Journal>(
    machine: &'a M,
    slots: &'a mut M::Slots,
    core: &'a mut Core<M>,
    scope: &'a Scope<'a, J>,
    track: &'a mut Track<M::Error>,
    step: u16,
) -> impl Future<Output = ()> + Send + 'a {
    async move {
        core.turn_to(track, step);
        let until = if core.goes_straight::<J>() {
            u16::MAX
        } else {
            step + 1
        };
        let at = core.begin(scope, step, CallKind::Action);
        let mut straight = Straight::new(at, until, None);
        let panic = {
            let mut run = pin!(machine.run(slots, &mut straight, scope));
            poll_fn(|cx| core.poll_straight(scope, at, run.as_mut(), cx)).await
        };
        core.went(scope, track, straight.ended(panic));
    }
}

/// Undoes a step, and those before it as far as nobody needs to be asked.
#[expect(
    clippy::manual_async_fn,
    reason = "an `async fn` stores its arguments twice"
)]
pub(super) fn undo<'a, M: Machine, J: Journal>(
    machine: &'a M,
    slots: &'a mut M::Slots,
    core: &'a mut Core<M>,
    scope: &'a Scope<'a, J>,
    track: &'a mut Track<M::Error>,
    step: u16,
) -> impl Future<Output = ()> + Send + 'a {
    async move {
        core.turn_to(track, step);
        let until = core.goes_straight_back::<J>();
        let at = core.begin(scope, step, CallKind::Compensate);
        let lent = core.failures.lend();
        let stopped = {
            let mut straight = Straight::new(at, until.unwrap_or(step), lent.as_ref());
            let panic = {
                let mut run = pin!(machine.undo(slots, &mut straight, scope));
                poll_fn(|cx| core.poll_straight(scope, at, run.as_mut(), cx)).await
            };
            straight.ended(panic)
        };
        core.failures.give_back(lent);
        core.came_back(scope, track, stopped);
    }
}

/// Waits, until the wait is over (true; the kernel has heard it) or a cancel or a deadline was heard.
#[expect(
    clippy::manual_async_fn,
    reason = "an `async fn` stores its arguments twice"
)]
fn wait<'a, M: Machine, J: Journal>(
    core: &'a mut Core<M>,
    scope: &'a Scope<'a, J>,
    track: &'a mut Track<M::Error>,
    command: Command,
) -> impl Future<Output = bool> + Send + 'a {
    async move {
        let due = core.due(scope, track, command);
        let wake = core.deadline().map_or(due, |deadline| deadline.min(due));
        let mut timer = pin!(timer(wake));
        poll_fn(|cx| {
            if core.poll_requested(cx) {
                return Poll::Ready(());
            }
            timer
                .as_mut()
                .as_pin_mut()
                .map_or(Poll::Ready(()), |timer| timer.poll(cx))
        })
        .await;
        core.hear(scope);
        // A cancel that does not end this wait leaves the question as it was.
        let over = Instant::now() >= due && core.kernel.next() == command;
        if over {
            core.waited(scope, track, command);
        }
        over
    }
}
