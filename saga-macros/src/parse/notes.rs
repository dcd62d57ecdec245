//! What the parser of one saga collects on its way: errors, and what is missing because of them.

use std::collections::BTreeSet;

use proc_macro2::TokenStream;
use syn::Path;
use syn::buffer::Cursor;

use super::look::{self, Start};
use crate::cfg::{Cut, Range};
use crate::errors::Errors;
use crate::model::Kind;
use crate::names::text;

/// What is missing because of syntax errors: the checks do not report its absence as well.
#[derive(Default)]
#[expect(clippy::struct_excessive_bools, reason = "each silences another rule")]
pub(crate) struct Lost {
    /// Names of lost inputs, services and steps.
    pub(crate) names: BTreeSet<String>,
    /// Something was lost whose name could not be seen.
    pub(crate) unnamed: bool,
    /// The pivot, or what may have been it.
    pub(crate) pivot: bool,
    /// A node, and with it perhaps the tail.
    pub(crate) node: bool,
    /// Steps with a clause that could not be told from its keyword.
    pub(crate) clauses: BTreeSet<String>,
    /// A read, or what stands in its place, of the list that was parsed last.
    pub(super) read: bool,
    /// The same of any list of the saga.
    pub(crate) reads: bool,
    /// The argument of `#[classify]`.
    pub(crate) classify: bool,
}

impl Lost {
    /// The node that `begin` starts, as far as it can be seen.
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
            Start::Group | Start::When | Start::UnknownGroup | Start::Later(_) | Start::Tail => {
                self.pivot = true;
                self.unnamed = true;
            }
            Start::Emit | Start::Emits | Start::Publish | Start::Finally | Start::Clause => {}
        }
    }

    pub(super) fn name(&mut self, name: Option<&syn::Ident>) {
        match name {
            Some(name) => drop(self.names.insert(text(name))),
            None => self.unnamed = true,
        }
    }
}

/// What the parser of one saga collects on its way.
#[derive(Default)]
pub(super) struct Notes<'a> {
    pub(super) errors: Errors,
    pub(super) lost: Lost,
    /// Where the saga says that the library is.
    pub(super) krate: Option<Path>,
    pub(super) cut: Option<Cut<'a>>,
}

impl<'a> Notes<'a> {
    /// Notes a `#[cfg]` on the element; `trace` takes its place where it is taken out.
    pub(super) fn element(&mut self, element: Range<'a>, trace: TokenStream) {
        if self.cut.is_none() {
            self.cut = Cut::find(element, trace, &mut self.errors);
        }
    }
}
