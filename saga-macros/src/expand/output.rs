//! The tail as a function, and what makes rustc warn about what nobody reads and an editor link each read with what it reads.

use proc_macro2::TokenStream;
use quote::{format_ident, quote, quote_spanned};
use syn::{Ident, spanned::Spanned};

use super::{code::local, plan::Plan};
use crate::model::{Output, Source};

impl Plan<'_> {
    /// `fn __output(inputs, effects) -> Output`: the parameters are bound by the user's own tokens, so that rustc itself sees what the tail uses.
    pub(super) fn output_function(&self) -> TokenStream {
        let p = &self.p;
        let output = self.output_type();
        let (generics, predicates) = (self.all.declared(), self.all.shared(p));
        let mut params = TokenStream::new();
        let mut bindings = TokenStream::new();
        let mut bind = |index: usize, name: &Ident, ty: TokenStream, lints: TokenStream| {
            let param = format_ident!("__{index}", span = proc_macro2::Span::mixed_site());
            params.extend(quote!(#param: #ty,));
            // The user's span: rustc underlines the name in the declaration.
            bindings.extend(quote_spanned!(name.span()=> #lints let #name = #param;));
        };
        let mut count = 0;
        for input in self.inputs() {
            let ty = &input.ty;
            let lent = self.saga.inputs.iter().position(|other| other.name == input.name).is_some_and(|index| self.is_lent(index));
            let lints = input.attrs.iter().filter(|attr| is_lint(attr));
            bind(count, &input.name, if lent { quote!(&#ty) } else { quote!(#ty) }, quote!(#(#lints)*));
            count += 1;
        }
        for (index, step) in self.every_step() {
            let lints = &step.attrs.lints;
            // A step without an effect has nothing that one could read.
            let exempt = step.effect.is_none().then(|| quote!(#[allow(unused_variables)]));
            bind(count, &step.name, self.effect_type(index), quote!(#exempt #(#lints)*));
            count += 1;
        }
        let used = self.every_read().filter(|read| matches!(read.source, Source::Input(_) | Source::Effect(_)) && self.is_known(read));
        let used = used.map(|read| &read.name).map(|name| quote_spanned!(name.span()=> let _ = &#name;));
        let tail = self.tail();
        let lints = super::code::signature_lints();
        let unused = self.broken.then(|| quote!(#[allow(unused)]));
        quote! {
            #lints #unused
            #[allow(clippy::let_unit_value, clippy::needless_pass_by_value, clippy::large_types_passed_by_value, clippy::let_and_return)]
            fn __output<#generics>(#params) -> #output where #predicates {
                #bindings
                #(#used)*
                #tail
            }
        }
    }

    fn tail(&self) -> TokenStream {
        match (&self.saga.tail, &self.saga.output) {
            (Some(tail), _) => tail.clone(),
            (None, Output::Type(ty)) if self.broken => quote_spanned!(ty.span()=> ::core::unreachable!()),
            (None, Output::Type(ty)) => quote_spanned!(ty.span()=> ()),
            (None, Output::Effects(_)) => {
                let effects = self.name("Effects");
                let names = self.every_step().map(|(_, step)| &step.name);
                quote!(#effects { #(#names),* })
            }
        }
    }

    /// What `__output` is called with: inputs, then effects.
    pub(super) fn output_args(&self, input: impl Fn(&Ident, bool) -> TokenStream, effect: impl Fn(usize) -> TokenStream) -> TokenStream {
        let inputs = self.saga.inputs.iter().enumerate().map(|(index, field)| input(&field.name, self.is_lent(index)));
        let effects = self.every_step().map(|(index, _)| effect(index));
        quote!(#(#inputs,)* #(#effects,)*)
    }

    /// Services as locals of their own names, used where they are read: rustc warns about the others.
    pub(super) fn services_function(&self) -> TokenStream {
        let p = &self.p;
        let (generics, predicates) = (self.all.declared(), self.all.shared(p));
        let (params, bindings): (Vec<_>, Vec<_>) = self
            .services()
            .enumerate()
            .map(|(index, service)| {
                let (name, ty) = (&service.name, &service.ty);
                let lints = service.attrs.iter().filter(|attr| is_lint(attr));
                let param = format_ident!("__{index}", span = proc_macro2::Span::mixed_site());
                (quote!(#param: &#ty), quote_spanned!(name.span()=> #(#lints)* let #name = #param;))
            })
            .unzip();
        let used = self.every_read().filter(|read| matches!(read.source, Source::Service(_)) && self.is_known(read));
        let used = used.map(|read| &read.name).map(|name| quote_spanned!(name.span()=> let _ = &#name;));
        let lints = super::code::signature_lints();
        let unused = self.broken.then(|| quote!(#[allow(unused)]));
        quote!(#lints #unused #[allow(dead_code)] fn __services<#generics>(#(#params),*) where #predicates { #(#bindings)* #(#used)* })
    }

    /// For rust-analyzer alone: a half-typed read completes to everything that could stand there.
    pub(super) fn completion(&self) -> TokenStream {
        let unknown: Vec<_> = self.every_read().filter(|read| read.source == Source::Unknown).map(|read| &read.name).collect();
        if unknown.is_empty() {
            return TokenStream::new();
        }
        let p = &self.p;
        let (generics, predicates) = (self.all.declared(), self.all.shared(p));
        let fields = self.inputs().chain(self.services()).map(|field| {
            let (name, ty) = (&field.name, &field.ty);
            quote!(#name: &#ty,)
        });
        let effects = self.every_step().map(|(index, step)| {
            let (name, ty) = (&step.name, self.effect_type(index));
            quote!(#name: &#ty,)
        });
        quote! {
            #[allow(unexpected_cfgs, unused)]
            const _: () = {
                #[cfg(rust_analyzer)]
                fn __completion<#generics>(#(#fields)* #(#effects)*) where #predicates { #(let _ = &#unknown;)* }
            };
        }
    }

    /// `finally`, which runs beside the end of the saga.
    pub(super) fn finally_function(&self) -> TokenStream {
        let Some(finally) = &self.saga.finally else { return TokenStream::new() };
        let name = Ident::new("__finally", finally.span);
        self.async_pair(&name, None, &finally.reads, &finally.code, &quote_spanned!(finally.span=> ()), &finally.lints)
    }

    pub(super) fn finally_method(&self) -> TokenStream {
        let p = &self.p;
        let Some(finally) = &self.saga.finally else {
            return quote!(fn finally(&self, _: &dyn Fn() -> #p::Summary) -> #p::Option<#p::Pin<#p::Box<dyn #p::Future<Output = ()> + #p::Send>>> { #p::Option::None });
        };
        let (lent_local, summary, context) = (local("lent"), local("summary"), local("context"));
        let lent = super::input::lent();
        let names = self.all.names();
        let args = finally.reads.iter().filter(|read| self.is_known(read)).map(|read| match read.source {
            Source::Outcome => quote!(&#summary),
            Source::Ctx => quote!(&#context),
            _ => {
                let position = self.lent().position(|field| field.name == read.name).unwrap_or_default();
                let position = syn::Index::from(position);
                quote!(&#lent_local.#position)
            }
        });
        let context_binding = super::code::reads_context(&finally.reads).then(|| quote!(let #context = #summary.context();));
        quote! {
            #[allow(unused_variables)]
            fn finally(&self, #summary: &dyn Fn() -> #p::Summary) -> #p::Option<#p::Pin<#p::Box<dyn #p::Future<Output = ()> + #p::Send>>> {
                let #lent_local = #p::Arc::clone(&self.#lent);
                let #summary = #summary();
                #p::Option::Some(#p::Box::pin(async move {
                    #context_binding
                    __finally_send::<#names>(#(#args),*).await
                }))
            }
        }
    }
}

fn is_lint(attr: &syn::Attribute) -> bool {
    ["allow", "expect", "warn", "deny", "forbid"].iter().any(|lint| attr.path().is_ident(lint))
}
