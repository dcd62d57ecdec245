//! What all parts of the expansion look up: names, types, and the order of steps and blocks.

use std::ops::Range;

use proc_macro2::{Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::{Ident, spanned::Spanned};

use super::generics::{Params, idents};
use crate::model::{Clause, Compensate, Field, Kind, Node, Output, Read, Saga, Source, Step};
use crate::names::{camel, text};

pub(super) struct Plan<'a> {
    pub(super) saga: &'a Saga,
    /// An error is on record: whatever would only repeat it is left out.
    pub(super) broken: bool,
    /// The path of what generated code may name.
    pub(super) p: TokenStream,
    /// All steps, by index.
    pub(super) steps: Vec<&'a Step>,
    /// Single steps and blocks, in order.
    pub(super) units: Vec<Unit>,
    pub(super) all: Params<'a>,
}

/// A single step, or the siblings of a block.
pub(super) struct Unit {
    pub(super) steps: Range<usize>,
    pub(super) concurrent: bool,
}

impl<'a> Plan<'a> {
    pub(super) fn new(saga: &'a Saga, broken: bool) -> Self {
        let mut units = Vec::new();
        let mut next = 0;
        for node in &saga.nodes {
            let (len, concurrent) = match node {
                Node::Step(_) => (1, false),
                Node::Group(siblings) => (siblings.steps.len(), true),
            };
            units.push(Unit { steps: next..next + len, concurrent });
            next += len;
        }
        // An empty block is an error that is on record.
        units.retain(|unit| !unit.steps.is_empty());
        let krate = &saga.attrs.krate;
        Self { saga, broken, p: quote!(#krate::__private), steps: saga.steps().collect(), units, all: Params::all(&saga.generics) }
    }

    /// `<Saga><suffix>`.
    pub(super) fn name(&self, suffix: &str) -> Ident {
        self.named(suffix, self.saga.name.span())
    }

    pub(super) fn named(&self, suffix: &str, span: Span) -> Ident {
        Ident::new(&format!("{}{suffix}", text(&self.saga.name)), span)
    }

    /// The name in keys and records.
    pub(super) fn journal_name(&self) -> String {
        self.saga.attrs.name.as_ref().map_or_else(|| text(&self.saga.name), syn::LitStr::value)
    }

    /// Inputs without those that repeat a name: that error is on record.
    pub(super) fn inputs(&self) -> impl Iterator<Item = &'a Field> {
        once_each(&self.saga.inputs, |input| text(&input.name))
    }

    pub(super) fn services(&self) -> impl Iterator<Item = &'a Field> {
        let inputs: Vec<String> = self.inputs().map(|input| text(&input.name)).collect();
        once_each(&self.saga.services, |service| text(&service.name)).filter(move |service| !inputs.contains(&text(&service.name)))
    }

    /// Whether this step is the first of its name; another one is an error that is on record.
    pub(super) fn is_shown(&self, step: usize) -> bool {
        if !self.broken {
            return true;
        }
        let (name, camel_name) = (text(&self.steps[step].name), camel(&self.steps[step].name));
        let taken = |other: &Step| camel(&other.name) == camel_name;
        let field = |field: &Field| text(&field.name) == name;
        !self.steps[..step].iter().any(|other| taken(other)) && !self.saga.inputs.iter().chain(&self.saga.services).any(field)
    }

