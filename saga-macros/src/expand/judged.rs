//! What the functions of `#[classify]` say of an error, as methods of the machine.

use proc_macro2::TokenStream;
use quote::quote_spanned;
use syn::{Path, spanned::Spanned};

use super::{
    code::hidden,
    definition::index,
    ident::{emit, ident},
    plan::Plan,
};

impl Plan<'_> {
    /// `fn classify`, if the saga or a step has one.
    pub(super) fn classify_method(&self) -> TokenStream {
        let (p, saga, definition) = (&self.p, self.saga, &self.data.definition);
        let [step, error] = ["__step", "__error"].map(ident);
        let of_saga = saga.attrs.classify.as_ref();
        let of_saga =
            of_saga.map(|path| self.judged_by(path, saga.relies_on_transient(definition)));
        let own = self.every_step().filter_map(|(k, step)| {
            let classify = step.attrs.classify.as_ref()?;
            let relies = step.relies_on_transient(&definition.steps[k]);
            let verdict = self.judged_by(classify, relies);
            let k = index(k);
            Some(emit!(#k => #verdict,))
        });
        let own: Vec<_> = own.collect();
        match of_saga {
            None if own.is_empty() => TokenStream::new(),
            Some(verdict) if own.is_empty() => {
                emit!(fn classify(_: #p::u16, #error: &Self::Error) -> #p::Verdict #verdict)
            }
            of_saga => {
                let other = of_saga.unwrap_or_else(|| emit!({ #p::Verdict::Transient }));
                emit! {
                    fn classify(#step: #p::u16, #error: &Self::Error) -> #p::Verdict {
                        match #step { #(#own)* _ => #other }
                    }
                }
            }
        }
    }

    /// `fn gives_up`, if a clause of a step has a `#[classify]`.
    pub(super) fn gives_up_method(&self) -> TokenStream {
        let p = &self.p;
        let [step, call, error] = ["__step", "__call", "__error"].map(ident);
        let judged = self.every_step().flat_map(|(k, step)| {
            let clauses = [
                (step.resolve.as_ref(), ident("Resolve")),
                (step.compensation(), ident("Compensate")),
            ];
            let judged = clauses.map(|(clause, call)| {
                let classify = clause?.attrs.classify.as_ref()?;
                let (k, verdict) = (index(k), self.judged_by(classify, false));
                Some(emit!((#k, #p::CallKind::#call) => #p::Verdict::is_once(#verdict),))
            });
            judged.into_iter().flatten()
        });
        let judged: Vec<_> = judged.collect();
        if judged.is_empty() {
            return TokenStream::new();
        }
        emit! {
            fn gives_up(
                #step: #p::u16, #call: #p::CallKind, #error: &Self::Error,
            ) -> #p::bool {
                match (#step, #call) { #(#judged)* _ => false }
            }
        }
    }

    /// The verdict of a function of `#[classify]` on `__error`.
    pub(super) fn judged_by(&self, classify: &Path, relies_on_transient: bool) -> TokenStream {
        let (p, error, hidden) = (&self.p, ident("__error"), hidden());
        let [trait_, method] = if relies_on_transient {
            ["NeverInDoubt", "never_in_doubt"].map(ident)
        } else {
            ["Judged", "judged"].map(ident)
        };
        // `classify` is called with a field, so that the argument begins and ends where rustc should
        // report a mistake in it.
        quote_spanned!(classify.span()=> {
            #hidden
            (<_ as #p::#trait_>::#method)(#classify((#error,).0))
        })
    }
}
