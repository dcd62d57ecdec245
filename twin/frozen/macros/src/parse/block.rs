//! A block of code, as one raw group.

use proc_macro2::{Delimiter, Group, TokenTree};
use syn::buffer::Cursor;
use syn::parse::ParseBuffer;

/// The braces that come next, with their content, as one raw group.
pub(super) fn block(input: &ParseBuffer<'_>) -> Option<Group> {
    input
        .step(|cursor| brace_group(*cursor).ok_or_else(|| cursor.error("expected `{`")))
        .ok()
}

/// The braces, even inside the invisible delimiters of a `$block` from `macro_rules!`.
fn brace_group(cursor: Cursor<'_>) -> Option<(Group, Cursor<'_>)> {
    if let Some((inner, Delimiter::None, _, after)) = cursor.any_group() {
        return brace_group(inner)
            .filter(|(_, rest)| rest.eof())
            .map(|(group, _)| (group, after));
    }
    match cursor.token_tree()? {
        (TokenTree::Group(group), after) if group.delimiter() == Delimiter::Brace => {
            Some((group, after))
        }
        _ => None,
    }
}
