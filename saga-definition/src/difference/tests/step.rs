//! The differences that a change of one step makes.

use std::time::Duration;

use super::{beside, saga, shown, step, three, with};
use crate::{
    definition::{Call, Child, Compensation, Definition, Items, Step},
    policy::{Backoff, Limit, Retry, Savepoint, Timing},
    text::Text,
};

#[test]
fn what_a_rerun_does_about_an_effect_that_remains_may_change() {
    let of = |again| {
        let car = with("car", |step| {
            step.compensation = Compensation::None { again }
        });
        saga([step("hotel"), car, step("train")])
    };
    for was in [true, false] {
        assert_eq!(shown(&of(was), &of(!was)), Vec::<String>::new());
    }
}

/// Declarations that decide which records may come next.
#[test]
fn what_the_kernel_reads_of_a_step() {
    let asked = |late: bool| {
        with("car", |step| {
            step.resolve = Some(Call::PLAIN.into());
            step.late = late.then_some(Timing::Fixed(Duration::ZERO));
        })
    };
    let when = with("car", |step| step.when = Some([][..].into()));
    let fallback = with("car", |step| step.fallback = Some(Call::PLAIN.into()));
    let idempotent = with("car", |step| step.idempotent = true);
    let stands = with("car", |step| step.stands_on = [0].into_iter().collect());
    let late = with("car", |step| step.late = asked(true).late);
    let keyed = with("car", |step| step.keyed_by = Some("hotel".into()));
    let plain = step("car");
    for (was, is, words) in [
        (&when, &plain, "`car` had a `when`, and has none"),
        (&fallback, &plain, "`car` had a `fallback`, and has none"),
        (&plain, &fallback, "`car` had no `fallback`, and has one"),
        (
            &idempotent,
            &plain,
            "`car` was `#[idempotent]`, and is not any more",
        ),
        (
            &plain,
            &idempotent,
            "`car` was not `#[idempotent]`, and is now",
        ),
        (
            &stands,
            &plain,
            "`car` depended on `hotel`, and depends on nothing",
        ),
        (
            &plain,
            &stands,
            "`car` depended on nothing, and depends on `hotel`",
        ),
        (
            &asked(true),
            &asked(false),
            "`car` had a `#[late]`, and has none",
        ),
        (
            &asked(false),
            &asked(true),
            "`car` had no `#[late]`, and has one",
        ),
        (
            &plain,
            &keyed,
            "the key of the action of `car` was `key`, and is `hotel`",
        ),
        (&asked(false), &plain, "`car` had a `resolve`, and has none"),
        // A condition and a `resolve` may be added, and without a `resolve` nothing waits for
        // `#[late]`.
        (&plain, &when, ""),
        (&plain, &asked(true), ""),
        (&plain, &late, ""),
        (&late, &plain, ""),
    ] {
        let of = |car: &Step| saga([step("hotel"), car.clone(), step("train")]);
        let expected: Vec<_> = (!words.is_empty())
            .then(|| format!("car: {words}"))
            .into_iter()
            .collect();
        assert_eq!(shown(&of(was), &of(is)), expected);
    }
}

#[test]
fn which_siblings_a_step_waits_for() {
    let of = |awaits: &[u16]| {
        let mut train = beside(0, "train");
        train.awaits = awaits.iter().copied().collect();
        saga([beside(0, "hotel"), beside(0, "car"), train])
    };
    assert_eq!(
        shown(&of(&[0]), &of(&[0, 1])),
        ["train: `train` waited for `hotel`, and waits for `car`, `hotel`"]
    );
    assert_eq!(
        shown(&of(&[0, 1]), &of(&[])),
        ["train: `train` waited for `car`, `hotel`, and waits for nothing"]
    );
}

