//! What users name first: the input struct and `with`, the services, the effects, the run and the snapshot.

use proc_macro2::{Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::Ident;

use super::plan::Plan;
use crate::model::{Field, Source};
use crate::names::text;

impl Plan<'_> {
    /// The structs that hold user tokens, at the place of the call.
    pub(super) fn structs(&self) -> TokenStream {
        [self.input_struct(), self.services_struct(), self.effects_struct(), self.run_struct(), self.snapshot_struct()].into_iter().collect()
    }

    fn input_struct(&self) -> TokenStream {
        let saga = self.saga;
        let (name, vis, forward) = (&saga.name, &saga.vis, &saga.attrs.forward);
        let params = self.inputs_params();
        let (declared, predicates) = (params.declared(), params.predicates());
        let fields = self.inputs().map(|Field { attrs, name, ty }| {
            let doc = format!("The input `{}`.", text(name));
            quote!(#[doc = #doc] #(#attrs)* #vis #name: #ty,)
        });
        let walk = "Every step has a typestate of its own: see `walk`.";
        let own_docs = forward.iter().any(|attr| attr.path().is_ident("doc"));
        let doc = (!own_docs).then(|| {
            let doc = format!("The saga `{}`, with its inputs. {walk}", text(name));
            quote!(#[doc = #doc])
        });
        quote_spanned!(name.span()=> #doc #(#forward)* #[allow(dead_code)] #vis struct #name<#declared> where #predicates { #(#fields)* })
    }

    fn services_struct(&self) -> TokenStream {
        let vis = &self.saga.vis;
        let name = self.name("Services");
        let params = self.services_params();
        let (declared, predicates) = (params.declared(), params.predicates());
        let fields = self.services().map(|Field { name, ty, .. }| {
            let doc = format!("The service `{}`.", text(name));
            quote!(#[doc = #doc] #vis #name: #ty,)
        });
        let doc = format!("The services of [`{}`].", text(&self.saga.name));
        quote!(#[doc = #doc] #[allow(dead_code)] #vis struct #name<#declared> where #predicates { #(#fields)* })
    }

    fn effects_struct(&self) -> TokenStream {
        let vis = &self.saga.vis;
        let name = self.name("Effects");
        let params = self.effects_params();
        let (declared, predicates) = (params.declared(), params.predicates());
        let fields = self.every_step().map(|(index, step)| {
            let (name, ty) = (&step.name, self.effect_type(index));
            let doc = format!("The effect of `{}`.", text(name));
            quote!(#[doc = #doc] #vis #name: #ty,)
        });
        let doc = format!("All effects of [`{}`].", text(&self.saga.name));
        quote!(#[doc = #doc] #[allow(dead_code)] #vis struct #name<#declared> where #predicates { #(#fields)* })
    }

    fn snapshot_struct(&self) -> TokenStream {
        let (vis, p) = (&self.saga.vis, &self.p);
        let name = self.name("Snapshot");
        let params = self.effects_params();
        let (declared, predicates) = (params.declared(), params.predicates());
        let fields = self.every_step().map(|(index, step)| {
            let (name, ty) = (&step.name, self.effect_type(index));
            let doc = format!("The effect of `{}`, if it is there.", text(name));
            quote!(#[doc = #doc] #vis #name: #p::Option<#ty>,)
        });
        let doc = format!("Where a run of [`{}`] is: its effects, each if it is there.", text(&self.saga.name));
        quote!(#[doc = #doc] #[allow(dead_code)] #vis struct #name<#declared> where #predicates { #(#fields)* })
    }

    /// Inputs and services of one run. What `finally` reads is shared with it, since it outlives the run.
    fn run_struct(&self) -> TokenStream {
        let vis = &self.saga.vis;
        let (name, p) = (self.name("Run"), &self.p);
        let (declared, predicates) = (self.all.declared(), self.all.predicates());
        let fields = self.owned().map(|Field { name, ty, .. }| quote!(#name: #ty,));
        let lent = self.saga.finally.is_some().then(|| {
            let (lent, types) = (lent(), self.lent().map(|field| &field.ty));
            quote!(#lent: #p::Arc<(#(#types,)*)>,)
        });
        let doc = format!("A [`{}`] with its services, ready to run.", text(&self.saga.name));
        quote!(#[doc = #doc] #[allow(dead_code)] #vis struct #name<#declared> where #predicates { #(#fields)* #lent })
    }

    /// `with` (or `run`, without services), `walk` and `DEFINITION`.
    pub(super) fn input_impl(&self) -> TokenStream {
        let saga = self.saga;
        let (name, vis, p) = (&saga.name, &saga.vis, &self.p);
        let (inputs, all) = (self.inputs_params(), &self.all);
        let rest = inputs.others();
        let (declared, names, predicates) = (inputs.declared(), inputs.names(), inputs.shared(p));
        let (rest_declared, all_names, all_predicates) = (rest.declared(), all.names(), all.shared(p));
        let services: Vec<_> = self.services().collect();
        let (service_names, service_types): (Vec<_>, Vec<_>) = services.iter().map(|service| (&service.name, &service.ty)).unzip();
        let (with, doc) = if services.is_empty() {
            ("run", "Makes the saga ready to run. Nothing happens before it is awaited or started.")
        } else {
            ("with", "Gives the saga its services. Nothing happens before it is awaited or started.")
        };
        let with = Ident::new(with, name.span());
        let run = self.name("Run");
        let own = self.owned().map(|Field { name, .. }| self.parameter_or_field(name, &services));
        let lent_field = saga.finally.is_some().then(|| {
            let (field, values) = (lent(), self.lent().map(|field| self.value_of(&field.name, &services)));
            quote!(#field: #p::Arc::new((#(#values,)*)),)
        });
        let definition = self.definition();
        let definition_doc = "What this saga is, as data.";
        let walk = self.walk_start();
        let lints = super::code::signature_lints();
        quote! {
            impl<#declared> #name<#names> where #predicates {
                #[doc = #definition_doc]
                #vis const DEFINITION: #p::Definition = #definition;

                #[doc = #doc]
                #lints
                #[allow(dead_code)]
                #vis fn #with<#rest_declared>(self, #(#service_names: #service_types,)*) -> #p::Prepared<#run<#all_names>> where #all_predicates {
                    #p::Prepared::new(#run { #(#own,)* #lent_field })
                }

                #walk
            }
        }
    }

    fn parameter_or_field(&self, name: &Ident, services: &[&Field]) -> TokenStream {
        let value = self.value_of(name, services);
        quote!(#name: #value)
    }

    /// A service is a parameter of `with`, an input a field of `self`.
    #[allow(clippy::unused_self, reason = "reads as a property of the plan")]
    fn value_of(&self, name: &Ident, services: &[&Field]) -> TokenStream {
        if services.iter().any(|service| service.name == *name) { quote!(#name) } else { quote!(self.#name) }
    }

    /// Inputs and services that only the run itself reads.
    pub(super) fn owned(&self) -> impl Iterator<Item = &Field> {
        self.held().filter(|(_, lent)| !lent).map(|(field, _)| field)
    }

    /// Those that `finally` reads, too.
    pub(super) fn lent(&self) -> impl Iterator<Item = &Field> {
        self.held().filter(|(_, lent)| *lent).map(|(field, _)| field)
    }

    fn held(&self) -> impl Iterator<Item = (&Field, bool)> {
        let finally = |source: Source| self.saga.finally.as_ref().is_some_and(|finally| finally.reads.iter().any(|read| read.source == source));
        let inputs = self.saga.inputs.iter().enumerate().map(move |(index, field)| (field, finally(Source::Input(index))));
        let services = self.saga.services.iter().enumerate().map(move |(index, field)| (field, finally(Source::Service(index))));
        let shown: Vec<_> = self.inputs().chain(self.services()).map(std::ptr::from_ref).collect();
        inputs.chain(services).filter(move |(field, _)| shown.contains(&std::ptr::from_ref(*field)))
    }

    /// A reference to an input or a service of a run.
    pub(super) fn run_field(&self, run: &TokenStream, name: &Ident) -> TokenStream {
        match self.lent().position(|field| field.name == *name) {
            Some(position) => {
                let (lent, position) = (lent(), syn::Index::from(position));
                quote!(&#run.#lent.#position)
            }
            None => quote!(&#run.#name),
        }
    }
}

/// The field of a run that is shared with `finally`.
pub(super) fn lent() -> Ident {
    format_ident!("__lent", span = Span::call_site())
}
