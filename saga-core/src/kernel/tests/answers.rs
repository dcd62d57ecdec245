//! The events that may come next.

use crate::values::call::CallKind;
use std::mem;

use super::{
    build::{
        MAY_ABORT, MAY_BE_FINAL, Saga, lost, refuses_to_say, refuses_to_undo, still_applied,
        unresolved,
    },
    world::{declared, is_left_behind, steps},
};
use crate::{
    definition::{Kind, Limit, Step},
    kernel::{
        Command, Direction, End, Event, Hearing, Lane, Phase, Settlement, Verdict,
        state::{Course, Flag},
    },
};

/// All events that may come next, each with whether it is bad luck.
pub(super) fn answers(saga: &Saga) -> Vec<(Event, bool)> {
    let mut answers = Vec::new();
    for (step, running) in saga.running() {
        report(saga, step, running, &mut answers);
    }
    match saga.next() {
        Command::Group { first, len } => {
            for step in first..first + len {
                if let Lane::Run(command) = saga.lane(step) {
                    begin(saga, command, &mut answers);
                }
            }
        }
        Command::DecideBlock { block } => {
            let step = saga.definition().conditions[usize::from(block)].first;
            answers.extend([
                (Event::Decided { block, taken: true }, false),
                (
                    Event::Decided {
                        block,
                        taken: false,
                    },
                    false,
                ),
                (Event::WhenPanicked { step }, true),
            ]);
        }
        // Resuming after a settlement by hand is not bad luck.
        Command::End(End::Parked) => {
            answers.push((Event::Resumed, saga.saga.course != Course::Halted));
        }
        command if answers.is_empty() => begin(saga, command, &mut answers),
        _ => {}
    }
    for step in steps(saga) {
        let settled = |&settlement| (Event::Settled { step, settlement }, false);
        answers.extend(settleable(saga, step).iter().map(settled));
    }
    for step in steps(saga) {
        let is_signal = declared(saga, step).kind == Kind::Signal;
        if is_signal && saga.hearing(step) == Hearing::Accepted {
            answers.push((Event::Signalled { step }, false));
        }
    }
    answers.extend(saga.unrecorded().map(|step| (lost(step), true)));
    answers.extend([
        (Event::CancelRequested, true),
        (Event::DeadlinePassed, true),
    ]);
    // No saga with a pivot is a child saga.
    if saga.definition().pivot.is_none() {
        answers.push((Event::Recalled, true));
    }
    answers
}

fn begin(saga: &Saga, command: Command, answers: &mut Vec<(Event, bool)>) {
    match command {
        Command::Call {
            step,
            call: CallKind::When,
        } if !declared(saga, step).kind.acts() => answers.extend([
            (Event::Awaiting { step }, false),
            (Event::Skipped { step }, false),
            (Event::WhenPanicked { step }, true),
        ]),
        Command::Sleep { step } => answers.push((Event::Woken { step }, false)),
        Command::Listen { step } => answers.push((Event::TimedOut { step }, true)),
        Command::Acquire { step } => answers.extend([
            (Event::Woken { step }, false),
            (Event::TimedOut { step }, true),
        ]),
        Command::Receive { step } => answers.push((Event::Received { step }, false)),
        Command::Call {
            step,
            call: CallKind::When,
        } => answers.extend([
            (Event::Attempting { step }, false),
            (Event::Skipped { step }, false),
            (Event::WhenPanicked { step }, true),
        ]),
        Command::Call { step, call } => {
            answers.extend(Event::start(step, call).map(|event| (event, false)));
        }
        Command::AwaitLate { step, .. } => answers.push((Event::LatePassed { step }, false)),
        Command::Backoff { step, .. } | Command::AfterLoss { step, .. } => {
            answers.push((Event::Waited { step }, false));
        }
        Command::Keep { step } => answers.push((Event::Kept { step }, false)),
        Command::Refuse { step } => answers.push((saga.refusal(step), false)),
        Command::Turn { step, .. } => {
            answers.extend([
                (Event::Turned { step }, false),
                (Event::TurnDeclined { step }, true),
            ]);
        }
        Command::End(_) | Command::Group { .. } | Command::DecideBlock { .. } => {}
    }
}