#[test]
fn counts_times_code_and_white_space_may_differ() {
    let retry = Retry {
        limit: Limit::Times(9),
        backoff: Backoff::DEFAULT.into(),
    };
    let savepoint = Savepoint {
        conditional: true,
        ..Savepoint::of(retry.clone())
    };
    let other = with("car", |step| {
        step.retry = Some(retry);
        step.savepoint = Some(savepoint);
        step.timeout = Some(Timing::Fixed(Duration::ZERO));
        step.reads = [Text::Borrowed("hotel")].into_iter().collect();
        step.line = 9;
        step.effect = " u8 ".into();
    });
    assert_eq!(
        shown(&three(), &saga([step("hotel"), other, step("train")])),
        [""; 0]
    );
}

fn child(definition: Definition) -> Step {
    with("leg", |step| {
        step.compensation = Compensation::Absent;
        step.child = Some(Child {
            definition: definition.into(),
            ..Child::PLAIN
        });
    })
}

#[test]
fn a_saga_that_is_a_step() {
    let of = |leg| saga([step("hotel"), child(leg), step("train")]);
    let more = saga([step("hotel"), step("car"), step("train"), step("bus")]);
    assert_eq!(
        shown(&of(three()), &of(more)),
        [
            "leg: in `leg`: step `bus` is new after all other steps, and the saga may have completed without it"
        ]
    );
    let other = saga([with("hotel", |step| step.idempotent = true), step("car")]);
    assert_eq!(
        shown(&of(three()), &of(other)),
        [
            "leg: in `leg`: `hotel` was not `#[idempotent]`, and is now",
            "leg: in `leg`: step `train` is not there any more"
        ]
    );
    let renamed = Definition {
        name: "Leg".into(),
        ..three()
    };
    assert_eq!(
        shown(&of(three()), &of(renamed)),
        ["leg: `leg` was the saga `Trip`, and is the saga `Leg`"]
    );
}

/// While a saga is compiled, it does not know its child sagas.
#[test]
fn a_saga_of_which_nothing_is_known() {
    let of = |leg| saga([step("hotel"), leg]);
    let path = Definition {
        name: "crate::Trip".into(),
        ..Definition::EMPTY
    };
    assert_eq!(shown(&of(child(three())), &of(child(path))), [""; 0]);
    assert_eq!(
        shown(&of(child(three())), &of(step("leg"))),
        [
            "leg: `leg` had no compensation, and has a compensation",
            "leg: `leg` was the saga `Trip`, and is no saga"
        ]
    );
}

#[test]
fn a_loop() {
    let of = |each: Step, ty: &'static str, governed: bool| {
        let items = Items {
            ty: ty.into(),
            when: governed.then(|| [][..].into()),
            each: Items::each_of(each, true, true, false).into(),
            ..Items::PLAIN
        };
        saga([step("hotel"), with("car", |step| step.items = Some(items))])
    };
    let idempotent = with("car", |step| step.idempotent = true);
    let plain = of(step("car"), "Way", false);
    assert_eq!(
        shown(&plain, &of(idempotent, "Way", false)),
        ["car: `car` was not `#[idempotent]`, and is now"]
    );
    assert_eq!(
        shown(&plain, &of(step("car"), "Track", false)),
        ["car: `car` was a loop over `Way`, and is a loop over `Track`"]
    );
    assert_eq!(
        shown(&of(step("car"), "Way", true), &plain),
        ["car: `car` had a `when`, and has none"]
    );
}

/// The readers of a retired step see an `Option`, which exists whatever the outcome of the step.
#[test]
fn a_step_that_is_retired() {
    let reads = |read: bool, retired: bool| {
        let read = read.then_some(Text::Borrowed("car"));
        let call = Call {
            reads: read.iter().cloned().chain(["key".into()]).collect(),
            ..Call::PLAIN
        };
        let train = with("train", |step| {
            step.stands_on = read.iter().map(|_| 1).collect();
            let by_key = false;
            step.compensation = Compensation::Declared { by_key, call };
        });
        let car = with("car", |step| {
            step.retired = retired;
            step.when = retired.then(|| [][..].into());
        });
        saga([step("hotel"), car, train])
    };
    let retired = reads(true, true);
    assert_eq!(shown(&reads(true, false), &retired), [""; 0]);
    assert_eq!(shown(&reads(true, false), &reads(false, true)), [""; 0]);
    let back = ["car: `car` had a `when`, and has none"];
    assert_eq!(shown(&retired, &reads(true, false)), back);
}

