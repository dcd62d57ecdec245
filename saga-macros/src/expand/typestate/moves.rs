//! The moves of a walk as methods: a step, its fallback, its undo.

use proc_macro2::{Span, TokenStream};
use quote::{format_ident, quote_spanned};
use syn::Ident;

use super::{Sibling, State};
use crate::expand::code::{Part, function};
use crate::expand::ident::{self, emit, ident};
use crate::expand::plan::{Plan, compensation, journal_name};
use crate::model::{Read, Source, Step};
use crate::names::text;

/// Where a step's own effect is read from.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Own {
    /// The field of the state.
    Field,
    /// The local `__own`: that of a step that was not skipped.
    Local(usize),
    /// It may not be there.
    Absent(usize),
}

/// One move.
pub(super) struct Move<'s, 'a> {
    name: Ident,
    doc: String,
    step: &'a Step,
    /// What its code reads; the method has what that takes.
    reads: &'a [Read],
    /// The call it makes, boxed: a future of a `Result`.
    call: TokenStream,
    /// What that gives.
    taken: TokenStream,
    next: State<'s, 'a>,
    /// The step whose effect that `Result` holds.
    new: Option<usize>,
}

impl Plan<'_> {
    /// Whether a step is ever undone: nothing is from the pivot on.
    pub(super) fn is_undone(&self, step: usize) -> bool {
        self.pivot().is_none_or(|pivot| step < pivot)
    }
}

