//! The main loop of a run: one step at a time; blocks are run by `group`.

use super::{
    acquire::acquire,
    group::Block,
    object::Object,
    run_state::RunState,
    wait::{is_over, timer},
};
use crate::{
    basics::panic::{caught, caught_poll},
    calls::{journal::Journal, perform::Scope, report::Report},
    kernel::{Command, End, Event},
    report::{
        progress::StepProgress,
        raised::{Lent, Raised},
    },
    values::call::{CallKind, CallSite},
};
use std::{
    future::{Future, poll_fn},
    pin::pin,
    task::{Context, Poll},
};

/// Runs a saga from the current state of its kernel to its end. `progress` is the progress of the
/// current step.
pub(super) async fn drive<J: Journal>(
    object: &mut dyn Object<J>,
    run: &mut RunState,
    scope: &Scope<'_, J>,
    mut progress: StepProgress,
) -> End {
    // The step whose `when` was just true, or the loop whose items were just created.
    let mut decided = None;
    loop {
        run.hear_requests(scope);
        let command = run.kernel.next();
        run.leave_queues(scope, command);
        let begins = decided
            .take()
            .is_some_and(|step| command == is_decided(step));
        match command {
            Command::Call { step, call } => {
                let call = if begins { CallKind::Action } else { call };
                decided = perform(object, run, scope, &mut progress, (step, call)).await;
            }
            Command::Group { first, .. } => {
                let mut block = Block::new(run, scope, first);
                object.group(first, &mut block, scope).await;
            }
            Command::DecideBlock { block } => {
                decide(object, run, scope, &mut progress, block).await;
            }
            Command::Keep { .. } | Command::Refuse { .. } => run.pass(scope, command),
            Command::Turn { step, .. } => {
                turn(object, run, scope, &mut progress, (step, command)).await;
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
                let report = object.call(run.receive(step), scope).await;
                run.ended(scope, &mut progress, CallKind::Action, report);
            }
            Command::End(end) => {
                run.flush(&mut progress);
                return end;
            }
        }
    }
}

/// Makes a call of a step, and whatever follows it without a decision. Returns the step if its
/// `when` was true.
#[expect(
    clippy::manual_async_fn,
    reason = "an `async fn` stores its arguments twice"
)]
fn perform<'a, J: Journal>(
    object: &'a mut dyn Object<J>,
    run: &'a mut RunState,
    scope: &'a Scope<'a, J>,
    progress: &'a mut StepProgress,
    (step, call): (u16, CallKind),
) -> impl Future<Output = Option<u16>> + Send + 'a {
    async move {
        // Attempts a step, and the following ones for as long as there is nothing to decide.
        if call == CallKind::Action && !run.rules.is_loop(step) {
            let (at, until) = run.acts(scope, progress, step);
            let ended = {
                let mut batch = object.run(at, until, scope);
                let mut poll = |cx: &mut Context<'_>| batch.as_mut().poll(cx);
                poll_fn(|cx| poll_performed(run, scope, step, &mut poll, cx)).await
            };
            run.acted(scope, progress, ended);
            return None;
        }
        run.select_step(progress, step);
        let mut call = run.call(scope, progress, call);
        let at = call.at;
        let lent = run.lend_failure();
        let report = {
            call.failure = lent.as_ref().map(Lent::read);
            // Making a future may be code of the user's, too.
            match caught(|| object.call(call, scope)) {
                Ok(mut call) => {
                    let mut poll = |cx: &mut Context<'_>| {
                        caught_poll(|| call.as_mut().poll(cx), Report::panicked)
                    };
                    poll_fn(|cx| poll_performed(run, scope, step, &mut poll, cx)).await
                }
                Err(panic) => Report::panicked(panic),
            }
        };
        run.failures.give_back(lent);
        let report = run.plain(step, at.call, report);
        if let Report::Decided(true) = report {
            return Some(step);
        }
        let compensated = at.call == CallKind::Compensate && matches!(report, Report::Done);
        run.ended(scope, progress, at.call, report);
        // The effect stays until it is noted that the step is undone. A child saga stays: the outcome
        // lists what it leaves.
        let nests = run.rules.definition.steps[usize::from(step)]
            .saga()
            .is_some();
        if compensated && !nests {
            object.clear(step);
        }
        None
    }
}

