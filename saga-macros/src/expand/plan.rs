//! What all parts of the expansion look up: names, types, and the order of steps and blocks.

use std::cell::OnceCell;
use std::collections::HashMap;

use proc_macro2::{Span, TokenStream};
use quote::format_ident;
use syn::{Ident, Type, Visibility, token::Paren};
use typed_saga_definition::Side;

use super::generics::Params;
use super::ident::{declared, emit, ident, item, used};
use super::lints;
use crate::declare::Declared;
use crate::model::{Condition, Field, Kind, Read, Saga, Source, Step, index};
use crate::names::{camel, text};

pub(super) struct Plan<'a> {
    pub(super) saga: &'a Saga,
    /// The saga as data.
    pub(super) data: &'a Declared,
    /// An error is already reported, so whatever would only repeat it is left out.
    pub(super) broken: bool,
    /// The path of the items that generated code may name, for use within the expansion's `const`.
    /// It is short, because it occurs a hundred times for each step.
    pub(super) p: Ident,
    /// The path of the items that generated code may name, for use anywhere.
    pub(super) private: TokenStream,
    /// All steps, by index.
    pub(super) steps: Vec<&'a Step>,
    /// Single steps and blocks, in order.
    pub(super) units: Vec<Unit>,
    pub(super) all: Params<'a>,
    /// The names of the user's types in generated items, by the place where the user wrote each
    /// type.
    pub(super) type_names: OnceCell<HashMap<*const Type, Ident>>,
}

/// A single step, or the siblings of a block; never empty.
pub(super) struct Unit {
    /// In order and, unless an error is reported, without a gap.
    pub(super) steps: Vec<usize>,
    pub(super) concurrent: bool,
}

impl Unit {
    pub(super) fn first(&self) -> usize {
        self.steps[0]
    }
}

impl<'a> Plan<'a> {
    /// The method of a walk that undoes a step. In a saga with mistakes, another step may have that
    /// name, which is reported.
    pub(super) fn undo_name(&self, step: &Step) -> Ident {
        let name = text(&step.name);
        let taken = format!("undo_{name}");
        let is_taken = self.steps.iter().any(|other| text(&other.name) == taken);
        let prefix = if is_taken { "__" } else { "" };
        let span = declared(&step.name).span();
        format_ident!("{prefix}undo_{}", name.trim_matches('_'), span = span)
    }

    pub(super) fn new(saga: &'a Saga, data: &'a Declared, broken: bool) -> Self {
        let steps: Vec<_> = saga.steps().collect();
        let order = &data.definition;
        let units = order.units().map(|unit| Unit {
            concurrent: order.steps[usize::from(unit.start)].group.is_some(),
            steps: unit
                .map(usize::from)
                .filter(|&step| !broken || is_first_of_name(saga, &steps, step))
                .collect(),
        });
        let units = units.filter(|unit| !unit.steps.is_empty()).collect();
        let krate = &saga.facade;
        Self {
            saga,
            data,
            broken,
            p: ident("__saga"),
            private: emit!(#krate::__private),
            steps,
            units,
            all: Params::all(&saga.generics),
            type_names: OnceCell::new(),
        }
    }

    /// The lint levels that the user gave the saga: they apply to all items generated from it.
    pub(super) fn levels(&self) -> TokenStream {
        let own = lints::of_clause(&self.saga.attrs.others);
        let used = lints::of_deprecated(self.saga);
        emit!(#own #used)
    }

    /// The saga's visibility, for items that the user did not write, so that no lint reports them
    /// at the user's own word.
    pub(super) fn vis(&self) -> Visibility {
        let mut vis = self.saga.vis.clone();
        match &mut vis {
            Visibility::Public(public) => public.span = Span::mixed_site(),
            Visibility::Restricted(restricted) => {
                restricted.pub_token.span = Span::mixed_site();
                restricted.paren_token = Paren(Span::mixed_site());
            }
            Visibility::Inherited => {}
        }
        vis
    }

    /// `<Saga><suffix>`, where it is used.
    pub(super) fn name(&self, suffix: &str) -> Ident {
        item(&format!("{}{suffix}", text(&self.saga.name)))
    }

    /// `<Saga><suffix>`, where it is declared.
    pub(super) fn name_at(&self, suffix: &str, span: Span) -> Ident {
        Ident::new(&format!("{}{suffix}", text(&self.saga.name)), span)
    }

    /// The name of the input struct, where it is used.
    pub(super) fn input(&self) -> Ident {
        used(&self.saga.name)
    }

    /// The inputs, without those that repeat a name: that error is already reported.
    pub(super) fn inputs(&self) -> impl Iterator<Item = &'a Field> {
        once_each(&self.saga.inputs)
    }

    pub(super) fn services(&self) -> impl Iterator<Item = &'a Field> {
        let inputs: Vec<String> = self.inputs().map(|input| text(&input.name)).collect();
        let services = once_each(&self.saga.services);
        services.filter(move |service| !inputs.contains(&text(&service.name)))
    }

