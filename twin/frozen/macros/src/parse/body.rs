//! The body of a saga: its nodes, and the final expression.

use proc_macro2::TokenStream;
use syn::Attribute;
use syn::parse::ParseBuffer;

use super::look::{self, Start};
use super::nodes::{self, Body};
use super::not_a_node::Within;
use super::notes::Notes;
use super::slips;
use crate::cfg;
use crate::errors::error;

pub(super) fn body<'a>(notes: &mut Notes<'a>, input: &ParseBuffer<'a>) -> syn::Result<Body> {
    if !input.peek(syn::token::Brace) {
        let what = "expected `{ … }` with the steps of the saga";
        let help = "write them in braces";
        return Err(error(input.span(), what, help));
    }
    let content;
    let braces = syn::braced!(content in input).span.join();
    let mut body = Body::within(braces);
    while !content.is_empty() {
        let begin = content.cursor();
        if look::start(begin) == Start::Tail && !look::step_further_on(begin) {
            body.tail = tail(notes, &content);
            break;
        }
        nodes::next(notes, &content, &mut body, Within::Saga);
    }
    Ok(body)
}

fn tail<'a>(notes: &mut Notes<'a>, content: &ParseBuffer<'a>) -> Option<TokenStream> {
    if let Some((attribute, _)) = cfg::attribute(content.cursor()) {
        notes.errors.add(
            attribute.span(),
            "expected a step after this attribute",
            "remove it, or move it to a saga, an input, a service, a step, a block or a clause",
        );
        notes.lost.node = true;
        drop(content.call(Attribute::parse_outer));
    }
    let tail: TokenStream = content.parse().unwrap_or_default();
    if let Some(error) = slips::tail(&tail) {
        notes.errors.push(error);
        notes.lost.node = true;
        return None;
    }
    (!tail.is_empty()).then_some(tail)
}
