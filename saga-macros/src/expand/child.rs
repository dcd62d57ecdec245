//! A saga as a step: its inputs as a function, its calls, where it stays; and what makes a saga fit
//! to be a step of another.

use proc_macro2::{Span, TokenStream, TokenTree};
use quote::{format_ident, quote_spanned};
use syn::{Ident, spanned::Spanned};

use super::{
    code::{Part, function},
    definition::index,
    ident::{emit, ident},
    lints,
    plan::{Plan, journal_name},
};
use crate::model::{Child, Kind, Output, Source, Step};
use crate::names::text;

impl Plan<'_> {
    fn children(&self) -> impl Iterator<Item = (usize, &Step, &Child)> {
        self.every_step()
            .filter_map(|(k, step)| Some((k, step, step.child()?)))
    }

    pub(super) fn nests(&self) -> bool {
        self.children().next().is_some()
    }

    /// `fn __input_x(reads) -> Child`, and the call of a walk by hand.
    pub(super) fn child_functions(&self, k: usize, step: &Step, child: &Child) -> TokenStream {
        let p = &self.p;
        let (Child { path, fields, .. }, reads) = (child, &step.reads[..child.written]);
        let (name, send) = (input_name(step), function(step, Part::Action));
        let predicates = self.step_shared(step);
        let (generics, names) = (self.all.declared(), self.all.names());
        let lints = lints::of_action(&step.attrs.others);
        let place = Some((k, Part::Action));
        let params = self.params(place, reads);
        let (send_params, _) = self.lent_params(place, &step.reads);
        let life = (!step.reads.is_empty()).then(|| emit!('__r,));
        let written = self.written_value(k).span();
        let result = self.result_of(&self.value_type(k), written);
        let written =
            (0..child.written).map(|index| format_ident!("__{index}", span = Span::mixed_site()));
        let services = child.services.iter().map(|service| {
            let position = step.reads.iter().position(|read| read.name == *service);
            let position = position.unwrap_or_default();
            let arg = format_ident!("__{position}", span = Span::mixed_site());
            emit!(#p::duplicate(#arg),)
        });
        let error = self.error_type();
        emit! {
            #lints
            fn #name<#generics>(#params) -> #path where #predicates { #path #fields }

            fn #send<#life #generics>(#send_params)
                -> impl #p::Future<Output = #result> + #p::Send + use<#life #names>
                where #predicates
            {
                #p::by_hand::<_, _, #error>(
                    #name::<#names>(#(#written),*), (#(#services)*)
                )
            }
        }
    }

    /// What is true of every saga that is a step, reported at its path.
    pub(super) fn child_proofs(&self) -> TokenStream {
        let p = &self.p;
        let proofs = self.children().map(|(_, _, child)| {
            let path = &child.path;
            let goes_back = ident("goes_back");
            let durable = self.saga.durable.map(|_| {
                let kept = ident("kept");
                quote_spanned!(path.span()=> let _ = || #p::#kept::<#path>();)
            });
            quote_spanned!(path.span()=> let _ = || #p::#goes_back::<#path>(); #durable)
        });
        let proofs: TokenStream = proofs.collect();
        if proofs.is_empty() {
            return proofs;
        }
        emit!(const _: () = { #proofs };)
    }

    /// The attempt of a step that is a saga, as the value of `__result`.
    pub(super) fn nest_call(&self, k: usize, child: &Child, at: &TokenStream) -> TokenStream {
        let p = &self.p;
        let step = self.steps[k];
        let (place, nesting) = (child_place(step), self.nesting(step));
        let (input, names) = (input_name(step), self.all.names());
        let args = self.args(k, Part::Action, &step.reads[..child.written]);
        let (services, codec) = (self.child_services(child), self.child_codec(k));
        emit! {
            let __result = #p::nest(
                #place, __scope, (#at, #nesting), || #input::<#names>(#args), #services, #codec,
            ).await;
        }
    }

    /// The way back of a step that is a saga, as the value of `__result`.
    pub(super) fn nest_back_call(&self, k: usize, child: &Child, at: &TokenStream) -> TokenStream {
        let p = &self.p;
        let step = self.steps[k];
        let (place, nesting) = (child_place(step), self.nesting(step));
        let services = self.child_services(child);
        emit! {
            let __result = #p::nest_back(#place, __scope, (#at, #nesting), #services).await;
        }
    }

    fn nesting(&self, step: &Step) -> TokenStream {
        let p = &self.p;
        let (saga, step_name) = (self.journal_name(), journal_name(step));
        let limit = if let Some(timeout) = self.action_timeout(step) {
            let limit = self.evaluated(timeout);
            emit!(#p::Option::Some(#limit))
        } else {
            emit!(#p::Option::None)
        };
        emit!(#p::Nesting { saga: #saga, step: #step_name, limit: #limit })
    }

    fn child_services(&self, child: &Child) -> TokenStream {
        let p = &self.p;
        let services = child.services.iter().map(|name| {
            let service = self.run_field(&emit!(__run), name);
            emit!(#p::duplicate(#service),)
        });
        emit!(|| (#(#services)*))
    }

    fn child_codec(&self, k: usize) -> TokenStream {
        let p = &self.p;
        if self.saga.durable.is_some() {
            self.codec_of(&self.written_value(k))
        } else {
            emit!(#p::Codec::none())
        }
    }

    /// `struct __Children`, if there are any.
    pub(super) fn children_struct(&self) -> TokenStream {
        if !self.nests() {
            return TokenStream::new();
        }
        let (p, vis) = (&self.p, self.vis());
        let fields = self.children().map(|(_, step, child)| {
            let (name, path) = (&step.name, &child.path);
            let services = child.services.iter().map(|service| {
                let ty = self.services().find(|field| field.name == *service);
                let ty = ty.map(|field| &field.ty);
                emit!(#ty,)
            });
            quote_spanned!(path.span()=> #name: #p::Nested<#path, (#(#services)*)>,)
        });
        let names: Vec<_> = self.children().map(|(_, step, _)| &step.name).collect();
        emit! {
            #vis struct __Children { #(#fields)* }
            impl #p::Default for __Children {
                fn default() -> Self { Self { #(#names: #p::Default::default(),)* } }
            }
        }
    }

    /// The field of the slots.
    pub(super) fn children_field(&self) -> TokenStream {
        if self.nests() {
            emit!(__children: __Children,)
        } else {
            TokenStream::new()
        }
    }

    pub(super) fn no_children(&self) -> TokenStream {
        let p = &self.p;
        if self.nests() {
            emit!(__children: #p::Default::default(),)
        } else {
            TokenStream::new()
        }
    }

    /// What the machine says of them.
    pub(super) fn children_items(&self) -> TokenStream {
        let p = &self.p;
        if !self.nests() {
            return emit!(
                type Children = ();
            );
        }
        let arms = self.children().map(|(k, step, _)| {
            let (k, name) = (index(k), &step.name);
            emit!(#k => #p::Option::Some(&__slots.__children.#name),)
        });
        emit! {
            const NESTS: #p::bool = true;
            type Children = __Children;

            fn children(__slots: &mut Self::Slots) -> #p::Option<&mut Self::Children> {
                #p::Option::Some(&mut __slots.__children)
            }

            fn child(__slots: &Self::Slots, __step: #p::u16)
                -> #p::Option<&dyn #p::RunChild> {
                match __step { #(#arms)* _ => #p::Option::None }
            }
        }
    }

    /// What makes this saga fit to be a step of another.
    pub(super) fn nestable(&self) -> TokenStream {
        let params = self.params_of(|| {
            let fields = self.inputs().chain(self.services());
            fields.map(|field| &field.ty).map(|ty| emit!(#ty)).collect()
        });
        // A parameter that neither inputs nor services have is nothing that its parent could say.
        if self.broken || params.names().to_string() != self.all.names().to_string() {
            return TokenStream::new();
        }
        let p = &self.p;
        let (declared, names, predicates) =
            (self.all.declared(), self.all.names(), self.all_shared());
        let (input, input_names, run) =
            (self.input(), self.inputs_params().names(), self.name("Run"));
        let types: Vec<_> = self.services().map(|service| &service.ty).collect();
        let services = self.services().map(|service| &service.name);
        let body = self.run_literal(&emit!(self.), &emit!());
        let codec = self.saga.durable.map(|_| {
            emit! {
                fn codec() -> #p::Codec<Self> { <Self as #p::Durable>::INPUT }
            }
        });
        let signals = self.saga.steps().any(|step| step.kind == Kind::Signal);
        let goes_back = (self.pivot().is_none() && !signals).then(|| {
            let inputs = self.inputs_params();
            let (declared, predicates) = (inputs.declared(), inputs.shared(p));
            emit!(impl<#declared> #p::GoesBack for #input<#input_names> where #predicates {})
        });
        let tail = self.tail_impl();
        let lints = lints::executor();
        emit! {
            #lints
            impl<#declared> #p::Nest<(#(#types,)*)> for #input<#input_names> where #predicates {
                type Machine = #run<#names>;
                fn give(self, (#(#services,)*): (#(#types,)*)) -> Self::Machine { #body }
                #codec
            }
            #goes_back
            #tail
        }
    }

    /// The output of clones of what the tail may move: what it names.
    fn tail_impl(&self) -> TokenStream {
        let p = &self.p;
        let all = matches!(self.saga.output, Output::Effects(_));
        let tail = self.saga.tail.clone().unwrap_or_default();
        let (mut params, mut args, mut cloned, mut lets) = (
            TokenStream::new(),
            TokenStream::new(),
            TokenStream::new(),
            TokenStream::new(),
        );
        let mut add =
            |name: &Ident, ty: TokenStream, value: TokenStream, moves: bool, lent: bool| {
                let param = format_ident!("__{}", text(name), span = Span::mixed_site());
                lets.extend(emit!(let #name = #param; let _ = &#name;));
                if moves && !lent {
                    params.extend(emit!(#param: #ty,));
                    args.extend(emit!(#p::Clone::clone(#value),));
                    let clone = ident("Cloned");
                    cloned.extend(quote_spanned!(ty.span()=> for<'__c> #ty: #p::#clone<'__c>,));
                } else {
                    params.extend(emit!(#param: &#ty,));
                    args.extend(emit!(#value,));
                }
            };
        for (index, input) in self.saga.inputs.iter().enumerate() {
            let (name, ty) = (&input.name, &input.ty);
            let value = self.run_field(&emit!(self), name);
            let moves = !all && mentions(&tail, name);
            add(
                name,
                emit!(#ty),
                value,
                moves,
                self.is_lent(Source::Input(index)),
            );
        }
        for (k, step) in self.every_effect() {
            let name = &step.name;
            let value = emit!(#p::filled(#p::Slot::get(&__slots.#name)));
            let moves = all || mentions(&tail, name);
            let ty = self.seen_of(k, None, self.written_value(k));
            add(name, ty, value, moves, false);
        }
        let (declared, names, predicates) =
            (self.all.declared(), self.all.names(), self.all_shared());
        let (run, output, shared) = (
            self.name("Run"),
            self.shown_output(),
            self.all.shared(&self.p),
        );
        let tail = self.tail();
        emit! {
            #[allow(clippy::let_unit_value, clippy::needless_pass_by_value,
                clippy::large_types_passed_by_value, clippy::let_and_return,
                clippy::redundant_closure_call, clippy::unnecessary_box_returns,
                clippy::no_effect_underscore_binding, clippy::used_underscore_binding)]
            fn __output_of<#declared>(#params) -> #output where #shared {
                #lets
                let __made: #output = (|| -> #output { #tail })();
                __made
            }

            impl<#declared> #p::Tail for #run<#names> where #predicates #cloned {
                fn made(&self, __slots: &Self::Slots) -> Self::Output {
                    __output_of::<#names>(#args)
                }
            }
        }
    }
}

/// The function that makes the inputs of a saga that is a step.
fn input_name(step: &Step) -> Ident {
    format_ident!("__input{}", function(step, Part::Action))
}

/// Whether some tokens name this.
fn mentions(tokens: &TokenStream, name: &Ident) -> bool {
    tokens.clone().into_iter().any(|token| match token {
        TokenTree::Ident(ident) => ident == *name,
        TokenTree::Group(group) => mentions(&group.stream(), name),
        // A format string may name it, but moves nothing.
        TokenTree::Literal(_) | TokenTree::Punct(_) => false,
    })
}

/// Where a run keeps the saga that the step is.
fn child_place(step: &Step) -> TokenStream {
    let name = &step.name;
    emit!(&__slots.__children.#name)
}
