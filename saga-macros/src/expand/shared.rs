//! Everything that a saga holds is `Send + Sync + 'static`. Each of the user's types has a name in
//! generated code that checks it, so that rustc reports a type that does not comply there, and
//! once.
//!
//! Types that mention a parameter are checked by predicates. If a predicate does not hold, rustc
//! still assumes what follows from it, so it reports nothing else; and a report that several items
//! repeat is shown once.

use std::{collections::HashMap, ptr};

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote_spanned};
use syn::{Type, spanned::Spanned};

use super::generics::Params;
use super::ident::{emit, ident};
use super::plan::Plan;
use crate::model::{Output, Source, Step};
use crate::names::text;

impl Plan<'_> {
    /// The predicates for all types that the saga holds.
    pub(super) fn all_shared(&self) -> TokenStream {
        let services = self.services().map(|service| &service.ty);
        self.are_shared(self.kept().chain(services), &self.all)
    }

    /// The predicates for all types that the saga stores, without its services: a durable saga is
    /// read with these.
    pub(super) fn kept_shared(&self) -> TokenStream {
        self.are_shared(self.kept(), &self.inputs_params())
    }

    /// The predicates for the types of the saga's services.
    pub(super) fn services_shared(&self) -> TokenStream {
        let services = self.services().map(|service| &service.ty);
        self.are_shared(services, &self.services_params())
    }

    /// The predicates for the types that the code of a step reads and returns.
    pub(super) fn step_shared(&self, step: &Step) -> TokenStream {
        self.steps_shared([step])
    }

    /// The predicates for the types that the code of several steps reads and returns.
    pub(super) fn steps_shared<'t>(
        &'t self,
        steps: impl IntoIterator<Item = &'t Step>,
    ) -> TokenStream {
        self.are_shared(self.types_of(steps).into_iter(), &self.all)
    }

    /// The types that the code of some steps reads and returns, each once.
    fn types_of<'t>(&'t self, steps: impl IntoIterator<Item = &'t Step>) -> Vec<&'t Type> {
        let mut types: Vec<&Type> = Vec::new();
        for step in steps {
            let read = step
                .all_reads()
                .filter_map(|read| self.type_of(read.source));
            let item = step.looped.as_ref().map(|looped| &looped.ty);
            for ty in read
                .chain(&step.effect)
                .chain(item)
                .chain([&self.saga.error])
            {
                if !types.iter().any(|known| ptr::eq(*known, ty)) {
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
            .chain(&self.saga.emits)
            .chain(output)
    }

    /// The user's type of what a read refers to.
    fn type_of(&self, source: Source) -> Option<&Type> {
        match source {
            Source::Input(index) => Some(&self.saga.inputs[index].ty),
            Source::Service(index) => Some(&self.saga.services[index].ty),
            Source::Effect(step) => self.steps[step].effect.as_ref(),
            Source::Arms(union) => {
                let first = self.saga.unions[union].members[0];
                self.steps[first].effect.as_ref()
            }
            Source::Item(step) => Some(&self.steps[step].looped.as_ref()?.ty),
            _ => None,
        }
    }

    /// The predicates for types that mention a parameter, and for these parameters. Types that
    /// mention no parameter are checked once, where they are [named](Plan::types).
    pub(super) fn are_shared<'t>(
        &'t self,
        types: impl Iterator<Item = &'t Type>,
        params: &Params<'_>,
    ) -> TokenStream {
        let open = types.filter(|ty| !self.is_closed(ty) && !self.is_param(ty));
        let open = open.map(|ty| self.is_shared(ty));
        open.chain([params.shared(&self.p)]).collect()
    }

    fn is_shared(&self, ty: &Type) -> TokenStream {
        let (p, shared) = (&self.p, ident("Shared"));
        // `for<>` and `<>` are there for their spans: rustc underlines a bound from its first token
        // to its last.
        let bound = quote_spanned!(ty.span()=> #ty: for<> #p::#shared);
        let end = quote_spanned!(last_span(ty)=> <>,);
        emit!(#bound #end)
    }

    /// A name for each of the user's types: the type itself, if it can be part of a saga. If it
    /// cannot, rustc reports that there, and accepts the name as any type, so that neither
    /// generated items nor the saga's callers repeat the error.
    pub(super) fn types(&self) -> TokenStream {
        let (names, levels) = (self.type_names(), self.levels());
        let closed = self
            .written_types()
            .filter(|ty| names.contains_key(&ptr::from_ref(*ty)));
        let names = closed.map(|ty| {
            let (private, name) = (&self.private, self.checked(ty));
            let demand = if self.is_lock(ty) {
                "Locks"
            } else if self.is_only_sent(ty) {
                "OutputOfASaga"
            } else {
                "PartOfASaga"
            };
            let [is, demand, checked, same] = ["Is", demand, "CHECKED", "Type"].map(ident);
            let checked = quote_spanned! {
                ty.span()=> <#ty as #private::#is<{ <#ty as #private::#demand>::#checked }>>::#same
            };
            // The documentation shows what the user wrote.
            emit! {
                #[cfg(doc)] #levels type #name = #ty;
                #[cfg(not(doc))] #levels type #name = #checked;
            }
        });
        names.collect()
    }

    /// The name of a type in generated items.
    pub(super) fn checked(&self, ty: &Type) -> TokenStream {
        let name = self.type_names().get(&ptr::from_ref(ty));
        name.map_or_else(|| emit!(#ty), |name| emit!(#name))
    }

    fn type_names(&self) -> &HashMap<*const Type, Ident> {
        self.type_names.get_or_init(|| {
            let saga = text(&self.saga.name);
            let places = self.written_types().enumerate();
            let checked = places.filter(|(_, ty)| self.is_checked(ty));
            let name = |place| ident(&format!("__{saga}{place}"));
            checked
                .map(|(place, ty)| (ptr::from_ref(ty), name(place)))
                .collect()
        })
    }

    /// The name of a type in generated items, for a place where rustc may report an error: the
    /// error is shown where the user wrote the type.
    pub(super) fn checked_at(&self, ty: &Type) -> TokenStream {
        let (p, checked) = (&self.p, self.checked(ty));
        let [is, same] = ["Is", "Type"].map(ident);
        quote_spanned!(ty.span()=> <#checked as #p::#is<0>>::#same)
    }

    /// All types that the user wrote for what a saga holds and returns.
    fn written_types(&self) -> impl Iterator<Item = &Type> {
        let inputs = self.saga.inputs.iter().map(|input| &input.ty);
        let services = self.saga.services.iter().map(|service| &service.ty);
        let effects = self.steps.iter().filter_map(|step| step.effect.as_ref());
        let loops = self.steps.iter().filter_map(|step| step.looped.as_ref());
        let fields = inputs.chain(services).chain(effects);
        let given = [
            Some(&self.saga.error),
            self.written_output(),
            self.saga.emits.as_ref(),
        ];
        let items = loops.map(|looped| &looped.ty);
        let locks = self.steps.iter().filter_map(|step| step.lock());
        let locks = locks.map(|lock| &lock.ty);
        fields
            .chain(items)
            .chain(locks)
            .chain(given.into_iter().flatten())
    }

    pub(super) fn written_output(&self) -> Option<&Type> {
        match &self.saga.output {
            Output::Type(ty) => Some(ty),
            Output::Effects(_) => None,
        }
    }

    /// Whether a type is only sent to another thread, and not shared by several: the output, unless
    /// an engine shares it.
    fn is_only_sent(&self, ty: &Type) -> bool {
        let output = self.written_output();
        self.saga.durable.is_none() && output.is_some_and(|output| ptr::eq(output, ty))
    }

    /// Whether the type is that of a lock; a saga holds no value of such a type.
    fn is_lock(&self, ty: &Type) -> bool {
        let mut locks = self.steps.iter().filter_map(|step| step.lock());
        locks.any(|lock| ptr::eq(&raw const lock.ty, ty))
    }

    /// Whether a type is checked where it is named. A type that mentions a parameter is not, and a
    /// primitive type need not be.
    fn is_checked(&self, ty: &Type) -> bool {
        let is_primitive = match ty {
            Type::Path(ty) => PRIMITIVES.iter().any(|name| ty.path.is_ident(name)),
            Type::Tuple(tuple) => tuple.elems.is_empty(),
            _ => false,
        };
        (!is_primitive || self.is_lock(ty)) && self.is_closed(ty)
    }

    /// Whether a type mentions no parameter of the saga.
    pub(super) fn is_closed(&self, ty: &Type) -> bool {
        self.params_of(|| emit!(#ty)).is_empty()
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

const PRIMITIVES: [&str; 17] = [
    "String", "bool", "char", "f32", "f64", "i8", "i16", "i32", "i64", "i128", "isize", "u8",
    "u16", "u32", "u64", "u128", "usize",
];

/// A call of a path of the library with an expression of the user. If rustc reports the argument,
/// it underlines all of it, from its first token to its last.
pub(super) fn called_with(path: &TokenStream, argument: &TokenStream) -> TokenStream {
    let end = quote_spanned!(last_span(argument)=> ::<>);
    quote_spanned!(argument.span()=> #path #end (#argument))
}

/// The span of the last token: on stable, the span of several tokens is that of the first.
pub(super) fn last_span(tokens: impl ToTokens) -> Span {
    let last = tokens.into_token_stream().into_iter().last();
    last.map_or_else(Span::call_site, |token| token.span())
}