    /// The steps of a range that are shown.
    pub(super) fn shown(&self, steps: Range<usize>) -> impl Iterator<Item = (usize, &'a Step)> + '_ {
        steps.filter(|&step| self.is_shown(step)).map(|step| (step, self.steps[step]))
    }

    pub(super) fn every_step(&self) -> impl Iterator<Item = (usize, &'a Step)> + '_ {
        self.shown(0..self.steps.len())
    }

    pub(super) fn unit_of(&self, step: usize) -> &Unit {
        self.units.iter().find(|unit| unit.steps.contains(&step)).expect("every step is in a unit")
    }

    pub(super) fn is_sibling(&self, step: usize) -> bool {
        self.unit_of(step).concurrent
    }

    /// The written type of a step's value.
    pub(super) fn value_type(&self, step: usize) -> TokenStream {
        let step = self.steps[step];
        match &step.effect {
            Some(ty) => quote!(#ty),
            None => quote_spanned!(step.name.span()=> ()),
        }
    }

    /// The type of its effect to all who read it: optional behind a `when`.
    pub(super) fn effect_type(&self, step: usize) -> TokenStream {
        let value = self.value_type(step);
        if self.steps[step].attrs.when.is_some() {
            let p = &self.p;
            quote!(#p::Option<#value>)
        } else {
            value
        }
    }

    pub(super) fn output_type(&self) -> TokenStream {
        match &self.saga.output {
            Output::Type(ty) => quote!(#ty),
            Output::Effects(_) => {
                let (effects, params) = (self.name("Effects"), self.effects_params().names());
                quote!(#effects<#params>)
            }
        }
    }

    pub(super) fn inputs_params(&self) -> Params<'a> {
        Params::mentioned(&self.saga.generics, || self.inputs().map(|input| &input.ty).map(|ty| quote!(#ty)).collect())
    }

    pub(super) fn services_params(&self) -> Params<'a> {
        Params::mentioned(&self.saga.generics, || self.services().map(|service| &service.ty).map(|ty| quote!(#ty)).collect())
    }

    pub(super) fn effects_params(&self) -> Params<'a> {
        Params::mentioned(&self.saga.generics, || self.every_step().map(|(step, _)| self.value_type(step)).collect())
    }

    /// `Result<ty, E>`, so that a mismatch is reported at `ty`: only punctuation has the user's span, or "go to definition" of the type would
    /// offer `Result`, too.
    pub(super) fn result_of(&self, ty: &TokenStream) -> TokenStream {
        let error = &self.saga.error;
        let here = Span::call_site();
        let [core, result, result_type] = ["core", "result", "Result"].map(|name| Ident::new(name, here));
        let span = ty.span();
        quote_spanned!(span=> ::#core::#result::#result_type<#ty, #error>)
    }

    /// Whether `finally` reads this input, which is shared with it then: the tail has it by reference.
    pub(super) fn is_lent(&self, input: usize) -> bool {
        self.saga.finally.as_ref().is_some_and(|finally| finally.reads.iter().any(|read| read.source == Source::Input(input)))
    }

    /// A type parameter for the state of a sibling, by a name that occurs nowhere in the saga's types.
    pub(super) fn state_params(&self, unit: &Unit) -> Vec<Ident> {
        let fields = self.saga.inputs.iter().chain(&self.saga.services).map(|field| &field.ty);
        let mut taken = idents(fields.map(|ty| quote!(#ty)).collect());
        let (generics, error) = (&self.saga.generics, &self.saga.error);
        taken.extend(idents(quote!(#generics #error)));
        taken.extend(idents((0..self.steps.len()).map(|step| self.value_type(step)).collect()));
        unit.steps
            .clone()
            .map(|step| {
                let mut name = format!("{}State", camel(&self.steps[step].name));
                while taken.contains(&name) {
                    name.push('_');
                }
                format_ident!("{name}", span = Span::call_site())
            })
            .collect()
    }

    /// The steps that this one stands on: what its action, `resolve` and `compensate` read, and `#[after]`.
    pub(super) fn stands_on(&self, step: usize) -> Vec<usize> {
        let declared = self.steps[step];
        let clauses = declared.resolve.iter().chain(compensation(declared));
        let reads = declared.reads.iter().chain(&declared.attrs.after).chain(clauses.flat_map(|clause| &clause.reads));
        let mut steps = effects_of(reads);
        steps.retain(|&other| other != step);
        steps
    }

    /// The siblings that must have committed before it starts.
    pub(super) fn awaits(&self, step: usize) -> Vec<usize> {
        let unit = self.unit_of(step);
        if !unit.concurrent {
            return Vec::new();
        }
        let declared = self.steps[step];
        let mut siblings = effects_of(declared.reads.iter().chain(&declared.attrs.after));
        siblings.retain(|sibling| unit.steps.contains(sibling) && *sibling != step);
        siblings
    }

    /// All reads of the saga, in every place.
    pub(super) fn every_read(&self) -> impl Iterator<Item = &'a Read> {
        let saga = self.saga;
        saga.steps().flat_map(reads_of).chain(saga.finally.iter().flat_map(|finally| &finally.reads))
    }

    pub(super) fn has_pivot(&self) -> Option<usize> {
        self.steps.iter().position(|step| step.kind == Kind::Pivot)
    }
}

/// All reads of a step.
fn reads_of(step: &Step) -> impl Iterator<Item = &Read> {
    let clauses = step.resolve.iter().chain(compensation(step)).chain(&step.fallback).flat_map(|clause| &clause.reads);
    let when = step.attrs.when.iter().flat_map(|when| &when.reads);
    step.reads.iter().chain(clauses).chain(when).chain(&step.attrs.after)
}

pub(super) fn compensation(step: &Step) -> Option<&Clause> {
    match &step.compensate {
        Compensate::Clause(clause) => Some(clause),
        Compensate::Missing | Compensate::None(_) => None,
    }
}

fn effects_of<'a>(reads: impl Iterator<Item = &'a Read>) -> Vec<usize> {
    let mut steps: Vec<usize> = reads
        .filter_map(|read| match read.source {
            Source::Effect(step) => Some(step),
            _ => None,
        })
        .collect();
    steps.sort_unstable();
    steps.dedup();
    steps
}

fn once_each<'a, T>(all: &'a [T], name: impl Fn(&T) -> String + 'a) -> impl Iterator<Item = &'a T> {
    all.iter().enumerate().filter(move |(index, item)| !all[..*index].iter().any(|other| name(other) == name(item))).map(|(_, item)| item)
}
