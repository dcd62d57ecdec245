//! The signals of a saga: an enum with a variant for each.

use proc_macro2::TokenStream;
use quote::{format_ident, quote_spanned};
use syn::Ident;

use super::definition::index;
use super::generics::Params;
use super::ident::{emit, ident};
use super::input::mail;
use super::plan::Plan;
use crate::model::Step;
use crate::names::{camel, text};

impl<'a> Plan<'a> {
    /// `enum BookTripSignal { Paid(Payment) }`, if there is a signal.
    pub(super) fn signal_enum(&self) -> Option<TokenStream> {
        self.signals().next()?;
        let (levels, vis, name) = (self.levels(), self.vis(), self.name("Signal"));
        let params = self.signals_params();
        let (generics, predicates) = (params.declared(), params.predicates());
        let variants = self.signals().map(|(k, step)| {
            let (variant, ty) = (variant(step), self.value_type(k));
            let doc = format!("The signal `{}`, with its value.", text(&step.name));
            emit!(#[doc = #doc] #variant(#ty),)
        });
        let doc = format!("The signals of [`{}`].", text(&self.saga.name));
        let debug = self.debug(&name, &params);
        Some(emit! {
            #[doc = #doc] #levels #vis enum #name<#generics> where #predicates { #(#variants)* }
            #debug
        })
    }

    /// Converts a signal into what a run takes: the index of its step, and its value.
    pub(super) fn signal_impls(&self) -> Option<TokenStream> {
        self.signals().next()?;
        let (p, name, params) = (&self.p, self.name("Signal"), self.signals_params());
        let (generics, names) = (params.declared(), params.names());
        let predicates = self.signals_shared();
        let (open, write): (Vec<_>, Vec<_>) = self
            .signals()
            .map(|(k, step)| {
                let (k, variant, codec) = (index(k), variant(step), self.codec(k));
                (
                    emit!(Self::#variant(__value) => (#k, #p::boxed(__value)),),
                    emit! {
                        Self::#variant(__value) => (#k, #p::Codec::encode(&#codec, __value)),
                    },
                )
            })
            .unzip();
        let body = |arms: &[TokenStream], on: TokenStream| {
            if self.broken {
                emit!(#p::unreachable!())
            } else {
                emit!(match #on { #(#arms)* })
            }
        };
        let (open, write) = (body(&open, emit!(self)), body(&write, emit!(self)));
        let same = self.same_signal();
        let serde = self.signal_serde();
        Some(emit! {
            impl<#generics> #p::Signals for #name<#names> where #predicates {
                fn open(self) -> (#p::u16, #p::Box<dyn #p::Any + #p::Send>) { #open }
                fn write(&self) -> (#p::u16, #p::Encoded) { #write }
                #same
            }
            #serde
        })
    }

    /// `Signals::same`: compares two values of a signal of a durable saga, by its type.
    fn same_signal(&self) -> Option<TokenStream> {
        self.saga.durable.filter(|_| !self.broken)?;
        let p = &self.p;
        let arms = self.signals().map(|(k, _)| {
            let (k, same) = (index(k), self.same(&self.codec(k)));
            emit!(#k => #same,)
        });
        Some(emit! {
            fn same(__step: #p::u16, __one: &#p::str, __other: &#p::str) -> #p::bool {
                match __step { #(#arms)* _ => false }
            }
        })
    }

    /// Serde for the signals of a durable saga: an object of the signal's name and its value.
    fn signal_serde(&self) -> Option<TokenStream> {
        let durable = self.saga.durable.filter(|_| !self.broken)?;
        let (p, name, params) = (&self.p, self.name("Signal"), self.signals_params());
        let (generics, names) = (params.declared(), params.names());
        let predicates = self.signals_shared();
        let (writes, reads): (Vec<_>, Vec<_>) = self
            .signals()
            .map(|(k, step)| {
                let (variant, codec) = (variant(step), self.codec(k));
                let key = step.journal_name();
                (
                    emit! {
                        Self::#variant(__value) => (#key, #p::Codec::encode(&#codec, __value)),
                    },
                    emit! {
                        #key => #p::Result::map(
                            #p::Codec::decode(&#codec, __value), Self::#variant
                        ),
                    },
                )
            })
            .unzip();
        let keys = self.signals().map(|(_, step)| step.journal_name());
        let keys: Vec<_> = keys.collect();
        let feature = ident("durable");
        let items = emit! {
            #[automatically_derived]
            impl<#generics> #p::Serialize for #name<#names> where #predicates {
                fn serialize<__S: #p::Serializer>(&self, __to: __S)
                    -> #p::Result<__S::Ok, __S::Error> {
                    #p::write_signal(__to, match self { #(#writes)* })
                }
            }
            #[automatically_derived]
            impl<'de, #generics> #p::Deserialize<'de> for #name<#names> where #predicates {
                fn deserialize<__D: #p::Deserializer<'de>>(__from: __D)
                    -> #p::Result<Self, __D::Error> {
                    #p::read_signal(__from, &[#(#keys),*], |__name, __value| match __name {
                        #(#reads)*
                        _ => #p::unreachable!(),
                    })
                }
            }
        };
        Some(quote_spanned!(durable=> #p::#feature! { #items }))
    }

    /// The type of the saga's signals.
    pub(super) fn signal_type(&self) -> TokenStream {
        let (p, name, names) = (&self.p, self.name("Signal"), self.signals_params().names());
        if self.signals().next().is_some() && self.saga.unreadable.is_none() {
            emit!(#name<#names>)
        } else {
            emit!(#p::NoSignal)
        }
    }

    /// `Machine::mail`, if there is a signal.
    pub(super) fn mail_method(&self) -> Option<TokenStream> {
        self.signals().next()?;
        let (p, mail) = (&self.p, mail());
        Some(emit!(fn mail(&self) -> #p::Option<&#p::Mail> { #p::Option::Some(&self.#mail) }))
    }

    fn signals_params(&self) -> Params<'a> {
        self.params_of(|| {
            let types = self.signals().map(|(k, _)| self.value_type(k));
            types.collect()
        })
    }

    fn signals_shared(&self) -> TokenStream {
        let types = self.signals().filter_map(|(_, step)| step.effect.as_ref());
        self.are_shared(types, &self.signals_params())
    }
}

/// The variant of a signal.
fn variant(step: &Step) -> Ident {
    format_ident!("{}", camel(&step.name), span = step.name.span())
}
