//! A saga: its head, and the parts around its body.

use proc_macro2::{Spacing, TokenStream};
use syn::buffer::Cursor;
use syn::ext::IdentExt;
use syn::parse::ParseBuffer;
use syn::spanned::Spanned;
use syn::{Attribute, GenericArgument, Generics, Ident, PathArguments, Token, Type, Visibility};
use typed_saga_definition::language::Place;

use super::attrs::attrs;
use super::notes::Notes;
use super::ty::ty;
use super::{body, emits, look};
use crate::errors::{code, error, error_over, error_over_noted};
use crate::model::{Field, Output, Saga};
use crate::similar::similar;

/// The help for a missing result, with this output.
fn of_result(output: &str) -> String {
    format!(
        "write `-> Result<{output}, …>`, with the error of its steps, or `-> Result<_, …>` to return the \
         struct of all effects"
    )
}

pub(super) fn saga<'a>(notes: &mut Notes<'a>, input: &ParseBuffer<'a>) -> syn::Result<Saga> {
    let attrs = attrs(notes, input.call(Attribute::parse_outer)?, Place::Saga);
    let mut vis: Visibility = input.parse()?;
    let durable = look::word(input.cursor(), "durable")
        .map(|_| word(input))
        .transpose()?;
    if durable.is_some() && input.peek(Token![pub]) {
        let span = input.span();
        vis = input.parse()?;
        let help = "write `pub durable saga`";
        notes.errors.add(span, "`pub` comes before `durable`", help);
    }
    if look::word(input.cursor(), "saga").is_none() {
        return Err(not_a_saga(input));
    }
    word(input)?;
    let name: Ident = input.parse()?;
    let mut generics: Generics = input.parse()?;
    if !input.peek(syn::token::Paren) {
        return Err(error(
            input.span(),
            "expected the inputs of the saga",
            format!(
                "write `saga {name}(…)`, with the name and the type of each, or `saga {name}()`"
            ),
        ));
    }
    let inputs = fields(notes, input, Place::Input)?;
    let with = look::word(input.cursor(), "with").map(|_| input.span());
    let services = match with {
        Some(_) => services(notes, input)?,
        None if input.peek(syn::token::Paren) => {
            let list = input.cursor().token_tree();
            let list = list.map_or_else(String::new, |(list, _)| code(list));
            let help = format!("the services follow `with`: write `with {list}`");
            notes.errors.add(input.span(), "expected `with`", help);
            fields(notes, input, Place::Service)?
        }
        None => Vec::new(),
    };
    let early = emits::early(notes, input)?;
    let (output, error) = result(input)?;
    let mut emits = emits::emits(notes, input)?.or(early);
    generics.where_clause = input.parse()?;
    if emits.is_none() {
        emits = emits::late(notes, input)?;
    }
    notes.emits = emits.is_some();
    let body = body::body(notes, input)?;
    Ok(Saga {
        facade: notes.facade.clone(),
        attrs,
        vis,
        durable: durable.map(|word| word.span()),
        name,
        generics,
        inputs,
        with,
        services,
        output,
        error,
        emits,
        nodes: body.nodes,
        conditions: body.conditions,
        unions: Vec::new(),
        events: body.events,
        publish: body.publish,
        finally: body.finally,
        tail: body.tail,
        braces: body.braces,
        unreadable: None,
    })
}

fn not_a_saga(input: &ParseBuffer<'_>) -> syn::Error {
    let sample = "`saga …(…) -> Result<…, …> { … }`";
    let word = input.cursor().ident().map(|(word, _)| word.to_string());
    let near = word.and_then(|word| Some((similar(&word, ["saga", "durable"])?, word)));
    let (what, help) = match near {
        Some((near, word)) => (
            format!("unknown keyword `{word}`"),
            format!("did you mean `{near}`?"),
        ),
        None => (
            "expected `saga`".to_owned(),
            format!("a saga starts as in {sample}"),
        ),
    };
    error(input.span(), what, help)
}

fn word(input: &ParseBuffer<'_>) -> syn::Result<Ident> {
    input.call(Ident::parse_any)
}

fn services<'a>(notes: &mut Notes<'a>, input: &ParseBuffer<'a>) -> syn::Result<Vec<Field>> {
    word(input)?;
    if !input.peek(syn::token::Paren) {
        return Err(error(
            input.span(),
            "expected the services of the saga",
            "write `with (…)`, with the name and the type of each",
        ));
    }
    fields(notes, input, Place::Service)
}

