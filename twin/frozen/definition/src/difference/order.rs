//! Finds the steps that two versions have in common, and the differences in their order.

use std::collections::{BTreeMap, BTreeSet};

use super::kinds::Difference;
use crate::definition::{Definition, Step};

/// The steps of an old version that a saga has come to, matched with those of a new version by
/// name, whatever their places.
pub(super) struct Aligned<'d> {
    pub(super) old: &'d Definition,
    pub(super) new: &'d Definition,
    /// The places in the old and in the new version, in the order of the old one.
    pub(super) both: Vec<(usize, usize)>,
    /// The steps of the new version that have replaced one that is gone.
    renamed: BTreeMap<&'d str, &'d str>,
    /// Each difference with the place in the old version at which it is reported.
    pub(super) differences: Vec<(usize, Difference)>,
}

impl<'d> Aligned<'d> {
    /// `reached` is the number of steps of the old version that the saga has come to.
    pub(super) fn of(old: &'d Definition, new: &'d Definition, reached: usize) -> Self {
        let places = places(new);
        // A saga has never come to the steps that it goes on without.
        let both = (0..reached).filter(|was| !old.steps[*was].absent);
        let both = both.filter_map(|was| Some((was, *places.get(name(old, was))?)));
        let mut aligned = Self {
            old,
            new,
            both: both.collect(),
            renamed: BTreeMap::new(),
            differences: Vec::new(),
        };
        let fixed = longest_in_order(&aligned.both);
        aligned.moved(&fixed);
        aligned.gone_and_new(reached, &fixed);
        aligned.joined();
        aligned
    }

    /// The name in the new version of a step of the old one; `None` if the step is gone, or the
    /// saga has not come to it.
    pub(super) fn now(&self, was: &str) -> Option<&'d str> {
        let both = self.both.iter();
        let mut both = both.map(|(was, _)| name(self.old, *was));
        let renamed = self.renamed.get(was).copied();
        renamed.or_else(|| both.find(|name| *name == was))
    }

    /// Whether a step of the new version is one that the saga has come to.
    pub(super) fn was_there(&self, is: &str) -> bool {
        let mut both = self.both.iter();
        both.any(|(_, place)| name(self.new, *place) == is)
            || self.renamed.values().any(|name| *name == is)
    }

    /// Reports the steps that have moved relative to those in `fixed`, which kept their order.
    fn moved(&mut self, fixed: &[(usize, usize)]) {
        for (was, is) in self.both.iter().filter(|step| !fixed.contains(step)) {
            let passed = |other: &&(usize, usize)| (other.0 < *was) != (other.1 < *is);
            let Some((other_was, _)) = fixed.iter().find(passed) else {
                continue;
            };
            let up = other_was < was;
            let (first, second) = if up {
                (other_was, was)
            } else {
                (was, other_was)
            };
            let moved = Difference::Moved {
                step: self.old.steps[*first].name.clone(),
                behind: self.old.steps[*second].name.clone(),
                up,
            };
            self.differences.push((*first, moved));
        }
    }

    /// Between two steps that kept their places, and after the last one, reports the steps that are
    /// gone and those that are new. A step that is gone and one that is new in the same place are
    /// one step with another name.
    fn gone_and_new(&mut self, reached: usize, fixed: &[(usize, usize)]) {
        let (old, new) = (self.old, self.new);
        let (known, kept) = (places(old), self.both.clone());
        let end = (reached, new.steps.len());
        let is_gone =
            |place: &usize| !kept.iter().any(|both| both.0 == *place) && !may_go(old, *place);
        let is_kept = |place| kept.iter().any(|both| both.1 == place);
        let mut begin = (0, 0);
        for &(was, is) in fixed.iter().chain([&end]) {
            let mut gone = (begin.0..was).filter(is_gone).peekable();
            for place in begin.1..is {
                let step = &new.steps[place];
                if is_kept(place) || step.may_be_absent() {
                    continue;
                }
                let is_known = known.contains_key(&*step.name);
                if let Some(gone) = gone.next_if(|_| !is_known) {
                    self.gone(gone, Some(step));
                } else if (was, is) == end {
                    // The steps after those that the saga has come to may differ.
                    break;
                } else if is_known {
                    let moved = Difference::Moved {
                        step: old.steps[was].name.clone(),
                        behind: step.name.clone(),
                        up: true,
                    };
                    self.differences.push((was, moved));
                } else {
                    let new = Difference::New {
                        step: step.name.clone(),
                        before: old.steps[was].name.clone(),
                    };
                    self.differences.push((was, new));
                }
            }
            for gone in gone {
                self.gone(gone, None);
            }
            begin = (was + 1, is + 1);
        }
    }

    fn gone(&mut self, place: usize, instead: Option<&'d Step>) {
        let step = &self.old.steps[place];
        if let Some(instead) = instead {
            self.renamed.insert(&step.name, &instead.name);
        }
        let gone = Difference::Gone {
            step: step.name.clone(),
            instead: instead.map(|step| step.name.clone()),
        };
        self.differences.push((place, gone));
    }

    /// A saga comes to a block as a whole, so a step that joins the block is a difference.
    fn joined(&mut self) {
        let following = self.following().into_iter();
        let joined = following.filter_map(|(step, beside)| {
            let to = self.old.steps[beside?].name.clone();
            let step = step.name.clone();
            Some((beside?, Difference::Joined { step, to }))
        });
        let joined: Vec<_> = joined.collect();
        self.differences.extend(joined);
    }

    /// The steps that are new after all others, and not in a block that existed before.
    pub(super) fn behind(&self) -> impl Iterator<Item = &'d Step> {
        let following = self.following().into_iter();
        let behind = following.filter(|(step, beside)| beside.is_none() && !step.may_be_absent());
        behind.map(|(step, _)| step)
    }

    /// The steps after those that the saga has come to. Each has the place in the old version of a
    /// step of its block, if the saga has come to one.
    fn following(&self) -> Vec<(&'d Step, Option<usize>)> {
        let last = self.both.iter().map(|(_, is)| is + 1).max();
        let steps = self.new.steps.iter().skip(last.unwrap_or(0));
        let steps = steps.filter(|step| !self.was_there(&step.name));
        let arms = |step: &Step| step.condition.map(|block| self.new.arms(block));
        let beside = |step: &Step| {
            let is_beside = |other: &Step| {
                step.group.is_some() && other.group == step.group
                    || step.condition.is_some() && arms(other) == arms(step)
            };
            let mut both = self.both.iter();
            let found = both.find(|(_, is)| is_beside(&self.new.steps[*is]));
            found.map(|(was, _)| *was)
        };
        steps.map(|step| (step, beside(step))).collect()
    }

    /// Whether the step with this name is retired or introduced in either version: then its readers
    /// see an `Option`, which exists whatever the outcome of the step.
    pub(super) fn is_optional(&self, name: &str) -> bool {
        let mut steps = self.old.steps.iter().chain(self.new.steps.iter());
        steps.any(|step| (step.retired || step.introduced) && step.name == name)
    }

    /// The names in the new version of the steps at these places of the old version, without those
    /// that are gone.
    pub(super) fn names_now(&self, of: impl IntoIterator<Item = usize>) -> BTreeSet<&'d str> {
        let names = of.into_iter().map(|place| name(self.old, place));
        names.filter_map(|name| self.now(name)).collect()
    }

    /// The names of the steps at these places of the new version, without those that the saga has
    /// not come to.
    pub(super) fn names_known(&self, of: impl IntoIterator<Item = usize>) -> BTreeSet<&'d str> {
        let names = of.into_iter().map(|place| name(self.new, place));
        names.filter(|name| self.was_there(name)).collect()
    }
}

