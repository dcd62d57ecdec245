//! What may have happened does not happen again without a word.

mod skipped;

use super::build::*;
use crate::{
    definition::{Definition, Field, Items, Rerun, Step},
    kernel::{
        Command, End, Event, Left, Phase, Settlement,
        forbids::{Again, Forbids},
        keeps_list,
    },
    values::call::CallKind,
};

const TURN: Command = Command::Turn {
    step: 0,
    failure: 0,
};
const REFUSE: Command = Command::Refuse { step: 0 };

/// A savepoint, this step, and one that was refused after it; the savepoint is undone.
fn gone_back(remaining: Step) -> Saga {
    let mut saga = memory([step().savepoint(2), remaining, step()]);
    saga.apply_all([0, 1]).act(2, refused);
    back_to_savepoint(&mut saga);
    saga
}

fn back_to_savepoint(saga: &mut Saga) {
    saga.compensate(0, compensated);
}

fn turned(saga: &mut Saga) -> &mut Saga {
    assert_eq!(saga.next(), TURN);
    saga.hear(Event::Turned { step: 0 }).apply_all([0])
}

#[test]
fn an_effect_that_remains_forbids_a_rerun() {
    let mut saga = gone_back(lasting());
    assert_eq!(saga.next(), REFUSE);
    saga.hear(Event::TurnDeclined { step: 0 });
    assert_eq!(saga.end(), Some(End::Compensated));
    assert!(saga.left().eq([(1, Left::Certain)]));
}

#[test]
fn an_effect_that_may_remain_forbids_it_too() {
    for says in Rerun::ALL {
        let mut saga = memory([step().savepoint(2), lasting_over(says)]);
        saga.apply_all([0]).act(1, unknown);
        back_to_savepoint(&mut saga);
        assert_eq!(saga.next(), REFUSE, "{says:?}");
    }
}

#[test]
fn so_does_a_panic_that_nothing_settles() {
    let mut saga = memory([step().savepoint(2), step()]);
    saga.apply_all([0]).act(1, panicked);
    back_to_savepoint(&mut saga);
    assert_eq!(saga.next(), REFUSE);
}

#[test]
fn an_idempotent_step_is_called_again_under_its_old_key() {
    let mut saga = gone_back(lasting().idempotent());
    turned(&mut saga).act(1, applied);
    assert_eq!(saga.round(1), 0);
}

#[test]
fn one_with_resolve_is_asked_first_and_called_only_after_none() {
    let asks = Command::call(1, CallKind::Resolve);
    for happened in [true, false] {
        let mut saga = gone_back(lasting().resolve().late());
        assert_eq!(turned(&mut saga).next(), asks, "it can no longer be late");
        let answer = Event::Resolved { step: 1, happened };
        saga.hear(Event::Resolving { step: 1 }).hear(answer);
        if happened {
            assert_eq!(saga.phase(1), Phase::Applied);
        } else {
            assert!(saga.is_attempting(1));
            assert_eq!(saga.act(1, applied).round(1), 0);
        }
    }
}

#[test]
fn one_in_doubt_is_asked_for_once_late_has_passed() {
    let mut saga = memory([step().savepoint(2), lasting().resolve_times(1).late()]);
    saga.apply_all([0]).act(1, unknown);
    saga.hear(Event::CancelRequested);
    assert_eq!(saga.end(), None);
    let mut saga = memory([
        step().savepoint(2),
        lasting().resolve_times(1).late(),
        step(),
    ]);
    saga.apply_all([0]).act(1, unknown);
    saga.hear(Event::LatePassed { step: 1 })
        .resolve(1, unresolved);
    back_to_savepoint(&mut saga);
    assert_eq!(
        turned(&mut saga).next(),
        Command::call(1, CallKind::Resolve)
    );
}

#[test]
fn where_when_is_false_it_is_neither_asked_nor_called() {
    let mut saga = memory([step().savepoint(2), lasting().resolve().when(), step()]);
    saga.apply_all([0, 1]).act(2, refused);
    back_to_savepoint(&mut saga);
    turned(&mut saga);
    assert_eq!(saga.next(), Command::call(1, CallKind::When));
    assert!(saga.apply(Event::Attempting { step: 1 }).is_err());
    saga.hear(Event::Skipped { step: 1 }).act(2, refused);
    assert!(saga.left().eq([(1, Left::Certain)]));
}

#[test]
fn once_keeps_what_is_applied() {
    let mut saga = gone_back(lasting_over(Rerun::Once));
    assert_eq!(turned(&mut saga).phase(1), Phase::Applied);
    assert!(saga.is_attempting(2));
    assert_eq!(saga.apply_all([2]).end(), Some(End::Completed));
}

