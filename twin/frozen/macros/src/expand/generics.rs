//! The type parameters that each item has: those that its own tokens mention. So neither
//! `PhantomData` nor a turbofish is needed.

use std::collections::HashSet;

use proc_macro2::{Span, TokenStream};
use quote::ToTokens;
use syn::{GenericParam, Generics, Ident, TypeParam, TypeParamBound};

use super::ident::emit;

use crate::names::{idents, text};

/// Some of a saga's parameters.
#[derive(Clone)]
pub(super) struct Params<'a> {
    generics: &'a Generics,
    /// For each parameter of the saga, whether it is chosen.
    chosen: Vec<bool>,
}

impl<'a> Params<'a> {
    pub(super) fn all(generics: &'a Generics) -> Self {
        Self {
            generics,
            chosen: vec![true; generics.params.len()],
        }
    }

    /// The parameters that `tokens` mention, and those that the bounds of these parameters mention.
    pub(super) fn mentioned(generics: &'a Generics, tokens: impl FnOnce() -> TokenStream) -> Self {
        if generics.params.is_empty() {
            return Self::all(generics);
        }
        let mut seen = texts(tokens());
        let mut chosen = vec![false; generics.params.len()];
        let mut grew = true;
        while grew {
            grew = false;
            for (param, chosen) in generics.params.iter().zip(&mut chosen) {
                if !*chosen && name(param).is_some_and(|name| seen.contains(&text(name))) {
                    *chosen = true;
                    grew = true;
                    seen.extend(texts(without_default(param)));
                }
            }
        }
        Self { generics, chosen }
    }

    /// The parameters that are not chosen here.
    pub(super) fn others(&self) -> Self {
        Self {
            generics: self.generics,
            chosen: self.chosen.iter().map(|chosen| !chosen).collect(),
        }
    }

