//! A call that is lost with its process does not count as a failure: it is made again, after longer
//! and longer waits, and only its tenth loss in a row counts.

use super::{
    build::*,
    shapes::{early, late, pivots},
};
use crate::values::call::CallKind;
use crate::{
    definition::Step,
    kernel::{Command, Direction, End, Event, Kernel, Phase, losses::wait_after, state::StepState},
};

/// The waits before the repeated calls: none before the first one.
const WAITS: [u16; 9] = [0, 1, 2, 4, 8, 16, 32, 64, 128];

#[test]
fn a04_an_action_lost_to_a_crash_is_attempted_again_uncounted() {
    for at in 0..3 {
        let mut saga = durable([step().resolve(), pivot().resolve(), last().resolve()]);
        saga.apply_all(0..at);
        for wait in WAITS {
            saga.act(at, lost).resolve(at, did_not_happen);
            if wait > 0 {
                assert_eq!(saga.next(), after_loss(at, CallKind::Action, wait));
                saga.wait(at);
            }
            assert!(saga.is_attempting(at));
        }
        assert_eq!(saga.attempt(at), 0);
        assert_eq!(saga.losses(at, CallKind::Action), 9);
        saga.act(at, transient);
        assert_eq!(saga.losses(at, CallKind::Action), 0);
        // A crash after an answer is the first in a row again.
        if at == 2 {
            saga.wait(2).act(at, lost).resolve(at, did_not_happen);
            assert!(saga.is_attempting(at));
        }
    }
}

#[test]
fn a04_an_action_lost_to_a_crash_ten_times_in_a_row_parks() {
    for at in 0..3 {
        let mut saga = durable([step().resolve(), pivot().resolve(), last().resolve()]);
        saga.apply_all(0..at);
        for time in 0..10 {
            if time > 1 {
                saga.wait(at);
            }
            saga.act(at, lost).resolve(at, did_not_happen);
        }
        assert_eq!(saga.end(), Some(End::Parked));
        assert_eq!(saga.unfinished().next(), Some(at));
        assert!(saga.hear(Event::Resumed).is_attempting(at));
        assert_eq!(saga.losses(at, CallKind::Action), 0);
    }
}

#[test]
fn a04_a_repetition_lost_to_a_crash_ten_times_in_a_row_parks_in_doubt() {
    let mut saga = durable([step().idempotent()]);
    saga.lose(0, attempting, 10);
    assert_eq!(saga.end(), Some(End::Parked));
    assert_eq!(saga.in_doubt().collect::<Vec<_>>(), [0]);
    assert_eq!(saga.hear(Event::Resumed).phase(0), Phase::InDoubt);
    assert_eq!(saga.act(0, applied).end(), Some(End::Completed));
}

#[test]
fn a04_a_lost_resolve_is_asked_again_and_the_tenth_time_used_up() {
    for durably in [false, true] {
        let steps = [step().resolve_times(1)];
        let mut saga = saga(definition(steps), durably);
        saga.act(0, timed_out).lose(0, resolving, 9);
        assert_eq!(saga.next(), after_loss(0, CallKind::Resolve, 128));
        let mut answered = saga.clone();
        answered.wait(0).resolve(0, unresolved);
        assert_eq!(
            answered.phase(0),
            Phase::Unsettled,
            "its one try is used up"
        );
        saga.wait(0).resolve(0, lost);
        assert_eq!(saga.phase(0), Phase::Unsettled);
        assert_eq!(saga.end(), Some(End::Parked));
        let resumed = saga.hear(Event::Resumed);
        assert_eq!(resumed.next(), Command::call(0, CallKind::Resolve));
    }
    let mut next_way = durable([step().resolve().idempotent()]);
    next_way.act(0, timed_out).lose(0, resolving, 10);
    assert_eq!(next_way.next(), backoff(0, CallKind::Action, 0));
}

#[test]
fn a04_a_lost_compensation_is_made_again_and_the_tenth_time_used_up() {
    let mut saga = durable([step().undo(1), step()]);
    saga.apply_all([0]).act(1, refused).lose(0, compensating, 9);
    assert_eq!(saga.next(), after_loss(0, CallKind::Compensate, 128));
    let mut failed = saga.clone();
    failed.wait(0).compensate(0, still_applied);
    assert_eq!(
        failed.phase(0),
        Phase::Uncompensated,
        "its one try is used up"
    );
    saga.wait(0).compensate(0, lost);
    assert_eq!(saga.phase(0), Phase::Uncompensated);
    assert_eq!(saga.end(), Some(End::Parked));
    assert!(saga.hear(Event::Resumed).is_compensating(0));
}

