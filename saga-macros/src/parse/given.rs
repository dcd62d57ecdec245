//! An attribute with its arguments.

use syn::parse::ParseStream;
use syn::{Meta, Token};
use typed_saga_definition::language::{Arguments, Attribute, Entry};

use crate::errors::{code, error};
use crate::names::span_of;

/// An attribute, and its entry in the table of the language.
pub(super) type Given<'g> = (&'static Entry, &'g syn::Attribute);

/// A correct example of an attribute, unless it has names of another saga: then its form.
pub(super) fn example(entry: &Entry) -> &'static str {
    match entry.arguments {
        Arguments::Nothing
        | Arguments::Key
        | Arguments::Duration
        | Arguments::Repetition
        | Arguments::Hold
        | Arguments::Count => entry.sample,
        Arguments::Condition | Arguments::Steps | Arguments::Function | Arguments::Text => {
            entry.form
        }
    }
}

/// The result of `read` on the arguments of `#[name(…)]`.
pub(super) fn arguments<T>(
    (entry, attribute): Given<'_>,
    read: impl FnOnce(ParseStream<'_>) -> syn::Result<T>,
) -> syn::Result<T> {
    match &attribute.meta {
        Meta::List(meta) if !meta.tokens.is_empty() => {
            attribute.parse_args_with(|input: ParseStream<'_>| {
                let read = read(input)?;
                nothing_more(entry, input)?;
                Ok(read)
            })
        }
        Meta::NameValue(meta) => Err(error(
            meta.eq_token.span,
            format_args!("`#[{}]` takes its argument in parentheses", entry.name),
            format_args!("write `#[{}({})]`", entry.name, code(&meta.value)),
        )),
        _ => Err(error(
            span_of(attribute.path()),
            format_args!("`#[{}]` needs an argument", entry.name),
            format_args!("write it as in `{}`", example(entry)),
        )),
    }
}

/// Reports tokens after the arguments of an attribute.
fn nothing_more(entry: &Entry, input: ParseStream<'_>) -> syn::Result<()> {
    drop(input.parse::<Option<Token![,]>>());
    if input.is_empty() {
        return Ok(());
    }
    let (name, sample) = (entry.name, example(entry));
    let what = format!("`#[{name}]` takes no further argument");
    let help = match input.cursor().ident() {
        Some((word, _)) if Attribute::named(&word.to_string()).is_some() => {
            format!("write `#[{word}]` as an attribute of its own")
        }
        _ => format!("write it as in `{sample}`"),
    };
    Err(error(input.span(), what, help))
}