    /// The parameters that are chosen here and not in `others`.
    pub(super) fn minus(&self, others: &Params<'_>) -> Self {
        let chosen = self
            .chosen
            .iter()
            .zip(&others.chosen)
            .map(|(mine, theirs)| *mine && !theirs)
            .collect();
        Self {
            generics: self.generics,
            chosen,
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        !self.chosen.contains(&true)
    }

    fn iter(&self) -> impl Iterator<Item = &'a GenericParam> + '_ {
        self.generics
            .params
            .iter()
            .zip(&self.chosen)
            .filter(|(_, chosen)| **chosen)
            .map(|(param, _)| param)
    }

    /// `B, const N: usize,`, beside the predicates.
    pub(super) fn declared(&self) -> TokenStream {
        let params = self.iter().map(|param| bare(param, None));
        emit!(#(#params,)*)
    }

    /// `B = Bank, const N: usize = 1,`, as a struct declares them. If a default mentions a
    /// parameter that is not chosen, that default and all before it are left out.
    pub(super) fn defaulted(&self) -> TokenStream {
        let missing = self.others().name_texts();
        let has_default = |param: &&GenericParam| {
            default_of(param).is_some_and(|default| texts(default).is_disjoint(&missing))
        };
        let params: Vec<_> = self.iter().collect();
        let last = params.iter().rev().take_while(|param| has_default(param));
        let plain = params.len() - last.count();
        let declared = params.iter().enumerate().map(|(position, param)| {
            let default = default_of(param).filter(|_| position >= plain);
            bare(param, default)
        });
        emit!(#(#declared,)*)
    }

    fn name_texts(&self) -> HashSet<String> {
        self.iter().filter_map(name).map(text).collect()
    }

    /// `B, const N: usize,`, as a type alias declares them.
    pub(super) fn unbound(&self) -> TokenStream {
        let params = self.iter().map(|param| match param {
            GenericParam::Type(param) => param.ident.to_token_stream(),
            GenericParam::Const(param) => {
                let (name, ty) = (&param.ident, &param.ty);
                emit!(const #name: #ty)
            }
            GenericParam::Lifetime(param) => param.lifetime.to_token_stream(),
        });
        emit!(#(#params,)*)
    }

    /// `B, N,`
    pub(super) fn names(&self) -> TokenStream {
        let names = self.iter().filter_map(name);
        emit!(#(#names,)*)
    }

    /// `Name<B, N,>`
    pub(super) fn applied(&self, name: &Ident) -> TokenStream {
        let names = self.names();
        emit!(#name<#names>)
    }

    /// The bounds of the parameters, and the predicates of the saga's `where` that mention no others.
    pub(super) fn predicates(&self) -> TokenStream {
        let bounds = self.iter().filter_map(|param| match param {
            GenericParam::Type(param) => {
                let bounds = param.bounds.iter().filter(|bound| !is_relaxed(bound));
                let (name, bounds): (_, Vec<_>) = (bounded(param), bounds.collect());
                (!bounds.is_empty()).then(|| emit!(#name: #(#bounds)+*,))
            }
            _ => None,
        });
        let bounds: TokenStream = bounds.collect();
        let Some(clause) = &self.generics.where_clause else {
            return bounds;
        };
        let missing = self.others().name_texts();
        let mine = clause
            .predicates
            .iter()
            .filter(|predicate| texts(predicate.to_token_stream()).is_disjoint(&missing));
        emit!(#bounds #(#mine,)*)
    }

    /// The predicates of the saga's `where` that mention no other parameters, and that each type
    /// can be sent to another thread and outlive the caller, as everything in a saga must.
    pub(super) fn shared(&self, p: &impl ToTokens) -> TokenStream {
        let predicates = self.predicates();
        let types = self.iter().filter_map(|param| match param {
            GenericParam::Type(param) => Some(bounded(param)),
            _ => None,
        });
        emit!(#predicates #(#types: #p::Send + #p::Sync + 'static,)*)
    }
}

fn name(param: &GenericParam) -> Option<&Ident> {
    match param {
        GenericParam::Type(param) => Some(&param.ident),
        GenericParam::Const(param) => Some(&param.ident),
        GenericParam::Lifetime(_) => None,
    }
}

/// `T: Bound = Default` without the default, which only structs may declare.
fn without_default(param: &GenericParam) -> TokenStream {
    let mut param = param.clone();
    match &mut param {
        GenericParam::Type(param) => {
            param.default = None;
        }
        GenericParam::Const(param) => {
            param.default = None;
        }
        GenericParam::Lifetime(_) => {}
    }
    param.to_token_stream()
}

/// The parameter without its bounds, which are among the predicates: a bound stands in one place.
fn bare(param: &GenericParam, default: Option<TokenStream>) -> TokenStream {
    let default = default.map(|default| emit!(= #default));
    match param {
        GenericParam::Type(param) => {
            let (attrs, name) = (&param.attrs, &param.ident);
            // Which a `where` of another item may not have.
            let relaxed = param.bounds.iter().filter(|bound| is_relaxed(bound));
            let relaxed: Vec<_> = relaxed.collect();
            if relaxed.is_empty() {
                return emit!(#(#attrs)* #name #default);
            }
            emit!(#(#attrs)* #name: #(#relaxed)+* #default)
        }
        GenericParam::Const(param) => {
            let (attrs, name, ty) = (&param.attrs, &param.ident, &param.ty);
            emit!(#(#attrs)* const #name: #ty #default)
        }
        GenericParam::Lifetime(param) => param.to_token_stream(),
    }
}

/// The parameter in a predicate. If it has a bound where it is declared, too, Clippy (`multiple_bound_locations`)
/// would report the second one at the user's word.
fn bounded(param: &TypeParam) -> Ident {
    if param.bounds.iter().any(is_relaxed) {
        let mut name = param.ident.clone();
        name.set_span(Span::mixed_site());
        name
    } else {
        param.ident.clone()
    }
}

/// Whether a bound is one like `?Sized`.
fn is_relaxed(bound: &TypeParamBound) -> bool {
    matches!(bound, TypeParamBound::Trait(bound) if bound.maybe.is_some())
}

fn default_of(param: &GenericParam) -> Option<TokenStream> {
    match param {
        GenericParam::Type(param) => param.default.as_ref().map(|(_, default)| emit!(#default)),
        GenericParam::Const(param) => param.default.as_ref().map(|(_, default)| emit!(#default)),
        GenericParam::Lifetime(_) => None,
    }
}

/// The texts of all identifiers in `tokens`.
fn texts(tokens: TokenStream) -> HashSet<String> {
    idents(tokens).map(|ident| text(&ident)).collect()
}
