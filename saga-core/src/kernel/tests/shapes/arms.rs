//! Sagas with a `when` of several arms.

use super::{CORE, Case, blocks, chained, early, sequences, with_remaining, with_waits};
use crate::{
    definition::{Arm, Kind, Step},
    kernel::tests::build::*,
};

/// The arms of a `when`, each with the number of its steps.
pub(in super::super) type Arms = &'static [(Arm, usize)];

/// Two arms of one step each.
pub(in super::super) const TWO: [Arms; 2] = [
    &[(Arm::When, 1), (Arm::ElseWhen, 1)],
    &[(Arm::When, 1), (Arm::Else, 1)],
];

/// Arms of three steps in all.
const THREE: [Arms; 5] = [
    &[(Arm::When, 1), (Arm::ElseWhen, 1), (Arm::ElseWhen, 1)],
    &[(Arm::When, 1), (Arm::ElseWhen, 1), (Arm::Else, 1)],
    &[(Arm::When, 2), (Arm::ElseWhen, 1)],
    &[(Arm::When, 2), (Arm::Else, 1)],
    &[(Arm::When, 1), (Arm::Else, 2)],
];

/// Adds sagas with such arms, each with so much bad luck.
pub(super) fn all(add: &mut dyn FnMut(u8, &mut dyn Iterator<Item = Vec<Step>>)) {
    let chains = |early: &[Step], len| -> Vec<_> {
        sequences(early, len).into_iter().map(chained).collect()
    };
    for arms in TWO {
        add(2, &mut in_arms(chains(&early(), 2), 0, arms));
        // With a step before them, and with one after them.
        for from in [1, 0] {
            add(2, &mut in_arms(chains(&early()[..=CORE], 3), from, arms));
        }
        add(2, &mut in_arms(with_remaining(3), 1, arms));
        add(1, &mut in_arms(with_waits(3), 1, arms));
    }
    let three = sequences(&early()[..=CORE], 3);
    for arms in THREE {
        add(2, &mut in_arms(chains(&early()[..=CORE], 3), 0, arms));
        for from in [1, 0] {
            add(1, &mut in_arms(chains(&early()[..CORE], 4), from, arms));
        }
        let beside = blocks(&three, 0..2, false).collect();
        add(1, &mut in_arms(beside, 0, arms));
    }
}

/// The sequences in which the steps from this one on can be these arms.
pub(in super::super) fn in_arms(
    sequences: Vec<Vec<Step>>,
    from: usize,
    arms: Arms,
) -> impl Iterator<Item = Vec<Step>> {
    let mark = move |mut steps: Vec<Step>| {
        let mut rest = steps.split_off(from);
        for (block, &(kind, len)) in (0..).zip(arms) {
            let after = rest.split_off(len);
            if rest.iter().any(|step| step.kind == Kind::Pivot) || is_cut(&rest, &after) {
                return None;
            }
            steps.extend(arm(kind, block, rest));
            rest = after;
        }
        steps.extend(rest);
        Some(steps)
    };
    sequences.into_iter().filter_map(mark)
}

/// Whether a `concurrent` block begins in an arm and ends after it.
fn is_cut(inside: &[Step], after: &[Step]) -> bool {
    let [last, first] = [inside.last(), after.first()].map(|step| step.and_then(|step| step.group));
    last.is_some() && last == first
}

/// Few sagas, which are always enumerated: all arms of up to three, alone and after a savepoint, and two
/// arms before another step.
pub(super) fn few() -> Vec<Case> {
    let kinds = [
        step().undo(1),
        step().idempotent().retry(2).undo(1).savepoint(1),
        again(),
    ];
    let chains = |len| -> Vec<_> {
        let all = sequences(&kinds, len).into_iter().map(chained);
        let is_without = |steps: &Vec<Step>| steps.iter().all(|step| step.kind != Kind::Pivot);
        all.filter(is_without).collect()
    };
    let after = |len| -> Vec<_> {
        let first = step().undo(1).savepoint(2);
        let chains = chains(len).into_iter();
        let longer = chains.map(|steps| chained([vec![first.clone()], steps].concat()));
        longer.collect()
    };
    let two = TWO.into_iter().flat_map(|arms| {
        let before = in_arms(chains(3), 0, arms);
        let between = in_arms(after(3), 1, arms);
        in_arms(after(2), 1, arms).chain(before).chain(between)
    });
    let three = THREE.into_iter().flat_map(|arms| {
        let alone = in_arms(chains(3), 0, arms);
        alone.chain(in_arms(after(3), 1, arms))
    });
    let cases = two.chain(three).map(|steps| Case {
        steps,
        luck: 1,
        by_hand: false,
        losses: false,
    });
    cases.collect()
}
