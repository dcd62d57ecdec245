//! The in-memory fast path: runs the steps in order, without creating a kernel. A run that comes to
//! a decision is handed over to `execute`, which creates the kernel, and applies everything that was
//! done until then at once.

use super::execute::{Opening, completed_outcome, execute, wind_up};
use crate::{
    calls::{
        events::Events,
        journal::{Journal as _, Volatile},
        perform::{Scope, Straight},
        report::Report,
    },
    executor::{
        batch::{Batch, caught_batch},
        rules::Rules,
        run_state::RunState,
    },
    generated::{
        limits::check_timers,
        machine::{Machine, steps},
        object::rules,
    },
    kernel::{Event, is_plain},
    lifecycle::outcome::Outcome,
    observers::is_observed_everywhere,
    report::{progress::StepProgress, raised::Raised},
    values::{call::CallSite, id::LazyId},
};
use std::{
    future::{Future, poll_fn},
    pin::pin,
};

/// Whether a saga may start with a batch of plain steps, if nothing interrupts or observes it.
#[inline]
pub(crate) fn goes_straight<M: Machine>() -> bool {
    let plain = const { matches!(steps::<M>(), [first, ..] if is_plain(first)) };
    plain && !M::NESTS && !M::Events::EMITS && !M::is_loop(0) && !is_observed_everywhere()
}

/// Runs a saga that may [go straight](goes_straight), and passes its outcome to `finish`.
///
/// Most sagas end here, so the future has room for this part only.
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
        check_timers::<M>();
        let mut slots = M::Slots::default();
        let (last, report) = {
            let mut straight = Straight::new(CallSite::attempting(0), u16::MAX);
            let scope = scope(&id);
            let panic = {
                let mut batch = pin!(Batch::new(machine.run(&mut slots, &mut straight, &scope)));
                poll_fn(|cx| caught_batch(|| batch.as_mut().poll(cx))).await
            };
            straight.ended(panic)
        };
        if let Report::Done = report {
            if usize::from(last) + 1 == const { steps::<M>().len() } {
                // Nothing was left to decide, so no kernel is created.
                if let Some(finally) = wind_up(&machine, &slots, &id, None, Vec::new()) {
                    finally.await;
                }
                return finish(completed_outcome(machine, &mut slots));
            }
        }
        let (run, progress) = stopped(rules::<M>(), &id, last, report.raised());
        let begin = Opening::GoesOn(progress);
        finish(execute(machine, id, (slots, run), begin).await)
    }
}

/// A run that was straight up to this step, whose attempt ended so, and the progress of the step.
#[inline(never)]
fn stopped(
    rules: &'static Rules,
    id: &LazyId,
    last: u16,
    report: Report<Raised>,
) -> (RunState, StepProgress) {
    let mut run = RunState::new(rules, rules.definition, Volatile::DURABLE, None);
    run.apply_alone(Event::Attempting { step: 0 });
    let mut progress = StepProgress::of(0);
    run.acted(&scope(id), &mut progress, (last, report));
    (run, progress)
}

fn scope(id: &LazyId) -> Scope<'_, Volatile> {
    Scope {
        journal: &Volatile,
        id,
        place: None,
        link: None,
        tray: None,
    }
}
