//! Tokens to [`model`](crate::model), going on after a mistake so that each is reported.

mod arguments;
mod attrs;
mod body;
mod look;
mod place;
mod policy;
mod saga;
mod step;
mod timing;

use std::collections::BTreeSet;

use proc_macro2::TokenStream;
use syn::Path;
use syn::buffer::Cursor;
use syn::parse::{ParseBuffer, ParseStream, Parser};

use crate::cfg::{Cut, Range};
use crate::errors::Errors;
use crate::model::{Kind, Saga};
use crate::names::text;

use self::look::Start;

/// What one saga of a call became.
pub(crate) enum Declaration {
    Saga {
        saga: Box<Saga>,
        lost: Lost,
        errors: Errors,
    },
    /// Calls of the macro, one for each branch of a `#[cfg]`.
    Split(TokenStream),
    /// Too broken to say what it declares.
    Unreadable(Errors),
}

/// What syntax errors took away: the checks must not report its absence as well.
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
    /// The argument of `#[classify]`.
    pub(crate) classify: bool,
}

impl Lost {
    /// The node that `begin` starts, as far as it can be seen.
    fn node(&mut self, begin: Cursor<'_>) {
        self.node = true;
        match look::start(begin) {
            Start::Step | Start::Unknown | Start::Bare => {
                let (kind, name) = look::heading(begin);
                self.pivot |= kind.is_none_or(|kind| kind == Kind::Pivot);
                self.name(name.as_ref());
            }
            Start::Group | Start::UnknownGroup | Start::Later(_) | Start::Tail => {
                self.pivot = true;
                self.unnamed = true;
            }
            Start::Finally | Start::Clause => {}
        }
    }

    fn name(&mut self, name: Option<&syn::Ident>) {
        match name {
            Some(name) => drop(self.names.insert(text(name))),
            None => self.unnamed = true,
        }
    }
}

/// What the parser of one saga collects on its way.
#[derive(Default)]
struct Notes<'a> {
    errors: Errors,
    lost: Lost,
    krate: Option<Path>,
    cut: Option<Cut<'a>>,
}

impl<'a> Notes<'a> {
    /// Notes a `#[cfg]` on the element; `trace` takes its place where it is taken out.
    fn element(&mut self, element: Range<'a>, trace: TokenStream) {
        if self.cut.is_none() {
            self.cut = Cut::find(element, trace, &mut self.errors);
        }
    }
}

/// All sagas of a call of the macro.
pub(crate) fn declarations(input: TokenStream) -> Vec<Declaration> {
    let mut found = Vec::new();
    let parser = |input: ParseStream<'_>| {
        while !input.is_empty() {
            found.push(declaration(input));
        }
        Ok(())
    };
    // The only error here is about tokens that recovery passed over: their mistake is on record.
    drop(parser.parse2(input));
    found
}

fn declaration<'a>(input: &ParseBuffer<'a>) -> Declaration {
    let begin = input.cursor();
    let mut notes = Notes::default();
    let saga = saga::saga(&mut notes, input);
    let saga = saga.map_err(|error| {
        notes.errors.push(error);
        look::skip(input, begin, look::starts_saga);
    });
    let range: Range<'a> = (begin, input.cursor());
    notes.element(range, TokenStream::new());
    let Notes {
        errors,
        lost,
        krate,
        cut,
    } = notes;
    match (cut, saga) {
        (Some(cut), _) => {
            Declaration::Split(cut.calls(range, &krate.unwrap_or_else(saga::default_crate)))
        }
        (None, Ok(saga)) => Declaration::Saga {
            saga: Box::new(saga),
            lost,
            errors,
        },
        (None, Err(())) => Declaration::Unreadable(errors),
    }
}
