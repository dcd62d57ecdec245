//! All small sagas: steps of every kind, and with every way to settle doubt, in sequence and in
//! blocks.

mod arms;
mod by_hand;
mod promised;

pub(super) use arms::{TWO, in_arms};
pub(super) use promised::promised;
use std::ops::Range;

use self::by_hand::by_hand;
use super::build::*;
use crate::definition::{Compensation, Group, Kind, Step};

/// The steps that are allowed before a pivot.
pub(super) fn early() -> [Step; 11] {
    [
        step().undo(2),
        read().retry(2).fallback(),
        step().resolve_times(2).undo(1).aborts(),
        step().idempotent().retry(2).undo(1).savepoint(1),
        step().by_key().undo(2).when().judged(),
        lasting().resolve_times(1).late().aborts(),
        step()
            .resolve_times(1)
            .late()
            .idempotent()
            .retry(2)
            .by_key()
            .undo(1),
        read().savepoint(2).aborts(),
        lasting().idempotent().retry(2).once(),
        step().by_key().retry(2).savepoint(1).fallback(),
        step().idempotent().retry(2).undo(1).own_late().aborts(),
    ]
}

/// The number of steps at the start of `early` that are combined most thoroughly.
const CORE: usize = 4;

pub(super) fn pivots() -> [Step; 3] {
    [
        pivot().retry(1).aborts(),
        pivot().retry(2).late(),
        pivot().resolve_times(1).late().retry(2),
    ]
}

pub(super) fn late() -> [Step; 4] {
    [
        last().retry(2).late(),
        last().resolve_times(1).retry(1).fallback().aborts(),
        last().when().retry(1),
        signal().fallback(),
    ]
}

trait More {
    /// The verdict on its errors may say `.abort()`.
    fn aborts(self) -> Self;
    /// The verdict on its errors may say `.once()`.
    fn once(self) -> Self;
}

impl More for Step {
    fn aborts(mut self) -> Self {
        self.effect = MAY_ABORT.into();
        self
    }

    fn once(mut self) -> Self {
        self.effect = MAY_BE_FINAL.into();
        self
    }
}

/// Sequences of `len` nodes, with at most one pivot, after which all steps are those for after a
/// pivot.
fn sequences(early: &[Step], len: usize) -> Vec<Vec<Step>> {
    if len == 0 {
        return vec![Vec::new()];
    }
    let mut all = Vec::new();
    for before in sequences(early, len - 1) {
        let passed = before.iter().any(|step| step.kind == Kind::Pivot);
        let next = if passed {
            late().to_vec()
        } else {
            [early, &pivots()].concat()
        };
        all.extend(
            next.into_iter()
                .map(|step| [before.clone(), vec![step]].concat()),
        );
    }
    all
}

/// Each step depends on the one before it.
pub(super) fn chained(mut steps: Vec<Step>) -> Vec<Step> {
    const BELOW: [&[u16]; 5] = [&[], &[0], &[1], &[2], &[3]];
    for (step, below) in steps.iter_mut().zip(BELOW) {
        step.stands_on = below.into();
    }
    steps
}

/// These siblings are a block; with `chain`, each awaits the one before it.
fn grouped(steps: Vec<Step>, siblings: Range<u16>, chain: bool) -> Option<Vec<Step>> {
    let mut steps = chained(steps);
    let (first, last) = (usize::from(siblings.start), usize::from(siblings.end));
    let inner = &mut steps[first..last];
    if inner.iter().any(|step| step.kind == Kind::Pivot) {
        return None;
    }
    for step in inner.iter_mut() {
        step.group = Some(Group {
            first: siblings.start,
            len: siblings.end - siblings.start,
        });
    }
    for step in &mut inner[1..] {
        if chain {
            step.awaits = step.stands_on.clone();
        } else {
            step.stands_on = [][..].into();
        }
    }
    Some(steps)
}

/// These siblings are a block in which each awaits the siblings that it depends on.
fn beside(mut steps: Vec<Step>, siblings: Range<u16>) -> Option<Vec<Step>> {
    let (first, len) = (siblings.start, siblings.end - siblings.start);
    for step in &mut steps[usize::from(first)..usize::from(siblings.end)] {
        if step.kind == Kind::Pivot {
            return None;
        }
        step.group = Some(Group { first, len });
        let awaited = step.stands_on.iter().copied();
        step.awaits = awaited.filter(|other| siblings.contains(other)).collect();
    }
    Some(steps)
}

/// The sequences in which these siblings can be a block.
pub(super) fn blocks(
    sequences: &[Vec<Step>],
    siblings: Range<u16>,
    chain: bool,
) -> impl Iterator<Item = Vec<Step>> {
    sequences
        .iter()
        .filter_map(move |steps| grouped(steps.clone(), siblings.clone(), chain))
}

