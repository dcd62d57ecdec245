//! The in-memory fast path: run the steps in order, and if one is refused, run the compensations in
//! reverse, without creating a kernel. Anything else is handed over to `execute`.
//!
//! ```text
//! straight ──▶ back ──▶ execute     each makes room only for what it may need, and boxes the next
//!     ├──────────┼─────────┘
//!     └──────────┴──▶ end
//! ```
//!
//! `execute` creates the kernel, and applies everything that was done until then at once.

use super::execute::{
    Begin, completed_outcome, describe, execute, failed, finally_beside, wind_up,
};
use crate::executor::{
    batch::{Batch, caught_batch},
    judge::judged,
    read_back::remembered,
    rules::Rules,
    run_state::RunState,
    tell::described,
};
use crate::{
    calls::{
        events::Events,
        journal::{Journal, Volatile},
        perform::{Scope, Straight},
        report::Report,
    },
    generated::{
        limits::check_timers,
        machine::{Machine, leave, steps},
        object::rules,
    },
    kernel::{End, Event, is_plain, passed_straight, straight_back},
    lifecycle::outcome::Outcome,
    observers::is_observed_everywhere,
    report::{
        error::{CallFailure, Completeness, Error, Failure},
        progress::StepProgress,
        raised::Raised,
    },
    values::{
        call::{CallKind, CallSite},
        cause::Cause,
        id::LazyId,
    },
};
use std::{
    future::{Future, poll_fn},
    ops::Range,
    pin::{Pin, pin},
};

type Boxed<T> = Pin<Box<dyn Future<Output = T> + Send>>;

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
        let stopped = {
            let mut straight = Straight::new(CallSite::attempting(0), u16::MAX, None);
            let scope = scope(&id);
            let panic = {
                let mut batch = pin!(Batch::new(machine.run(&mut slots, &mut straight, &scope)));
                poll_fn(|cx| caught_batch(|| batch.as_mut().poll(cx))).await
            };
            straight.ended(panic)
        };
        if let (last, Report::Done) = stopped {
            if usize::from(last) + 1 == const { steps::<M>().len() } {
                // Nothing was left to decide, so no kernel is created.
                if let Some(finally) = wind_up(&machine, &slots, &id, None, Vec::new()) {
                    finally.await;
                }
                return finish(completed_outcome(machine, &mut slots));
            }
        }
        finish(stopped_at(machine, id, slots, stopped).await)
    }
}

/// The first attempt of a step was rejected, after the first attempts of all steps before it were
/// applied.
struct Rejected<M: Machine> {
    step: u16,
    /// The event for the kernel.
    event: Event,
    failure: Failure<M::Error>,
}

/// Continues a saga that went straight up to step `last`, whose attempt ended with `report`.
fn stopped_at<M: Machine>(
    machine: M,
    id: LazyId,
    slots: M::Slots,
    (last, report): (u16, Report<M::Error>),
) -> Boxed<Outcome<M>> {
    let error = match report {
        Report::Failed(Cause::Failed(error)) => error,
        report => {
            let told = stopped(rules::<M>(), &id, last, report.raised());
            return goes_on(machine, id, slots, told);
        }
    };
    let declared = &steps::<M>()[usize::from(last)];
    let (verdict, abort, again) = judged(M::DEFINITION, declared, |conditional| {
        let verdict = M::classify(&error);
        let abort = declared.abort && M::aborts(last, &error);
        (verdict, abort, !conditional || M::again(last, &error))
    });
    let cause = seen::<M>(&id, last, error);
    let rejected = Rejected::<M> {
        step: last,
        event: Event::Rejected {
            step: last,
            verdict,
            abort,
            again,
            late_passed: true,
            awaits_late: false,
        },
        failure: Failure::of_action(declared.name.clone(), Some(verdict), cause),
    };
    let passed = const { passed_straight(steps::<M>()) };
    match straight_back(M::DEFINITION, passed, (last, verdict)) {
        Some(way) if !abort => Box::pin(back(machine, id, slots, rejected, way)),
        _ => {
            let told = rejected.told(&id);
            goes_on(machine, id, slots, told)
        }
    }
}