impl<'s, 'a> State<'s, 'a> {
    /// The step itself, and its fallback.
    pub(super) fn forward(&self, step: usize) -> Vec<Move<'s, 'a>> {
        let (plan, p) = (self.plan, &self.plan.p);
        let declared = plan.steps[step];
        let name = text(&declared.name);
        let when = declared.attrs.when.as_ref();
        let boxed = |call| {
            let call = when.map_or_else(|| emit!(#call), |_| emit!(#p::happens(#call)));
            emit!(#p::Box::pin(#call))
        };
        let action = boxed(self.call(declared, Part::Action, &declared.reads, Own::Field));
        let call = match when {
            None => action,
            Some(when) => {
                let condition = self.call(declared, Part::When, &when.reads, Own::Field);
                let skipped = given(p, &emit!(#p::Option::None));
                emit!(if #condition { #action } else { #skipped })
            }
        };
        let action = Move {
            name: ident::declared(&declared.name),
            doc: format!(
                "Takes the step `{name}`.\n\n# Errors\n\nIf the step returns an error; \
                 then nothing has changed."
            ),
            step: declared,
            reads: &declared.reads,
            call,
            taken: plan.effect_type(step),
            next: self.after(step),
            new: Some(step),
        };
        let fallback = declared.fallback.as_ref().map(|fallback| Move {
            name: format_ident!(
                "fall_back_{}",
                name.trim_matches('_'),
                span = ident::declared(&declared.name).span()
            ),
            doc: format!(
                "Takes the fallback of `{name}` in its place.\n\n# Errors\n\n\
                 If the fallback returns an error."
            ),
            step: declared,
            reads: &fallback.reads,
            call: boxed(self.call(declared, Part::Fallback, &fallback.reads, Own::Field)),
            taken: plan.effect_type(step),
            next: self.after(step),
            new: Some(step),
        });
        [action].into_iter().chain(fallback).collect()
    }

    /// What follows a step.
    fn after(&self, step: usize) -> State<'s, 'a> {
        if self.is_block() {
            self.with_sibling(step, Sibling::Done)
        } else {
            self.plan.state(self.position + 1)
        }
    }

    /// The undo of the single step before this position; a block is reopened first.
    pub(super) fn back(&self) -> Vec<Move<'s, 'a>> {
        let single = self.before().filter(|unit| !unit.concurrent);
        let undo = single.map(|unit| (unit.first(), self.plan.state(self.position - 1)));
        undo.and_then(|(step, next)| self.undo(step, next))
            .into_iter()
            .collect()
    }

    /// The undo of a sibling, in its block.
    pub(super) fn undo_sibling(&self, step: usize) -> Vec<Move<'s, 'a>> {
        let next = self.with_sibling(step, Sibling::Pending);
        self.undo(step, next).into_iter().collect()
    }

    fn undo(&self, step: usize, next: State<'s, 'a>) -> Option<Move<'s, 'a>> {
        let plan = self.plan;
        if !plan.is_undone(step) {
            return None;
        }
        let declared = plan.steps[step];
        let name = text(&declared.name);
        let clause = compensation(declared);
        let what = match clause {
            Some(_) => format!("Undoes `{name}`."),
            None => format!("Takes `{name}` back; it has no compensation, so nothing is called."),
        };
        Some(Move {
            name: format_ident!(
                "undo_{}",
                name.trim_matches('_'),
                span = ident::declared(&declared.name).span()
            ),
            doc: format!(
                "{what}\n\n# Errors\n\nIf the compensation gives an error; then the step stands."
            ),
            step: declared,
            reads: clause.map_or(&[], |clause| &clause.reads),
            call: self.compensation_call(step),
            taken: emit!(()),
            next,
            new: None,
        })
    }

    /// The call of a part of a step.
    fn call(&self, step: &Step, part: Part, reads: &[Read], own: Own) -> TokenStream {
        let (function, all) = (function(step, part), self.plan.all.names());
        let known = reads.iter().filter(|read| self.plan.is_known(read));
        let args = known.map(|read| self.argument(read, own));
        emit!(#function::<#all>(#(#args),*))
    }

    fn compensation_call(&self, step: usize) -> TokenStream {
        let (plan, p) = (self.plan, &self.plan.p);
        let declared = plan.steps[step];
        let nothing = given(p, &emit!(()));
        let Some(clause) = compensation(declared) else {
            return nothing;
        };
        // An unknown outcome is settled without the effect.
        let by_key = clause.attrs.by_key.map(|_| Own::Absent(step));
        let call = |own| self.call(declared, Part::Compensate, &clause.reads, own);
        if declared.attrs.when.is_none() {
            let call = call(by_key.unwrap_or(Own::Field));
            return emit!(#p::Box::pin(#call));
        }
        let call = call(by_key.unwrap_or(Own::Local(step)));
        let read = clause
            .reads
            .iter()
            .any(|read| read.source == Source::Effect(step));
        let (field, own) = (&declared.name, if read { emit!(__own) } else { emit!(_) });
        emit! {
            match &__state.#field {
                #p::Option::Some(#own) => #p::Box::pin(#call),
                #p::Option::None => #nothing,
            }
        }
    }

    pub(super) fn methods(&self, moves: &[Move<'_, 'a>]) -> TokenStream {
        moves.iter().map(|each| self.method(each)).collect()
    }

    fn method(&self, each: &Move<'_, 'a>) -> TokenStream {
        let (plan, p) = (self.plan, &self.plan.p);
        let (vis, error) = (plan.vis(), &plan.saga.error);
        let (more, predicates) = plan.more_params(&plan.all, &self.params());
        let (services, params) = (plan.name("Services"), plan.services_params().names());
        let failure = read_as(each, Source::Failure);
        let failure = failure.then(|| emit!(, __failure: &'__w #p::Failure<#error>));
        let (name, doc, taken, next) = (&each.name, &each.doc, &each.taken, each.next.ty());
        let (environment, _) = self.environment(each);
        let shared = plan.step_shared(each.step);
        let body = plan.unless_broken(self.method_body(each));
        emit! {
            #[doc = #doc] #[inline]
            #vis fn #name<'__w, #more>(self, __services: &'__w #services<#params> #failure)
                -> #p::Move<'__w, Self, #environment, #taken, #next, #error>
            where #predicates #shared { #body }
        }
    }

    fn method_body(&self, each: &Move<'_, 'a>) -> TokenStream {
        let (p, step) = (&self.plan.p, journal_name(each.step));
        let taken = if each.new.is_some() {
            emit!(__value)
        } else {
            emit!(())
        };
        let (call, next) = (&each.call, each.next.name());
        let fields = each.next.literal(&ident("__state"), each.new);
        let (_, environment) = self.environment(each);
        emit! {
            #p::step(
                self.0, #step, #environment,
                |__state, #environment, __context, __key| #call, |__state, #taken| #fields,
                Self, #next
            )
        }
    }

    /// The call of `resolve`, which no move makes, where it is made: proves its reads.
    pub(super) fn proof(&self, step: usize) -> TokenStream {
        let step = self.plan.steps[step];
        let (plan, p) = (self.plan, &self.plan.p);
        let Some(resolve) = step.resolve.as_ref().filter(|_| !plan.broken) else {
            return TokenStream::new();
        };
        let name = format_ident!("__proof_of{}", function(step, Part::Resolve));
        let (services, params) = (plan.name("Services"), plan.services_params().names());
        let (fields, any, all) = (self.fields_ty(), self.any_siblings(), plan.all.declared());
        let (predicates, shared) = (plan.all.shared(p), plan.step_shared(step));
        let call = self.call(step, Part::Resolve, &resolve.reads, Own::Field);
        emit! {
            fn #name<'__w, #all #any>(
                __state: &'__w #fields, __services: &'__w #services<#params>,
                __context: &'__w #p::Context<'__w>, __key: &'__w #p::Key,
            ) where #predicates #shared {
                #p::drop(#call);
            }
        }
    }

    /// A read as an argument, from the fields of the state and of the services.
    fn argument(&self, read: &Read, own: Own) -> TokenStream {
        let name = &read.name;
        let is_pending = |step| {
            self.block()
                .any(|sibling| sibling == (step, Sibling::Pending))
        };
        let is_absent = |step| own == Own::Absent(step) || is_pending(step);
        match read.source {
            Source::Effect(step) if own == Own::Local(step) => emit!(__own),
            Source::Input(_) | Source::Effect(_) => {
                let state = ident("__state");
                // The parentheses are there for their span: a field that does not exist yet is
                // reported at the read, and on the state itself, not on a reference to it.
                let field = quote_spanned!(name.span()=> &((*#state).#name));
                match read.source {
                    // Whatever type the effect has: it is not there.
                    Source::Effect(step) if is_absent(step) => {
                        // Only in a program that is wrong do these have the span of the read.
                        let span = Span::mixed_site().located_at(name.span());
                        let absent = ["__saga", "absent"].map(|word| Ident::new(word, span));
                        quote_spanned!(span=> #(#absent)::*(#field))
                    }
                    _ => field,
                }
            }
            Source::Service(_) => emit!(&__services.#name),
            Source::Failure => emit!(__failure),
            Source::Key => emit!(__key),
            Source::Ctx => emit!(__context),
            Source::Outcome | Source::Unknown => {
                unreachable!("`outcome` is read by `finally` alone")
            }
        }
    }

    /// What a call reads beside the state, as a type and as locals.
    fn environment(&self, each: &Move<'_, 'a>) -> (TokenStream, TokenStream) {
        let (plan, p) = (self.plan, &self.plan.p);
        let (services, params) = (plan.name("Services"), plan.services_params().names());
        let (services, error) = (emit!(&'__w #services<#params>), &plan.saga.error);
        if read_as(each, Source::Failure) {
            (
                emit!((#services, &'__w #p::Failure<#error>)),
                emit!((__services, __failure)),
            )
        } else {
            (services, emit!(__services))
        }
    }
}

/// Whether its code reads something of this kind.
fn read_as(each: &Move<'_, '_>, source: Source) -> bool {
    each.reads.iter().any(|read| read.source == source)
}

/// A call that returns a value at once.
fn given(p: &TokenStream, value: &TokenStream) -> TokenStream {
    emit!(#p::Box::pin(#p::ready(#p::Result::Ok(#value))))
}
