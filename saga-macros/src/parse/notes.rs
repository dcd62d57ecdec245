//! What the parser of one saga collects: errors, and what is missing because of them.

use std::collections::BTreeSet;

use proc_macro2::TokenStream;
use syn::buffer::Cursor;
use typed_saga_definition::language::Attribute;

use super::half::Half;
use super::look::{self, Start};
use crate::cfg::{Cut, Range};
use crate::errors::Errors;
use crate::model::{Attrs, Facade, Kind};
use crate::names::text;

/// What is missing because of syntax errors, so that the checks do not report its absence as well.
#[derive(Default)]
#[expect(clippy::struct_excessive_bools, reason = "each silences another rule")]
pub(crate) struct Lost {
    /// Names of lost inputs, services and steps.
    pub(crate) names: BTreeSet<String>,
    /// Whether something was lost whose name could not be recognized.
    pub(crate) unnamed: bool,
    /// Whether the pivot was lost, or a node that may have been the pivot.
    pub(crate) pivot: bool,
    /// Whether a node was lost, and with it perhaps the final expression.
    pub(crate) node: bool,
    /// The owners of code that could not be read: missing clauses of these steps are not reported.
    pub(crate) clauses: BTreeSet<String>,
    /// Whether a read was lost in the list that was parsed last.
    pub(super) read: bool,
    /// Whether a read was lost in any list of the saga.
    pub(crate) reads: bool,
    /// Whether `#[classify]` was lost: its argument, or because it is not allowed at its place.
    pub(crate) classify: bool,
    /// Attributes that are written where they are not allowed, outside the steps: they do not count
    /// as missing.
    pub(super) stray: Vec<Attribute>,
}

impl Lost {
    /// Whether one of these attributes is written where it is not allowed: in the step that has
    /// these attributes, or outside all steps.
    pub(crate) fn strays(&self, step: &Attrs, any: &[Attribute]) -> bool {
        let mut strays = self.stray.iter().chain(&step.stray);
        strays.any(|stray| any.contains(stray))
    }

    /// Notes that the node at `begin` was lost, with its name and kind as far as they can be
    /// recognized.
    pub(super) fn node(&mut self, begin: Cursor<'_>) {
        self.node = true;
        let start = look::start(begin);
        let begin = match start {
            Start::Loop => look::step_of_loop(begin),
            _ => begin,
        };
        match start {
            Start::Step | Start::Loop | Start::Unknown | Start::Bare => {
                let (kind, name) = look::heading(begin);
                self.pivot |= kind.is_none_or(|kind| kind == Kind::Pivot);
                self.name(name.as_ref());
            }
            Start::Group
            | Start::When
            | Start::Else
            | Start::UnknownGroup
            | Start::Later(_)
            | Start::Tail => {
                self.pivot = true;
                self.unnamed = true;
            }
            Start::Emit | Start::Publish | Start::Finally | Start::Clause => {}
        }
    }

    /// Notes that the kind of a step was misspelt: what a step of another kind declares does not count
    /// as missing.
    pub(super) fn kind(&mut self, step: &syn::Ident) {
        self.pivot = true;
        self.clauses.insert(text(step));
    }

    pub(super) fn name(&mut self, name: Option<&syn::Ident>) {
        match name {
            Some(name) => drop(self.names.insert(text(name))),
            None => self.unnamed = true,
        }
    }
}

/// What the parser of one saga collects.
#[derive(Default)]
pub(super) struct Notes<'a> {
    pub(super) errors: Errors,
    pub(super) lost: Lost,
    /// The path of the library.
    pub(super) facade: Facade,
    /// Whether the head of the saga has `emits`.
    pub(super) emits: bool,
    pub(super) cut: Option<Cut<'a>>,
    pub(super) half: Half,
}

impl<'a> Notes<'a> {
    /// Notes a `#[cfg]` on the element; `trace` replaces the element where it is removed. `before`: the
    /// number of errors before the element was read. Where an element with a mistake ends is a guess, so
    /// it is reported, and not removed.
    pub(super) fn element(&mut self, element: Range<'a>, trace: TokenStream, before: usize) {
        if self.cut.is_none() && self.errors.count() == before {
            self.cut = Cut::find(element, trace, &mut self.errors);
        }
    }
}
