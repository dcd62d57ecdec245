//! The methods at the end of a walk: the output, and the events of the saga.

use proc_macro2::TokenStream;
use quote::quote_spanned;

use super::State;
use super::behind::taken;
use super::stand::Stand;
use crate::expand::code::arguments;
use crate::expand::events::emit_name;
use crate::expand::ident::{emit, ident};
use crate::expand::lints;
use crate::model::{Emit, Source};

impl State<'_, '_> {
    /// `output`, at the end.
    pub(super) fn output(&self) -> TokenStream {
        let (plan, p) = (self.plan, &self.plan.p);
        let (vis, output) = (plan.vis(), plan.output_type());
        let (more, predicates) = plan.more_params(&plan.all, &self.params());
        let all = plan.all.names();
        let args = plan.output_args(
            |name, lent| {
                if lent {
                    emit!(&__state.#name)
                } else {
                    emit!(__state.#name)
                }
            },
            |step| {
                let name = &plan.steps[step].name;
                emit!(__state.#name)
            },
        );
        let boxed = lints::of_output(&plan.saga.output);
        let body = plan.unless_broken(emit! {
            let __state = #p::open(self.0);
            #p::made(|__into| __output::<#all>(#args __into))
        });
        emit! {
            #[doc = "The saga's output."]
            #boxed #[must_use]
            #vis fn output<#more>(self) -> #output where #predicates { #body }
        }
    }

    /// `events`, at the end, if there may be any.
    pub(super) fn events(&self) -> Option<TokenStream> {
        let (plan, p) = (self.plan, &self.plan.p);
        let event = plan.event_type()?;
        let (vis, all) = (plan.vis(), plan.all.names());
        let (more, predicates) = plan.more_params(&plan.all, &self.params());
        let own = plan.saga.events.iter().enumerate();
        let own = own.filter(|(_, made)| made.failed.is_none());
        let parts = own.map(|(k, made)| {
            let (name, args) = (emit_name(k), self.emit_args(made, true));
            let told = emit!(#p::append(&mut __events, &mut #name::<#all>(#args)););
            match made.condition {
                None => told,
                Some(block) if plan.saga.conditions[block].steps.is_empty() => {
                    // An `else` of events alone.
                    let others = plan.arms(block).into_iter().map(taken);
                    emit!(if !(#(__state.#others)||*) { #told })
                }
                Some(block) => {
                    let taken = taken(block);
                    emit!(if __state.#taken { #told })
                }
            }
        });
        let parts: Vec<_> = parts.collect();
        if parts.is_empty() {
            return None;
        }
        let body = plan.unless_broken(emit! {
            let __state = &*self.0;
            let _ = __state;
            let mut __events = #p::nothing();
            #(#parts)*
            __events
        });
        Some(emit! {
            #[doc = "The events that the saga emits, without those of its child sagas."]
            #[must_use]
            #vis fn events<#more>(&self) -> #p::Vec<#event> where #predicates { #body }
        })
    }

    /// The calls of the `emit`s that are declared at this position: they prove the reads.
    pub(super) fn emit_proofs(&self) -> TokenStream {
        let (plan, p) = (self.plan, &self.plan.p);
        if plan.broken {
            return TokenStream::new();
        }
        let own = plan.saga.events.iter().enumerate();
        let here = own.filter(|(_, made)| made.failed.is_none() && self.is_place_of(made));
        let proofs = here.map(|(k, made)| {
            let name = ident(&format!("__proof_of{}", emit_name(k)));
            let (fields, any, all) = (self.fields_ty(), self.any_siblings(), plan.all.declared());
            let (function, names, predicates) =
                (emit_name(k), plan.all.names(), plan.all.shared(p));
            let shared = plan.all_shared();
            let args = self.emit_args(made, false);
            emit! {
                fn #name<'__w, #all #any>(__state: &'__w #fields) where #predicates #shared {
                    #p::drop(#function::<#names>(#args));
                }
            }
        });
        proofs.collect()
    }

    /// Whether this `emit` is declared at this position.
    fn is_place_of(&self, made: &Emit) -> bool {
        let plan = self.plan;
        let unit = plan
            .units
            .iter()
            .position(|unit| unit.first() == made.place);
        let has_steps = |block: &usize| !plan.saga.conditions[*block].steps.is_empty();
        let stand = match (unit, made.condition.filter(has_steps)) {
            (Some(unit), Some(block)) if plan.governs(unit) == Some(block) => Stand::Unit(unit),
            (_, Some(block)) => Stand::Leaving(block),
            (Some(unit), None) => plan.at(unit),
            (None, None) => Stand::End,
        };
        self.stand == stand
    }

    /// The arguments of an `emit`, from the fields of the state. `end`: from the fields of the last
    /// state, where the effects of a `when` block are optional.
    fn emit_args(&self, made: &Emit, end: bool) -> TokenStream {
        let (plan, p) = (self.plan, &self.plan.p);
        let known = made.reads.iter().filter(|read| plan.is_known(read));
        let args = known.map(|read| {
            let (name, state) = (&read.name, ident("__state"));
            let field = quote_spanned!(name.span()=> &((*#state).#name));
            match read.source {
                Source::Arms(_) => plan.arms_of_state(read),
                Source::Effect(step)
                    if end && plan.may_lack(step) && plan.is_plain_in(step, made.condition) =>
                {
                    emit!(#p::there_is(#field))
                }
                _ => field,
            }
        });
        arguments(args)
    }
}
