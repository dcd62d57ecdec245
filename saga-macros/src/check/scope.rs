//! The names that a saga declares, and the positions of its steps.

use std::collections::{BTreeSet, HashMap};

use proc_macro2::Ident;
use typed_saga_definition::{Compensation, Definition, Side, bare, language::Attribute};

use crate::declare::{self, Declared};
use crate::model::{Kind, Saga, Source, await_siblings, index};
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
    /// The order of the steps as data.
    outline: Definition,
    /// The saga as data; empty until its reads are resolved.
    pub(super) declared: Declared,
    /// The names that steps in several arms have.
    unions: Vec<Shared>,
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

impl Stage {
    /// Whether a step there may be undone.
    pub(super) fn is_undone(self) -> bool {
        matches!(self, Stage::Before | Stage::Unclear)
    }
}

impl Scope {
    pub(super) fn of(saga: &Saga, lost: &Lost) -> Self {
        let mut scope = Scope {
            names: HashMap::new(),
            order: Vec::new(),
            taken: BTreeSet::new(),
            steps: Vec::new(),
            outline: saga.outline(),
            declared: Declared::EMPTY,
            unions: Vec::new(),
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
            let blocks = members.iter().map(|(step, _)| self.condition(*step));
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
        for (index, step) in saga.steps().enumerate() {
            let block = self.condition(index);
            let named = step.starts_with().map(|read| text(&read.name));
            let named = named.filter_map(|name| match self.source(&name, block)? {
                Source::Effect(step) => Some(step),
                _ => None,
            });
            // Which siblings a misspelt `#[after]` names is not known: any of them.
            let is_lost = step.attrs.stray.contains(&Attribute::After);
            let awaited: Vec<_> = named.chain((0..index).filter(|_| is_lost)).collect();
            await_siblings(&mut self.outline, index, awaited);
            self.steps.push(Position {
                name: text(&step.name),
                kind: step.kind,
                item: step.looped.as_ref().map(|looped| text(&looped.item)),
            });
        }
    }

    /// Makes the saga's definition, once its reads are resolved. If there are mistakes, what is wrong
    /// or lost is not part of it, and a step is after the pivot only if it is so wherever the pivot
    /// should be.
    pub(super) fn know(&mut self, saga: &Saga) {
        let order = Definition {
            pivot: self.last_pivot(),
            ..saga.order()
        };
        let mut declared = declare::in_order(saga, order);
        let steps = declared.definition.steps.to_mut().iter_mut();
        for (index, step) in steps.enumerate() {
            // A compensation of what is never undone is a mistake, and settles nothing.
            if !self.stage(index).is_undone() && step.acting().is_by_key() {
                step.change_acting(|acting| {
                    if let Compensation::Declared { by_key, .. } = &mut acting.compensation {
                        *by_key = false;
                    }
                });
            }
        }
        self.declared = declared;
    }

    /// What rules about steps are about: the saga as data.
    pub(super) fn facts(&self) -> &Definition {
        &self.declared.definition
    }

    /// Whether it is unclear what a read of this name means.
    pub(super) fn is_taken(&self, name: &str) -> bool {
        self.taken.contains(name)
    }

    pub(super) fn siblings(&self, one: usize, other: usize) -> bool {
        one != other && self.outline.unit_of(index(one)).contains(&index(other))
    }

    /// Whether `step` starts only after its `sibling` has committed.
    pub(super) fn awaits(&self, step: usize, sibling: usize) -> bool {
        self.outline.awaits(index(step), index(sibling))
    }

    pub(super) fn is_grouped(&self, step: usize) -> bool {
        self.outline.steps[step].group.is_some()
    }

    /// The `when` block that contains a step.
    pub(super) fn condition(&self, step: usize) -> Option<usize> {
        self.outline.steps[step].condition.map(usize::from)
    }

    /// Whether a step is in another arm of the same `when` than this block.
    pub(super) fn is_in_another_arm(&self, step: usize, block: Option<usize>) -> bool {
        let arms = |block| self.outline.arms(index(block));
        let both = self.condition(step).zip(block);
        both.is_some_and(|(one, other)| one != other && arms(one) == arms(other))
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
        self.outline.pivot.map(usize::from)
    }

    pub(super) fn stage(&self, step: usize) -> Stage {
        match self.outline.side(index(step)) {
            _ if self.steps[step].kind == Kind::Pivot => Stage::Pivot,
            _ if self.pivot_lost => Stage::Unclear,
            // Wherever the pivot is moved to, its steps may be on either side of it.
            _ if self.pivot().is_some_and(|pivot| self.is_grouped(pivot)) => Stage::Unclear,
            Side::AfterPivot if self.pivot_follows(step) => Stage::Unclear,
            Side::AfterPivot => Stage::After,
            Side::BeforePivot | Side::Pivot => Stage::Before,
        }
    }

    /// The last pivot, unless it is unclear where the pivot is: it may be lost, or among siblings.
    fn last_pivot(&self) -> Option<u16> {
        let is_clear =
            !self.pivot_lost && !self.pivot().is_some_and(|pivot| self.is_grouped(pivot));
        let mut pivots = self.steps.iter();
        let last = pivots.rposition(|step| step.kind == Kind::Pivot);
        last.filter(|_| is_clear).map(index)
    }

    /// Whether a pivot comes after the step: if it is the second one, either may be the mistake.
    fn pivot_follows(&self, step: usize) -> bool {
        let later = &self.steps[step + 1..];
        later.iter().any(|later| later.kind == Kind::Pivot)
    }
}
