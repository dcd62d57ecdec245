//! The items that a durable saga has in addition to its machine: how inputs, effects and output are
//! stored, and which services run it.

use proc_macro2::TokenStream;
use quote::quote_spanned;
use syn::{Ident, spanned::Spanned};

use super::child::child_type;
use super::definition::index;
use super::ident::{emit, ident};
use super::plan::Plan;
use crate::model::{Field, Output};
use crate::names::recorded;

impl Plan<'_> {
    /// `Durable` and `InputsOf` for the inputs, `Services`, `ServicesOf` and `Clone` for the services.
    pub(super) fn durable(&self) -> TokenStream {
        let Some(durable) = self.saga.durable else {
            return TokenStream::new();
        };
        let items = [
            self.durable_impl(),
            self.inputs_impl(),
            self.services_impl(),
            self.services_clone(),
        ];
        if self.broken {
            return items.into_iter().collect();
        }
        let (p, feature) = (&self.p, ident("durable"));
        quote_spanned!(durable=> #p::#feature! { #(#items)* })
    }

    /// `Machine::load`, for a durable saga.
    pub(super) fn load_method(&self) -> TokenStream {
        if self.saga.durable.is_none() {
            return TokenStream::new();
        }
        let p = &self.p;
        let arms = self.every_step().map(|(k, step)| {
            let (name, codec) = (&step.name, self.codec_of(&self.written_value(k)));
            let lacks = self.may_lack(k);
            let read = step.looped.as_ref().map(|_| self.read_item(k, step));
            let k = index(k);
            if !step.kind.has_effect() {
                return emit!(#k => #p::Result::Ok(()),);
            }
            if let Some(read) = read {
                let load = ident(if lacks {
                    "load_each_or_skip"
                } else {
                    "load_each"
                });
                return emit!(#k => #p::#load(&mut __slots.#name, __json, #read),);
            }
            let load = ident(if lacks { "load_or_skip" } else { "load" });
            emit!(#k => #p::#load(&mut __slots.#name, #codec, __json),)
        });
        emit! {
            fn load(__slots: &mut Self::Slots, __step: #p::u16, __json: #p::Option<&#p::str>)
                -> #p::Result<(), #p::String> {
                match __step { #(#arms)* _ => #p::load_unknown(__step) }
            }
        }
    }

    /// How the machine of a durable saga records its errors, and reads those of its child sagas.
    /// Spanned at the type, so that rustc reports there that it does not implement serde.
    pub(super) fn error_items(&self) -> TokenStream {
        if self.saga.durable.is_none() {
            return TokenStream::new();
        }
        let (p, ty) = (&self.p, &self.saga.error);
        let [recorded, codec] = ["ErrorOfADurableSaga", "CODEC"].map(ident);
        let codec = quote_spanned!(ty.span()=> <#ty as #p::#recorded<_>>::#codec);
        let arms = self.children().map(|(k, step, child)| {
            let (k, fitting, services) = (index(k), child_type(step), self.services_of(child));
            emit! {
                [#k, __below @ ..] => #p::read_error_of::<
                    <#fitting as #p::Nest<#services>>::Machine, Self::Error,
                >(__below, __json),
            }
        });
        let read = self.nests().then(|| {
            emit! {
                fn read_error(__of: &[#p::u16], __json: &#p::str)
                    -> #p::Result<Self::Error, #p::String> {
                    match __of {
                        #(#arms)*
                        _ => #p::Codec::decode(&Self::ERROR_CODEC, __json),
                    }
                }
            }
        });
        emit! {
            const ERROR_CODEC: #p::Codec<Self::Error> = #codec;
            #read
        }
    }

    /// The codec with which values of a type are stored. Spanned at the type, so that rustc reports
    /// there that it does not implement serde.
    pub(super) fn codec_of(&self, ty: &TokenStream) -> TokenStream {
        let (p, [persist, codec]) = (&self.p, ["Persist", "CODEC"].map(ident));
        quote_spanned!(ty.span()=> <#ty as #p::#persist>::#codec)
    }

    /// The codec of the effect of a step. The effect of a loop is stored as a list with the effects
    /// of its items.
    fn codec_of_effect(&self, k: usize) -> TokenStream {
        let (p, ty, step) = (&self.p, self.written_value(k), self.steps[k]);
        if step.looped.is_none() {
            return self.codec_of(&ty);
        }
        let codec = if step.decides_each() {
            "OPTIONS"
        } else {
            "LIST"
        };
        let [persist, codec] = ["Persist", codec].map(ident);
        quote_spanned!(ty.span()=> <#ty as #p::#persist>::#codec)
    }

    fn durable_impl(&self) -> TokenStream {
        if let Some(error) = &self.saga.unreadable {
            return self.unreadable_impl(&error.to_compile_error());
        }
        let (p, input, snapshot) = (&self.p, self.input_type(), self.snapshot_type());
        let (declared, predicates) = (self.inputs_params().declared(), self.kept_shared());
        let (output_type, error_type) = (self.assigned_output(), self.assigned_error());
        let signal = self.signal_type();
        let (definition, shape, input_codec, output_codec, same_input) = if self.broken {
            (
                emit!(&#p::Definition::EMPTY),
                emit!(0),
                emit!(#p::Codec::none()),
                emit!(#p::Codec::none()),
                TokenStream::new(),
            )
        } else {
            (
                self.placed_definition(),
                self.shape(),
                self.input_codec(),
                self.output_codec(),
                self.same_input(),
            )
        };
        emit! {
            impl<#declared> #p::Durable for #input where #predicates {
                const DEFINITION: &'static #p::Definition = #definition;
                const SHAPE: #p::u64 = #shape;
                #output_type
                #error_type
                type Signal = #signal;
                type Snapshot = #snapshot;
                const INPUT: #p::Codec<Self> = #input_codec;
                const OUTPUT: #p::Codec<Self::Output> = #output_codec;
                #same_input
            }
        }
    }

    /// By this trait the inputs name their saga where they are submitted.
    fn inputs_impl(&self) -> TokenStream {
        let (p, input, params) = (&self.p, self.input_type(), self.inputs_params());
        let (declared, predicates) = (params.declared(), params.predicates());
        emit! {
            impl<#declared> #p::InputsOf<#input> for #input where #predicates {
                fn inputs(self) -> Self { self }
            }
        }
    }

    /// `Durable::same_input`: compares two values of an input, by its type.
    fn same_input(&self) -> TokenStream {
        let p = &self.p;
        let arms = self.inputs().map(|Field { name, ty, .. }| {
            let (name, same) = (recorded(name), self.same(&self.codec_of(&emit!(#ty))));
            emit!(#name => #same,)
        });
        emit! {
            fn same_input(__name: &#p::str, __one: &#p::str, __other: &#p::str) -> #p::bool {
                match __name { #(#arms)* _ => false }
            }
        }
    }

    /// Whether the values `__one` and `__other`, which are JSON, are the same to their type.
    pub(super) fn same(&self, codec: &TokenStream) -> TokenStream {
        let p = &self.p;
        emit! {{
            use #p::{ByText as _, ByValue as _};
            (&&#p::Same(#codec)).__same(__one, __other)
        }}
    }

    /// The saga's shape as a number, which the program combines with the shapes of its child sagas.
    fn shape(&self) -> TokenStream {
        let (p, own) = (&self.p, self.data.definition.own_shape());
        let children = self.children().map(|(_, step, _)| child_type(step));
        emit!(#p::shape(#own, &[#(<#children as #p::Durable>::SHAPE),*]))
    }

    /// The `Durable` implementation of a saga whose types cannot be written. An array whose length
    /// is an error, which is already reported, passes with rustc as any type.
    fn unreadable_impl(&self, error: &TokenStream) -> TokenStream {
        let (p, input, params) = (&self.p, self.input_type(), self.inputs_params());
        let (declared, predicates) = (params.declared(), params.shared(p));
        emit! {
            impl<#declared> #p::Durable for #input where #predicates {
                const DEFINITION: &'static #p::Definition = &#p::Definition::EMPTY;
                const SHAPE: #p::u64 = 0;
                type Output = [(); #error];
                type Error = [(); #error];
                type Signal = #p::NoSignal;
                type Snapshot = [(); #error];
                const INPUT: #p::Codec<Self> = #p::Codec::none();
                const OUTPUT: #p::Codec<Self::Output> = #p::Codec::none();
            }
        }
    }

    /// The codec of the inputs: an object with a field for each.
    fn input_codec(&self) -> TokenStream {
        let fields = self.inputs().map(|Field { name, ty, .. }| Kept {
            name,
            key: recorded(name),
            codec: self.codec_of(&emit!(#ty)),
            is_optional: false,
        });
        self.object_codec(&emit!(Self), &fields.collect::<Vec<_>>())
    }

    /// The codec of the output: that of the written type; or, for the struct of all effects, an
    /// object with a field for each step that was not skipped.
    fn output_codec(&self) -> TokenStream {
        match &self.saga.output {
            Output::Type(ty) => self.codec_of(&emit!(#ty)),
            Output::Effects(_) => {
                let effects = self.shown_effects().into_iter().map(|shown| Kept {
                    name: shown.name,
                    key: match shown.union {
                        None => self.steps[shown.step].journal_name(),
                        Some(union) => recorded(&union.name),
                    },
                    codec: self.codec_of_effect(shown.step),
                    is_optional: match shown.union {
                        None => self.may_lack(shown.step),
                        Some(union) => !union.whole,
                    },
                });
                let effects_struct = self.name("Effects");
                self.object_codec(&emit!(#effects_struct), &effects.collect::<Vec<_>>())
            }
        }
    }

    /// `Machine::output_codec`, for a durable saga.
    pub(super) fn output_codec_method(&self) -> Option<TokenStream> {
        self.saga.durable?;
        let (p, input) = (&self.p, self.input_type());
        Some(emit! {
            fn output_codec() -> #p::Codec<Self::Output> { <#input as #p::Durable>::OUTPUT }
        })
    }

    fn object_codec(&self, structure: &TokenStream, fields: &[Kept<'_>]) -> TokenStream {
        let p = &self.p;
        let keys = fields.iter().map(|field| &field.key);
        let (write, read) = (
            fields.iter().map(|field| field.write(p)),
            fields.iter().map(|field| field.read(p)),
        );
        emit! {
            #p::Codec::of(
                |__value, __form| #p::Object::write([#(#write),*]),
                |__json| {
                    let __object = #p::Object::read(__json, &[#(#keys),*])?;
                    #p::Result::Ok(#structure { #(#read),* })
                },
            )
        }
    }

    fn services_impl(&self) -> TokenStream {
        let (p, run, declared) = (&self.p, self.run_type(), self.all.declared());
        let (services, input) = (self.services_type(), self.input_type());
        let (shared, cloned) = (self.all_shared(), self.are_cloned());
        let body = if self.broken {
            emit!(#p::unreachable!())
        } else {
            self.run_literal(&emit!(__input.), &emit!(self.))
        };
        let publisher = self.publisher_of_services();
        emit! {
            impl<#declared> #p::Services<#input> for #services where #shared #cloned {
                type Machine = #run;
                fn give(self, __input: #input) -> Self::Machine { #body }
                #publisher
            }
            impl<#declared> #p::ServicesOf<#input> for #services where #shared #cloned {
                type Saga = #input;
                type Services = Self;
                fn services(self) -> Self { self }
            }
        }
    }

    /// Each service is cloned at its type, so that rustc reports there that it cannot be cloned.
    fn services_clone(&self) -> TokenStream {
        let (p, services) = (&self.p, self.services_type());
        let declared = self.services_params().declared();
        let (shared, cloned) = (self.services_shared(), self.are_cloned());
        let body = if self.broken {
            emit!(#p::unreachable!())
        } else {
            let fields = self.services().map(|Field { name, ty, .. }| {
                let [service, duplicate] = ["ServiceOfADurableSaga", "duplicate"].map(ident);
                let path = quote_spanned!(ty.span()=> <#ty as #p::#service>::#duplicate);
                emit!(#name: #path(&self.#name),)
            });
            emit!(Self { #(#fields)* })
        };
        emit! {
            #[automatically_derived]
            impl<#declared> #p::Clone for #services where #shared #cloned {
                fn clone(&self) -> Self { #body }
            }
        }
    }

    /// The predicates for services whose types have parameters; for all others rustc knows whether
    /// they hold.
    fn are_cloned(&self) -> TokenStream {
        let (p, service) = (&self.p, ident("Service"));
        let types = self.services().map(|service| &service.ty);
        let generic = types.filter(|ty| !self.params_of(|| emit!(#ty)).is_empty());
        generic
            .map(|ty| quote_spanned!(ty.span()=> #ty: #p::#service,))
            .collect()
    }
}

/// A field of an object.
struct Kept<'s> {
    name: &'s Ident,
    /// Its name in the object.
    key: String,
    codec: TokenStream,
    /// Whether it is an `Option`, which is left out if it is `None`.
    is_optional: bool,
}

impl Kept<'_> {
    /// The entry for the field of the local `__value`: its key, and its value in the form
    /// `__form`.
    fn write(&self, p: &Ident) -> TokenStream {
        let (name, key, codec) = (self.name, &self.key, &self.codec);
        if self.is_optional {
            // `null` would be ambiguous: it is also the value of a step without `->`.
            emit!((#key, #p::write_if_some(&#codec, &__value.#name, __form)))
        } else {
            emit!((#key, #p::Codec::write(&#codec, &__value.#name, __form)))
        }
    }

    /// The field, read from the local `__object`.
    fn read(&self, p: &Ident) -> TokenStream {
        let (name, key, codec) = (self.name, &self.key, &self.codec);
        let method = ident(if self.is_optional {
            "optional"
        } else {
            "field"
        });
        emit!(#name: #p::Object::#method(&__object, #key, #codec)?)
    }
}
