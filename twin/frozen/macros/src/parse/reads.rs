//! Lists of reads.

use syn::parse::ParseBuffer;
use syn::{Ident, Token};

use super::notes::Notes;
use super::{look, slips};
use crate::model::Read;

const READS: &str = "write the names of inputs, services and earlier effects: each is bound to a \
    reference";

/// The reads of `owner`, a step or a clause; `None` if the list is missing.
pub(super) fn reads(
    notes: &mut Notes<'_>,
    input: &ParseBuffer<'_>,
    owner: &Ident,
) -> Option<Vec<Read>> {
    notes.lost.read = false;
    let reads = in_parentheses(notes, input);
    if reads.is_err() {
        notes.lost.read = true;
        notes.lost.reads = true;
        let what = format!("expected `(…)` with what `{owner}` reads");
        let help =
            format!("list the names in parentheses: `{owner}(…)`; `{owner}()` reads nothing");
        let ended = look::ends_node(input.cursor());
        let span = if ended { owner.span() } else { input.span() };
        notes.errors.add(span, what, help);
        look::skip_to_code(input);
    }
    reads.ok()
}

fn in_parentheses(notes: &mut Notes<'_>, input: &ParseBuffer<'_>) -> syn::Result<Vec<Read>> {
    let content;
    syn::parenthesized!(content in input);
    Ok(list_of_names(notes, &content))
}

/// Names separated by commas; anything else is reported and left out.
fn list_of_names(notes: &mut Notes<'_>, input: &ParseBuffer<'_>) -> Vec<Read> {
    let mut names = Vec::new();
    let mut borrowed = false;
    while !input.is_empty() {
        let begin = input.cursor();
        if input.peek(Token![&]) || input.peek(Token![*]) {
            slips::reference(notes, input, &mut borrowed);
            continue;
        }
        if input.peek(Token![mut]) && input.peek2(Ident) {
            notes
                .errors
                .add(input.span(), "expected a name without `mut`", READS);
            look::advance(input);
        }
        if input.peek(Token![,]) {
            notes
                .errors
                .add(input.span(), "expected a name", "remove this comma");
            look::advance(input);
            continue;
        }
        let name = input.parse::<Ident>().ok();
        if !(input.is_empty() || input.peek(Token![,])) || name.is_none() {
            let (what, help) = more_than_a_name(input, name.as_ref());
            notes.errors.add(input.span(), what, help);
            look::skip(input, begin, look::comma);
            notes.lost.read = true;
            notes.lost.reads = true;
        }
        names.extend(name);
        drop(input.parse::<Option<Token![,]>>());
    }
    Read::unresolved(names)
}

/// The mistake after `name`, or in its place, and the help.
fn more_than_a_name(input: &ParseBuffer<'_>, name: Option<&Ident>) -> (String, String) {
    let sign = input.cursor().punct().map(|(sign, _)| sign.as_char());
    match (name, sign) {
        (Some(name), Some(':')) => (
            "expected a name without a type".to_owned(),
            format!("write `{name}` alone: it is bound to a reference"),
        ),
        (Some(name), Some('.')) => (
            "expected a name, not a part of a value".to_owned(),
            format!("read `{name}`, and use its part in a block"),
        ),
        (Some(_), _) => ("expected `,`".to_owned(), READS.to_owned()),
        (None, _) if input.peek(Token![self]) => (
            "a step has no `self`".to_owned(),
            "read a service by its name".to_owned(),
        ),
        (None, _) => ("expected a name".to_owned(), READS.to_owned()),
    }
}
