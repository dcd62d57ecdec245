//! The recorded state of a saga that continues under another version of its definition.

use super::{LoopHistory, NestedHistory, RunHistory, StepHistory};
use crate::{
    definition::{DefinitionRef, Items, Places},
    kernel::{Kernel, Phase},
    report::{at_hand::AtHand, progress::StepProgress},
    values::{node::Node, written::Written},
};

impl<T: Copy> RunHistory<T> {
    /// The same saga from here on under `new`, another version of its definition. The state is
    /// carried over by the names of steps, in child sagas and items, too.
    ///
    /// The versions must agree in all that the saga has come to.
    #[must_use]
    pub fn under(&self, new: impl Into<DefinitionRef>) -> Self {
        let mut under = self.carried(&new.into());
        // What the new version does not wait for is no wait.
        under.close();
        under
    }

    fn carried(&self, new: &DefinitionRef) -> Self {
        let places = Places::of(self.kernel.definition(), new);
        let mut steps = vec![StepHistory::NEW; new.steps.len()];
        for (was, own) in (0..).zip(&self.steps) {
            if let Some(is) = places.now(was) {
                steps[usize::from(is)] = own.clone();
            }
        }
        let now = |progress: &StepProgress<Written, T>| {
            let mut moved = progress.map_ref(|at| at, Written::copied);
            moved.step = places.now(progress.step)?;
            Some(moved)
        };
        let nested = self.nested.iter().filter_map(|nested| {
            let is = places.now(nested.node.step)?;
            nested.under(is, new)
        });
        let loops = self.loops.iter().filter_map(|looped| {
            let is = places.now(looped.step)?;
            looped.under(is, new)
        });
        let mut under = Self {
            steps,
            is_new: self.is_new,
            failures: self.failures.clone(),
            failing: self.failing.clone(),
            at_hand: AtHand {
                progress: now(&self.at_hand.progress).unwrap_or_else(|| StepProgress::of(0)),
                lanes: self.at_hand.lanes.iter().filter_map(now).collect(),
            },
            nested: nested.collect(),
            loops: loops.collect(),
            kernel: Kernel::under(&self.kernel, new.clone(), &places),
        };
        under.go_without();
        self.note_lost(&mut under, &places);
        // By what the new version says of the steps within. What begins again by a decision of the old
        // version begins again.
        for step in (0..).take(new.steps.len()) {
            if !matches!(under.kernel.phase(step), Phase::Pending | Phase::Running(_)) {
                under.note_part(step);
            }
        }
        under
    }

    /// Notes the attempts that were lost under a version by which no compensation waited for them.
    fn note_lost(&self, under: &mut Self, places: &Places) {
        let steps = &self.kernel.definition().steps;
        for ((was, own), declared) in (0..).zip(&self.steps).zip(steps.iter()) {
            let Some(is) = places.now(was) else {
                continue;
            };
            if own.lost_at.is_some() && !declared.late_undo {
                under.kernel.lost_before(is);
            }
            // What undoes a loop waits for the attempts of its items.
            let looped = under.loops.iter().find(|looped| looped.step == is);
            if let Some(looped) = looped.filter(|_| !declared.acting().late_undo) {
                let items = looped.items.iter().map(|item| &item.kernel);
                under.kernel.note_arriving(is, items);
            }
        }
    }
}

impl<T: Copy> NestedHistory<T> {
    /// The run of a child saga, which is at the step `is` of `new`.
    fn under(&self, is: u16, new: &DefinitionRef) -> Option<Self> {
        let child = new.steps[usize::from(is)].child.as_ref()?;
        Some(Self {
            node: Node {
                step: is,
                ..self.node
            },
            round: self.round,
            run: self.run.carried(&child.definition),
            input: self.input.clone(),
            deadline: self.deadline,
        })
    }
}

impl<T: Copy> LoopHistory<T> {
    /// The loop, which is at the step `is` of `new`.
    fn under(&self, is: u16, new: &DefinitionRef) -> Option<Self> {
        let Items { each, .. } = new.steps[usize::from(is)].items.as_ref()?;
        let items = self.items.iter().map(|item| item.carried(each));
        Some(Self {
            step: is,
            items: items.collect(),
            count: self.count,
            values: self.values.clone(),
            skipped: self.skipped.clone(),
            failures: self.failures.clone(),
            kernel: self.kernel,
        })
    }
}