fn fields<'a>(
    notes: &mut Notes<'a>,
    input: &ParseBuffer<'a>,
    place: Place,
) -> syn::Result<Vec<Field>> {
    let content;
    syn::parenthesized!(content in input);
    let mut fields = Vec::new();
    while !content.is_empty() {
        let (begin, before) = (content.cursor(), notes.errors.count());
        match field(notes, &content, place) {
            Ok(field) => fields.push(field),
            Err(error) => {
                notes.errors.push(error);
                notes.lost.name(
                    look::after_attributes(begin)
                        .ident()
                        .map(|(name, _)| name)
                        .as_ref(),
                );
                look::skip(&content, begin, ends_field);
            }
        }
        drop(content.parse::<Option<Token![,]>>());
        notes.element((begin, content.cursor()), TokenStream::new(), before);
    }
    Ok(fields)
}

fn field<'a>(notes: &mut Notes<'a>, input: &ParseBuffer<'a>, place: Place) -> syn::Result<Field> {
    let attrs = attrs(notes, input.call(Attribute::parse_outer)?, place);
    if input.peek(Token![mut]) && input.peek2(Ident) {
        let help =
            "remove `mut`: steps get references to what the saga holds, and clone what they change";
        let what = "expected a name without `mut`";
        notes.errors.add(input.span(), what, help);
        look::advance(input);
    }
    let name: Ident = input.parse()?;
    if !input.peek(Token![:]) {
        return Err(untyped(input, &name));
    }
    input.parse::<Token![:]>()?;
    if input.is_empty() || input.peek(Token![,]) {
        return Err(untyped(input, &name));
    }
    let ty = ty(input)?;
    if !input.is_empty() && !input.peek(Token![,]) {
        return Err(input.error("expected `,`"));
    }
    Ok(Field {
        attrs: attrs.others,
        name,
        ty,
    })
}

fn untyped(input: &ParseBuffer<'_>, name: &Ident) -> syn::Error {
    let what = format!("expected the type of `{name}`");
    error(
        input.span(),
        what,
        format_args!("write it as in `{name}: Type`"),
    )
}

/// Whether the cursor is at a comma that another field follows, and not at one between type
/// arguments.
fn ends_field(cursor: Cursor<'_>) -> bool {
    let Some((_, rest)) = look::punct(cursor, ',') else {
        return false;
    };
    let next = look::after_attributes(rest)
        .ident()
        .and_then(|(_, rest)| rest.punct());
    next.is_some_and(|(punct, _)| punct.as_char() == ':' && punct.spacing() == Spacing::Alone)
}

/// `-> Result<Output, Error>`.
fn result(input: &ParseBuffer<'_>) -> syn::Result<(Output, Type)> {
    if !input.peek(Token![->]) {
        let help = of_result("…");
        return Err(error(input.span(), "expected `-> Result<…, …>`", help));
    }
    input.parse::<Token![->]>()?;
    let mut ty = ty(input)?;
    while let Type::Group(group) = ty {
        ty = *group.elem;
    }
    let arguments = result_arguments(&ty).unwrap_or_default();
    let [output, error_type]: [Type; 2] = arguments.try_into().map_err(|arguments: Vec<_>| {
        let what = "a saga must return a `Result` of its output and its error";
        match &arguments[..] {
            [output] => {
                let why = "an alias with one parameter hides the error, which a saga must know";
                let output = code(output);
                let help = format!("write both: `Result<{output}, …>`, with the error");
                error_over_noted(&ty, what, why, help)
            }
            _ => error_over(&ty, what, of_result(&code(&ty))),
        }
    })?;
    let output = match output {
        Type::Infer(infer) => Output::Effects(infer.span()),
        ty => Output::Type(ty),
    };
    Ok((output, error_type))
}

fn result_arguments(ty: &Type) -> Option<Vec<Type>> {
    let Type::Path(path) = ty else { return None };
    let segment = path
        .path
        .segments
        .last()
        .filter(|segment| segment.ident == "Result")?;
    let PathArguments::AngleBracketed(arguments) = &segment.arguments else {
        return None;
    };
    let types = arguments.args.iter().map(|argument| match argument {
        GenericArgument::Type(ty) => Some(ty.clone()),
        _ => None,
    });
    types.collect()
}