    /// All steps for which items are generated: all but those with a name that is already taken.
    pub(super) fn every_step(&self) -> impl Iterator<Item = (usize, &'a Step)> + '_ {
        let steps = self.units.iter().flat_map(|unit| &unit.steps);
        steps.map(|&step| (step, self.steps[step]))
    }

    /// All steps that have an effect: a sleep and a lock have none.
    pub(super) fn every_effect(&self) -> impl Iterator<Item = (usize, &'a Step)> + '_ {
        self.every_step().filter(|(_, step)| step.kind.has_effect())
    }

    /// All signals.
    pub(super) fn signals(&self) -> impl Iterator<Item = (usize, &'a Step)> + '_ {
        self.every_step()
            .filter(|(_, step)| step.kind == Kind::Signal)
    }

    pub(super) fn unit_of(&self, step: usize) -> &Unit {
        let unit = self.units.iter().find(|unit| unit.steps.contains(&step));
        unit.expect("a step that has items is in a unit")
    }

    pub(super) fn is_sibling(&self, step: usize) -> bool {
        self.unit_of(step).concurrent
    }

    /// Whether generated code can name the source of a read.
    pub(super) fn is_known(&self, read: &Read) -> bool {
        match read.source {
            Source::Unknown => false,
            _ => read.effects().all(|step| {
                !self.broken || self.units.iter().any(|unit| unit.steps.contains(&step))
            }),
        }
    }

    /// Whether a step's calls are not part of a run of steps, and its slot is filled through a
    /// shared reference: it runs concurrently with its siblings, or its items do with each other.
    pub(super) fn is_apart(&self, step: usize) -> bool {
        self.is_sibling(step) || self.steps[step].looped.is_some()
    }

    /// Whether the effect of a sibling stays in its lane until the block has ended: no other
    /// sibling reads it, and only the action returns it.
    pub(super) fn is_held(&self, k: usize) -> bool {
        let step = self.steps[k];
        let unit = self.unit_of(k);
        let read = |read: &Read| read.source == Source::Effect(k);
        let others = unit.steps.iter().filter(|other| **other != k);
        let mut others = others.flat_map(|other| self.steps[*other].all_reads());
        let acts = step.kind.acts() && step.child().is_none() && step.looped.is_none();
        let clauses = step.resolve.is_some() || step.fallback.is_some();
        unit.concurrent && acts && !clauses && !self.is_optional(k) && !others.any(read)
    }

    /// The `when` block that contains a step.
    pub(super) fn condition_of(&self, step: usize) -> Option<usize> {
        let step = self.data.definition.steps.get(step)?;
        step.condition.map(usize::from)
    }

    /// Whether a step may be skipped.
    pub(super) fn is_optional(&self, step: usize) -> bool {
        self.steps[step].attrs.when.is_some() || self.condition_of(step).is_some()
    }

    /// Whether a step may be skipped as a whole by its own `when`. The `when` of an item skips only
    /// that item.
    fn decides_alone(&self, step: usize) -> bool {
        self.data.definition.steps[step].own_when().is_some()
    }

    /// Whether a step's effect may be absent; for a loop, the list of all effects.
    pub(super) fn may_lack(&self, step: usize) -> bool {
        self.decides_alone(step) || self.condition_of(step).is_some()
    }

    /// Whether a step's effect is always present for code in this `when` block, once the step is
    /// over.
    pub(super) fn is_plain_in(&self, step: usize, block: Option<usize>) -> bool {
        let within = block.is_some() && self.condition_of(step) == block;
        within && !self.decides_alone(step)
    }

    /// Whether the value of a step's calls is stored as an `Option`; for a loop, the value of an
    /// item.
    pub(super) fn stores_option(&self, step: usize) -> bool {
        let declared = self.steps[step];
        if declared.looped.is_some() {
            declared.decides_each()
        } else {
            self.is_optional(step)
        }
    }

    /// Whether anything may outlive a run: `finally`, or the delivery of events.
    pub(super) fn lends(&self) -> bool {
        self.saga.finally.is_some() || self.saga.publish.is_some()
    }

    /// Whether `finally` or `publish` reads this source. If so, it is shared with the run, and the
    /// final expression gets a reference.
    pub(super) fn is_lent(&self, source: Source) -> bool {
        let clauses = self.saga.finally.iter().chain(&self.saga.publish);
        let mut reads = clauses.flat_map(|clause| &clause.reads);
        reads.any(|read| read.source == source)
    }

    /// Whether a step starts only after a sibling has committed.
    pub(super) fn awaits(&self, step: usize, sibling: usize) -> bool {
        let definition = &self.data.definition;
        definition.awaits(index(step), index(sibling))
    }

    /// All reads of the saga that are known, in every place.
    pub(super) fn known_reads(&self) -> impl Iterator<Item = &'a Read> + '_ {
        self.every_read().filter(|read| self.is_known(read))
    }

    /// All reads of the saga, in every place.
    pub(super) fn every_read(&self) -> impl Iterator<Item = &'a Read> + use<'a> {
        let told = self.saga.events.iter().flat_map(|emit| &emit.reads);
        let publish = self.saga.publish.iter().flat_map(|publish| &publish.reads);
        let finally = self.saga.finally.iter().flat_map(|finally| &finally.reads);
        let conditions = self.saga.conditions.iter();
        let conditions = conditions.flat_map(Condition::reads);
        let promised = self.saga.steps().flat_map(|step| {
            let holds = step.attrs.holds.iter();
            let until = holds.filter_map(|hold| hold.until.as_ref());
            let savepoint = step.attrs.savepoint.iter();
            let on = savepoint.filter_map(|savepoint| savepoint.on.as_ref());
            on.flatten().chain(until)
        });
        let steps = self.saga.steps().flat_map(Step::all_reads).chain(promised);
        let steps = steps.chain(conditions);
        steps.chain(told).chain(publish).chain(finally)
    }

    /// The `when` blocks for whose first steps items are generated, each with that step.
    pub(super) fn conditions(&self) -> impl Iterator<Item = (usize, &'a Step, &'a Condition)> + '_ {
        let conditions = self.saga.conditions.iter().enumerate();
        conditions.filter_map(|(block, condition)| {
            let mut inside = self.every_step();
            let (_, first) = inside.find(|(step, _)| condition.steps.contains(step))?;
            Some((block, first, condition))
        })
    }

    /// Whether a step can be undone: the pivot and the steps after it cannot.
    pub(super) fn is_undone(&self, step: usize) -> bool {
        self.data.definition.side(index(step)) == Side::BeforePivot
    }
}

/// Whether no earlier declaration in the saga has the step's name, or its name as a type.
fn is_first_of_name(saga: &Saga, steps: &[&Step], step: usize) -> bool {
    let (name, camel_name) = (text(&steps[step].name), camel(&steps[step].name));
    let mut earlier = steps[..step].iter();
    let mut fields = saga.inputs.iter().chain(&saga.services);
    !earlier.any(|other| camel(&other.name) == camel_name)
        && !fields.any(|field| text(&field.name) == name)
}

/// The name of the field, in the states of a walk, with the items and child sagas of a step.
pub(super) fn parts_of(step: &Step) -> Ident {
    ident(&format!("__parts_of_{}", text(&step.name)))
}

fn once_each(fields: &[Field]) -> impl Iterator<Item = &Field> {
    let numbered = fields.iter().enumerate();
    let is_taken = |index: usize, field: &Field| {
        let mut earlier = fields[..index].iter();
        earlier.any(|other| text(&other.name) == text(&field.name))
    };
    numbered
        .filter(move |(index, field)| !is_taken(*index, field))
        .map(|(_, field)| field)
}