#[test]
fn a04_a_lost_compensation_by_key_leaves_the_doubt() {
    let mut saga = durable([step().by_key()]);
    saga.act(0, lost).lose(0, compensating, 2);
    assert_eq!(saga.next(), after_loss(0, CallKind::Compensate, 1));
    assert!(saga.is_in_doubt(0));
    saga.wait(0).compensate(0, lost);
    assert_eq!(saga.next(), after_loss(0, CallKind::Compensate, 2));
    saga.wait(0).compensate(0, compensated);
    assert!(saga.is_attempting(0));
    // The row of losses has ended.
    saga.act(0, lost).compensate(0, lost);
    assert!(saga.is_compensating(0));
}

#[test]
fn a04_a_lost_fallback_is_run_again_and_declines_the_tenth_time() {
    let mut saga = durable([step(), read().fallback()]);
    saga.apply_all([0]).act(1, transient);
    assert_eq!(
        saga.fall_back(1, lost).next(),
        Command::call(1, CallKind::Fallback)
    );
    for wait in &WAITS[1..] {
        saga.fall_back(1, lost);
        assert_eq!(saga.next(), after_loss(1, CallKind::Fallback, *wait));
        assert_eq!(saga.phase(1), Phase::Waiting(CallKind::Fallback));
        saga.wait(1);
    }
    let mut good = saga.clone();
    assert_eq!(good.fall_back(1, fell_back).end(), Some(End::Completed));
    assert!(saga.fall_back(1, lost).is_compensating(0));
    let told = (saga.phase(1), saga.first_failed());
    assert_eq!(told, (Phase::Failed, Some(1)));
}

#[test]
fn a04_losses_of_one_call_do_not_count_against_another() {
    let mut saga = durable([read().fallback()]);
    saga.lose(0, attempting, 9).wait(0).act(0, transient);
    saga.lose(0, falling_back, 9);
    assert_eq!(saga.next(), after_loss(0, CallKind::Fallback, 128));
}

#[test]
fn a04_a_cancel_or_a_deadline_ends_the_wait() {
    for request in [Event::CancelRequested, Event::DeadlinePassed] {
        let mut saga = durable([step(), read()]);
        saga.apply_all([0]).lose(1, attempting, 3);
        assert_eq!(saga.next(), after_loss(1, CallKind::Action, 2));
        assert!(saga.hear(request).is_compensating(0));

        let mut saga = durable([step(), read().fallback()]);
        saga.apply_all([0])
            .act(1, transient)
            .lose(1, falling_back, 3);
        assert!(saga.hear(request).is_compensating(0));
        assert_eq!(saga.phase(1), Phase::Failed);

        // Doubt is settled at once for the rollback.
        let mut saga = durable([step().idempotent()]);
        saga.lose(0, attempting, 3);
        assert!(saga.hear(request).is_attempting(0));

        // While compensating, a request has no wait to end.
        let mut saga = durable([step(), step()]);
        saga.apply_all([0]).act(1, refused).lose(0, compensating, 3);
        saga.hear(request);
        assert_eq!(saga.next(), after_loss(0, CallKind::Compensate, 2));
    }
}

#[test]
fn a04_the_first_failure_of_a_block_ends_the_wait_of_a_sibling() {
    let mut saga = durable(group(0, [read().fallback(), read()]));
    saga.act(0, transient).lose(0, falling_back, 2);
    assert_eq!(saga.lane(0), run(after_loss(0, CallKind::Fallback, 1)));
    assert_eq!(saga.act(1, refused).phase(0), Phase::Failed);
}

/// A running call: its step, its kind, and the event that started it.
type Call = (u16, CallKind, fn(u16) -> Event);

fn runs(saga: &Saga) -> Option<Call> {
    let (step, call) = saga.running().next()?;
    Some((
        step,
        call,
        match call {
            CallKind::When | CallKind::Action => attempting,
            CallKind::Resolve => resolving,
            CallKind::Compensate => compensating,
            CallKind::Fallback => falling_back,
        },
    ))
}

