//! The effects that remain applied according to the records of a run.

use super::{
    cast::{Cast, Part},
    identity::Identity,
    state::Noted,
};
use typed_saga_core::{
    definition::{Definition, Step},
    kernel::{EffectChange, Event},
};

/// The operations that are recorded as applied and not undone, and the steps that were left out after
/// they had begun.
#[derive(Clone, Debug, Default)]
pub(super) struct Standing {
    /// One for each step and key.
    operations: Vec<(u16, Identity)>,
    /// The steps that were skipped last.
    skipped: Vec<u16>,
}

impl Standing {
    pub(super) fn of(records: &[Noted], cast: &Cast) -> Self {
        let mut standing = Self::default();
        for noted in records {
            if let Some(step) = noted.step {
                standing.add(step, noted, cast);
            }
        }
        standing
    }

    fn add(&mut self, step: u16, noted: &Noted, cast: &Cast) {
        let part = cast.part(step);
        let same = |of: u16, identity: &Identity| of == step && identity.has_key_of(&noted.made);
        match noted.event.effect() {
            // A fallback replaces the step's effect; the step itself has done nothing.
            EffectChange::Filled if matches!(noted.event, Event::FellBack { .. }) => {}
            EffectChange::Filled => {
                self.skipped.retain(|skipped| *skipped != step);
                // Each round of a step that may be called again has a key of its own.
                let other = part.declared.is_again() && noted.made.is_open();
                let known = self.operations.iter().any(|(of, made)| same(*of, made));
                if !known || other {
                    self.operations.push((step, noted.made.clone()));
                }
            }
            EffectChange::ClearedFromHere => self.operations.retain(|(other, _)| {
                let other = cast.part(*other);
                !other.is_from(&part) || remains_over(&other, &part, cast.root)
            }),
            EffectChange::Cleared => self.operations.retain(|(of, made)| {
                let undone_with = cast.with(*of) == Some(step);
                !same(*of, made) && !undone_with
            }),
            EffectChange::Skipped => self.skipped.push(step),
            EffectChange::None => {}
        }
    }

    /// The number of operations of a step that remain applied.
    pub(super) fn of_step(&self, step: u16) -> u32 {
        let own = self.operations.iter().filter(|(of, _)| *of == step);
        u32::try_from(own.count()).unwrap_or(u32::MAX)
    }

    /// Whether a step was skipped, although it may have happened before.
    pub(super) fn was_left_out(&self, step: u16) -> bool {
        self.skipped.contains(&step)
    }
}

/// Whether a rerun from the savepoint `from` does not undo the effect of a step: it remains by
/// declaration, or that of a child saga does that contains the step.
fn remains_over(part: &Part, from: &Part, root: &'static Definition) -> bool {
    let none = Step::may_stay;
    let mut definition = root;
    let mut below = false;
    for (depth, node) in part.nodes.iter().enumerate() {
        let step = &definition.steps[usize::from(node.step)];
        below |= depth >= from.nodes.len() && none(step);
        if let (Some(items), Some(_)) = (&step.items, node.item) {
            definition = &items.each;
        } else if let Some(child) = &step.child {
            definition = &child.definition;
        }
    }
    below || none(part.declared)
}
