//! The main loop of a run: one step at a time; blocks are run by `group`.

use super::{
    acquire::acquire,
    batch::{Batch, caught_batch},
    group::Block,
    run_state::{RunOf, RunState, States},
    wait::{is_over, timer},
};
use crate::{
    basics::panic::{Panic, caught_poll},
    calls::{
        journal::Journal,
        lane::Lanes,
        perform::{Scope, Straight},
        report::Report,
    },
    generated::machine::{Machine, go_without, has_blocks, steps},
    kernel::{Command, End, Event},
    report::progress::StepProgress,
    values::call::CallKind,
};
use std::{
    future::{Future, poll_fn},
    pin::{Pin, pin},
    task::{Context, Poll},
};

/// Runs a saga from the current state of its kernel to its end. `progress` is the progress of the
/// current step.
#[expect(
    clippy::manual_async_fn,
    reason = "an `async fn` stores its arguments twice"
)]
pub(crate) fn drive<'a, M: Machine, J: Journal>(
    machine: &'a M,
    slots: &'a mut M::Slots,
    run: &'a mut RunOf<M>,
    scope: &'a Scope<'a, J>,
    mut progress: StepProgress<M::Error>,
) -> impl Future<Output = End> + Send + 'a {
    async move {
        // The step whose `when` was just true, or the loop whose items were just created.
        let mut decided = None;
        loop {
            run.hear_requests(scope);
            let command = run.kernel.next();
            run.leave_queues(scope, command);
            let begins = decided
                .take()
                .is_some_and(|step| command == is_decided(step));
            if let Command::Call { step, call } = command {
                let call = if begins { run.after_when(step) } else { call };
                match call {
                    // Attempts a step, and the following ones for as long as there is nothing to decide.
                    // Not a future of its own, which would store `step` and stall on loading it again.
                    CallKind::Action if !M::is_loop(step) => {
                        let mut straight = run.acts(scope, &mut progress, step);
                        let panic = {
                            let mut batch =
                                pin!(Batch::new(machine.run(slots, &mut straight, scope)));
                            poll_fn(|cx| poll_batch(run, scope, step, batch.as_mut(), cx)).await
                        };
                        run.acted(scope, &mut progress, straight.ended(panic));
                    }
                    CallKind::Compensate if M::is_sequential(step) => {
                        undo(machine, slots, run, scope, &mut progress, step).await;
                    }
                    CallKind::When
                    | CallKind::Action
                    | CallKind::Resolve
                    | CallKind::Compensate
                    | CallKind::Fallback => {
                        run.select_step(&mut progress, step);
                        let mut call = run.call(scope, &mut progress, call);
                        let at = call.at;
                        let lent = run.lend_failure();
                        let report = {
                            call.failure = lent.as_ref();
                            let mut call = pin!(machine.call(slots, call, scope));
                            poll_fn(|cx| {
                                run.listen(scope, cx);
                                let polled = run.polled(at.step, || {
                                    caught_poll(|| call.as_mut().poll(cx), Report::panicked)
                                });
                                run.hear_part(scope, at.step, polled.is_pending());
                                polled
                            })
                            .await
                        };
                        run.failures.give_back(lent);
                        let report = run.plain(step, at.call, report);
                        if let Report::Decided(true) = report {
                            decided = Some(step);
                            continue;
                        }
                        let compensated =
                            at.call == CallKind::Compensate && matches!(report, Report::Done);
                        run.ended(scope, &mut progress, at.call, report);
                        if compensated {
                            M::clear(slots, step);
                        }
                    }
                }
                continue;
            }
            match command {
                // The code that polls lanes is not compiled for a saga without blocks.
                Command::Group { first, .. } if const { has_blocks::<M>() } => {
                    let mut block = Block::new(run, scope, first);
                    let lanes = Lanes::new(&mut block);
                    machine.group(slots, first, lanes, scope).await;
                }
                Command::DecideBlock { block } => {
                    decide(machine, slots, run, scope, &mut progress, block).await;
                }
                Command::Keep { .. } | Command::Refuse { .. } => run.pass(scope, command),
                Command::Turn { step, .. } => {
                    turn::<M, J>(slots, run, scope, &mut progress, (step, command)).await;
                }
                Command::Backoff { step, .. }
                | Command::AfterLoss { step, .. }
                | Command::Listen { step }
                | Command::Sleep { step }
                | Command::AwaitLate { step, .. } => {
                    run.select_step(&mut progress, step);
                    wait(run, scope, &mut progress, command).await;
                }
                Command::Acquire { step } => {
                    run.select_step(&mut progress, step);
                    acquire(run, scope, &mut progress, step).await;
                }
                Command::Receive { step } => {
                    run.select_step(&mut progress, step);
                    let report = machine.call(slots, run.receive(step), scope).await;
                    run.ended(scope, &mut progress, CallKind::Action, report);
                }
                Command::End(end) => {
                    run.flush(&mut progress);
                    return end;
                }
                // Calls are made above.
                Command::Group { .. } | Command::Call { .. } => {}
            }
        }
    }
}

