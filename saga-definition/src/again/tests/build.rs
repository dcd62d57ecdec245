//! Small declarations.

use crate::{
    definition::{Child, Compensation, Definition, Field, Items, Kind, Rare, Step},
    policy::{Backoff, Limit, Retry, Savepoint},
    text::{List, Text},
};

pub(super) const NONE: Compensation = Compensation::None { again: false };
pub(super) const AGAIN: Compensation = Compensation::None { again: true };
pub(super) const UNDONE: Compensation = Compensation::simple(&[]);

pub(super) fn names(names: &[&str]) -> List<Text> {
    let owned = names.iter().map(|name| (*name).to_owned().into());
    owned.collect()
}

/// A step with an effect that has a value, which reads these names.
pub(super) fn step(name: &str, reads: &[&str], compensation: Compensation) -> Step {
    Step {
        name: name.to_owned().into(),
        effect: "u8".into(),
        reads: names(reads),
        compensation,
        ..Step::PLAIN
    }
}

pub(super) fn read(name: &str, reads: &[&str]) -> Step {
    Step {
        kind: Kind::Read,
        ..step(name, reads, Compensation::Absent)
    }
}

pub(super) fn idempotent(step: Step) -> Step {
    Step {
        idempotent: true,
        ..step
    }
}

pub(super) fn keyed(by: &str, step: Step) -> Step {
    let mut step = idempotent(step);
    step.keyed_by = Some(by.to_owned().into());
    step
}

pub(super) fn when(reads: &[&str], mut step: Step) -> Step {
    step.when = Some(names(reads));
    step
}

pub(super) fn times(times: u32) -> Retry {
    Retry {
        limit: Limit::Times(times),
        backoff: Backoff::DEFAULT.into(),
    }
}

pub(super) fn savepoint(mut step: Step) -> Step {
    step.savepoint = Some(Savepoint::of(times(2)));
    step
}

/// A loop over a list that reads these names; the item is called `item`.
pub(super) fn looped(list: &[&str], each: Step) -> Step {
    let items = Items {
        item: "item".into(),
        reads: names(list),
        each: Items::each_of(each.clone(), false, false, false).into(),
        ..Items::PLAIN
    };
    let rare = Rare {
        when: Some(names(list)),
        keyed_by: None,
        fallback: None,
        child: None,
        items: Some(items),
        ..(*each.rare).clone()
    };
    Step {
        idempotent: false,
        resolve: None,
        rare: rare.into(),
        ..each
    }
}

/// A child saga.
pub(super) fn nested(name: &str, child: &Definition, how: Compensation) -> Step {
    let mut nested = step(name, &[], how);
    nested.child = Some(Child {
        definition: child.clone().into(),
        ..Child::PLAIN
    });
    nested
}

pub(super) fn saga(inputs: &[&str], steps: Vec<Step>) -> Definition {
    let input = |name: &&str| Field {
        name: (*name).to_owned().into(),
        ..Field::PLAIN
    };
    let pivot = steps.iter().position(|step| step.kind == Kind::Pivot);
    Definition {
        error: "E".into(),
        inputs: inputs.iter().map(input).collect(),
        pivot: pivot.and_then(|pivot| u16::try_from(pivot).ok()),
        steps: steps.into(),
        ..Definition::EMPTY
    }
}

/// A saga with a savepoint, and a step at the end that may fail.
pub(super) fn turning(steps: Vec<Step>) -> Definition {
    let first = savepoint(read("quote", &[]));
    let before = read("before", &[]);
    let all = [before, first].into_iter().chain(steps);
    saga(&["input"], all.chain([read("end", &[])]).collect())
}
