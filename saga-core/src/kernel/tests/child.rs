//! Child sagas: enumerates what their ends mean for the kernel of the parent.

use crate::values::call::CallKind;
use std::collections::HashSet;

use super::{answers::answers, build::*, situation::Situation};
use crate::{
    definition::Step,
    kernel::{
        ChildEnd, ChildFailure, Command, Direction, End, Event, Lane, PartFailed, Phase, Verdict,
    },
};

/// The event that the parent gets for the step.
type Told = fn(u16) -> Event;

/// The ways in which a child may end, each with the event for its parent.
fn ends() -> [(&'static str, Told); 6] {
    [
        ("completed", applied),
        ("lost its output", unrecordable),
        ("was refused", refused),
        ("was compensated", transient),
        ("panicked", panicked),
        ("exceeded its deadline", timed_out),
    ]
}

#[test]
fn a_child_is_never_in_doubt() {
    for (how, end) in ends() {
        let mut saga = memory([step(), child()]);
        saga.act(0, applied).act(1, end);
        assert!(!saga.is_in_doubt(1), "{how}");
    }
}

#[test]
fn compensated_it_is_not_applied_and_tried_again_in_the_next_round() {
    for (end, again) in [
        (refused as fn(u16) -> Event, false),
        (transient, true),
        (panicked, false),
        (timed_out, true),
    ] {
        let mut saga = memory([step(), child().retry(2)]);
        saga.act(0, applied).act(1, end);
        assert_eq!(
            matches!(saga.next(), Command::Backoff { step: 1, .. }),
            again
        );
        if again {
            saga.hear(Event::Waited { step: 1 });
            saga.hear(Event::Attempting { step: 1 });
            assert_eq!(saga.round(1), 1);
        } else {
            assert_eq!(saga.next(), Command::call(0, CallKind::Compensate));
            assert_eq!(saga.is_refused(), end(1) == refused(1));
        }
    }
}

#[test]
fn its_parent_rolls_back_as_soon_as_it_has_failed_for_good() {
    let mut saga = memory(group(0, [step().retry(2), child()]));
    saga.hear(Event::Attempting { step: 0 });
    saga.hear(Event::Attempting { step: 1 }).hear(failing(1));
    assert_eq!(saga.direction(), Direction::Compensating);
    assert_eq!((saga.first_failed(), saga.is_refused()), (Some(1), true));
    assert!(saga.is_failing(1) && !saga.is_failing(0));
    // The sibling is not attempted again, and nothing is undone yet.
    saga.hear(transient(0));
    assert_eq!((saga.lane(0), saga.lane(1)), (Lane::Ended, Lane::Blocked));
    assert!(saga.apply(applied(1)).is_err() && saga.apply(failing(1)).is_err());
    saga.hear(Event::CancelRequested).hear(refused(1));
    assert_eq!(saga.next(), Command::End(End::Compensated));
    assert_eq!(saga.first_failed(), Some(1));
}

#[test]
fn it_has_not_failed_for_good_where_another_attempt_or_a_fallback_may_follow() {
    let transient = |step| Event::Failing {
        step,
        refused: false,
    };
    for (child, refused, fails) in [
        (child(), false, true),
        (child().retry(2), false, false),
        (child().retry(2), true, true),
        (child().fallback(), true, false),
        (step(), true, false),
    ] {
        let mut saga = memory([child]);
        saga.hear(Event::Attempting { step: 0 });
        let event = if refused { failing(0) } else { transient(0) };
        let part = PartFailed::of_items(refused);
        assert_eq!(saga.fails_for_good(0, part), fails);
        assert_eq!(saga.apply(event).is_ok(), fails, "{saga:?}");
    }
    let mut last = memory([pivot(), child()]);
    last.act(0, applied).hear(Event::Attempting { step: 1 });
    assert!(last.apply(failing(1)).is_err());
}

#[test]
fn one_that_is_aborted_has_failed_for_good_whatever_may_follow() {
    let mut saga = memory(group(0, [step().retry(2), child().retry(2).fallback()]));
    saga.hear(attempting(0)).hear(attempting(1));
    saga.note_aborted_part(1);
    saga.hear(failing(1));
    assert!(saga.aborted() && saga.direction() == Direction::Compensating);
    assert_eq!(saga.hear(transient(0)).lane(0), Lane::Ended);
    assert_eq!(saga.hear(aborting(1)).end(), Some(End::Compensated));
}

#[test]
fn a_child_has_failed_for_good_once_it_cannot_turn() {
    let mut saga = memory([step().savepoint(1), step()]);
    saga.act(0, applied).act(1, refused);
    assert!(!saga.has_failed_for_good());
    saga.compensate(0, compensated);
    saga.hear(Event::TurnDeclined { step: 0 });
    assert!(saga.has_failed_for_good());
    let mut recalled = memory([step()]);
    recalled.act(0, applied).hear(Event::Recalled);
    assert!(!recalled.has_failed_for_good());
}

#[test]
fn nor_while_a_sibling_before_its_savepoint_may_be_applied() {
    for last in [applied as fn(u16) -> Event, refused] {
        let mut saga = memory(group(0, [step(), step().savepoint(1)]));
        saga.hear(Event::Attempting { step: 0 });
        saga.hear(Event::Attempting { step: 1 }).hear(refused(1));
        assert!(!saga.has_failed_for_good());
        saga.hear(last(0));
        let turns = matches!(saga.next(), Command::Turn { step: 1, .. });
        assert_eq!(
            (turns, saga.has_failed_for_good()),
            (last(0) == applied(0), !turns)
        );
    }
}

#[test]
fn without_its_output_it_is_applied_and_called_back() {
    let mut saga = memory([step(), child()]);
    saga.act(0, applied).act(1, unrecordable);
    assert_eq!(saga.unrecorded().count(), 0);
    assert_eq!(saga.next(), Command::call(1, CallKind::Compensate));
    saga.compensate(1, compensated);
    assert_eq!(saga.next(), Command::call(0, CallKind::Compensate));
}

#[test]
fn after_the_pivot_its_output_is_made_again() {
    let mut saga = memory([pivot(), child()]);
    saga.act(0, applied).act(1, unrecordable);
    assert_eq!(saga.next(), Command::End(End::Parked));
    saga.hear(Event::Resumed);
    assert_eq!(saga.next(), Command::call(1, CallKind::Action));
    saga.act(1, applied);
    assert_eq!(
        (saga.next(), saga.round(1)),
        (Command::End(End::Completed), 0)
    );
}

#[test]
fn parked_on_its_way_back_it_keeps_what_it_stands_on() {
    let mut saga = memory([step(), step(), child().on(&[0])]);
    saga.act(0, applied).act(1, applied).act(2, unknown);
    assert_eq!(saga.phase(2), Phase::Unsettled);
    assert_eq!(saga.settleable(2).count(), 0);
    saga.compensate(1, compensated)
        .hear(Event::Kept { step: 0 });
    assert_eq!(saga.next(), Command::End(End::Parked));
    // The child itself continues.
    saga.hear(Event::Resumed);
    assert_eq!(saga.next(), Command::call(2, CallKind::Compensate));
    saga.compensate(2, compensated).compensate(0, compensated);
    assert_eq!(saga.next(), Command::End(End::Compensated));
}

#[test]
fn after_the_pivot_it_goes_on_and_is_tried_again() {
    let mut saga = memory([pivot(), child().retry(2)]);
    saga.act(0, applied).act(1, unknown);
    assert_eq!(saga.next(), Command::End(End::Parked));
    saga.hear(Event::Resumed);
    assert_eq!(saga.direction(), Direction::Forward);
    saga.hear(Event::Attempting { step: 1 });
    assert_eq!(saga.round(1), 0);
    saga.hear(transient(1)).hear(Event::Waited { step: 1 });
    saga.hear(Event::Attempting { step: 1 });
    assert_eq!(saga.round(1), 1);
}

#[test]
fn parked_on_its_way_forward_it_parks_its_parent_at_once() {
    let mut saga = memory([step(), child()]);
    saga.act(0, applied).act(1, lost);
    assert_eq!(saga.next(), Command::End(End::Parked));
    assert_eq!(saga.direction(), Direction::Forward);
    saga.hear(Event::Resumed)
        .hear(Event::Attempting { step: 1 });
    assert_eq!(saga.round(1), 0);
}

#[test]
fn only_one_that_runs_and_has_not_failed_parks_on_its_way_forward() {
    let mut saga = memory([child()]);
    assert!(saga.apply(lost(0)).is_err());
    saga.hear(attempting(0)).hear(failing(0));
    assert!(saga.apply(lost(0)).is_err());
}

#[test]
fn its_fallback_is_lost_and_called_again() {
    let mut saga = memory([child().fallback()]);
    saga.act(0, refused);
    saga.hear(Event::FallingBack { step: 0 }).hear(lost(0));
    assert_eq!(saga.next(), Command::call(0, CallKind::Fallback));
    saga.hear(Event::FallingBack { step: 0 });
    saga.hear(Event::FellBack { step: 0 });
    assert_eq!(saga.next(), Command::End(End::Completed));
}

#[test]
fn what_parked_beside_a_failure_is_called_back() {
    let mut saga = memory(group(0, [child(), step()]));
    saga.hear(Event::Attempting { step: 0 });
    saga.hear(Event::Attempting { step: 1 });
    saga.hear(lost(0)).hear(transient(1));
    assert_eq!(saga.next(), Command::call(0, CallKind::Compensate));
}

#[test]
fn compensated_it_is_not_called_back_when_its_next_attempt_is_cut_short() {
    let mut saga = memory([step(), child().retry(2)]);
    saga.act(0, applied).act(1, transient).wait(1);
    saga.hear(Event::CancelRequested);
    assert_eq!(saga.phase(1), Phase::Failed);
    assert!(saga.is_compensating(0));
}

#[test]
fn what_it_could_not_undo_stands_at_once() {
    for durably in [false, true] {
        let mut saga = if durably {
            durable([child(), step()])
        } else {
            memory([child(), step()])
        };
        saga.act(0, applied).act(1, transient);
        saga.compensate(0, still_applied);
        assert_eq!(saga.phase(0), Phase::Uncompensated);
        saga.hear(Event::Resumed);
        assert_eq!(saga.next(), Command::call(0, CallKind::Compensate));
    }
}

#[test]
fn one_that_may_stay_holds_up_nobody() {
    let mut saga = memory([step(), stays(child())]);
    saga.act(0, applied)
        .act(1, unknown)
        .compensate(0, compensated);
    assert_eq!(saga.next(), Command::End(End::Compensated));
}

/// Every run of a saga with a bounded number of faults comes to an end that lists what remains
/// applied.
fn explore(saga: &Saga, luck: u8, stands: &[bool], seen: &mut HashSet<String>) {
    if !seen.insert(format!("{:?}{luck}{stands:?}", Situation::of(saga))) {
        return;
    }
    let steps = &saga.definition().steps;
    if let Command::End(end) = saga.next() {
        let resists = |at: usize| stands[at] && steps[at].child.is_some();
        let any = (0..steps.len()).any(resists);
        assert!(
            end != End::Compensated || !any,
            "something was forgotten: {saga:?}"
        );
        assert!(end != End::Completed || saga.direction() == Direction::Forward);
    }
    for (event, bad_luck) in answers(saga) {
        let Some(luck) = luck.checked_sub(u8::from(bad_luck)) else {
            continue;
        };
        let (mut then, mut stands) = (saga.clone(), stands.to_vec());
        then.hear(event);
        if let Some(step) = event.step().map(usize::from) {
            let child = steps[step].child.is_some();
            match event {
                Event::Attempting { .. } if child => stands[step] = true,
                Event::Rejected { verdict, .. } if child => {
                    stands[step] = verdict == Verdict::Unknown;
                }
                Event::TimedOut { .. } | Event::Panicked { .. } | Event::Compensated { .. } => {
                    stands[step] = false;
                }
                _ => {}
            }
            assert!(!child || !then.is_in_doubt(event.step().unwrap()));
        }
        explore(&then, luck, &stands, seen);
    }
}

#[test]
fn every_run_with_a_child_comes_to_an_end() {
    let others: [fn() -> Step; 5] = [
        step,
        read,
        || step().by_key().retry(2).savepoint(2),
        || child().retry(2).savepoint(1),
        || child().fallback(),
    ];
    let mut seen = HashSet::new();
    for other in others {
        for steps in [
            vec![other(), child().on(&[0])],
            vec![child(), other()],
            group(0, [other(), child()]),
            group(0, [other(), child().awaits(&[0])]),
            vec![other(), child().retry(2), step()],
        ] {
            let len = steps.len();
            explore(&memory(steps), 3, &vec![false; len], &mut HashSet::new());
        }
        for steps in [
            vec![pivot(), other(), child()],
            vec![other(), pivot(), child()],
        ] {
            let early = steps[0].kind != crate::definition::Kind::Pivot;
            let fits = early || other().savepoint.is_none();
            if fits {
                explore(&memory(steps), 2, &[false; 3], &mut seen);
            }
        }
    }
}

#[test]
fn what_its_own_kernel_and_its_failure_say_is_what_its_parent_hears() {
    use ChildFailure::{Deadline, Other, Panic};
    let ends = |saga: &Saga, failure| {
        let end = ChildEnd::of(saga.end().expect("it has ended"), saga, failure);
        end.event(1, CallKind::Action, || (false, true))
    };
    let mut said_no = memory([step()]);
    said_no.act(0, refused);
    assert_eq!(ends(&said_no, Other), refused(1));
    let mut failed = memory([step()]);
    failed.act(0, transient);
    assert_eq!(ends(&failed, Other), transient(1));
    assert_eq!(ends(&failed, Panic), panicked(1));
    assert_eq!(ends(&failed, Deadline), timed_out(1));

    let mut stands = memory([step(), step()]);
    stands.act(0, applied).act(1, refused);
    while stands.end().is_none() {
        match stands.next() {
            Command::Backoff { .. } => stands.wait(0),
            _ => stands.compensate(0, still_applied),
        };
    }
    let end = ends(&stands, Panic);
    assert_eq!(end, rejected(1, Verdict::Unknown), "that counts more");
    let mut looping = memory([step().idempotent()]);
    looping.lose(0, attempting, 10);
    assert_eq!(ends(&looping, Other), lost(1));
}

/// However the child has ended, and also once what it could not undo is undone.
#[test]
fn an_abort_in_it_counts_whatever_its_failure_was() {
    use ChildEnd::{Compensated, Panicked, Refused, Stands, TimedOut};
    for end in [Refused, Compensated, TimedOut, Panicked, Stands] {
        let event = end.event(1, CallKind::Action, || (true, true));
        let again = end.event(1, CallKind::Action, || (false, true));
        let mut saga = memory([read().savepoint(5), child().retry(5).fallback()]);
        saga.act(0, applied).hear(attempting(1)).hear(event);
        assert!(saga.aborted(), "{end:?}");
        if end == Stands {
            assert_eq!(saga.end(), Some(End::Parked));
            saga.hear(Event::Resumed).compensate(1, compensated);
        }
        assert_eq!(saga.end(), Some(End::Compensated), "{end:?}");

        let mut saga = memory([read().savepoint(5), child().retry(5).fallback()]);
        saga.act(0, applied).hear(attempting(1)).hear(again);
        assert!(!saga.aborted() && saga.end() != Some(End::Compensated));
    }
}

#[test]
fn the_end_of_its_rollback_asks_no_predicate() {
    let asks = || unreachable!("that does not count");
    let event = ChildEnd::Stands.event(1, CallKind::Compensate, asks);
    assert_eq!(event, still_applied(1));
}