/// Rolls back a saga that may [go straight back](straight_back) over the steps of `way`.
#[expect(
    clippy::manual_async_fn,
    reason = "an `async fn` stores its arguments twice"
)]
fn back<M: Machine>(
    machine: M,
    id: LazyId,
    mut slots: M::Slots,
    rejected: Rejected<M>,
    way: Range<u16>,
) -> impl Future<Output = Outcome<M>> + Send + 'static {
    async move {
        if !way.is_empty() {
            let stopped = {
                let mut straight = Straight::new(
                    CallSite::undoing(way.end - 1),
                    way.start,
                    Some(&rejected.failure),
                );
                let scope = scope(&id);
                let panic = {
                    let calls = compensate(&machine, &mut slots, &mut straight, &scope);
                    let mut batch = pin!(Batch::new(calls));
                    poll_fn(|cx| caught_batch(|| batch.as_mut().poll(cx))).await
                };
                straight.ended(panic)
            };
            if !matches!(stopped, (last, Report::Done) if last == way.start) {
                let (last, report) = stopped;
                let mut told = rejected.told(&id);
                undone(&id, &mut told, way, (last, report.raised()));
                return goes_on(machine, id, slots, told).await;
            }
        }
        let failure = rejected.failure;
        let left = || Completeness::Compensated { left: Vec::new() };
        let finally = machine.finally(&|| {
            let words = |error: &M::Error| described(|| M::describe(error));
            let reported = (failure.step.clone(), describe(&failure, words));
            let end = End::Compensated;
            failed(M::DEFINITION, &id, end, Some(reported), left())
        });
        let finally =
            finally.and_then(|finally| finally_beside(&M::DEFINITION.name, None, (finally, None)));
        if let Some(finally) = finally {
            finally.await;
        }
        leave(machine, &mut slots);
        Outcome::Compensated(Error::new(failure, Vec::new(), left(), M::below))
    }
}

/// Performs the compensation of the current step, and empties its slot. Continues with the steps
/// before it for as long as each compensation returns `Ok` and the next step may be reached. Skips
/// steps without a compensation.
#[expect(
    clippy::manual_async_fn,
    reason = "an `async fn` stores its arguments twice"
)]
fn compensate<'a, M: Machine>(
    machine: &'a M,
    slots: &'a mut M::Slots,
    straight: &'a mut Straight<'_, M::Error>,
    scope: &'a Scope<'a, Volatile>,
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

impl<M: Machine> Rejected<M> {
    /// Creates a kernel that has applied the steps before, and the rejection.
    fn told(self, id: &LazyId) -> Told {
        let Self {
            step,
            event,
            failure,
        } = self;
        rejected(rules::<M>(), id, (step, event), failure.raised())
    }
}

/// The error as everything but the predicates sees it, which have judged it.
fn seen<M: Machine>(id: &LazyId, step: u16, error: M::Error) -> Cause<M::Error> {
    if const { M::ERROR_CODEC.is_none() } {
        return Cause::Failed(error);
    }
    let (_, cause) = remembered(&scope(id), rules::<M>(), Some(step), Raised::of(error));
    cause.map(|raised| Cause::Failed(raised.into_error()))
}

/// The run with its kernel, and the progress of the current step.
type Told = (RunState, StepProgress);

/// A run whose first step is attempted.
fn begun(rules: &'static Rules) -> Told {
    let mut run = RunState::new(rules, rules.definition, Volatile::DURABLE, None);
    run.apply_alone(Event::Attempting { step: 0 });
    (run, StepProgress::of(0))
}

/// A run that was straight up to this step, whose attempt ended so.
#[inline(never)]
fn stopped(rules: &'static Rules, id: &LazyId, last: u16, report: Report<Raised>) -> Told {
    let mut told = begun(rules);
    let (run, progress) = &mut told;
    run.acted(&scope(id), progress, (last, report));
    told
}

/// A run that was straight up to this step, whose attempt was rejected.
#[inline(never)]
fn rejected(
    rules: &'static Rules,
    id: &LazyId,
    (step, event): (u16, Event),
    failure: Failure<Raised>,
) -> Told {
    let mut told = begun(rules);
    let (run, progress) = &mut told;
    run.reached(progress, step);
    let CallFailure { call, cause, .. } = failure.into_call();
    run.note_lost(event);
    run.apply_caused(&scope(id), event, Some(&cause));
    progress.used = true;
    run.file_failure(progress, event, (call, cause));
    told
}

/// Adds the compensations of these steps, the last of which ended so.
#[inline(never)]
fn undone(
    id: &LazyId,
    (run, progress): &mut Told,
    way: Range<u16>,
    stopped: (u16, Report<Raised>),
) {
    let scope = scope(id);
    run.select_step(progress, way.end - 1);
    run.begin(&scope, way.end - 1, CallKind::Compensate);
    run.undid(&scope, progress, stopped);
}

/// Continues with a kernel, in a box with more room.
fn goes_on<M: Machine>(
    machine: M,
    id: LazyId,
    slots: M::Slots,
    (run, progress): Told,
) -> Boxed<Outcome<M>> {
    let begin = Begin::GoesOn(Box::new(progress));
    execute(machine, id, Box::new((slots, run)), begin)
}

fn scope(id: &LazyId) -> Scope<'_, Volatile> {
    Scope {
        journal: &Volatile,
        id,
        place: None,
        link: None,
    }
}