/// Polls calls that may be interrupted. A request is answered at once, but a running call is
/// awaited.
fn poll_performed<T, J: Journal>(
    run: &mut RunState,
    scope: &Scope<'_, J>,
    step: u16,
    poll: &mut dyn FnMut(&mut Context<'_>) -> Poll<T>,
    cx: &mut Context<'_>,
) -> Poll<T> {
    run.listen(scope, cx);
    let polled = run.polled(step, || poll(cx));
    run.hear_part(scope, step, polled.is_pending());
    polled
}

/// The command that was answered by the creation of a loop's items: it is not performed again.
const fn is_decided(step: u16) -> Command {
    Command::call(step, CallKind::When)
}

/// Goes forward again from a savepoint, unless its `if` or a cancel prevents that.
async fn turn<J: Journal>(
    object: &mut dyn Object<J>,
    run: &mut RunState,
    scope: &Scope<'_, J>,
    progress: &mut StepProgress,
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
        clear_from(object, run, step);
        object.go_without(run.kernel.definition());
    }
}

/// Evaluates the condition of a `when` block. A panic of the condition is a failure of the block's
/// first step.
async fn decide<J: Journal>(
    object: &mut dyn Object<J>,
    run: &mut RunState,
    scope: &Scope<'_, J>,
    progress: &mut StepProgress,
    block: u16,
) {
    let first = run.rules.definition.conditions[usize::from(block)].first;
    run.select_step(progress, first);
    let at = run.begin(scope, first, CallKind::When);
    let report = poll_fn(|cx| {
        run.listen(scope, cx);
        run.polled(at.step, || {
            let decided = || Poll::Ready(Report::Decided(object.decide(block)));
            caught_poll(decided, Report::panicked)
        })
    });
    match report.await {
        Report::Decided(taken) => run.decided(scope, progress, block, taken),
        report => run.ended(scope, progress, CallKind::When, report),
    }
}

/// After a turn, drops the effects of a step and of all later steps, except for those that stay
/// skipped.
fn clear_from<J>(object: &mut dyn Object<J>, run: &RunState, step: u16) {
    let behind = run.rules.definition.steps.len() - usize::from(step);
    let steps = (step..).take(behind);
    let gone = steps.filter(|other| !run.kernel.stays_omitted(*other, step));
    gone.for_each(|step| object.clear(step));
}

/// Waits until the wait is over (`true`; its event has been applied), or until a cancel or a
/// deadline interrupts it.
#[expect(
    clippy::manual_async_fn,
    reason = "an `async fn` stores its arguments twice"
)]
fn wait<'a, J: Journal>(
    run: &'a mut RunState,
    scope: &'a Scope<'a, J>,
    progress: &'a mut StepProgress,
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

impl RunState {
    /// Whether plain steps may run in a batch: nothing can interrupt the run, and nothing has to be
    /// recorded between the steps.
    #[inline]
    pub(super) fn goes_straight<J: Journal>(&self) -> bool {
        !J::DURABLE && self.watch.is_none() && self.kernel.is_fresh()
    }

    /// Starts the attempt of a step. Returns its call, and the first step that a batch which begins
    /// with it must not reach.
    #[inline]
    fn acts<J: Journal>(
        &mut self,
        scope: &Scope<'_, J>,
        progress: &mut StepProgress,
        step: u16,
    ) -> (CallSite, u16) {
        self.select_step(progress, step);
        let until = if self.goes_straight::<J>() {
            u16::MAX
        } else {
            step + 1
        };
        (self.begin(scope, step, CallKind::Action), until)
    }

    /// The batch applied the current step and the following ones up to `last`, and attempted
    /// `last`, whose report this is.
    #[inline]
    pub(crate) fn acted<J: Journal>(
        &mut self,
        scope: &Scope<'_, J>,
        progress: &mut StepProgress,
        (last, report): (u16, Report<Raised>),
    ) {
        self.reached(progress, last);
        self.ended(scope, progress, CallKind::Action, report);
    }

    /// The batch applied the current step and the following ones up to `last`, and attempted
    /// `last`.
    #[inline]
    pub(crate) fn reached(&mut self, progress: &mut StepProgress, last: u16) {
        if progress.step != last {
            self.kernel.apply_batch(last);
            self.select_step(progress, last);
        }
    }
}
