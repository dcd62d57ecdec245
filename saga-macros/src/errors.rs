//! All errors of one saga, collected so that one run of the compiler reports them all.

use std::fmt::Display;

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote};
use syn::Type;

/// The reason why a sibling may not have happened.
pub(crate) const SIBLINGS: &str =
    "siblings run side by side: each waits only for the earlier ones that it reads";

/// The help to let `step` wait for an earlier step.
pub(crate) fn awaited(earlier: impl Display, step: impl Display) -> String {
    format!(
        "read `{earlier}` in the action of `{step}`, or write `#[after({earlier})]` on `{step}`"
    )
}

/// The errors found so far, in order of discovery.
#[derive(Default)]
pub(crate) struct Errors(Vec<syn::Error>);

impl Errors {
    /// Adds an error at `span`: `what` is wrong, and the `help` to correct it.
    pub(crate) fn add(&mut self, span: Span, what: impl Display, help: impl Display) {
        self.0.push(error(span, what, help));
    }

    /// Adds an error as [`add`](Self::add) does, with a note that explains `why` it is wrong.
    pub(crate) fn add_noted(
        &mut self,
        span: Span,
        what: impl Display,
        why: impl Display,
        help: impl Display,
    ) {
        self.0.push(noted(span, what, why, help));
    }

    pub(crate) fn push(&mut self, error: syn::Error) {
        self.0.push(error);
    }

    #[cfg(test)]
    pub(crate) fn append(&mut self, mut later: Errors) {
        self.0.append(&mut later.0);
    }

    pub(crate) fn count(&self) -> usize {
        self.0.len()
    }

    pub(crate) fn first(&self) -> Option<&syn::Error> {
        self.0.first()
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The source that each error underlines, and its text.
    #[cfg(test)]
    pub(crate) fn found(&self) -> Vec<(String, String)> {
        let errors = self.0.iter().flatten();
        errors
            .map(|error| {
                (
                    error.span().source_text().unwrap_or_default(),
                    error.to_string(),
                )
            })
            .collect()
    }
}

impl ToTokens for Errors {
    /// Writes the errors in the order of the source, as far as the compiler reveals it.
    fn to_tokens(&self, tokens: &mut TokenStream) {
        let mut errors: Vec<_> = self.0.iter().collect();
        errors.sort_by_key(|error| error.span().start());
        tokens.extend(errors.into_iter().map(syn::Error::to_compile_error));
    }
}

/// An error with help. Macros cannot attach real notes on stable.
pub(crate) fn error(span: Span, what: impl Display, help: impl Display) -> syn::Error {
    syn::Error::new(span, with_help(what, help))
}

/// An error at `span` with help, and a note that explains `why` it is wrong.
pub(crate) fn noted(
    span: Span,
    what: impl Display,
    why: impl Display,
    help: impl Display,
) -> syn::Error {
    syn::Error::new(span, format!("{what}\n\nnote: {why}\nhelp: {help}"))
}

/// An error with help that underlines all of `tokens`.
pub(crate) fn error_over(
    tokens: impl ToTokens,
    what: impl Display,
    help: impl Display,
) -> syn::Error {
    syn::Error::new_spanned(tokens, with_help(what, help))
}

/// An error with help that underlines all of `tokens`, and a note that explains `why` it is wrong.
pub(crate) fn error_over_noted(
    tokens: impl ToTokens,
    what: impl Display,
    why: impl Display,
    help: impl Display,
) -> syn::Error {
    syn::Error::new_spanned(tokens, format!("{what}\n\nnote: {why}\nhelp: {help}"))
}

fn with_help(what: impl Display, help: impl Display) -> String {
    format!("{what}\n\nhelp: {help}")
}

/// The type with an error that is reported: rustc accepts it as any type, so it reports nothing that
/// uses it.
pub(crate) fn poison(known: &syn::Error) -> Type {
    let error = known.to_compile_error();
    Type::Verbatim(quote!([(); #error]))
}

/// Help that offers a choice: one line for each way.
pub(crate) fn ways(intro: &str, ways: &[String]) -> String {
    format!("{intro}\n  {}", ways.join("\n  "))
}

/// Tokens as text, spaced about as a person would write them.
pub(crate) fn code(tokens: impl ToTokens) -> String {
    let spaced = tokens.to_token_stream().to_string();
    spaced
        .replace(" :: ", "::")
        .replace(" < ", "<")
        .replace(" >", ">")
        .replace("& ", "&")
        .replace(" ,", ",")
}

/// An expression as text, spaced about as a person would write it.
pub(crate) fn expression(tokens: impl ToTokens) -> String {
    let spaced = tokens.to_token_stream().to_string();
    let paths = spaced.replace(" :: ", "::").replace(" . ", ".");
    let lists = paths.replace(" ,", ",").replace(" (", "(");
    let spaced = lists.replace(",(", ", (").replace(" ?", "?");
    let spaced = spaced.replace("& ", "&").replace("&&", "&& ");
    let spaced = spaced.replace("(* ", "(*").replace("=> * ", "=> *");
    let spaced = spaced.replace("&& * ", "&& *").replace("|| * ", "|| *");
    let spaced = spaced.replace("&& ! ", "&& !").replace("|| ! ", "|| !");
    match spaced.strip_prefix("* ") {
        Some(value) => format!("*{value}"),
        None => spaced,
    }
}

/// `` `a`, `b`, `c` ``.
pub(crate) fn list(names: impl IntoIterator<Item = impl Display>) -> String {
    let names: Vec<_> = names.into_iter().map(|name| format!("`{name}`")).collect();
    names.join(", ")
}
