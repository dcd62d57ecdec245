//! What a value is made of: inputs of the saga, and effects of its steps.

use std::collections::BTreeSet;

use proc_macro2::{Ident, TokenStream};
use syn::ExprStruct;

use super::{Child, Keyed, Read, Saga, Source, Step};
use crate::names::uses;

/// The inputs and effects, by index. A loop's item counts as made of the reads of the loop's list.
#[derive(Default)]
pub(crate) struct Origin {
    inputs: BTreeSet<usize>,
    effects: BTreeSet<usize>,
    /// The step's key, which no other step has.
    key: bool,
}

impl Origin {
    /// The origin of a source that a step reads.
    fn of(step: &Step, source: Source) -> Self {
        let mut origin = Self::default();
        origin.add(step, source);
        origin
    }

    /// The origin of an expression of a step with these reads.
    pub(crate) fn of_tokens(step: &Step, reads: &[Read], tokens: &TokenStream) -> Self {
        let mut origin = Self::default();
        for read in reads.iter().filter(|read| uses(tokens, &read.binding)) {
            origin.add(step, read.source);
            origin.effects.extend(read.effects());
        }
        origin
    }

    fn add(&mut self, step: &Step, source: Source) {
        match source {
            Source::Input(input) => drop(self.inputs.insert(input)),
            Source::Effect(effect) => drop(self.effects.insert(effect)),
            // What arms make is no key, and differs from run to run.
            Source::Key | Source::UndoKey | Source::Ctx | Source::Arms(_) => self.key = true,
            Source::Item(_) => {
                let reads = step.looped.iter().flat_map(|looped| &looped.reads);
                reads.for_each(|read| self.add(step, read.source));
            }
            _ => {}
        }
    }

    /// The inputs from which alone the value is made: it is the same in two runs with the same
    /// inputs.
    pub(crate) fn shared(self) -> BTreeSet<usize> {
        if self.effects.is_empty() && !self.key {
            self.inputs
        } else {
            BTreeSet::new()
        }
    }
}

impl Saga {
    /// The inputs that alone determine a value that a step names as its key: a service takes two
    /// runs that share these inputs for one.
    pub(crate) fn key_inputs(&self) -> BTreeSet<usize> {
        let keys = self.steps().flat_map(|step| {
            step.keys()
                .flat_map(|source| Origin::of(step, source).shared())
        });
        keys.collect()
    }
}

impl Step {
    /// The sources of the values that the step names as keys.
    pub(crate) fn keys(&self) -> impl Iterator<Item = Source> {
        let idempotent = self.attrs.idempotent.as_ref();
        let idempotent = idempotent.and_then(|keyed| keyed.source(&self.reads));
        let by_key = self.compensation().and_then(|clause| {
            let keyed = clause.attrs.by_key.as_ref()?;
            keyed.source(&clause.reads)
        });
        idempotent.into_iter().chain(by_key)
    }
}

impl Keyed {
    /// The source of the value that `by` names, in code with these reads.
    pub(crate) fn source(&self, reads: &[Read]) -> Option<Source> {
        self.read(reads).map(|read| read.source)
    }

    /// The read that `by` names, in code with these reads.
    pub(crate) fn read<'r>(&self, reads: &'r [Read]) -> Option<&'r Read> {
        let name = self.name()?;
        reads.iter().find(|read| read.is_called(name))
    }
}

impl Child {
    /// The child's inputs by name, each with the expression for its value. Half-typed ones are left
    /// out.
    pub(crate) fn given(&self) -> Vec<(Ident, TokenStream)> {
        let literal = syn::parse2::<ExprStruct>(self.literal());
        let fields = literal.map(|literal| literal.fields).unwrap_or_default();
        let given = fields.into_iter().filter_map(|field| match field.member {
            syn::Member::Named(name) => {
                let value = field.expr;
                Some((name, quote::quote!(#value)))
            }
            syn::Member::Unnamed(_) => None,
        });
        given.collect()
    }
}
