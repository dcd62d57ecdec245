//! The differences that a change of a saga makes, for runs of the old version at any place.

mod reads;
mod step;

use super::{Difference, difference, differences, output_differs};
use crate::{
    definition::{Arm, Call, Compensation, Condition, Definition, Field, Group, Kind, Step},
    text::Text,
};

fn step(name: &'static str) -> Step {
    let reads = &const { [Text::Borrowed("key")] };
    Step::simple(name, 1, "u8", &[], Compensation::simple(reads), &[])
}

fn with(name: &'static str, change: impl FnOnce(&mut Step)) -> Step {
    let mut step = step(name);
    change(&mut step);
    step
}

/// A step in the block with this number.
fn beside(block: u16, name: &'static str) -> Step {
    let len = 0;
    with(name, |step| step.group = Some(Group { first: block, len }))
}

fn governed(block: u16, name: &'static str) -> Step {
    with(name, |step| step.condition = Some(block))
}

/// Adjacent steps with the same number are a block.
fn saga<const N: usize>(mut steps: [Step; N]) -> Definition {
    let numbers: Vec<_> = steps.iter().map(|step| step.group).collect();
    for step in &mut steps {
        let Some(number) = step.group else { continue };
        let first = numbers.iter().position(|other| *other == Some(number));
        let len = numbers.iter().filter(|other| **other == Some(number));
        let len = u16::try_from(len.count()).unwrap();
        let first = u16::try_from(first.unwrap()).unwrap();
        step.group = Some(Group { first, len });
    }
    let mut conditions: Vec<Condition> = Vec::new();
    for (place, step) in (0..).zip(&steps) {
        match step.condition {
            Some(block) if usize::from(block) < conditions.len() => {
                conditions[usize::from(block)].len += 1;
            }
            Some(_) => conditions.push(Condition {
                first: place,
                len: 1,
                ..Condition::PLAIN
            }),
            None => {}
        }
    }
    Definition {
        name: "Trip".into(),
        durable: true,
        error: "Failed".into(),
        steps: steps.into_iter().collect(),
        conditions: conditions.into(),
        ..Definition::EMPTY
    }
}

/// The differences, each with the step that it is about.
fn shown(old: &Definition, new: &Definition) -> Vec<String> {
    let shown = differences(old, new).into_iter();
    let shown = shown.map(|difference| match difference.step() {
        Some(step) => format!("{step}: {difference}"),
        None => format!("-: {difference}"),
    });
    shown.collect()
}

fn three() -> Definition {
    saga([step("hotel"), step("car"), step("train")])
}

#[test]
fn what_is_new_at_the_end_is_no_difference() {
    let four = saga([step("hotel"), step("car"), step("train"), step("bus")]);
    assert_eq!(shown(&three(), &three()), [""; 0]);
    assert_eq!(shown(&three(), &four), [""; 0]);
}

#[test]
fn inputs() {
    let with = |inputs: &[(&'static str, &'static str)]| Definition {
        inputs: inputs
            .iter()
            .map(|(name, ty)| Field {
                name: (*name).into(),
                ty: (*ty).into(),
            })
            .collect(),
        ..three()
    };
    let was = with(&[("order", "u64"), ("night", "u32")]);
    let of = |inputs| shown(&was, &with(inputs));
    assert_eq!(
        of(&[("night", "u32"), ("order", "std::primitive::u64")]),
        [""; 0]
    );
    let gone = "-: the input `night` is not there any more";
    assert_eq!(of(&[("order", "u64")]), [gone]);
    let new = "-: the input `room` is new, and the saga was submitted without it";
    let more = [("order", "u64"), ("night", "u32"), ("room", "Option<u8>")];
    assert_eq!(of(&more), [new]);
    let renamed = "-: the input `night` is not there any more, and `day` is new";
    assert_eq!(of(&[("order", "u64"), ("day", "u32")]), [renamed]);
    let retyped = "-: the input `night` was `u32`, and is `u64`";
    assert_eq!(of(&[("order", "u64"), ("night", "u64")]), [retyped]);
    // Only the journal can tell whether the JSON can be read as the new type.
    let wider = with(&[("order", "u64"), ("night", "u64")]);
    assert_eq!(difference(&was, &wider, &|_| true), None);
    let nothing = difference(&was, &with(&more), &|_| false);
    assert!(
        matches!(nothing, Some(Difference::Input { .. })),
        "also where nothing is recorded yet"
    );
}