/// Whether a step that the saga has come to may be deleted: the saga goes on without it, or it was
/// retired before the saga could start it.
///
/// Not if others depend on it: a `when` block is identified by its first step; the saga goes
/// forward again from a savepoint, the step itself or a later sibling, only if all steps before it
/// are skipped or applied; and a sibling may wait for the step.
fn may_go(old: &Definition, place: usize) -> bool {
    let step = &old.steps[place];
    let Ok(index) = u16::try_from(place) else {
        return false;
    };
    let mut blocks = old.conditions.iter().filter(|block| block.len > 0);
    let begins_block = blocks.any(|block| block.first == index);
    let mut from_it_on = old.steps[place..usize::from(old.unit_of(index).end)].iter();
    let counts = from_it_on.any(|step| step.savepoint.is_some() || step.awaits.contains(&index));
    step.absent || step.retired && !step.started && !counts && !begins_block
}

fn name(definition: &Definition, place: usize) -> &str {
    &definition.steps[place].name
}

fn places(definition: &Definition) -> BTreeMap<&str, usize> {
    let steps = definition.steps.iter().zip(0..);
    let steps = steps.filter(|(step, _)| !step.absent);
    steps.map(|(step, place)| (&*step.name, place)).collect()
}

/// The longest list of pairs that are in the same order in both versions; all others have moved.
fn longest_in_order(both: &[(usize, usize)]) -> Vec<(usize, usize)> {
    // For each pair, the length of the longest ordered list that begins with it, and the next pair
    // of that list. There are few steps, so each is compared with all after it.
    let mut longest: Vec<(usize, Option<usize>)> = vec![(1, None); both.len()];
    for first in (0..both.len()).rev() {
        for next in first + 1..both.len() {
            if both[first].1 < both[next].1 && longest[next].0 >= longest[first].0 {
                longest[first] = (longest[next].0 + 1, Some(next));
            }
        }
    }
    let mut at = (0..both.len()).max_by_key(|&pair| (longest[pair].0, both.len() - pair));
    let mut in_order = Vec::new();
    while let Some(pair) = at {
        in_order.push(both[pair]);
        at = longest[pair].1;
    }
    in_order
}