/// The command that was answered by the creation of a loop's items: it is not performed again.
const fn is_decided(step: u16) -> Command {
    Command::call(step, CallKind::When)
}

/// Goes forward again from a savepoint, unless its `if` or a cancel prevents that.
async fn turn<M: Machine, J: Journal>(
    slots: &mut M::Slots,
    run: &mut RunOf<M>,
    scope: &Scope<'_, J>,
    progress: &mut StepProgress<M::Error>,
    (step, command): (u16, Command),
) {
    // First, so that its `if` reads the failure.
    run.select_step(progress, step);
    // Where the wait has begun, the `if` has matched, and is not evaluated again: after the wait, in
    // another process, or after a signal it might say something else.
    let is_decided = matches!(progress.wait, Some((asked, _)) if asked == command);
    if !is_decided && !run.turns(step) {
        run.apply_caused(scope, Event::TurnDeclined { step }, None);
    } else if wait(run, scope, progress, command).await {
        run.turned(scope, step);
        clear_from::<M>(slots, run, step);
        go_without::<M>(slots, run.kernel.definition());
    }
}

/// Evaluates the condition of a `when` block. A panic of the condition is a failure of the block's
/// first step.
async fn decide<M: Machine, J: Journal>(
    machine: &M,
    slots: &mut M::Slots,
    run: &mut RunOf<M>,
    scope: &Scope<'_, J>,
    progress: &mut StepProgress<M::Error>,
    block: u16,
) {
    let first = M::DEFINITION.conditions[usize::from(block)].first;
    run.select_step(progress, first);
    let at = run.begin(scope, first, CallKind::When);
    let report = poll_fn(|cx| {
        run.listen(scope, cx);
        run.polled(at.step, || {
            let decided = |slots: &mut M::Slots| Report::Decided(machine.decide(slots, block));
            caught_poll(|| Poll::Ready(decided(slots)), Report::panicked)
        })
    });
    match report.await {
        Report::Decided(taken) => run.decided(scope, progress, block, taken),
        report => run.ended(scope, progress, CallKind::When, report),
    }
}

/// After a turn, drops the effects of a step and of all later steps, except for those that a rerun
/// keeps.
fn clear_from<M: Machine>(slots: &mut M::Slots, run: &RunOf<M>, step: u16) {
    let behind = M::DEFINITION.steps.len() - usize::from(step);
    let steps = (step..).take(behind);
    let gone = steps.filter(|step| !run.kernel.outlasts_turn(*step));
    gone.for_each(|step| M::clear(slots, step));
}

/// Undoes a step.
#[expect(
    clippy::manual_async_fn,
    reason = "an `async fn` stores its arguments twice"
)]
fn undo<'a, M: Machine, J: Journal>(
    machine: &'a M,
    slots: &'a mut M::Slots,
    run: &'a mut RunOf<M>,
    scope: &'a Scope<'a, J>,
    progress: &'a mut StepProgress<M::Error>,
    step: u16,
) -> impl Future<Output = ()> + Send + 'a {
    async move {
        run.select_step(progress, step);
        let at = run.begin(scope, step, CallKind::Compensate);
        let lent = run.lend_failure();
        let (_, report) = {
            let mut straight = Straight::new(at, step, lent.as_ref());
            let panic = {
                let calls = compensate(machine, slots, &mut straight, scope);
                let mut batch = pin!(Batch::new(calls));
                poll_fn(|cx| poll_batch(run, scope, step, batch.as_mut(), cx)).await
            };
            straight.ended(panic)
        };
        run.failures.give_back(lent);
        run.ended(scope, progress, CallKind::Compensate, report);
    }
}

/// Performs the compensation of the current step, and empties its slot. Continues with the steps
/// before it for as long as each compensation returns `Ok` and the next step may be reached. Skips
/// steps without a compensation.
#[expect(
    clippy::manual_async_fn,
    reason = "an `async fn` stores its arguments twice"
)]
pub(crate) fn compensate<'a, M: Machine, J: Journal>(
    machine: &'a M,
    slots: &'a mut M::Slots,
    straight: &'a mut Straight<'_, M::Error>,
    scope: &'a Scope<'a, J>,
) -> impl Future<Output = ()> + Send + 'a {
    async move {
        // A copy of `straight.at`: reading as a whole what was just written in parts is slow.
        let Straight {
            mut at, failure, ..
        } = *straight;
        loop {
            match machine.undo(slots, at, failure, scope).await {
                Ok(()) => M::clear(slots, straight.at.step),
                Err(report) => {
                    straight.report = report;
                    return;
                }
            }
            match straight.goes_back(steps::<M>()) {
                Some(next) => at = next,
                None => return,
            }
        }
    }
}

