//! The rules of a loop, with items that are small sagas of their own.

use super::build::*;
use crate::{
    definition::Step,
    kernel::{Command, End, Event, LoopEnd, LoopKernel, Verdict, looped::Stop},
    values::call::CallKind,
};

/// An item before the pivot.
fn early(step: Step) -> Saga {
    memory([read(), step]).into_item()
}

/// An item after the pivot.
fn late() -> Saga {
    memory([pivot(), last()]).into_item()
}

fn ended(verdict: Verdict) -> Event {
    Event::Rejected {
        step: 4,
        verdict,
        abort: false,
        again: false,
        late_passed: true,
    }
}

#[test]
fn an_item_begins_behind_what_its_loop_has_done() {
    assert!(early(step()).next() == Command::call(1, CallKind::Action));
    assert!(late().next() == Command::call(1, CallKind::Action));
}

#[test]
fn a_loop_whose_items_are_applied_is() {
    let mut items = [early(step()), early(step())];
    let mut looped = LoopKernel::of(CallKind::Action);
    for item in &mut items {
        assert!(looped.may_begin() && !looped.moved(item.act(1, applied)));
    }
    let end = looped.end(&items);
    assert_eq!(end, LoopEnd::Applied);
    assert_eq!(end.event(4, CallKind::Action), Event::Applied { step: 4 });
}

#[test]
fn the_first_item_that_fails_stops_its_loop_once_and_says_whether_it_was_refused() {
    let mut items = [early(step()), early(step()), early(step())];
    let mut looped = LoopKernel::of(CallKind::Action);
    assert!(!looped.moved(items[0].act(1, applied)));
    assert!(looped.moved(items[1].act(1, refused)));
    assert!(!looped.may_begin() && looped.stop() == Some(Stop::Failed));
    assert_eq!(looped.failed(), Some(true));
    assert!(!looped.moved(items[2].act(1, transient)) && !looped.recalled());

    let undone = Command::call(1, CallKind::Compensate);
    assert!(items[0].hear(Event::Recalled).next() == undone && items[0].undoes_item(undone));
    looped.moved(items[0].compensate(1, compensated));
    let end = looped.end(&items);

    assert_eq!(
        end,
        LoopEnd::Undone {
            refused: true,
            aborted: false
        }
    );
    let event = ended(Verdict::Refused);
    assert_eq!(end.event(4, CallKind::Action), event);
}

#[test]
fn a_loop_that_leaves_something_applied_is_in_doubt() {
    let mut items = [early(step()), early(step())];
    let mut looped = LoopKernel::of(CallKind::Action);
    looped.moved(items[0].act(1, applied));
    assert!(looped.moved(items[1].act(1, transient)));
    items[0].hear(Event::Recalled);
    while items[0].end().is_none() {
        match items[0].next() {
            Command::Backoff { .. } => items[0].wait(1),
            _ => items[0].compensate(1, still_applied),
        };
    }
    let end = looped.end(&items);
    assert_eq!(end, LoopEnd::Stands { aborted: false });
    let event = ended(Verdict::Unknown);
    assert_eq!(end.event(4, CallKind::Action), event);
    let event = still_applied(4);
    assert_eq!(end.event(4, CallKind::Compensate), event);
}

#[test]
fn a_compensation_of_a_loop_begins_no_item() {
    let looped = LoopKernel::of(CallKind::Compensate);
    assert!(!looped.may_begin() && looped.stop() == Some(Stop::Recalled));
    assert_eq!(looped.failed(), None);
    let end = looped.end(&[]);
    let event = Event::Compensated { step: 4 };
    assert_eq!(end.event(4, CallKind::Compensate), event);
}

#[test]
fn doubt_of_an_item_is_settled_at_once_and_an_applied_one_undone_last() {
    let settles = early(step().by_key());
    let mut doubtful = settles.clone();
    doubtful.act(1, unknown);
    assert!(doubtful.is_compensating(1) && !doubtful.undoes_item(doubtful.next()));
    let mut done = settles;
    done.act(1, applied).hear(Event::Recalled);
    assert!(done.is_compensating(1) && done.undoes_item(done.next()));
}

#[test]
fn an_item_that_fails_after_the_pivot_stops_no_other() {
    let mut items = [late(), late()];
    let mut looped = LoopKernel::of(CallKind::Action);
    assert!(!looped.moved(items[0].act(1, refused)));
    assert!(looped.may_begin());
    looped.moved(items[1].act(1, applied));
    let end = looped.end(&items);
    assert_eq!(end, LoopEnd::Unfinished { refused: true });
    let event = ended(Verdict::Refused);
    assert_eq!(end.event(4, CallKind::Action), event);
}

#[test]
fn an_item_whose_calls_are_lost_too_often_lets_no_other_begin() {
    let mut items = [early(step().idempotent()), early(step())];
    let mut looped = LoopKernel::of(CallKind::Action);
    items[0].lose(1, attempting, 10);
    assert!(!looped.moved(&items[0]) && !looped.may_begin());
    assert_eq!(looped.stop(), None, "nothing is undone");
    let end = looped.end(&items);
    assert_eq!(end, LoopEnd::CrashLoop);
    let lost = Event::Lost { step: 4 };
    assert_eq!(end.event(4, CallKind::Action), lost);
}

#[test]
fn a_saga_that_rolls_back_stops_its_loop_once() {
    let mut looped = LoopKernel::of(CallKind::Action);
    assert!(looped.recalled() && !looped.recalled());
    assert!(!looped.may_begin() && looped.stop() == Some(Stop::Recalled));
}

#[test]
fn an_item_of_a_loop_that_begins_anew_is_another_operation() {
    let mut item = early(step());
    item.act(1, applied).hear(Event::Recalled);
    assert_eq!(
        item.compensate(1, compensated).end(),
        Some(End::Compensated)
    );
    item.begin_anew(1);
    assert!(item.is_attempting(1) && !item.is_recalled());
    assert_eq!(item.act(1, applied).round(1), 1);
}

#[test]
fn what_is_in_a_loop_counts_once_it_has_begun_and_while_it_is_not_undone_with_another() {
    let mut saga = memory([step(), covered(0), step()]);
    assert!(!saga.apply_all([0]).view().has_parts(1));
    assert!(saga.apply_all([1]).act(2, refused).view().has_parts(1));
    assert!(!saga.compensate(0, compensated).view().has_parts(1));
}
