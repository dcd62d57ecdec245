//! The typestates as structs, for the place where the macro is called.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote_spanned};

use super::State;
use super::fields::Field;
use super::stand::Stand;
use crate::expand::ident::{declared, emit, ident};
use crate::expand::lints;
use crate::expand::plan::Plan;
use crate::names::text;

impl Plan<'_> {
    /// The structs of all typestates.
    pub(crate) fn state_structs(&self) -> TokenStream {
        let stands = self.stands().into_iter();
        stands
            .map(|stand| self.state(stand).declaration())
            .collect()
    }
}

impl State<'_, '_> {
    /// The typestate, and the struct of its fields, which is not meant to be named.
    fn declaration(&self) -> TokenStream {
        let plan = self.plan;
        let (vis, saga, private) = (plan.vis(), &plan.saga.name, &plan.private);
        // Spanned at the step, so that "method not found for this struct" underlines it.
        let first = |unit: usize| plan.steps[plan.units[unit].first()].name.span();
        let span = match self.stand {
            Stand::Unit(unit) => first(unit),
            Stand::When(block) | Stand::Leaving(block) => first(plan.inside(block).start),
            Stand::End => saga.span(),
        };
        let (name, fields_name) = (declared(&self.named(span)), self.fields_name());
        let params = self.params();
        let (generics, names) = (params.declared(), params.names());
        let predicates = params.predicates();
        let siblings = self.sibling_params();
        let states = self.sibling_states(private);
        let (fields, doc) = (
            self.declared_fields(),
            format!("[`{}`] {}.", text(saga), self.description()),
        );
        let before = self.is_block().then(|| self.alias());
        let (proof, levels) = (ident("Proof"), plan.levels());
        let structure = quote_spanned! {
            span.resolved_at(Span::mixed_site())=>
            struct #name<#generics #states>(
                #private::#proof<#fields_name<#names #(#siblings),*>>
            ) where #predicates;
        };
        emit! {
            #[doc = #doc] #levels #vis #structure
            #[doc(hidden)] #levels
            #vis struct #fields_name<#generics #states> where #predicates { #fields }
            #before
        }
    }

    /// The parameters for the siblings of a block, as they are declared.
    fn sibling_states(&self, private: &impl ToTokens) -> TokenStream {
        let siblings = self.sibling_params();
        emit!(#(#siblings: #private::Sibling),*)
    }

    /// The traits of every typestate: it dereferences to its fields, and `Debug` prints its name,
    /// since the fields need not be `Debug`.
    pub(super) fn traits(&self) -> TokenStream {
        let p = &self.plan.p;
        let (name, fields, params) = (self.name(), self.fields_name(), self.params());
        let (generics, names) = (params.declared(), params.names());
        let (predicates, states) = (params.predicates(), self.sibling_states(p));
        let siblings = self.sibling_params();
        emit! {
            #p::typestate! {
                [#generics #states] #name #fields [#names #(#siblings),*] [#predicates]
            }
        }
    }

    fn description(&self) -> String {
        let name = |step: usize| format!("`{}`", text(&self.plan.steps[step].name));
        let siblings: Vec<_> = self.block().map(|(step, _)| name(step)).collect();
        let first = |block| name(self.plan.units[self.plan.inside(block).start].first());
        match self.stand {
            Stand::Unit(_) if self.is_block() => format!(
                "in its block of {}: a type parameter for each, `Pending` or `Done` of its effect",
                siblings.join(", ")
            ),
            Stand::Unit(unit) => format!("before {}", name(self.plan.units[unit].first())),
            Stand::When(block) => {
                format!("before its `when` block that begins with {}", first(block))
            }
            Stand::Leaving(block) => {
                format!(
                    "at the end of its `when` block that begins with {}",
                    first(block)
                )
            }
            Stand::End => {
                "at its end: every step is applied, skipped or replaced by its fallback".to_owned()
            }
        }
    }

    fn declared_fields(&self) -> TokenStream {
        let (plan, private) = (self.plan, &self.plan.private);
        let siblings: Vec<_> = self.block().zip(self.sibling_params()).collect();
        let fields = self.fields().into_iter().map(|field| {
            let name = declared(&self.field_name(field));
            let vis = plan.vis();
            let hidden = lints::of_field(&name);
            let vis = emit!(#hidden #vis);
            match field {
                Field::Input(input) => {
                    let ty = &input.ty;
                    emit!(#vis #name: #ty,)
                }
                // The type as the user wrote it: checked names cost rustc time, and the type is
                // checked elsewhere.
                Field::Effect(step) => {
                    let (block, value) = (self.block_at_hand(), plan.written_value(step));
                    let ty = plan.seen_of(step, block, value);
                    emit!(#vis #name: #ty,)
                }
                Field::Sibling(step, _) => {
                    let mut siblings = siblings.iter();
                    let param = siblings.find(|((sibling, _), _)| *sibling == step);
                    let param = param.map(|(_, param)| param);
                    emit!(#vis #name: <#param as #private::Sibling>::Effect,)
                }
                Field::Parts(step, _) => {
                    let ty = plan.part(step);
                    emit!(#vis #name: #private::Vec<#ty>,)
                }
                Field::Taken(_) => emit!(#vis #name: #private::bool,),
                Field::Types => {
                    let types = self.unnamed_types();
                    emit!(#vis #name: ::core::marker::PhantomData<fn() -> (#types)>,)
                }
            }
        });
        fields.collect()
    }

    /// `BeforeX`, the state before a block, none of whose steps has happened.
    fn alias(&self) -> TokenStream {
        let plan = self.plan;
        let (vis, saga) = (plan.vis(), text(&plan.saga.name));
        let first = self.unit().map(|unit| plan.camel(unit)).unwrap_or_default();
        let (name, ty) = (plan.name(&format!("Before{first}")), self.ty());
        let generics = self.params().unbound();
        let levels = plan.levels();
        let doc = format!(
            "[`{saga}`] before the block that begins with `{}`.",
            self.first_name()
        );
        emit! {
            #[doc = #doc] #levels #vis type #name<#generics> = #ty;
        }
    }

    fn first_name(&self) -> String {
        let first = self.unit().map(|unit| &self.plan.steps[unit.first()].name);
        first.map(text).unwrap_or_default()
    }
}