/// Waits until the wait is over (`true`; its event has been applied), or until a cancel or a
/// deadline interrupts it.
#[expect(
    clippy::manual_async_fn,
    reason = "an `async fn` stores its arguments twice"
)]
fn wait<'a, E: Send + Sync + 'static, S: States, J: Journal>(
    run: &'a mut RunState<E, S>,
    scope: &'a Scope<'a, J>,
    progress: &'a mut StepProgress<E>,
    command: Command,
) -> impl Future<Output = bool> + Send + 'a {
    async move {
        let due = run.due(scope, progress, command);
        let wake = run.deadline().map_or(due, |deadline| deadline.min(due));
        let mut timer = pin!(timer(wake));
        poll_fn(|cx| {
            if run.poll_requested(cx) || run.misses_recall(scope).is_some() {
                return Poll::Ready(());
            }
            timer
                .as_mut()
                .as_pin_mut()
                .map_or(Poll::Ready(()), |timer| timer.poll(cx))
        })
        .await;
        run.hear_requests(scope);
        // A cancel that does not end this wait leaves the command unchanged.
        let over = is_over(due) && run.kernel.next() == command;
        if over {
            run.waited(scope, progress, command);
        }
        over
    }
}

/// Polls a batch of calls that may be interrupted. A request is answered at once, but a running
/// call is awaited.
#[inline]
fn poll_batch<E: Send + Sync + 'static, S: States, J: Journal>(
    run: &mut RunState<E, S>,
    scope: &Scope<'_, J>,
    step: u16,
    mut batch: Pin<&mut impl Future<Output = ()>>,
    cx: &mut Context<'_>,
) -> Poll<Option<Box<Panic>>> {
    run.listen(scope, cx);
    let polled = run.polled(step, || caught_batch(|| batch.as_mut().poll(cx)));
    run.hear_part(scope, step, polled.is_pending());
    polled
}

impl<E: Send + Sync + 'static, S: States> RunState<E, S> {
    /// Whether plain steps may run in a batch: nothing can interrupt the run, and nothing has to be
    /// recorded between the steps.
    #[inline]
    pub(super) fn goes_straight<J: Journal>(&self) -> bool {
        !J::DURABLE && self.watch.is_none() && self.kernel.is_fresh()
    }

    /// Starts the attempt of a step.
    #[inline]
    fn acts<J: Journal>(
        &mut self,
        scope: &Scope<'_, J>,
        progress: &mut StepProgress<E>,
        step: u16,
    ) -> Straight<'static, E> {
        self.select_step(progress, step);
        let until = if self.goes_straight::<J>() {
            u16::MAX
        } else {
            step + 1
        };
        Straight::new(self.begin(scope, step, CallKind::Action), until, None)
    }

    /// The batch applied the current step and the following ones up to `last`, and attempted
    /// `last`, whose report this is.
    #[inline]
    pub(crate) fn acted<J: Journal>(
        &mut self,
        scope: &Scope<'_, J>,
        progress: &mut StepProgress<E>,
        (last, report): (u16, Report<E>),
    ) {
        self.reached(progress, last);
        self.ended(scope, progress, CallKind::Action, report);
    }

    /// The batch applied the current step and the following ones up to `last`, and attempted
    /// `last`.
    #[inline]
    pub(crate) fn reached(&mut self, progress: &mut StepProgress<E>, last: u16) {
        if progress.step != last {
            self.kernel.apply_batch(last);
            self.select_step(progress, last);
        }
    }

    /// The batch undid the step whose compensation was started, and the steps before it down to
    /// `last`, whose compensation was called, with this report.
    pub(crate) fn undid<J: Journal>(
        &mut self,
        scope: &Scope<'_, J>,
        progress: &mut StepProgress<E>,
        (last, report): (u16, Report<E>),
    ) {
        while progress.step != last {
            let step = progress.step;
            self.apply(scope, Event::Compensated { step });
            let Command::Call { step, call } = self.kernel.next() else {
                unreachable!("`straight_back` says which steps are undone");
            };
            self.select_step(progress, step);
            self.begin(scope, step, call);
        }
        self.ended(scope, progress, CallKind::Compensate, report);
    }
}