/// Continues until the call is made again, and returns how long it waited because of the loss;
/// `None` if the call is not made again. Other calls are answered as if the step had not happened.
fn until_again(saga: &mut Saga, step: u16, begin: Event) -> Option<u16> {
    let mut waited = 0;
    loop {
        let (command, event) = match saga.next() {
            command @ Command::AfterLoss { seconds, .. } => {
                waited += seconds;
                (command, Event::Waited { step })
            }
            command @ Command::Backoff { .. } => (command, Event::Waited { step }),
            command @ Command::AwaitLate { .. } => (command, Event::LatePassed { step }),
            command @ Command::Call { call, .. } => {
                let start = Event::start(step, call).unwrap_or(attempting(step));
                (command, start)
            }
            _ => return None,
        };
        if saga.apply(event).is_err() {
            // The command is for another step.
            return None;
        }
        match event {
            _ if event == begin => return Some(waited),
            Event::Attempting { .. } => return None,
            Event::Resolving { .. } => drop(saga.hear(did_not_happen(step))),
            Event::Compensating { .. } => drop(saga.hear(compensated(step))),
            Event::FallingBack { .. } => drop(saga.hear(declined(step))),
            _ => assert!(matches!(
                command,
                Command::AfterLoss { .. } | Command::Backoff { .. } | Command::AwaitLate { .. }
            )),
        }
    }
}

/// The budgets of a step.
fn used_up(saga: &Saga, step: u16) -> [u32; 4] {
    let state: StepState = saga.states[usize::from(step)];
    let streak = u32::from(state.streak.len());
    [
        state.attempts,
        state.resolve_failures,
        state.undo_failures,
        streak,
    ]
}

/// Loses the running call ten times in a row. Returns how often it was made again.
fn lose_in_a_row(mut saga: Saga) -> usize {
    let (step, call, begin) = runs(&saga).expect("a call runs");
    let before = used_up(&saga, step);
    for wait in WAITS {
        saga.hear(lost(step));
        assert!(
            used_up(&saga, step) <= before,
            "it used something up: {saga:?}"
        );
        let Some(waited) = until_again(&mut saga, step, begin(step)) else {
            // While compensating, a step that did not happen is not tried again.
            let back = saga.direction() == Direction::Compensating;
            assert!(back && saga.losses(step, call) == 1, "{call:?} of {saga:?}");
            return 0;
        };
        assert_eq!(waited, wait, "{call:?} of {saga:?}");
    }
    saga.hear(lost(step));
    assert_eq!(until_again(&mut saga, step, begin(step)), None, "{call:?}");
    if call == CallKind::Action && saga.direction() == Direction::Forward {
        assert_eq!(saga.end(), Some(End::Parked), "{saga:?}");
    }
    WAITS.len()
}

/// Explores all ways in which a saga comes to a call of its last step, with some bad luck.
fn explore(saga: &Saga, at: u16, luck: u8, seen: &mut usize, found: &mut [usize; 5]) {
    if let Some((step, call, _)) = runs(saga) {
        if step == at && lose_in_a_row(saga.clone()) > 0 {
            found[call as usize] += 1;
        }
    }
    *seen += 1;
    for (event, bad_luck) in super::answers::answers(saga) {
        let Some(luck) = luck.checked_sub(u8::from(bad_luck)) else {
            continue;
        };
        let by_hand = matches!(event, Event::Settled { .. } | Event::Resumed);
        if !by_hand && !matches!(event, Event::Lost { .. }) {
            let mut then: Saga = saga.clone();
            explore(then.hear(event), at, luck, seen, found);
        }
    }
}

#[test]
fn a04_every_call_in_every_situation_is_made_again_nine_times() {
    let (mut seen, mut found) = (0, [0; 5]);
    let alone = |step: Step| vec![step];
    let behind = |step: Step| vec![super::build::step(), step];
    let mut sagas: Vec<_> = early().into_iter().chain(pivots()).map(alone).collect();
    sagas.extend(early().into_iter().chain(pivots()).map(behind));
    sagas.extend(late().map(|step| vec![pivot(), step]));
    for steps in sagas {
        let at = u16::try_from(steps.len() - 1).unwrap();
        let saga: Kernel = durable(steps);
        explore(&saga, at, 3, &mut seen, &mut found);
    }
    println!("{seen} situations; lost in a row, by kind: {found:?}");
    let [when, calls @ ..] = found;
    assert!(
        when == 0 && calls.iter().all(|&found| found > 10),
        "{found:?}"
    );
    assert_eq!(wait_after(9), WAITS[8]);
}
