//! The names that a saga declares, and the positions of its steps.

use std::collections::{BTreeSet, HashMap};

use proc_macro2::Ident;
use twin_definition::{bare, language::Attribute};

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
    /// The names that steps in several arms have.
    unions: Vec<Shared>,
    pivot: Option<usize>,
    pivot_lost: bool,
}

/// A name that steps in several arms have.
struct Shared {
    name: String,
    /// The steps, by index and own name.
    members: Vec<(usize, Ident)>,
    /// The `when` block of each.
    blocks: Vec<Option<usize>>,
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
            unions: Vec::new(),
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
        scope.share(saga);
        scope.place(saga);
        scope
    }

    /// Declares the names that steps in several arms have.
    fn share(&mut self, saga: &Saga) {
        for (index, union) in saga.unions.iter().enumerate() {
            let name = text(&union.name);
            let names = saga.steps().map(|step| &step.name);
            let members = names.enumerate();
            let members = members.filter(|(step, _)| union.members.contains(step));
            let members: Vec<_> = members.map(|(step, name)| (step, name.clone())).collect();
            let is_free = match self.names.get(&name) {
                None => !RESERVED.contains(&bare(&name)),
                Some(Source::Effect(step)) => union.members.contains(step),
                Some(_) => false,
            };
            if is_free {
                if !self.order.contains(&name) {
                    self.order.push(name.clone());
                }
                self.names.insert(name.clone(), Source::Arms(index));
            } else {
                self.taken.insert(name.clone());
            }
            let blocks = members.iter().map(|(step, _)| saga.condition_of(*step));
            let blocks = blocks.collect();
            self.unions.push(Shared {
                name,
                members,
                blocks,
            });
        }
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
                let block = saga.condition_of(self.steps.len());
                let awaits = named
                    .filter_map(|read| self.earlier_sibling((group, block), &text(&read.name)));
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
                    condition: block,
                    awaits,
                });
            }
        }
    }

    fn earlier_sibling(
        &self,
        (group, block): (Option<usize>, Option<usize>),
        name: &str,
    ) -> Option<usize> {
        match self.source(name, block) {
            Some(Source::Effect(index)) if group.is_some() => self
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

    /// The steps of a union, by index and own name.
    pub(super) fn members(&self, union: usize) -> &[(usize, Ident)] {
        &self.unions[union].members
    }

    /// What a read of this name means in this block: where steps in several arms have the name, the one in
    /// the same arm.
    pub(super) fn source(&self, name: &str, block: Option<usize>) -> Option<Source> {
        let source = *self.names.get(name)?;
        let Source::Arms(union) = source else {
            return Some(source);
        };
        let Shared {
            members, blocks, ..
        } = &self.unions[union];
        let mut blocks = blocks.iter();
        let own = blocks.position(|other| block.is_some() && *other == block);
        Some(own.map_or(source, |own| Source::Effect(members[own].0)))
    }

    /// The name by which code reads a step that has another name in keys and journals, because steps in
    /// several arms have it.
    pub(super) fn read_as(&self, step: usize) -> Option<(&str, &Ident)> {
        self.unions.iter().find_map(|union| {
            let mut members = union.members.iter();
            let (_, own) = members.find(|(member, _)| *member == step)?;
            Some((&*union.name, own))
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
