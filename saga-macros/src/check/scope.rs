//! The names that a saga declares, and the positions of its steps.

use std::collections::{BTreeSet, HashMap};

use saga_definition::{bare, language::Attribute};

use crate::model::{Kind, Node, Saga, Source};
use crate::names::{RESERVED, text};
use crate::parse::Lost;

pub(super) struct Scope {
    /// Inputs, services and effects.
    pub(super) names: HashMap<String, Source>,
    /// All of `names`, in order of declaration.
    pub(super) order: Vec<String>,
    /// Names that are declared twice, or reserved. That is reported where they are declared.
    taken: BTreeSet<String>,
    pub(super) steps: Vec<Position>,
    /// For each `when` block, the first arm of its `when`.
    first_arms: Vec<usize>,
    pivot: Option<usize>,
    pivot_lost: bool,
}

/// The position of a step.
pub(super) struct Position {
    pub(super) name: String,
    pub(super) kind: Kind,
    /// The name of its item, if it is a loop.
    pub(super) item: Option<String>,
    /// The index of its node, if that is a group.
    group: Option<usize>,
    /// The `when` block that contains the step.
    condition: Option<usize>,
    /// The siblings that have committed before it starts: those that its action reads or `#[after]`
    /// names, directly or through others.
    awaits: BTreeSet<usize>,
}

/// The side of the pivot on which a step is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Stage {
    Before,
    Pivot,
    After,
    /// The pivot is unclear because of a mistake about it.
    Unclear,
}

impl Scope {
    pub(super) fn of(saga: &Saga, lost: &Lost) -> Self {
        let mut scope = Scope {
            names: HashMap::new(),
            order: Vec::new(),
            taken: BTreeSet::new(),
            steps: Vec::new(),
            first_arms: (0..saga.conditions.len())
                .map(|block| saga.arms(block).start)
                .collect(),
            pivot: saga.steps().position(|step| step.kind == Kind::Pivot),
            pivot_lost: lost.pivot,
        };
        for (index, field) in saga.inputs.iter().enumerate() {
            scope.declare(text(&field.name), Source::Input(index));
        }
        for (index, field) in saga.services.iter().enumerate() {
            scope.declare(text(&field.name), Source::Service(index));
        }
        for (index, step) in saga.steps().enumerate() {
            scope.declare(text(&step.name), Source::Effect(index));
        }
        scope.place(saga);
        scope
    }

    fn declare(&mut self, name: String, source: Source) {
        let is_known = || self.names.keys().any(|known| bare(known) == bare(&name));
        if RESERVED.contains(&bare(&name)) || is_known() {
            self.taken.insert(name);
        } else {
            self.order.push(name.clone());
            self.names.insert(name, source);
        }
    }

    fn place(&mut self, saga: &Saga) {
        for (node, group) in saga.nodes.iter().enumerate() {
            let (steps, group) = match group {
                Node::Step(step) => (std::slice::from_ref(step), None),
                Node::Group(siblings) => (&siblings.steps[..], Some(node)),
            };
            for step in steps {
                let items = step.looped.iter().flat_map(|looped| &looped.reads);
                let named = step.reads.iter().chain(items);
                let named = named.chain(step.attrs.after.iter().flatten());
                let awaits =
                    named.filter_map(|read| self.earlier_sibling(group, &text(&read.name)));
                let awaits = awaits.flat_map(|sibling| {
                    let others = self.steps[sibling].awaits.iter().copied();
                    others.chain([sibling])
                });
                // Which siblings a misspelt `#[after]` names is not known: any of them.
                let is_lost = step.attrs.stray.contains(&Attribute::After);
                let siblings = (0..self.steps.len()).filter(|&other| {
                    is_lost && group.is_some() && self.steps[other].group == group
                });
                let awaits: BTreeSet<_> = awaits.chain(siblings).collect();
                self.steps.push(Position {
                    name: text(&step.name),
                    kind: step.kind,
                    item: step.looped.as_ref().map(|looped| text(&looped.item)),
                    group,
                    condition: saga.condition_of(self.steps.len()),
                    awaits,
                });
            }
        }
    }

    fn earlier_sibling(&self, group: Option<usize>, name: &str) -> Option<usize> {
        match self.names.get(name) {
            Some(&Source::Effect(index)) if group.is_some() => self
                .steps
                .get(index)
                .filter(|step| step.group == group)
                .map(|_| index),
            _ => None,
        }
    }

    /// Whether it is unclear what a read of this name means.
    pub(super) fn is_taken(&self, name: &str) -> bool {
        self.taken.contains(name)
    }

    pub(super) fn siblings(&self, one: usize, other: usize) -> bool {
        one != other
            && self.steps[one].group.is_some()
            && self.steps[one].group == self.steps[other].group
    }

    /// Whether `step` starts only after its `sibling` has committed.
    pub(super) fn awaits(&self, step: usize, sibling: usize) -> bool {
        self.steps[step].awaits.contains(&sibling)
    }

    pub(super) fn is_grouped(&self, step: usize) -> bool {
        self.steps[step].group.is_some()
    }

    /// The `when` block that contains a step.
    pub(super) fn condition(&self, step: usize) -> Option<usize> {
        self.steps[step].condition
    }

    /// Whether a step is in another arm of the same `when` than this block.
    pub(super) fn is_in_another_arm(&self, step: usize, block: Option<usize>) -> bool {
        let arms = self.condition(step).zip(block);
        arms.is_some_and(|(one, other)| {
            one != other && self.first_arms[one] == self.first_arms[other]
        })
    }

    /// The first pivot.
    pub(super) fn pivot(&self) -> Option<usize> {
        self.pivot
    }

    pub(super) fn stage(&self, step: usize) -> Stage {
        match self.pivot {
            _ if self.steps[step].kind == Kind::Pivot => Stage::Pivot,
            _ if self.pivot_lost => Stage::Unclear,
            // Wherever the pivot is moved to, its steps may be on either side of it.
            Some(pivot) if self.is_grouped(pivot) => Stage::Unclear,
            Some(pivot) if step > pivot && self.pivot_follows(step) => Stage::Unclear,
            Some(pivot) if step > pivot => Stage::After,
            _ => Stage::Before,
        }
    }

    /// Whether a pivot comes after the step: if it is the second one, either may be the mistake.
    fn pivot_follows(&self, step: usize) -> bool {
        let later = &self.steps[step + 1..];
        later.iter().any(|later| later.kind == Kind::Pivot)
    }
}
