//! Types, expressions and names as text. Stored fingerprints contain it.

use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::{GenericArgument, PathArguments, Type};
use typed_saga_definition::{List, Text};

use crate::errors::code;
use crate::model::{Read, Source};

/// A type, without parentheses that mean nothing, which rustc proposes to remove.
pub(super) fn written_type(ty: &Type) -> String {
    let mut ty = ty.clone();
    strip(&mut ty);
    written(&ty.to_token_stream())
}

/// Removes the parentheses around types, those in its arguments, too. Around bounds they may be needed.
fn strip(ty: &mut Type) {
    while let Type::Paren(paren) = ty {
        if matches!(*paren.elem, Type::TraitObject(_) | Type::ImplTrait(_)) {
            return;
        }
        *ty = (*paren.elem).clone();
    }
    match ty {
        Type::Group(group) => strip(&mut group.elem),
        Type::Array(array) => strip(&mut array.elem),
        Type::Reference(reference) => strip(&mut reference.elem),
        Type::Ptr(pointer) => strip(&mut pointer.elem),
        Type::Slice(slice) => strip(&mut slice.elem),
        Type::Tuple(tuple) => tuple.elems.iter_mut().for_each(strip),
        Type::Path(path) => {
            for segment in &mut path.path.segments {
                if let PathArguments::AngleBracketed(given) = &mut segment.arguments {
                    for given in &mut given.args {
                        match given {
                            GenericArgument::Type(ty) => strip(ty),
                            GenericArgument::AssocType(named) => strip(&mut named.ty),
                            _ => {}
                        }
                    }
                }
            }
        }
        _ => {}
    }
}

/// Tokens as text, with fewer spaces than in messages.
pub(super) fn written(tokens: &TokenStream) -> String {
    let mut text = code(tokens);
    for (spaced, tight) in [
        (":: ", "::"),
        (" <", "<"),
        ("< ", "<"),
        (" (", "("),
        ("( ", "("),
        (" )", ")"),
        (" . ", "."),
    ] {
        text = text.replace(spaced, tight);
    }
    text
}

/// The names of reads, without unknown ones: an editor completes a half-typed read by comparing two
/// expansions, in which nothing before the read may differ.
pub(super) fn names(reads: &[Read]) -> List<Text> {
    let known = reads.iter().filter(|read| read.source != Source::Unknown);
    known.flat_map(Read::recorded).map(Text::from).collect()
}