/// Sequences in which some steps are undone with the nearest earlier step that allows it.
fn with_covered(len: usize) -> Vec<Vec<Step>> {
    let kinds = [
        covered(0).own_late(),
        step().undo(2),
        step().idempotent().retry(2).undo(1).savepoint(1),
        covered(0).idempotent().retry(2).own_late(),
        covered(0).resolve_times(1).own_late().fallback(),
    ];
    let all = sequences(&kinds, len).into_iter().map(chained);
    let has_covered =
        |steps: &Vec<Step>| steps.iter().any(|step| step.compensation.with().is_some());
    all.filter(has_covered)
        .filter_map(covered_by_nearest)
        .collect()
}

fn covered_by_nearest(mut steps: Vec<Step>) -> Option<Vec<Step>> {
    for index in 0..steps.len() {
        if steps[index].compensation.with().is_none() {
            continue;
        }
        let by = (0..index).rev().find(|&by| {
            let other = &steps[by];
            other.compensation.declared().is_some() && other.fallback.is_none()
        })?;
        if steps[by + 1..=index]
            .iter()
            .any(|step| step.savepoint.is_some())
        {
            return None;
        }
        let by = u16::try_from(by).ok()?;
        steps[index].compensation = Compensation::With(by);
        steps[index].stands_on = vec![by].into();
    }
    Some(steps)
}

/// Sequences in which at least one step waits.
fn with_waits(len: usize) -> Vec<Vec<Step>> {
    let kinds = [
        signal(),
        signal().fallback().when(),
        sleep(),
        lock(),
        step().idempotent().retry(2).undo(1).savepoint(1),
    ];
    let all = sequences(&kinds, len).into_iter().map(chained);
    let waits = |steps: &Vec<Step>| steps.iter().any(|step| !step.kind.acts());
    all.filter(waits).collect()
}

/// Sequences with a savepoint first or second, and a step that remains after it, with each way to settle
/// doubt.
pub(super) fn with_remaining(len: usize) -> Vec<Vec<Step>> {
    let remaining = [lasting(), again()].into_iter().flat_map(|step| {
        [
            step.clone(),
            step.clone().resolve_times(1).late(),
            step.clone().resolve_times(2).when(),
            step.clone().idempotent().retry(2),
            step.resolve_times(1).idempotent().retry(2).fallback(),
        ]
    });
    let others = [
        step().idempotent().retry(2).undo(1).savepoint(1),
        read().savepoint(2),
        step().undo(1),
    ];
    let kinds = others.into_iter().chain(remaining);
    let all = sequences(&kinds.collect::<Vec<_>>(), len);
    let reruns = |steps: &Vec<Step>| {
        let savepoint = steps.iter().position(|step| step.savepoint.is_some());
        let after = savepoint.map_or(len, |savepoint| savepoint + 1);
        savepoint.is_some_and(|savepoint| savepoint < 2)
            && steps[after..].iter().any(Step::may_stay)
            && !steps.iter().any(|step| step.kind == Kind::Pivot)
    };
    all.into_iter().map(chained).filter(reruns).collect()
}

/// The sequences in which these steps can be a `when` block.
fn conditional(sequences: Vec<Vec<Step>>, inside: Range<usize>) -> impl Iterator<Item = Vec<Step>> {
    let mark = move |mut steps: Vec<Step>| {
        let governed = &mut steps[inside.clone()];
        if governed.iter().any(|step| step.kind == Kind::Pivot) {
            return None;
        }
        for step in governed {
            step.condition = Some(0);
        }
        Some(steps)
    };
    sequences.into_iter().filter_map(mark)
}

/// Two adjacent blocks, one directly after the other.
fn two_conditional(sequences: Vec<Vec<Step>>) -> impl Iterator<Item = Vec<Step>> {
    conditional(sequences, 0..2).filter_map(|mut steps| {
        steps[2].condition = Some(1);
        (steps[2].kind != Kind::Pivot).then_some(steps)
    })
}

/// If a step is in a block, the steps that are undone with it are in that block, too.
fn within(steps: &[Step]) -> bool {
    let mut covered = steps
        .iter()
        .filter_map(|step| Some((step, step.compensation.with()?)));
    covered.all(|(step, by)| {
        let governed = steps[usize::from(by)].condition;
        governed.is_none() || governed == step.condition
    })
}

/// A saga to be run.
pub(super) struct Case {
    pub(super) steps: Vec<Step>,
    /// The amount of bad luck.
    pub(super) luck: u8,
    /// Whether its steps are settled by hand.
    pub(super) by_hand: bool,
    /// Whether calls are also lost many times in a row.
    pub(super) losses: bool,
}

