//! `when (reads => expr)` before a block, and `else` before another one.

use proc_macro2::{Delimiter, Span, TokenStream};
use quote::quote;
use syn::buffer::Cursor;
use syn::ext::IdentExt;
use syn::parse::ParseBuffer;
use syn::{Attribute, Ident, Token};
use typed_saga_definition::language::Place;

use super::arguments::of_reads;
use super::attrs::attrs;
use super::notes::Notes;
use super::values::CONDITION;
use super::{look, slips};
use crate::errors::error;
use crate::model::{Arm, Condition, When};

const HELP: &str = "name what the condition reads, as in `when (reads => condition) { … }`";

/// The condition of a `when` block, and the content of the block.
pub(super) fn open<'a>(
    notes: &mut Notes<'a>,
    input: &ParseBuffer<'a>,
) -> syn::Result<(When, ParseBuffer<'a>)> {
    attrs(notes, input.call(Attribute::parse_outer)?, Place::When);
    let span = input.call(Ident::parse_any)?.span();
    let arguments;
    let around = syn::parenthesized!(arguments in input).span.join();
    let when = of_reads(&arguments, CONDITION, HELP);
    let when = when.map(|(reads, condition)| When {
        span,
        reads,
        around,
        condition,
    });
    let when = when.unwrap_or_else(|error| {
        notes.errors.push(error);
        look::skip(&arguments, arguments.cursor(), |_| false);
        absent(span)
    });
    let content;
    syn::braced!(content in input);
    Ok((when, content))
}

/// The next arm of a `when`, without its steps, and the content of its block: `else when (reads =>
/// expr) { … }`, or `else { … }`.
pub(super) fn arm<'a>(
    notes: &mut Notes<'a>,
    input: &ParseBuffer<'a>,
) -> syn::Result<(Condition, ParseBuffer<'a>)> {
    attrs(notes, input.call(Attribute::parse_outer)?, Place::When);
    let span = input.parse::<Token![else]>()?.span;
    let steps = 0..0;
    if look::word(input.cursor(), "when").is_some() {
        let (when, content) = open(notes, input)?;
        let arm = Condition {
            arm: Arm::ElseWhen,
            span: when.span,
            when: Some(when),
            steps,
        };
        return Ok((arm, content));
    }
    if !input.peek(syn::token::Brace) {
        let what = if input.peek(Token![if]) {
            "an arm of a `when` cannot be an `else if`"
        } else {
            "expected `when` or `{` after `else`"
        };
        let condition = slips::condition(after_if(input.cursor()));
        let help = format!("write `else when ({condition}) {{ … }}`, or `else {{ … }}`");
        return Err(error(input.span(), what, help));
    }
    let content;
    syn::braced!(content in input);
    let arm = Condition {
        arm: Arm::Else,
        span,
        when: None,
        steps,
    };
    Ok((arm, content))
}

/// The tokens between an `if` and its block; none if there is no `if`, or no block.
fn after_if(begin: Cursor<'_>) -> TokenStream {
    let Some(mut cursor) = look::word(begin, "if") else {
        return TokenStream::new();
    };
    let mut tokens = TokenStream::new();
    while cursor.group(Delimiter::Brace).is_none() {
        let Some((token, rest)) = cursor.token_tree() else {
            return TokenStream::new();
        };
        tokens.extend([token]);
        cursor = rest;
    }
    tokens
}

/// Replaces a condition with a mistake that is already reported.
fn absent(span: Span) -> When {
    When {
        span,
        reads: Vec::new(),
        around: span,
        condition: quote!(::core::unreachable!()),
    }
}
