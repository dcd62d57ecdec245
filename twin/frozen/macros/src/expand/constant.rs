//! The parts that constants are made of: texts, lists, durations, lines.

use std::time::Duration;

use proc_macro2::{Span, TokenStream};
use quote::quote_spanned;
use syn::Expr;

use super::code::hidden;
use super::ident::{emit, ident};
use super::lints;
use super::plan::Plan;
use crate::model::{Timing, TimingValue};

impl Plan<'_> {
    /// A function that returns a duration.
    pub(super) fn evaluated(&self, timing: &Timing) -> TokenStream {
        let value = self.duration_of(timing);
        // Spanned at the expression, so that rustc reports there that it is not a `Duration`.
        quote_spanned!(timing.span=> || #value)
    }

    /// A duration, where code of the user cannot see what is around it.
    pub(super) fn duration_of(&self, timing: &Timing) -> TokenStream {
        let expr = match &timing.value {
            TimingValue::Literal(duration) => return self.duration(*duration),
            TimingValue::Expr(expr) => expr,
        };
        let (hidden, levels) = (hidden(), lints::of_clause(&timing.levels));
        // A block has braces of its own, which coverage counts.
        let around = match &**expr {
            Expr::Block(_) => timing.span,
            _ => Span::mixed_site(),
        };
        if levels.is_empty() {
            return quote_spanned!(around=> { #hidden #expr });
        }
        // A level can stand before a statement, but not before every expression.
        let value = ident("__value");
        quote_spanned!(around=> { #hidden #levels let #value = #expr; #value })
    }

    /// A limit as an `Option` of a function that returns a duration.
    pub(super) fn limit(&self, timing: Option<&Timing>) -> TokenStream {
        let p = &self.p;
        let Some(timing) = timing else {
            return emit!(#p::Option::None);
        };
        let limit = self.evaluated(timing);
        emit!(#p::Option::Some(#limit))
    }

    pub(super) fn duration(&self, duration: Duration) -> TokenStream {
        let (p, secs, nanos) = (&self.p, duration.as_secs(), duration.subsec_nanos());
        emit!(#p::duration(#secs, #nanos))
    }

    pub(super) fn text(&self, text: &str) -> TokenStream {
        let p = &self.p;
        emit!(#p::Borrowed(#text))
    }

    pub(super) fn list(&self, items: impl Iterator<Item = TokenStream>) -> TokenStream {
        let p = &self.p;
        emit!(#p::Borrowed(&[#(#items),*]))
    }

    /// The line of a declaration, or else the line of the macro call.
    pub(super) fn line(&self, line: u32) -> TokenStream {
        let p = &self.p;
        match line {
            0 => emit!(#p::line!()),
            line => emit!(#line),
        }
    }
}
