//! Where the steps of one version are in another.

use std::collections::BTreeMap;

use crate::definition::Definition;

/// For each step of an old version, its place in a new one: the step there that has its name.
#[doc(hidden)]
#[derive(Debug)]
pub struct Places(Vec<Option<u16>>);

impl Places {
    /// Compares two versions of a saga, or of what a loop does with each item. A step that a saga
    /// goes on without is not there.
    #[must_use]
    pub fn of(old: &Definition, new: &Definition) -> Self {
        if old.is_of_item() {
            // Both steps of an item have the name of the loop.
            return Self((0..).map(Some).take(old.steps.len()).collect());
        }
        let there = |definition: &Definition| {
            let steps = definition.steps.iter().zip(0..);
            let there =
                steps.map(|(step, place)| (step.name.clone(), (!step.absent).then_some(place)));
            there.collect::<Vec<_>>()
        };
        let places: BTreeMap<_, _> = there(new).into_iter().collect();
        let now = |(name, was): (_, Option<u16>)| was.and_then(|_| *places.get(&name)?);
        Self(there(old).into_iter().map(now).collect())
    }

    /// The place in the new version of a step of the old one.
    #[must_use]
    pub fn now(&self, was: u16) -> Option<u16> {
        self.0.get(usize::from(was)).copied().flatten()
    }

    /// The place in the new version of everything before a step of the old one: right after the
    /// last of these steps that is there.
    #[must_use]
    pub fn before(&self, was: u16) -> u16 {
        let known = (0..was).rev().find_map(|step| self.now(step));
        known.map_or(0, |last| last + 1)
    }
}