#[test]
fn a_retired_step_may_go_unless_the_saga_had_begun_it() {
    let of = |change: fn(&mut Step)| {
        let car = with("car", |step| {
            (step.retired, step.when) = (true, Some([][..].into()));
            change(step);
        });
        saga([step("hotel"), car, step("train")])
    };
    let without = saga([step("hotel"), step("train")]);
    assert_eq!(shown(&of(|_| {}), &without), [""; 0]);
    let savepoint = |step: &mut Step| {
        step.savepoint = Some(Savepoint::of(Retry {
            limit: Limit::Times(1),
            backoff: Backoff::DEFAULT.into(),
        }));
    };
    let gone = ["-: step `car` is not there any more"];
    for kept in [
        of(|step| step.started = true),
        of(savepoint),
        of(|step| step.condition = Some(0)),
        of(|step| step.retired = false),
    ] {
        assert_eq!(shown(&kept, &without), gone);
    }
}

/// A block that has lost all but one of its steps is not a block.
#[test]
fn a_retired_sibling_may_go_unless_another_waits_for_it() {
    let of = |awaits: &[u16]| {
        let mut hotel = beside(0, "hotel");
        (hotel.retired, hotel.when) = (true, Some([][..].into()));
        let mut car = beside(0, "car");
        car.awaits = awaits.iter().copied().collect();
        saga([hotel, car, step("train")])
    };
    let without = saga([step("car"), step("train")]);
    assert_eq!(shown(&of(&[]), &without), [""; 0]);
    let gone = ["-: step `hotel` is not there any more"];
    assert_eq!(shown(&of(&[0]), &without), gone);
}

#[test]
fn a_step_that_is_introduced() {
    let without = saga([step("hotel"), step("train")]);
    let with = |change: fn(&mut Step)| {
        let car = with("car", |step| {
            (step.introduced, step.when) = (true, Some([][..].into()));
            change(step);
        });
        saga([step("hotel"), car, step("train")])
    };
    let (introduced, absent) = (with(|_| {}), with(|step| step.absent = true));
    let required = saga([step("hotel"), step("car"), step("train")]);
    // A saga that went on without the step may continue under a version without it.
    for (old, new) in [
        (&without, &introduced),
        (&absent, &introduced),
        (&absent, &without),
        (&introduced, &introduced),
        (&introduced, &required),
        (&required, &introduced),
    ] {
        assert_eq!(shown(old, new), [""; 0], "{old:?} {new:?}");
    }
    let new = ["car: step `car` is new before `train`, which the saga has come to"];
    assert_eq!(shown(&without, &required), new);
    assert_eq!(shown(&absent, &required), new);
    let gone = ["-: step `car` is not there any more"];
    assert_eq!(shown(&introduced, &without), gone);
    // In a block, it is a step that has joined.
    let beside_it = saga([
        step("hotel"),
        Step {
            introduced: true,
            ..beside(1, "car")
        },
        beside(1, "train"),
    ]);
    assert_eq!(shown(&without, &beside_it).len(), 1);
}

/// A retired step may have been introduced before, and some sagas may have gone on without it.
#[test]
fn a_step_that_is_introduced_and_then_retired() {
    let car = with("car", |step| {
        (step.retired, step.when) = (true, Some([][..].into()));
    });
    let without = saga([step("hotel"), step("train")]);
    let retired = saga([step("hotel"), car, step("train")]);
    assert_eq!(shown(&without, &retired), [""; 0]);
}
