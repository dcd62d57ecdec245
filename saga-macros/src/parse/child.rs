//! A saga as the code of a step.

use quote::ToTokens;
use syn::ext::IdentExt;
use syn::parse::ParseBuffer;
use syn::{ExprPath, Ident, Token};

use super::block::block;
use super::look;
use crate::errors::error;
use crate::model::Child;

/// `saga Path { … } with (…)`.
pub(super) fn child(input: &ParseBuffer<'_>, owner: &Ident) -> syn::Result<Child> {
    let span = input.call(Ident::parse_any)?.span();
    let path = input.parse::<ExprPath>()?.into_token_stream();
    let Some(fields) = block(input) else {
        let what = "expected the inputs of the saga";
        let help = format!("write them in braces, as in `{owner}(…) = saga {path} {{ … }}`");
        return Err(error(input.span(), what, help));
    };
    let mut services = Vec::new();
    if look::word(input.cursor(), "with").is_some() {
        input.call(Ident::parse_any)?;
        let content;
        syn::parenthesized!(content in input);
        let names = content.parse_terminated(Ident::parse_any, Token![,])?;
        services.extend(names);
    }
    Ok(Child {
        span,
        path,
        fields,
        services,
        written: 0,
    })
}