#[test]
fn once_keeps_it_even_if_its_block_is_not_taken_again() {
    let inside = governed(0, [lasting_over(Rerun::Once), step()]);
    let mut saga = memory([vec![step().savepoint(2)], inside, vec![step()]].concat());
    let decided = |taken| Event::Decided { block: 0, taken };
    saga.apply_all([0])
        .hear(decided(true))
        .apply_all([1, 2])
        .act(3, refused);
    saga.compensate(2, compensated);
    back_to_savepoint(&mut saga);
    turned(&mut saga).hear(decided(false));
    let phases = [1, 2].map(|step| saga.phase(step));
    assert_eq!(phases, [Phase::Applied, Phase::Skipped]);
    saga.apply_all([3]);
    assert_eq!(saga.end(), Some(End::Completed));
    assert!(!saga.is_taken(0), "its second step was skipped");
}

#[test]
fn again_is_another_operation_each_time_and_each_is_listed() {
    let mut saga = memory([step().savepoint(2), lasting_over(Rerun::Again), step()]);
    for round in 0..3 {
        saga.apply_all([0, 1]);
        assert_eq!(saga.round(1), round);
        saga.act(2, refused);
        back_to_savepoint(&mut saga);
        if round < 2 {
            saga.hear(Event::Turned { step: 0 });
        }
    }
    assert_eq!(saga.end(), Some(End::Compensated));
    assert!(saga.left().eq([(1, Left::Certain); 3]));
}

#[test]
fn again_settles_its_doubt_before_a_rerun() {
    let again = || lasting_over(Rerun::Again).resolve_times(1);
    let in_doubt = || {
        let mut saga = memory([step().savepoint(2), again(), step()]);
        saga.apply_all([0]).hear(Event::Attempting { step: 1 });
        saga
    };
    let mut saga = in_doubt();
    saga.hear(unknown(1));
    saga.hear(Event::Resolving { step: 1 });
    saga.hear(unresolved(1));
    back_to_savepoint(&mut saga);
    assert_eq!(saga.next(), REFUSE, "it is not settled");
    // No rerun follows a cancel, so the doubt may stay.
    let mut saga = in_doubt();
    saga.hear(Event::CancelRequested).hear(unknown(1));
    assert!(saga.is_compensating(0));
}

#[test]
fn what_is_undone_with_another_step_does_not_forbid_a_rerun() {
    let mut saga = memory([step().savepoint(2), covered(0)]);
    saga.apply_all([0]).act(1, panicked);
    back_to_savepoint(&mut saga);
    assert_eq!(saga.next(), TURN);
}

#[test]
fn a_child_is_not_begun_again_over_what_remains_of_it() {
    let forbids = Forbids::way(Again::New);
    let mut saga = memory([child().retry(3), step()]);
    saga.hear(Event::Attempting { step: 0 });
    saga.set_forbids(0, forbids);
    saga.hear(transient(0));
    assert_eq!(saga.next(), Command::Refuse { step: 0 });
    saga.hear(Event::RerunRefused { step: 0 });
    assert_eq!(
        (saga.phase(0), saga.end()),
        (Phase::Failed, Some(End::Compensated))
    );
}

#[test]
fn its_fallback_takes_its_place() {
    let mut saga = memory([child().retry(3).fallback()]);
    saga.hear(Event::Attempting { step: 0 });
    saga.set_forbids(0, Forbids::ALL);
    saga.hear(timed_out(0))
        .hear(Event::RerunRefused { step: 0 });
    assert_eq!(saga.next(), Command::call(0, CallKind::Fallback));
}

/// A savepoint with an effect, and this step, which reads it.
fn reads_the_savepoint(step: Step) -> Definition {
    let quote = Step {
        name: "quote".into(),
        effect: "u32".into(),
        ..super::build::step().savepoint(2)
    };
    let reads = vec!["quote".into()].into();
    definition([quote, Step { reads, ..step }])
}

#[test]
fn once_in_doubt_is_not_called_again_with_other_content() {
    let once = || lasting_over(Rerun::Once).idempotent().retry(1);
    for answer in [unknown, partial] {
        let mut changed = saga(reads_the_savepoint(once()), false);
        changed.apply_all([0]).act(1, answer);
        back_to_savepoint(&mut changed);
        assert_eq!(changed.next(), REFUSE);
        let mut same = memory([step().savepoint(2), once()]);
        same.apply_all([0]).act(1, answer);
        back_to_savepoint(&mut same);
        assert!(turned(&mut same).is_attempting(1));
    }
}

#[test]
fn only_resolve_says_what_became_of_an_earlier_round() {
    for says in [Rerun::Undeclared, Rerun::Once] {
        let asked = lasting_over(says).idempotent().retry(1).resolve_times(1);
        let in_doubt = |answer: fn(u16) -> Event| {
            let mut saga = saga(reads_the_savepoint(asked.clone()), false);
            saga.apply_all([0]).act(1, answer);
            saga
        };
        let mut half = in_doubt(partial);
        back_to_savepoint(&mut half);
        assert_eq!(half.next(), REFUSE, "it is not asked");
        let mut saga = in_doubt(unknown);
        saga.resolve(1, unresolved);
        back_to_savepoint(&mut saga);
        turned(&mut saga).resolve(1, unresolved);
        assert!(saga.is_compensating(0), "{says:?}: it is not called");
    }
}

