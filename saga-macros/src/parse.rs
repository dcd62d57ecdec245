//! Parses tokens into [`model`](crate::model). Parsing continues after a mistake, so that each
//! mistake is reported.

mod arguments;
mod attrs;
mod block;
mod body;
mod child;
mod code;
mod condition;
mod emit;
mod emits;
mod given;
mod half;
mod look;
mod looped;
mod nodes;
mod not_a_node;
mod notes;
mod policy;
mod promises;
mod reads;
mod rerun;
mod saga;
mod slips;
mod step;
mod texts;
mod timing;
mod ty;
mod values;
mod waits;

pub(crate) use self::half::without_marker;
use proc_macro2::TokenStream;
use syn::parse::{ParseBuffer, ParseStream, Parser};

use self::half::Half;
use self::notes::Notes;
use crate::cfg::Range;
use crate::errors::Errors;
use crate::model::{Facade, Saga};

pub(crate) use self::notes::Lost;

/// The result of parsing one saga of a call.
pub(crate) enum Declaration {
    Saga {
        saga: Box<Saga>,
        lost: Lost,
        errors: Errors,
    },
    /// Calls of the macro, one for each branch of a `#[cfg]`.
    Split(TokenStream),
    /// Half-typed paths for rust-analyzer, before everything else.
    Half(TokenStream),
    /// A saga that is too broken to tell what it declares.
    Unreadable(Errors),
}

/// All sagas of a call of the macro, which the library's `saga!` begins with its `$crate`.
pub(crate) fn declarations(input: TokenStream) -> Vec<Declaration> {
    let (mut found, mut half) = (Vec::new(), Half::default());
    let parser = |input: ParseStream<'_>| {
        let facade = facade(input);
        while !input.is_empty() {
            found.push(declaration(input, &facade, &mut half));
        }
        Ok(())
    };
    // The only error here is about tokens that recovery skipped: their mistake is already reported.
    drop(parser.parse2(input));
    if let Some(items) = half.items() {
        found.insert(0, Declaration::Half(items));
    }
    found
}

fn facade(input: &ParseBuffer<'_>) -> Facade {
    let token = input.cursor().ident().map(|(token, _)| token);
    let token = token.filter(|token| token == Facade::TOKEN);
    if token.is_some() {
        look::advance(input);
    }
    Facade(token)
}

fn declaration<'a>(input: &ParseBuffer<'a>, facade: &Facade, all_half: &mut Half) -> Declaration {
    let begin = input.cursor();
    let mut notes = Notes {
        facade: facade.clone(),
        ..Notes::default()
    };
    let saga = saga::saga(&mut notes, input);
    let saga = saga.map_err(|error| {
        notes.errors.push(error);
        look::skip(input, begin, look::starts_saga);
    });
    let range: Range<'a> = (begin, input.cursor());
    notes.element(range, TokenStream::new(), 0);
    let Notes {
        errors,
        lost,
        facade: _,
        emits: _,
        cut,
        mut half,
    } = notes;
    // The calls for the branches of a `#[cfg]` find theirs again.
    if cut.is_none() {
        all_half.append(&mut half);
    }
    match (cut, saga) {
        (Some(cut), _) => Declaration::Split(cut.calls(range, facade)),
        (None, Ok(saga)) => Declaration::Saga {
            saga: Box::new(saga),
            lost,
            errors,
        },
        (None, Err(())) => Declaration::Unreadable(errors),
    }
}
