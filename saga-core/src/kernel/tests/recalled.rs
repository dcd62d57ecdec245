//! A child saga that its parent rolls back.

use super::build::*;
use crate::kernel::{Command, Direction, End, Event, Phase};
use crate::values::call::CallKind;

#[test]
fn one_that_has_completed_goes_back_from_its_end() {
    let mut saga = memory([step(), lasting(), read(), step()]);
    for step in 0..4 {
        saga.act(step, applied);
    }
    assert_eq!(saga.next(), Command::End(End::Completed));
    saga.hear(Event::Recalled);
    assert_eq!(saga.direction(), Direction::Compensating);
    assert_eq!(saga.next(), Command::call(3, CallKind::Compensate));
    saga.compensate(3, compensated);
    assert_eq!(saga.next(), Command::call(0, CallKind::Compensate));
    saga.compensate(0, compensated);
    assert_eq!(saga.next(), Command::End(End::Compensated));
    assert_eq!(saga.left().count(), 1);
}

#[test]
fn one_that_runs_goes_back_as_by_a_cancel() {
    let mut saga = memory([step(), step().retry(3)]);
    saga.act(0, applied).act(1, transient).hear(Event::Recalled);
    assert_eq!(saga.phase(1), Phase::Failed);
    assert_eq!(saga.next(), Command::call(0, CallKind::Compensate));
}

#[test]
fn it_never_turns() {
    for late in [false, true] {
        let mut saga = memory([step().savepoint(3), step()]);
        saga.act(0, applied);
        if late {
            saga.act(1, transient).compensate(0, compensated);
            assert!(matches!(saga.next(), Command::Turn { step: 0, .. }));
            saga.hear(Event::Recalled);
        } else {
            saga.hear(Event::Recalled).compensate(0, compensated);
        }
        assert_eq!(saga.next(), Command::End(End::Compensated));
    }
}

#[test]
fn one_with_a_pivot_is_part_of_nothing() {
    let mut saga = memory([step(), pivot()]);
    assert!(saga.apply(Event::Recalled).is_err());
}

#[test]
fn an_item_that_a_rollback_passes_leaves_what_it_would_if_it_were_rolled_back() {
    let steps = [
        step().retry(3),
        step().resolve(),
        lasting().retry(3),
        lasting().resolve(),
        covered(0).resolve(),
    ];
    let ends: [fn(u16) -> Event; 6] = [applied, refused, transient, partial, unknown, unrecordable];
    for declared in steps {
        for end in ends {
            let mut item = durable([read(), declared.clone()]);
            item.act(0, applied).act(1, end);
            let passed = item.view().aftermath_in(Direction::Compensating);
            let mut recalled = item.clone();
            recalled.hear(Event::Recalled);
            let whole = recalled.view().aftermath();
            assert!(passed.left().eq(whole.left()), "{item:?}");
            assert!(passed.standing().eq(whole.standing()), "{item:?}");
            assert!(passed.in_doubt().eq(whole.in_doubt()), "{item:?}");
            assert_eq!(passed.unfinished().count(), 0, "{item:?}");
        }
    }
}
