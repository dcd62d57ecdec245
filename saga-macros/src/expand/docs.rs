//! The picture of a saga, the table of its steps, and what it guarantees, for its documentation.

use std::env;

use proc_macro2::TokenStream;
use typed_saga_analysis::Analysis;
use typed_saga_definition::Definition;

use super::ident::emit;
use super::plan::Plan;
use crate::model::Step;

impl Plan<'_> {
    /// The part of the documentation that follows the user's own words. It is for rustdoc alone:
    /// any other compiler drops the attribute. Durations that are expressions are shown as they are
    /// written.
    pub(super) fn drawn(&self) -> TokenStream {
        if self.broken || is_compiled() {
            return TokenStream::new();
        }
        let definition = &self.data.definition;
        let docs = format!(
            "\n\n# Steps\n\n<div>\n{}</div>\n\n{}\n# Guarantees\n\n{}",
            definition.to_svg(),
            definition.to_table(),
            guarantees(definition)
        );
        emit!(#[cfg_attr(doc, doc = #docs)])
    }
}

/// Whether this process is a compiler, which would drop what rustdoc shows. Drawing and analyzing a saga of
/// 64 steps is 15 % of its `cargo check`, since the macro is usually compiled without optimisation.
fn is_compiled() -> bool {
    let program = env::current_exe().unwrap_or_default();
    program
        .file_stem()
        .is_some_and(|name| name == "rustc" || name == "clippy-driver")
}

/// The report of `saga analyze`, as far as the macro knows the saga.
fn guarantees(definition: &Definition) -> String {
    let report = Analysis::of(definition).report();
    let partial = if report.is_partial() {
        "\n`saga analyze` knows more than this documentation: the values of expressions, and what is \
         in child sagas.\n"
    } else {
        ""
    };
    let report = wrapping(&report.to_string());
    format!(
        "What follows from the declaration alone. Times leave out crashes, blocked threads, \
         `finally`, and an engine's queue and commits.\n\n{STYLE}\n{report}\n{partial}"
    )
}

const STYLE: &str = "<style>.saga-report { white-space: pre-wrap; } .saga-report span { \
    display: block; padding-left: 28ch; text-indent: -28ch; } \
    @media (max-width: 700px) { .saga-report span { padding-left: 2ch; text-indent: -2ch; } }</style>";

/// The lines as HTML: what does not fit into one line continues to the right of its subject.
fn wrapping(text: &str) -> String {
    let escaped = text.replace('&', "&amp;").replace('<', "&lt;");
    let lines = escaped.lines().map(|line| format!("<span>{line}\n</span>"));
    format!(
        "<pre class=\"saga-report\">{}</pre>",
        lines.collect::<String>()
    )
}

/// The user's documentation of a step, for the move of its name, by which a user sees the step. It
/// is nowhere else: an example in it is one doctest. The move's own words follow.
pub(super) fn documentation(step: &Step) -> TokenStream {
    let attrs = step.attrs.others.iter();
    let own: Vec<_> = attrs.filter(|attr| attr.path().is_ident("doc")).collect();
    let between = (!own.is_empty()).then(|| emit!(#[doc = ""]));
    emit!(#(#own)* #between)
}