#[test]
fn once_keeps_a_loop_whose_list_would_be_another() {
    let mut looped = lasting_over(Rerun::Once);
    looped.items = Some(Items {
        reads: vec!["quote".into()].into(),
        ..Items::PLAIN
    });
    let mut steps = reads_the_savepoint(looped).steps.to_vec();
    steps.push(step());
    let mut saga = memory(steps);
    saga.apply_all([0]).hear(Event::Attempting { step: 1 });
    saga.set_forbids(1, Forbids::way(Again::Other));
    saga.hear(applied(1)).act(2, refused);
    back_to_savepoint(&mut saga);
    assert_eq!(turned(&mut saga).phase(1), Phase::Applied);
}

#[test]
fn a_child_that_is_left_forbids_a_rerun_over_it_unless_it_failed_or_is_kept() {
    for says in [Rerun::Undeclared, Rerun::Once] {
        let left = || stays(child());
        let left = Step {
            compensation: lasting_over(says).compensation,
            ..left()
        };
        let mut saga = memory([step().savepoint(2), left, step()]);
        saga.apply_all([0]).hear(Event::Attempting { step: 1 });
        let mut failed = saga.clone();
        failed.hear(refused(1));
        back_to_savepoint(&mut failed);
        assert_eq!(failed.next(), TURN, "{says:?}");
        saga.hear(applied(1)).act(2, refused);
        back_to_savepoint(&mut saga);
        assert_eq!(saga.next() == TURN, says == Rerun::Once);
    }
}

#[test]
fn what_a_child_could_not_undo_forbids_another_run_of_it() {
    let mut child = memory([step().undo(1), step()]);
    child.apply_all([0]).act(1, refused);
    child.compensate(0, still_applied);
    assert_eq!(child.end(), Some(End::Parked));
    assert!(child.forbids().has(Again::New));
}

/// What the parts of a run forbid, by what each of their steps declares.
#[test]
fn what_a_child_forbids_follows_from_its_steps() {
    use Again::{Changed, Here, New, Other};
    let all = [Here, Changed, New, Other];
    let cases: [(Step, &[Again]); 8] = [
        (lasting(), &all),
        (lasting().resolve(), &[New, Other]),
        (lasting().idempotent(), &[Other]),
        (lasting().idempotent().resolve(), &[Other]),
        (lasting_over(Rerun::Once), &[New, Other]),
        (lasting_over(Rerun::Again), &[]),
        (step(), &[]),
        (step().idempotent(), &[]),
    ];
    for (declared, forbidden) in cases {
        let mut child = memory([declared]);
        child.apply_all([0]);
        let forbids = child.forbids();
        let found: Vec<_> = all
            .into_iter()
            .filter(|again| forbids.has(*again))
            .collect();
        assert_eq!(found, forbidden, "{child:?}");
    }
}

#[test]
fn a_list_is_kept_if_it_is_made_of_what_is_retained() {
    let named = |name: &'static str, step: Step| Step {
        name: name.into(),
        effect: "u32".into(),
        ..step
    };
    let looped = |reads: &'static str| {
        let mut looped = Step::PLAIN;
        looped.items = Some(Items {
            reads: vec![reads.into()].into(),
            ..Items::PLAIN
        });
        looped
    };
    let returned = |reads: &'static str| Step {
        reads: vec![reads.into()].into(),
        ..lasting().idempotent()
    };
    let cases = [
        ("an input", true),
        ("before", true),
        ("savepoint", false),
        ("undone", false),
        ("looked_up", false),
        ("once", true),
        ("again", false),
        ("same", true),
        ("other", false),
    ];
    for (reads, kept) in cases {
        let steps = [
            named("before", step()),
            named("savepoint", step().savepoint(1)),
            named("undone", step()),
            named("looked_up", read()),
            named("once", lasting_over(Rerun::Once)),
            named("again", lasting_over(Rerun::Again)),
            named("same", returned("before")),
            named("other", returned("undone")),
            looped(reads),
        ];
        let input = Field {
            name: "an input".into(),
            ..Field::PLAIN
        };
        let definition = Definition {
            inputs: vec![input].into(),
            ..definition(steps)
        };
        assert_eq!(keeps_list(&definition, 8, 1), kept, "{reads}");
    }
}

/// An operator knows as much as `resolve`.
#[test]
fn one_that_did_not_happen_by_hand_is_called() {
    let mut saga = memory([step().savepoint(2), lasting().resolve_times(2), step()]);
    saga.apply_all([0, 1]).act(2, refused);
    back_to_savepoint(&mut saga);
    turned(&mut saga).resolve(1, unresolved);
    let settlement = Settlement::NotApplied;
    saga.hear(Event::Settled {
        step: 1,
        settlement,
    });
    assert_eq!(saga.next(), Command::call(1, CallKind::Action));
}
