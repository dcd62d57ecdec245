//! Half-typed paths, such as `Hotels::`, for rust-analyzer alone.
//!
//! To complete a name, it expands the call twice: as it is written, and with a marker at the cursor.
//! What it completes stands in the first expansion where the marker stands in the second. So the
//! path comes before everything else in both, as it stands. rustc parses nothing of it, and reports
//! the one error about it.
//!
//! Whatever else depends on the user's code is decided by that code without the marker.

use proc_macro2::{Group, Ident, Span, TokenStream, TokenTree};
use quote::quote_spanned;
use syn::Meta;
use syn::buffer::{Cursor, TokenBuffer};

use super::look;

/// What rust-analyzer writes at the cursor.
const MARKER: &str = "raCompletionMarker";

/// The user's tokens without the marker: what stands in front of them may depend on these alone.
pub(crate) fn without_marker(tokens: TokenStream) -> TokenStream {
    let tokens = tokens.into_iter().filter_map(|token| match token {
        TokenTree::Ident(name) => match name.to_string().strip_suffix(MARKER) {
            Some("") => None,
            Some(typed) if !typed.starts_with("r#") => Some(Ident::new(typed, name.span()).into()),
            _ => Some(name.into()),
        },
        TokenTree::Group(group) => {
            let content = without_marker(group.stream());
            let mut without = Group::new(group.delimiter(), content);
            without.set_span(group.span());
            Some(without.into())
        }
        token => Some(token),
    });
    tokens.collect()
}

/// The half-typed paths of a saga, in the order of the source.
#[derive(Default)]
pub(super) struct Half(Vec<TokenStream>);

impl Half {
    /// Notes the path that starts at `cursor`, if it is half typed.
    pub(super) fn path(&mut self, cursor: Cursor<'_>) {
        self.0.extend(path(cursor).0);
    }

    /// Notes those in the arguments of an attribute.
    pub(super) fn arguments(&mut self, meta: &Meta) {
        if let Meta::List(list) = meta {
            self.within(TokenBuffer::new2(list.tokens.clone()).begin());
        }
    }

    fn within(&mut self, mut cursor: Cursor<'_>) {
        while let Some((_, next)) = cursor.token_tree() {
            if let Some((content, ..)) = cursor.any_group() {
                self.within(content);
                cursor = next;
                continue;
            }
            let (half, end) = path(cursor);
            self.0.extend(half);
            cursor = if end == cursor { next } else { end };
        }
    }

    pub(super) fn append(&mut self, later: &mut Self) {
        self.0.append(&mut later.0);
    }

    /// The paths as expressions that only rust-analyzer sees; `None` if there are none.
    pub(super) fn items(&self) -> Option<TokenStream> {
        if self.0.is_empty() {
            return None;
        }
        let paths = &self.0;
        Some(quote_spanned! {Span::mixed_site()=>
            #[allow(unexpected_cfgs, unused)]
            const _: () = {
                #[cfg(rust_analyzer)]
                macro_rules! __as_it_stands { ($($path:tt)*) => { $($path)* } }
                #(
                    #[cfg(rust_analyzer)]
                    __as_it_stands! { let _ = #paths; }
                )*
            };
        })
    }
}

/// What a path ends with so far.
#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    Nothing,
    /// A name, or its generic arguments.
    Name,
    Colon,
    Colons,
}

/// The path that starts at `cursor`, if it is half typed: if it ends with `::` or with the marker.
/// Also where it ends, in any case.
fn path(mut cursor: Cursor<'_>) -> (Option<TokenStream>, Cursor<'_>) {
    let (mut path, mut end) = (TokenStream::new(), End::Nothing);
    while end != End::Colons || !look::ends_path(cursor) {
        let Some((tree, next)) = cursor.token_tree() else {
            break;
        };
        let sign = cursor.punct().map(|(sign, _)| sign.as_char());
        let name = cursor.ident().map(|(name, _)| name);
        let before = end;
        end = match (before, sign, &name) {
            (End::Nothing | End::Colons, None, Some(_)) => End::Name,
            (End::Nothing | End::Name, Some(':'), _) => End::Colon,
            (End::Colon, Some(':'), _) => End::Colons,
            (End::Colons, Some('<'), _) => {
                cursor = arguments(cursor, &mut path);
                end = End::Name;
                continue;
            }
            _ => break,
        };
        path.extend([tree]);
        cursor = next;
        if before == End::Colons && name.is_some_and(|name| name == MARKER) {
            return (Some(path), cursor);
        }
    }
    ((end == End::Colons).then_some(path), cursor)
}

/// Adds generic arguments to `path`. Returns what follows them.
fn arguments<'a>(mut cursor: Cursor<'a>, path: &mut TokenStream) -> Cursor<'a> {
    let mut depth = 0_usize;
    while let Some((tree, next)) = cursor.token_tree() {
        match cursor.punct().map(|(sign, _)| sign.as_char()) {
            Some('<') => depth += 1,
            Some('>') => depth -= 1,
            _ => {}
        }
        path.extend([tree]);
        cursor = next;
        if depth == 0 {
            break;
        }
    }
    cursor
}