#[test]
fn events() {
    let of = |emits: Option<&'static str>| Definition {
        emits: emits.map(Into::into),
        ..three()
    };
    let gone = "-: it published events of type `Sent`, and publishes none";
    assert_eq!(shown(&of(Some("Sent")), &of(None)), [gone]);
    let other = "-: its events were of type `Sent`, and are of type `Told`";
    assert_eq!(shown(&of(Some("Sent")), &of(Some("Told"))), [other]);
    assert_eq!(
        shown(&of(Some("u8")), &of(Some("core::primitive::u8"))),
        [""; 0]
    );
    assert_eq!(shown(&of(None), &of(Some("Sent"))), [""; 0]);
    // Whether the new type can read what is not delivered, only the journal can tell.
    let of_run = |is| difference(&of(Some("Sent")), &of(is), &|_| false);
    assert_eq!(of_run(Some("Told")), None);
    assert!(matches!(of_run(None), Some(Difference::Emits { .. })));
}

/// The output prevents nothing.
#[test]
fn outputs() {
    let of = |output: &'static str| Definition {
        output: output.into(),
        ..three()
    };
    assert_eq!(shown(&of("u8"), &of("Receipt")), [""; 0]);
    assert!(output_differs(&of("u8"), &of("Receipt")));
    assert!(!output_differs(&of("u8"), &of("std::primitive::u8")));
}

#[test]
fn a_step_that_is_new_in_the_middle() {
    let new = saga([step("hotel"), step("bus"), step("car"), step("train")]);
    assert_eq!(
        shown(&three(), &new),
        ["bus: step `bus` is new before `car`, which the saga has come to"]
    );
}

#[test]
fn a_step_that_is_gone() {
    let new = saga([step("hotel"), step("train")]);
    let gone = "-: step `car` is not there any more";
    assert_eq!(shown(&three(), &new), [gone]);
}

/// Even if other steps read it, are undone with it, or depend on it.
#[test]
fn a_step_that_is_renamed_is_one_difference() {
    let of = |hotel: &'static str| {
        let call = Call {
            reads: [Text::Borrowed(hotel)].into_iter().collect(),
            ..Call::PLAIN
        };
        let by_key = false;
        let mut car = beside(0, "car");
        car.awaits = [0].into_iter().collect();
        car.compensation = Compensation::Declared { by_key, call };
        saga([
            beside(0, hotel),
            car,
            with("train", |step| {
                step.compensation = Compensation::With(0);
                step.stands_on = [0].into_iter().collect();
            }),
        ])
    };
    let renamed = "lodge: step `hotel` is not there any more";
    assert_eq!(shown(&of("hotel"), &of("lodge")), [renamed]);
}

#[test]
fn two_changes_are_two_differences() {
    let new = saga([step("lodge"), step("bus"), step("train")]);
    assert_eq!(
        shown(&three(), &new),
        [
            "lodge: step `hotel` is not there any more",
            "bus: step `car` is not there any more"
        ]
    );
    let new = saga([
        with("hotel", |step| step.effect = "u16".into()),
        with("car", |step| step.kind = Kind::Read),
        step("train"),
    ]);
    assert_eq!(
        shown(&three(), &new),
        [
            "hotel: the effect of `hotel` was `u8`, and is `u16`",
            "car: `car` was a step, and is a read"
        ]
    );
}

#[test]
fn the_one_step_that_has_moved() {
    let down = saga([step("car"), step("train"), step("hotel")]);
    assert_eq!(
        shown(&three(), &down),
        ["hotel: `hotel` was before `car`, and now comes after it"]
    );
    let up = saga([step("train"), step("hotel"), step("car")]);
    assert_eq!(
        shown(&three(), &up),
        ["train: `hotel` was before `train`, and now comes after it"]
    );
}

#[test]
fn a_block_that_grows_or_shrinks() {
    let two = saga([beside(0, "hotel"), beside(0, "car"), step("train")]);
    let bus = saga([
        beside(0, "hotel"),
        beside(0, "car"),
        beside(0, "bus"),
        step("train"),
    ]);
    assert_eq!(
        shown(&two, &bus),
        ["bus: step `bus` is new before `train`, which the saga has come to"]
    );
    assert_eq!(shown(&bus, &two), ["-: step `bus` is not there any more"]);
    let train = saga([beside(0, "hotel"), beside(0, "car"), beside(0, "train")]);
    assert_eq!(
        shown(&two, &train),
        ["train: `train` was in no block, and is in a block with `hotel`, `car`"]
    );
    assert_eq!(
        shown(&train, &two),
        ["train: `train` was in a block with `hotel`, `car`, and is in no block"]
    );
    let last = saga([beside(0, "hotel"), beside(0, "car")]);
    let joined = saga([beside(0, "hotel"), beside(0, "car"), beside(0, "bus")]);
    assert_eq!(
        shown(&last, &joined),
        ["bus: step `bus` is new in the block of `hotel`, which the saga has come to"]
    );
}

