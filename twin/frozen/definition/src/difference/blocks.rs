//! Differences in which steps are together in a block, or under one condition.

use std::collections::BTreeSet;

use super::{kinds::Difference, order::Aligned};
use crate::{
    definition::{Definition, Step},
    text::Text,
};

/// Steps that run in other blocks, or under other conditions, than before. Each change is listed
/// once, with the place in the old version at which it is reported.
pub(super) fn blocks(aligned: &Aligned<'_>) -> Vec<(usize, Difference)> {
    let block = |step: Text, was, is| Difference::Block { step, was, is };
    let of_block = regrouped(
        aligned,
        2,
        &|step| step.group.map(|group| group.first),
        block,
    );
    let condition = |step: Text, was, is| Difference::Condition { step, was, is };
    let mut of_condition = regrouped(aligned, 1, &|step| step.condition, condition);
    // A step that moved to another block explains that the block is another arm.
    if of_condition.is_empty() {
        of_condition = other_arms(aligned);
    }
    of_block.into_iter().chain(of_condition).collect()
}

/// The blocks that are another arm of their `when` than before, each with its first step that both
/// versions have.
fn other_arms(aligned: &Aligned<'_>) -> Vec<(usize, Difference)> {
    let arm = |definition: &Definition, place: usize| {
        let block = definition.steps[place].condition?;
        let condition = definition.conditions.get(usize::from(block))?;
        Some((block, condition.arm))
    };
    let (mut found, mut told) = (Vec::new(), BTreeSet::new());
    for &(place, at) in &aligned.both {
        let both = arm(aligned.old, place).zip(arm(aligned.new, at));
        let Some(((_, was), (block, is))) = both else {
            continue;
        };
        if was != is && told.insert(block) {
            let step = aligned.new.steps[at].name.clone();
            found.push((place, Difference::Arm { step, was, is }));
        }
    }
    found
}

/// Finds, among the steps that both versions have, those that have moved into or out of a group
/// with other steps. A step that was only joined or left by such a step has not changed.
fn regrouped(
    aligned: &Aligned<'_>,
    least: usize,
    group: &dyn Fn(&Step) -> Option<u16>,
    difference: impl Fn(Text, Vec<Text>, Vec<Text>) -> Difference,
) -> Vec<(usize, Difference)> {
    let together = |definition: &Definition, place: usize| -> Vec<usize> {
        let own = group(&definition.steps[place]);
        let steps = definition.steps.iter().zip(0..);
        let steps = steps.filter(|(step, _)| own.is_some() && group(step) == own);
        steps.map(|(_, place)| place).collect()
    };
    // A step without siblings is in no block.
    let others = |mut names: BTreeSet<_>| {
        if names.len() < least {
            names.clear();
        }
        names
    };
    let of = |(was, is): (usize, usize)| {
        (
            others(aligned.names_now(together(aligned.old, was))),
            others(aligned.names_known(together(aligned.new, is))),
        )
    };
    let both: Vec<_> = aligned.both.iter().map(|&both| (both, of(both))).collect();
    let is_loose = |name: &&str| {
        let mut both = both.iter();
        let own = both.find(|((_, is), _)| aligned.new.steps[*is].name == *name);
        own.is_none_or(|(_, (was, is))| was.is_empty() || is.is_empty())
    };
    let (mut found, mut told) = (Vec::new(), BTreeSet::new());
    for ((place, at), (was, is)) in &both {
        let name = &aligned.new.steps[*at].name;
        let mut changed = was.symmetric_difference(is);
        if changed.any(|other| **other == **name || !is_loose(other)) && !told.contains(&**name) {
            told.extend(was.iter().chain(is).copied());
            let all = |definition: &Definition, place| -> Vec<Text> {
                let names = together(definition, place).into_iter();
                names
                    .map(|place| definition.steps[place].name.clone())
                    .collect()
            };
            let (was, is) = (all(aligned.old, *place), all(aligned.new, *at));
            found.push((*place, difference(name.clone(), was, is)));
        }
    }
    found
}
