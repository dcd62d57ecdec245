//! A type.

use syn::Type;
use syn::parse::ParseBuffer;

pub(super) fn ty(input: &ParseBuffer<'_>) -> syn::Result<Type> {
    let begin = input.cursor();
    input.parse().map_err(|cause| {
        if input.cursor() == begin {
            return syn::Error::new(begin.span(), "expected a type");
        }
        cause
    })
}