#[test]
fn blocks_that_are_made_and_taken_apart() {
    let one = saga([beside(0, "hotel"), beside(0, "car"), step("train")]);
    assert_eq!(
        shown(&three(), &one),
        ["hotel: `hotel` was in no block, and is in a block with `car`"]
    );
    assert_eq!(
        shown(&one, &three()),
        ["hotel: `hotel` was in a block with `car`, and is in no block"]
    );
    let four = |second| {
        saga([
            beside(0, "hotel"),
            beside(0, "car"),
            beside(second, "train"),
            beside(second, "bus"),
        ])
    };
    assert_eq!(
        shown(&four(1), &four(0)),
        ["hotel: `hotel` was in a block with `car`, and is in a block with `car`, `train`, `bus`"]
    );
    assert_eq!(shown(&four(0), &four(1)).len(), 1);
}

#[test]
fn a_when_block() {
    let two = saga([governed(0, "hotel"), governed(0, "car"), step("train")]);
    assert_eq!(
        shown(&three(), &two),
        ["hotel: `hotel` was in no `when` block, and is in a `when` block with `car`"]
    );
    let one = saga([governed(0, "hotel"), step("car"), step("train")]);
    assert_eq!(
        shown(&two, &one),
        ["car: `car` was in a `when` block with `hotel`, and is in no `when` block"]
    );
    let last = saga([governed(0, "hotel")]);
    let joined = saga([governed(0, "hotel"), governed(0, "car")]);
    assert_eq!(
        shown(&last, &joined),
        ["car: step `car` is new in the block of `hotel`, which the saga has come to"]
    );
}

/// Two blocks and a step; the second block is this arm.
fn arms(second: Arm) -> Definition {
    let mut saga = saga([governed(0, "hotel"), governed(1, "car"), step("train")]);
    saga.conditions.to_mut()[1].arm = second;
    saga
}

#[test]
fn a_block_that_is_another_arm() {
    for (was, is) in [
        (Arm::When, Arm::Else),
        (Arm::ElseWhen, Arm::Else),
        (Arm::ElseWhen, Arm::When),
    ] {
        let (old, new) = (was.words(), is.words());
        assert_eq!(
            shown(&arms(was), &arms(is)),
            [format!(
                "car: `car` was under `{old}`, and is under `{new}`"
            )]
        );
    }
    assert_eq!(shown(&arms(Arm::Else), &arms(Arm::Else)), [""; 0]);
    let two = saga([governed(0, "hotel"), governed(0, "car"), step("train")]);
    let found = shown(&arms(Arm::Else), &two);
    assert_eq!(found.len(), 1, "{found:?}");
}

/// A saga that has come to the first arm has decided about the others.
#[test]
fn an_arm_that_is_new() {
    let one = saga([governed(0, "hotel"), step("train")]);
    let mut three = saga([
        governed(0, "hotel"),
        governed(1, "car"),
        governed(2, "bus"),
        step("train"),
    ]);
    let conditions = three.conditions.to_mut();
    (conditions[1].arm, conditions[2].arm) = (Arm::ElseWhen, Arm::Else);
    for (old, new) in [(&one, "car"), (&arms(Arm::Else), "bus")] {
        let first = difference(old, &three, &|at| at == [0]);
        let joined = format!("step `{new}` is new in the block of `hotel`");
        let shown = first.map(|first| first.to_string());
        assert_eq!(shown, Some(joined + ", which the saga has come to"));
        assert_eq!(difference(old, &three, &|_| false), None);
    }
}

/// A `when` with these arms, the last of which is `else`, and a step.
fn chain<const N: usize>(names: [&'static str; N]) -> Definition {
    let mut blocks = 0..;
    let arms = names.map(|name| governed(blocks.next().unwrap(), name));
    let mut saga = saga(arms);
    saga.steps.to_mut().push(step("train"));
    let conditions = saga.conditions.to_mut();
    for condition in &mut conditions[1..] {
        condition.arm = Arm::ElseWhen;
    }
    conditions[N - 1].arm = Arm::Else;
    saga
}

/// Whichever arm a saga has come to, it has decided about all of them.
#[test]
fn arms_that_come_go_change_places_or_have_another_name() {
    let old = chain(["hotel", "car", "bus"]);
    for (case, new) in [
        chain(["inn", "hotel", "car", "bus"]),
        chain(["hotel", "inn", "car", "bus"]),
        chain(["hotel", "car", "bus", "inn"]),
        chain(["hotel", "bus"]),
        chain(["car", "bus"]),
        chain(["hotel", "car"]),
        chain(["car", "hotel", "bus"]),
        chain(["hotel", "bus", "car"]),
        chain(["hotel", "van", "bus"]),
    ]
    .iter()
    .enumerate()
    {
        for reached in 0..3 {
            let found = difference(&old, new, &|at| at == [reached]);
            assert!(found.is_some(), "{case}, {reached}");
        }
        assert_eq!(difference(&old, new, &|_| false), None, "{case}");
    }
    assert_eq!(difference(&old, &old.clone(), &|_| true), None);
}
