//! What a saga holds is `Send + Sync + 'static`. Predicates at the user's types require that, so
//! that rustc reports each type that is not, there and once.
//!
//! Under a predicate that does not hold, rustc assumes what follows from it, so nothing else is
//! reported; and the same report from several items is shown once.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote_spanned};
use syn::visit::{self, Visit};
use syn::{PathSegment, Type, TypePtr, TypeTraitObject, spanned::Spanned};

use super::generics::{Params, idents};
use super::ident::{emit, ident};
use super::plan::{Plan, reads_of};
use crate::model::{Output, Source, Step};

impl Plan<'_> {
    /// The predicates for all that the saga holds.
    pub(super) fn all_shared(&self) -> TokenStream {
        let services = self.services().map(|service| &service.ty);
        self.are_shared(self.kept().chain(services), &self.all)
    }

    /// The same without its services, which are not kept: what a durable saga is read with.
    pub(super) fn kept_shared(&self) -> TokenStream {
        self.are_shared(self.kept(), &self.inputs_params())
    }

    /// The same for its services alone.
    pub(super) fn services_shared(&self) -> TokenStream {
        let services = self.services().map(|service| &service.ty);
        self.are_shared(services, &self.services_params())
    }

    /// The same for what the code of a step reads and gives.
    pub(super) fn step_shared(&self, step: &Step) -> TokenStream {
        self.steps_shared([step])
    }

    /// The same for several steps.
    pub(super) fn steps_shared<'t>(
        &'t self,
        steps: impl IntoIterator<Item = &'t Step>,
    ) -> TokenStream {
        self.are_shared(self.types_of(steps).into_iter(), &self.all)
    }

    /// The same for the user's own code: only those predicates that are not plain facts. In a
    /// function with predicates rustc can reuse little of what it found out for others, so those
    /// that are plain facts double what it has to do.
    pub(super) fn code_shared(&self, step: &Step) -> TokenStream {
        let types = self.types_of([step]).into_iter();
        let generic = types.filter(|ty| !self.params_of(|| emit!(#ty)).is_empty());
        self.are_shared(generic, &self.all)
    }

    /// What the code of some steps reads and gives, each type once.
    fn types_of<'t>(&'t self, steps: impl IntoIterator<Item = &'t Step>) -> Vec<&'t Type> {
        let mut types: Vec<&Type> = Vec::new();
        for step in steps {
            let read = reads_of(step).filter_map(|read| self.type_of(read.source));
            let item = step.looped.as_ref().map(|looped| &looped.ty);
            for ty in read
                .chain(&step.effect)
                .chain(item)
                .chain([&self.saga.error])
            {
                if !types.iter().any(|known| std::ptr::eq(*known, ty)) {
                    types.push(ty);
                }
            }
        }
        types
    }

    /// The user's types except services: inputs, effects, error, and the output of a durable saga,
    /// which an engine shares.
    fn kept(&self) -> impl Iterator<Item = &Type> {
        let inputs = self.inputs().map(|input| &input.ty);
        let steps = self.every_step().map(|(_, step)| step);
        let effects = steps.filter_map(|step| step.effect.as_ref());
        let looped = self
            .every_step()
            .filter_map(|(_, step)| step.looped.as_ref());
        let items = looped.map(|looped| &looped.ty);
        let output = match &self.saga.output {
            Output::Type(ty) if self.saga.durable.is_some() => Some(ty),
            _ => None,
        };
        inputs
            .chain(effects)
            .chain(items)
            .chain([&self.saga.error])
            .chain(output)
    }

    /// The user's type behind a read.
    fn type_of(&self, source: Source) -> Option<&Type> {
        match source {
            Source::Input(index) => Some(&self.saga.inputs[index].ty),
            Source::Service(index) => Some(&self.saga.services[index].ty),
            Source::Effect(step) => self.steps[step].effect.as_ref(),
            Source::Item(step) => Some(&self.steps[step].looped.as_ref()?.ty),
            _ => None,
        }
    }

    /// With the parameters that these types mention, which are shared, too.
    pub(super) fn are_shared<'t>(
        &'t self,
        types: impl Iterator<Item = &'t Type>,
        params: &Params<'_>,
    ) -> TokenStream {
        let written = types.filter(|ty| !self.is_param(ty));
        let written = written.map(|ty| self.is_shared(ty));
        written.chain([params.shared(&self.p)]).collect()
    }

    /// A type as generated items name it. One that looks as if it stayed on its thread is itself
    /// only if it is shared: if not, that is reported, and rustc takes it for any type, so that
    /// neither these items nor the saga's callers repeat it.
    pub(super) fn checked(&self, ty: &Type) -> TokenStream {
        if !is_doubtful(ty) || !self.params_of(|| emit!(#ty)).is_empty() {
            return emit!(#ty);
        }
        let (private, [is, shared, same]) = (&self.private, ["Is", "shared", "Type"].map(ident));
        quote_spanned! {
            ty.span()=> <#ty as #private::#is<{ #private::#shared::<#ty>() }>>::#same
        }
    }

    fn is_shared(&self, ty: &Type) -> TokenStream {
        let (p, shared) = (&self.p, ident("Shared"));
        // `for<>` and `<>` are there for their spans: rustc underlines a bound from its first token
        // to its last.
        let checked = self.checked(ty);
        let bound = quote_spanned!(ty.span()=> #checked: for<> #p::#shared);
        let end = quote_spanned!(last_span(ty)=> <>,);
        emit!(#bound #end)
    }

    /// Whether a type is just one of the saga's parameters.
    fn is_param(&self, ty: &Type) -> bool {
        let mut params = self.saga.generics.type_params();
        match ty {
            Type::Path(ty) => params.any(|param| ty.path.is_ident(&param.ident)),
            _ => false,
        }
    }
}

/// Whether a type names one that is often not `Send + Sync`.
fn is_doubtful(ty: &Type) -> bool {
    let mut looker = Looker(false);
    looker.visit_type(ty);
    looker.0
}

struct Looker(bool);

impl Visit<'_> for Looker {
    fn visit_path_segment(&mut self, segment: &PathSegment) {
        let name = segment.ident.to_string();
        self.0 |= name.ends_with("Guard") || LOCAL.contains(&name.as_str());
        visit::visit_path_segment(self, segment);
    }

    fn visit_type_trait_object(&mut self, object: &TypeTraitObject) {
        let bounds = idents(object.to_token_stream());
        self.0 |= !(bounds.contains("Send") && bounds.contains("Sync"));
    }

    fn visit_type_ptr(&mut self, _: &TypePtr) {
        self.0 = true;
    }
}

/// Types of the standard library that stay on their thread.
const LOCAL: [&str; 9] = [
    "Cell",
    "LazyCell",
    "LocalKey",
    "OnceCell",
    "Rc",
    "Ref",
    "RefCell",
    "RefMut",
    "UnsafeCell",
];

/// Of the last token: on stable, the span of several is that of the first.
fn last_span(tokens: impl ToTokens) -> Span {
    let last = tokens.into_token_stream().into_iter().last();
    last.map_or_else(Span::call_site, |token| token.span())
}
