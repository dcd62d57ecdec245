//! `#[cfg]` on the elements of a saga: the macro expands to one call of itself for each branch, and
//! rustc chooses the branch.
//!
//! A generated item cannot carry the condition (names, tuples and bounds depend on it), and a macro
//! cannot evaluate it. Only the chosen branch is expanded, so the cost grows linearly with the
//! number of conditions.

use proc_macro2::{Delimiter, Group, TokenStream};
use quote::quote;
use syn::buffer::Cursor;

use crate::errors::{Errors, error};
use crate::model::Facade;

/// The tokens of one buffer from the first cursor up to, but not including, the second.
pub(crate) type Range<'a> = (Cursor<'a>, Cursor<'a>);

/// A conditional element of a saga.
pub(crate) struct Cut<'a> {
    predicate: TokenStream,
    attribute: Range<'a>,
    element: Range<'a>,
    /// The tokens that replace the element in the branch without it.
    trace: TokenStream,
}

impl<'a> Cut<'a> {
    /// The first `#[cfg]` among the attributes that `element` starts with.
    pub(crate) fn find(
        element: Range<'a>,
        trace: TokenStream,
        errors: &mut Errors,
    ) -> Option<Self> {
        let mut cursor = element.0;
        while let Some((content, after)) = attribute(cursor) {
            if let Some((word, arguments)) = content.ident().filter(|(word, _)| word == "cfg") {
                return match arguments.group(Delimiter::Parenthesis) {
                    Some((predicate, _, _)) if !predicate.eof() => {
                        let predicate = predicate.token_stream();
                        Some(Cut {
                            predicate,
                            attribute: (cursor, after),
                            element,
                            trace,
                        })
                    }
                    _ => {
                        errors.push(error(
                            word.span(),
                            "`#[cfg]` needs a condition",
                            "write it as in `#[cfg(feature = \"cars\")]`",
                        ));
                        None
                    }
                };
            }
            cursor = after;
        }
        None
    }

    /// The calls of the macro that replace the call with the tokens `saga`.
    pub(crate) fn calls(&self, saga: Range<'a>, facade: &Facade) -> TokenStream {
        let predicate = &self.predicate;
        let (path, passed) = facade.call();
        let with = replaced(saga, self.attribute, &TokenStream::new());
        let without = replaced(saga, self.element, &self.trace);
        let otherwise = (!without.is_empty())
            .then(|| quote!(#[cfg(not(#predicate))] #path! { #passed #without }));
        quote! {
            #[cfg(#predicate)] #path! { #passed #with }
            #otherwise
        }
    }
}

/// The content of the attribute at the cursor, and the cursor after it.
pub(crate) fn attribute(cursor: Cursor<'_>) -> Option<(Cursor<'_>, Cursor<'_>)> {
    let (_, bracket) = cursor.punct().filter(|(pound, _)| pound.as_char() == '#')?;
    let (content, _, after) = bracket.group(Delimiter::Bracket)?;
    Some((content, after))
}

/// The tokens of `range`, with `trace` in place of `cut`.
fn replaced(range: Range<'_>, cut: Range<'_>, trace: &TokenStream) -> TokenStream {
    let (mut cursor, end) = range;
    let mut tokens = TokenStream::new();
    while cursor != end {
        if cursor == cut.0 {
            tokens.extend(trace.clone());
            cursor = cut.1;
            continue;
        }
        let Some((tree, after)) = cursor.token_tree() else {
            break;
        };
        match cursor.any_group() {
            Some((content, delimiter, span, _)) if contains(content, cut.0) => {
                let mut group =
                    Group::new(delimiter, replaced((content, last(content)), cut, trace));
                group.set_span(span.join());
                tokens.extend([proc_macro2::TokenTree::Group(group)]);
            }
            _ => tokens.extend([tree]),
        }
        cursor = after;
    }
    tokens
}

/// Whether `place` is somewhere in the rest of the group that starts at `cursor`.
fn contains<'a>(mut cursor: Cursor<'a>, place: Cursor<'a>) -> bool {
    loop {
        if cursor == place {
            return true;
        }
        if cursor
            .any_group()
            .is_some_and(|(content, ..)| contains(content, place))
        {
            return true;
        }
        match cursor.token_tree() {
            Some((_, after)) => cursor = after,
            None => return false,
        }
    }
}

/// The end of the group that starts at `cursor`.
fn last(mut cursor: Cursor<'_>) -> Cursor<'_> {
    while let Some((_, after)) = cursor.token_tree() {
        cursor = after;
    }
    cursor
}
