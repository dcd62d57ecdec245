//! The names that generated items are built from.

use syn::Ident;
use syn::ext::IdentExt;

/// Names with a meaning of their own in a list of reads.
pub(crate) const RESERVED: [&str; 4] = ["key", "ctx", "failure", "outcome"];

/// The text of a name, without `r#`.
pub(crate) fn text(name: &Ident) -> String {
    name.unraw().to_string()
}

/// `hotel_room` as `HotelRoom`: the part of a generated type's name that stands for a step.
pub(crate) fn camel(name: &Ident) -> String {
    text(name).split('_').flat_map(capitalized).collect()
}

fn capitalized(word: &str) -> impl Iterator<Item = char> {
    let mut chars = word.chars();
    let first = chars.next().into_iter().flat_map(char::to_uppercase);
    first.chain(chars)
}