/// The sagas that are enumerated: all sagas; or, unless the suite is exhaustive, those of up to two
/// steps, with at most two faults.
pub(super) fn enumerated() -> Vec<Case> {
    let mut sagas = sagas();
    if !saga_tests::is_exhaustive() {
        sagas.retain(|case| case.steps.len() <= 2);
        for case in &mut sagas {
            case.luck = case.luck.min(2);
        }
        sagas.extend(arms::few());
    }
    sagas
}

/// All sagas, of up to five steps.
pub(super) fn sagas() -> Vec<Case> {
    let mut sagas = by_hand();
    let mut add = |luck: u8, more: &mut dyn Iterator<Item = Vec<Step>>| {
        sagas.extend(more.map(|steps| Case {
            losses: luck == 3 && steps.len() == 2,
            steps,
            luck,
            by_hand: false,
        }));
    };
    let chains = |early: &[Step], len| -> Vec<_> {
        sequences(early, len).into_iter().map(chained).collect()
    };
    for inside in [0..1, 1..2, 0..2] {
        add(2, &mut conditional(chains(&early(), 2), inside));
    }
    for inside in [0..2, 1..2, 1..3] {
        add(2, &mut conditional(chains(&early()[..=CORE], 3), inside));
    }
    let three = sequences(&early()[..=CORE], 3);
    add(
        2,
        &mut conditional(blocks(&three, 0..2, true).collect(), 0..3),
    );
    add(
        2,
        &mut conditional(blocks(&three, 1..3, false).collect(), 1..3),
    );
    add(2, &mut two_conditional(chains(&early()[..=CORE], 3)));
    arms::all(&mut add);
    add(2, &mut conditional(with_covered(3), 0..3));
    add(
        2,
        &mut conditional(with_covered(3), 1..3).filter(|steps| within(steps)),
    );
    add(3, &mut with_covered(2).into_iter());
    add(3, &mut with_covered(3).into_iter());
    add(1, &mut with_covered(4).into_iter());
    add(
        1,
        &mut with_covered(4)
            .into_iter()
            .filter_map(|steps| beside(steps, 1..3)),
    );
    add(3, &mut with_waits(2).into_iter());
    add(2, &mut with_waits(3).into_iter());
    for inside in [0..1, 1..2, 0..2] {
        add(2, &mut conditional(with_waits(2), inside));
    }
    for inside in [0..2, 1..3] {
        add(1, &mut conditional(with_waits(3), inside));
    }
    for chain in [false, true] {
        let beside = blocks(&with_waits(2), 0..2, chain).collect();
        add(2, &mut conditional(beside, 0..2));
        add(2, &mut blocks(&with_waits(2), 0..2, chain));
        add(2, &mut blocks(&with_waits(3), 1..3, chain));
    }
    add(3, &mut with_remaining(2).into_iter());
    add(2, &mut with_remaining(3).into_iter());
    add(2, &mut conditional(with_remaining(2), 0..2));
    // One rerun may skip the block, and the next one take it.
    add(3, &mut conditional(with_remaining(2), 1..2));
    add(1, &mut conditional(with_remaining(3), 1..3));
    for chain in [false, true] {
        add(2, &mut blocks(&with_remaining(2), 0..2, chain));
        let three: Vec<_> = blocks(&with_remaining(3), 1..3, chain).collect();
        add(1, &mut conditional(three.clone(), 1..3));
        add(1, &mut three.into_iter());
    }
    let two = sequences(&early(), 2);
    add(3, &mut blocks(&two, 0..2, false));
    add(3, &mut blocks(&two, 0..2, true));
    add(3, &mut two.into_iter().map(chained));
    add(2, &mut sequences(&early(), 3).into_iter().map(chained));
    let three = sequences(&early()[..CORE], 3);
    add(2, &mut blocks(&three, 0..2, true));
    add(2, &mut blocks(&three, 1..3, false));
    add(1, &mut blocks(&three, 0..3, false));
    add(3, &mut three.into_iter().map(chained));
    add(1, &mut sequences(&early(), 4).into_iter().map(chained));
    let four = sequences(&early()[..CORE], 4);
    for siblings in [0..2, 1..3, 2..4, 1..4] {
        add(1, &mut blocks(&four, siblings, true));
    }
    add(2, &mut four.into_iter().map(chained));
    // Four nodes, one of them a block.
    let five = sequences(&early()[2..CORE], 5);
    for first in 0..4 {
        add(1, &mut blocks(&five, first..first + 2, first % 2 == 0));
    }
    sagas
}