fn report(saga: &Saga, step: u16, running: CallKind, answers: &mut Vec<(Event, bool)>) {
    let declared = declared(saga, step);
    if running == CallKind::Action && is_failing(saga, step) {
        // How it ends is not further bad luck.
        answers.extend([
            (Event::TimedOut { step }, false),
            (Event::Panicked { step }, false),
        ]);
        for verdict in Verdict::ALL {
            rejections(declared, step, (verdict, false), answers);
        }
        return;
    }
    for refused in [true, false] {
        if may_fail(saga, step, refused) {
            answers.push((Event::Failing { step, refused }, true));
        }
    }
    if declared.child.is_none() || matches!(running, CallKind::Action | CallKind::Fallback) {
        answers.push((lost(step), true));
    }
    if running == CallKind::Resolve && declared.resolve.iter().any(|call| call.classified) {
        answers.push((refuses_to_say(step), true));
    }
    let undo = declared.compensation.declared();
    if running == CallKind::Compensate && undo.is_some_and(|(_, call)| call.classified) {
        answers.push((refuses_to_undo(step), true));
    }
    match running {
        CallKind::When => unreachable!("its start is not on record"),
        CallKind::Action => {
            answers.extend([
                (Event::Applied { step }, false),
                (Event::Unrecordable { step }, true),
                (Event::TimedOut { step }, true),
                (Event::Panicked { step }, true),
            ]);
            for verdict in Verdict::ALL {
                rejections(declared, step, (verdict, true), answers);
            }
        }
        CallKind::Resolve => answers.extend([
            (
                Event::Resolved {
                    step,
                    happened: true,
                },
                false,
            ),
            (
                Event::Resolved {
                    step,
                    happened: false,
                },
                true,
            ),
            (unresolved(step), true),
        ]),
        CallKind::Compensate => {
            answers.extend([
                (Event::Compensated { step }, false),
                (still_applied(step), true),
            ]);
        }
        CallKind::Fallback => {
            answers.extend([
                (Event::FellBack { step }, false),
                (Event::FallbackDeclined { step }, true),
            ]);
        }
    }
}

/// Whether the step is a child saga or a loop that has failed and is undoing itself.
fn is_failing(saga: &Saga, step: u16) -> bool {
    let back = saga.direction() == Direction::Compensating;
    back && declared(saga, step).is_nested() && saga.first_failed() == Some(step)
}

/// Whether a running child saga or loop may fail for good: before the pivot, and at its last
/// attempt, unless a service refused.
fn may_fail(saga: &Saga, step: u16, refused: bool) -> bool {
    let declared = declared(saga, step);
    let before = saga.definition().pivot.is_none_or(|pivot| step <= pivot);
    let forward = saga.direction() == Direction::Forward;
    let attempts = declared
        .retry
        .as_ref()
        .map_or(Limit::Times(1), |retry| retry.limit);
    let last = refused || !attempts.allows(saga.attempt(step));
    let running = saga.phase(step) == Phase::Running(CallKind::Action);
    running && declared.is_nested() && declared.fallback.is_none() && before && forward && last
}

fn rejections(
    declared: &Step,
    step: u16,
    (verdict, bad_luck): (Verdict, bool),
    answers: &mut Vec<(Event, bool)>,
) {
    let some = |flag: bool| if flag { &[false, true][..] } else { &[false] };
    for &abort in some(&*declared.effect == MAY_ABORT) {
        for &not_again in some(&*declared.effect == MAY_BE_FINAL) {
            let early = declared.late.is_some() && verdict == Verdict::Refused;
            // Late enough to count, or too early.
            let late: &[_] = if early { &[true, false] } else { &[true] };
            for &late_passed in late {
                answers.push((
                    Event::Rejected {
                        step,
                        verdict,
                        abort,
                        again: !(not_again || abort),
                        late_passed,
                    },
                    bad_luck,
                ));
            }
        }
    }
}

/// Whether these answers contain an event of this kind for this step.
pub(super) fn hold(answers: &[(Event, bool)], event: Event) -> bool {
    answers.iter().any(|&(answer, _)| match event {
        Event::Settled { .. } | Event::Decided { .. } => answer == event,
        _ => {
            mem::discriminant(&answer) == mem::discriminant(&event) && answer.step() == event.step()
        }
    })
}

/// The ways in which an operator may settle the step.
pub(super) fn settleable(saga: &Saga, step: u16) -> &'static [Settlement] {
    use Settlement::{Applied, NotApplied, Undone};
    let (phase, doubt) = (saga.phase(step), saga.is_in_doubt(step));
    let unrecorded = saga.direction() == Direction::Forward && saga.has_failed(step);
    let of_doubt: &[_] = if saga.is_partial(step) {
        &[Applied, Undone]
    } else {
        &[Applied, NotApplied, Undone]
    };
    match phase {
        _ if is_left_behind(saga, step) || declared(saga, step).child.is_some() => &[],
        Phase::InDoubt | Phase::Waiting(_) if doubt => of_doubt,
        Phase::Unsettled if is_parked(saga) => of_doubt,
        Phase::Applied if unrecorded && is_parked(saga) => &[Applied, Undone],
        Phase::Uncompensated | Phase::Kept if is_parked(saga) => &[Undone],
        Phase::Failed if is_parked(saga) && may_be_done_by_hand(saga, step) => &[Applied],
        Phase::Waiting(CallKind::Compensate) => &[Undone],
        _ => &[],
    }
}

/// After the pivot, once it has been attempted.
fn may_be_done_by_hand(saga: &Saga, step: u16) -> bool {
    let is_behind = saga.definition().pivot.is_some_and(|pivot| step > pivot);
    let was_attempted = saga.states[usize::from(step)].has(Flag::Started);
    is_behind && declared(saga, step).kind.acts() && was_attempted
}

fn is_parked(saga: &Saga) -> bool {
    saga.next() == Command::End(End::Parked)
}
