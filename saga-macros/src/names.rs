//! Names: those that the user gave, those of attributes, and those from which generated items are
//! built.

use std::iter;

use proc_macro2::{Span, TokenStream, TokenTree};
use syn::ext::IdentExt;
use syn::{Attribute, Ident, Lit, Path};
use typed_saga_definition::{bare, language::LINTS};

/// Names with a meaning of their own in a list of reads.
pub(crate) const RESERVED: [&str; 5] = ["key", "undo_key", "ctx", "failure", "outcome"];

/// The text of a name, without `r#`.
pub(crate) fn text(name: &Ident) -> String {
    name.unraw().to_string()
}

/// The name as keys and journals have it. A leading `_` is no part of it: rustc, and whatever applies
/// what rustc suggests, writes `_name` for what nothing reads.
pub(crate) fn recorded(name: &Ident) -> String {
    bare(&text(name)).to_owned()
}

/// `hotel_room` as `HotelRoom`: the part of a generated type's name for a step.
pub(crate) fn camel(name: &Ident) -> String {
    text(name).split('_').flat_map(capitalized).collect()
}

fn capitalized(word: &str) -> impl Iterator<Item = char> {
    let mut chars = word.chars();
    let first = chars.next().into_iter().flat_map(char::to_uppercase);
    first.chain(chars)
}

/// The attribute's name; empty for a path of several words.
pub(crate) fn word(attribute: &Attribute) -> String {
    let name = attribute.path().get_ident();
    name.map(ToString::to_string).unwrap_or_default()
}

/// Whether an attribute of this name sets the level of a lint.
pub(crate) fn is_lint(word: &str) -> bool {
    LINTS.contains(&word)
}

/// The text of a path, such as `rustfmt::skip`.
pub(crate) fn path_text(path: &Path) -> String {
    let words = path.segments.iter();
    let words: Vec<_> = words.map(|segment| segment.ident.to_string()).collect();
    words.join("::")
}

/// The span of the first word of a path.
pub(crate) fn span_of(path: &Path) -> Span {
    let first = path.segments.first();
    first.map_or_else(Span::call_site, |segment| segment.ident.span())
}

/// All names and keywords in some tokens, in order, at any depth. A format string may name values,
/// too, but moves none.
pub(crate) fn idents(tokens: TokenStream) -> impl Iterator<Item = Ident> {
    let mut open = vec![tokens.into_iter()];
    iter::from_fn(move || {
        while let Some(tokens) = open.last_mut() {
            match tokens.next() {
                Some(TokenTree::Ident(ident)) => return Some(ident),
                Some(TokenTree::Group(group)) => open.push(group.stream().into_iter()),
                Some(TokenTree::Punct(_) | TokenTree::Literal(_)) => {}
                None => drop(open.pop()),
            }
        }
        None
    })
}

/// Whether some code uses this name as a value: as a token, or in a format string.
pub(crate) fn uses(tokens: &TokenStream, name: &Ident) -> bool {
    mentions(tokens, name) || formats(tokens.clone(), &text(name))
}

/// Whether a string, as a format string, has this name as an argument, as in `{name}` or `{name:?}`, or
/// as a width or a precision, as in `{:name$}`.
fn formats(tokens: TokenStream, name: &str) -> bool {
    tokens.into_iter().any(|token| match token {
        TokenTree::Group(group) => formats(group.stream(), name),
        TokenTree::Literal(literal) => match Lit::new(literal) {
            Lit::Str(literal) => {
                let text = literal.value().replace("{{", "");
                text.split('{').skip(1).any(|rest| is_argument(rest, name))
            }
            _ => false,
        },
        TokenTree::Ident(_) | TokenTree::Punct(_) => false,
    })
}

/// Whether the name is used up to the closing brace.
fn is_argument(rest: &str, name: &str) -> bool {
    let inside = rest.split('}').next().unwrap_or_default();
    let (argument, how) = inside.split_once(':').unwrap_or((inside, ""));
    let is_in_a_name = |char: char| char == '_' || char.is_alphanumeric();
    let counts = how.split('$').rev().skip(1);
    let words = counts.filter_map(|before| before.rsplit(|char| !is_in_a_name(char)).next());
    // A `0` before a width is a flag.
    let mut counts = words.map(|word| word.trim_start_matches('0'));
    argument.trim() == name || counts.any(|count| count == name)
}

/// Whether some tokens contain this name.
pub(crate) fn mentions(tokens: &TokenStream, name: &Ident) -> bool {
    idents(tokens.clone()).any(|ident| ident == *name)
}
