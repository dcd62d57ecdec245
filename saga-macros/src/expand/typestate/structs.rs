//! The typestates as structs, at the place of the call.

use proc_macro2::TokenStream;
use quote::quote_spanned;

use super::State;
use crate::expand::ident::emit;
use crate::expand::plan::Plan;
use crate::names::text;

impl Plan<'_> {
    /// All of them.
    pub(crate) fn state_structs(&self) -> TokenStream {
        let positions = 0..=self.units.len();
        positions
            .map(|position| self.state(position).declaration())
            .collect()
    }
}

impl State<'_, '_> {
    fn declaration(&self) -> TokenStream {
        let plan = self.plan;
        let (vis, saga) = (&plan.saga.vis, &plan.saga.name);
        // Spanned at the step: "method not found for this struct" underlines it.
        let span = self
            .unit()
            .map_or(saga.span(), |unit| plan.steps[unit.first()].name.span());
        let name = self.named(span);
        let params = self.params();
        let (declared, predicates) = (params.declared(), params.predicates());
        let siblings = self.sibling_params();
        let (fields, doc) = (
            self.fields(),
            format!("[`{}`] {}.", text(saga), self.description()),
        );
        let before = self.is_block().then(|| self.alias());
        let debug = self.debug();
        let start = emit! {
            #[doc = #doc] #[allow(dead_code, missing_docs, clippy::pub_underscore_fields)] #vis
        };
        let structure = quote_spanned! {
            span=> struct #name<#declared #(#siblings),*> where #predicates { #fields }
        };
        emit!(#start #structure #before #debug)
    }

    fn description(&self) -> String {
        let name = |step: usize| format!("`{}`", text(&self.plan.steps[step].name));
        let siblings: Vec<_> = self.block().map(|(step, _)| name(step)).collect();
        match self.unit() {
            Some(unit) if unit.concurrent => format!(
                "in its block of {}: a type parameter for each, its effect once it is there",
                siblings.join(", ")
            ),
            Some(unit) => format!("before {}", name(unit.first())),
            None => "at its end: every step is applied, skipped or fallen back".to_owned(),
        }
    }

    /// Without docs: their names say what they are, and their number grows with the square of the
    /// steps.
    fn fields(&self) -> TokenStream {
        let (plan, vis) = (self.plan, &self.plan.saga.vis);
        let inputs = plan.inputs().map(|input| {
            let (name, ty) = (&input.name, &input.ty);
            emit!(#vis #name: #ty,)
        });
        let effects = self.over().map(|step| {
            let (name, ty) = (&plan.steps[step].name, plan.effect_type(step));
            emit!(#vis #name: #ty,)
        });
        let siblings = self
            .block()
            .zip(self.sibling_params())
            .map(|((step, _), param)| {
                let name = &plan.steps[step].name;
                emit!(#vis #name: #param,)
            });
        let types = self.unnamed_types();
        let types = types.map(|types| {
            emit!(#[doc(hidden)] #vis __types: ::core::marker::PhantomData<fn() -> (#types)>,)
        });
        emit!(#(#inputs)* #(#effects)* #(#siblings)* #types)
    }

    /// `BeforeX` of a block: none of it has happened.
    fn alias(&self) -> TokenStream {
        let plan = self.plan;
        let (vis, saga) = (&plan.saga.vis, text(&plan.saga.name));
        let first = self.unit().map(|unit| plan.camel(unit)).unwrap_or_default();
        let (name, ty) = (plan.name(&format!("Before{first}")), self.ty());
        let declared = self.params().declared();
        let doc = format!(
            "[`{saga}`] before the block that begins with `{}`.",
            self.first_name()
        );
        emit! {
            #[doc = #doc] #[allow(dead_code, type_alias_bounds)] #vis type #name<#declared> = #ty;
        }
    }

    fn first_name(&self) -> String {
        let first = self.unit().map(|unit| &self.plan.steps[unit.first()].name);
        first.map(text).unwrap_or_default()
    }

    fn debug(&self) -> TokenStream {
        let siblings = self.sibling_params();
        self.plan
            .debug(&self.name(), &self.params(), &emit!(#(#siblings),*))
    }
}
