//! The moves of a walk as methods: a step, its fallback, its undo.

use proc_macro2::{Span, TokenStream};
use quote::{format_ident, quote_spanned};
use syn::Ident;

use super::{Sibling, State, behind::Back, stand::Stand};
use crate::expand::code::{Part, arguments, called, function};
use crate::expand::docs::documentation;
use crate::expand::ident::{self, emit, ident};
use crate::expand::plan::parts_of;
use crate::model::{Clause, Kind, Read, Source, Step};
use crate::names::text;

/// The source of a step's own effect.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Own {
    /// The field of the state.
    Field,
    /// The local `__own`: the effect of a step that was not skipped.
    Local(usize),
    /// The effect may not exist.
    Absent(usize),
}

/// One move.
pub(super) struct Move<'s, 'a> {
    pub(super) name: Ident,
    pub(super) doc: String,
    pub(super) step: &'a Step,
    /// The reads of its code, which decide the parameters of the method.
    pub(super) reads: &'a [Read],
    /// The call that it makes, boxed: a future of a `Result`.
    pub(super) call: TokenStream,
    /// The type of that future's value.
    pub(super) taken: TokenStream,
    pub(super) next: State<'s, 'a>,
    /// The step whose effect is that value.
    pub(super) new: Option<usize>,
}

impl<'s, 'a> State<'s, 'a> {
    /// The moves for the step itself and for its fallback.
    pub(super) fn forward(&self, step: usize) -> Vec<Move<'s, 'a>> {
        let (plan, p) = (self.plan, &self.plan.p);
        let declared = plan.steps[step];
        let name = text(&declared.name);
        if declared.looped.is_some() {
            return vec![self.forward_loop(step)];
        }
        let when = declared.attrs.when.as_ref();
        let (part, has_effect) = (plan.part_type(step), declared.kind.has_effect());
        let boxed = |call: TokenStream| {
            let call = when.map_or_else(|| emit!(#call), |_| self.happens(declared, &call).0);
            emit!(#p::pinned(#call))
        };
        let taken = match &part {
            Some(part) => {
                let (seen, private) = (self.seen(step), &plan.private);
                emit!((#seen, #private::Vec<#part>))
            }
            None if has_effect => self.seen(step),
            None => emit!(()),
        };
        let action = match declared.kind {
            Kind::Signal => None,
            Kind::Sleep => {
                let wait = self.call(declared, Part::Wait, &declared.reads, Own::Field);
                Some(emit!(#p::pinned(#p::slept(#wait))))
            }
            Kind::Lock => {
                let keys = self.call(declared, Part::Keys, &declared.reads, Own::Field);
                Some(emit!(#p::pinned(#p::unlocked(#keys))))
            }
            Kind::Read | Kind::Step | Kind::Pivot => {
                let action = self.call(declared, Part::Action, &declared.reads, Own::Field);
                Some(boxed(action))
            }
        };
        let call = match when {
            None => emit!(#action),
            Some(when) => {
                let condition = self.call(declared, Part::When, &when.reads, Own::Field);
                let skipped = given(p, &self.happens(declared, &emit!()).1);
                emit!(if #condition { #action } else { #skipped })
            }
        };
        let action = (declared.kind != Kind::Signal).then(|| Move {
            name: ident::declared(&declared.name),
            doc: format!(
                "Runs the step `{name}`.\n\n# Errors\n\nIf the step returns an error. Nothing has \
                 changed then."
            ),
            step: declared,
            reads: &declared.reads,
            call,
            taken: taken.clone(),
            next: self.after(step),
            new: Some(step).filter(|_| has_effect || self.is_block()),
        });
        let replaced = |fallback: &Clause| {
            let call = self.call(declared, Part::Fallback, &fallback.reads, Own::Field);
            boxed(match part {
                Some(_) => emit!(#p::instead(#call)),
                None => call,
            })
        };
        let fallback = declared.fallback.as_ref().map(|fallback| Move {
            name: format_ident!(
                "fall_back_{}",
                name.trim_matches('_'),
                span = ident::declared(&declared.name).span()
            ),
            doc: format!(
                "Runs the fallback of `{name}`, whose value replaces the effect.\n\n# Errors\n\n\
                 If the fallback returns an error."
            ),
            step: declared,
            reads: &fallback.reads,
            call: replaced(fallback),
            taken,
            next: self.after(step),
            new: Some(step),
        });
        action.into_iter().chain(fallback).collect()
    }

    /// The call of a step if its condition holds, and the value if it does not.
    pub(super) fn happens(&self, step: &Step, call: &TokenStream) -> (TokenStream, TokenStream) {
        let p = &self.plan.p;
        if step.child().is_some() {
            let skipped = emit!((#p::Option::None, #p::nothing()));
            (emit!(#p::child_happens(#call)), skipped)
        } else if step.kind.has_effect() {
            (emit!(#p::happens(#call)), emit!(#p::Option::None))
        } else {
            (emit!(#p::happens(#call)), emit!(()))
        }
    }

    /// The method that takes the value of a signal.
    pub(super) fn signal(&self, step: usize) -> TokenStream {
        let (plan, p) = (self.plan, &self.plan.p);
        let declared = plan.steps[step];
        if declared.kind != Kind::Signal {
            return TokenStream::new();
        }
        let next = self.after(step);
        let (more, predicates) = plan.more_params(&next.params(), &self.params());
        let (vis, name, doc) = (
            plan.vis(),
            ident::declared(&declared.name),
            format!(
                "Receives the signal `{}`, with this value.",
                text(&declared.name)
            ),
        );
        let own = documentation(declared);
        let (ty, state, taken) = (next.ty(), next.name(), self.seen(step));
        let fields = next.literal(self, &ident("__state"), Some(step));
        let body = emit!(#state(#p::give(self.0, __value, |__state, __value| #fields)));
        let body = plan.unless_broken(body);
        emit! {
            #own #[doc = #doc] #[must_use] #[inline]
            #vis fn #name<#more>(self, __value: #taken) -> #ty where #predicates { #body }
        }
    }

    /// The state after a step.
    pub(super) fn after(&self, step: usize) -> State<'s, 'a> {
        match self.stand {
            Stand::Unit(unit) if !self.is_block() => self.plan.state(self.plan.behind(unit)),
            _ => self.with_sibling(step, Sibling::Done),
        }
    }

    /// The move that undoes the single step before this position; a block has to be reopened first.
    pub(super) fn back(&self) -> Vec<Move<'s, 'a>> {
        let plan = self.plan;
        let single = match self.way_back() {
            Back::Unit(unit) if !plan.units[unit].concurrent => Some(unit),
            _ => None,
        };
        let undo = single.map(|unit| (plan.units[unit].first(), plan.state(Stand::Unit(unit))));
        undo.and_then(|(step, next)| self.undo(step, next))
            .into_iter()
            .collect()
    }

    /// The move that undoes a sibling, in its block.
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
        let clause = declared.compensation();
        let what = match clause {
            Some(_) => format!("Undoes `{name}`."),
            None if declared.is_called_back() => format!("Rolls back the child saga `{name}`."),
            None => {
                format!("Steps back before `{name}`, which has no compensation: nothing is called.")
            }
        };
        Some(Move {
            name: plan.undo_name(declared),
            doc: format!(
                "{what}\n\n# Errors\n\nIf the compensation returns an error. The step then \
                    remains applied."
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
    pub(super) fn call(&self, step: &Step, part: Part, reads: &[Read], own: Own) -> TokenStream {
        let (function, all) = (called(step, part), self.plan.all.names());
        let known = reads.iter().filter(|read| self.plan.is_known(read));
        let args = arguments(known.map(|read| self.argument(step, read, own)));
        emit!(#function::<#all>(#args))
    }

    fn compensation_call(&self, step: usize) -> TokenStream {
        let (plan, p) = (self.plan, &self.plan.p);
        let declared = plan.steps[step];
        if declared.looped.is_some() {
            return self.undo_loop(step);
        }
        let nothing = given(p, &emit!(()));
        if declared.is_called_back() {
            let parts = parts_of(declared);
            return emit!(#p::pinned(#p::undo_by_hand(&__state.#parts)));
        }
        let Some(clause) = declared.compensation() else {
            return nothing;
        };
        // An unknown outcome is settled without the effect.
        let by_key = clause.attrs.by_key.as_ref().map(|_| Own::Absent(step));
        let call = |own| self.call(declared, Part::Compensate, &clause.reads, own);
        if declared.attrs.when.is_none() {
            let call = call(by_key.unwrap_or(Own::Field));
            return emit!(#p::pinned(#call));
        }
        let call = call(by_key.unwrap_or(Own::Local(step)));
        let read = clause
            .reads
            .iter()
            .any(|read| read.source == Source::Effect(step));
        let (field, own) = (&declared.name, if read { emit!(__own) } else { emit!(_) });
        emit! {
            match &__state.#field {
                #p::Option::Some(#own) => #p::pinned(#call),
                #p::Option::None => #nothing,
            }
        }
    }

    pub(super) fn methods(&self, moves: &[Move<'s, 'a>]) -> TokenStream {
        moves.iter().map(|each| self.method(each)).collect()
    }

    fn method(&self, each: &Move<'s, 'a>) -> TokenStream {
        let (plan, p) = (self.plan, &self.plan.p);
        let (vis, error) = (plan.vis(), plan.error_type());
        let (more, predicates) = plan.more_params(&plan.all, &self.params());
        let services = plan.services_type();
        let failure = read_as(each, Source::Failure);
        let failure = failure.then(|| emit!(, __failure: &'__w #p::Failure<#error>));
        let (name, doc, taken, next) = (&each.name, &each.doc, &each.taken, each.next.ty());
        let own = (*name == each.step.name).then(|| documentation(each.step));
        let (environment, _) = self.environment(each);
        let shared = plan.step_shared(each.step);
        let body = plan.unless_broken(self.method_body(each));
        emit! {
            #own #[doc = #doc] #[inline]
            #vis fn #name<'__w, #more>(self, __services: &'__w #services #failure)
                -> #p::Move<'__w, Self, #environment, #taken, #next, #error>
            where #predicates #shared { #body }
        }
    }

    fn method_body(&self, each: &Move<'s, 'a>) -> TokenStream {
        let (p, step) = (&self.plan.p, each.step.journal_name());
        let taken = if each.new.is_some() {
            emit!(__value)
        } else {
            emit!(())
        };
        let (call, next) = (&each.call, each.next.name());
        let fields = each.next.literal(self, &ident("__state"), each.new);
        let (_, environment) = self.environment(each);
        emit! {
            #p::step(
                self.0, #step, #environment,
                |__state, #environment, __context, __key, __undo_key| #call, |__state, #taken| #fields,
                Self, #next
            )
        }
    }

    /// The calls that no move makes, at the position where they are made: they prove the reads of
    /// `resolve`, of a loop's `fallback`, and of a signal's clauses.
    pub(super) fn proof(&self, step: usize) -> TokenStream {
        let declared = self.plan.steps[step];
        let resolve = declared.resolve.as_ref();
        let resolve = resolve.map(|clause| self.proof_of(step, Part::Resolve, &clause.reads));
        let fallback = declared.fallback.as_ref();
        let fallback = fallback.filter(|_| declared.looped.is_some());
        let fallback = fallback.map(|clause| self.proof_of(step, Part::Fallback, &clause.reads));
        let signal = declared.kind == Kind::Signal;
        let wait = signal.then(|| self.proof_of(step, Part::Wait, &declared.reads));
        let when = declared.attrs.when.as_ref().filter(|_| signal);
        let when = when.map(|when| self.proof_of(step, Part::When, &when.reads));
        emit!(#resolve #fallback #wait #when)
    }

    fn proof_of(&self, step: usize, part: Part, reads: &[Read]) -> TokenStream {
        let item = self.plan.item_type(step);
        let (plan, p, step) = (self.plan, &self.plan.p, self.plan.steps[step]);
        if plan.broken {
            return TokenStream::new();
        }
        let name = ident(&format!("__proof_of{}", function(step, part)));
        let (services, error) = (plan.services_type(), plan.error_type());
        let (fields, any, all) = (self.fields_ty(), self.any_siblings(), plan.all.declared());
        let (predicates, shared) = (plan.all.shared(p), plan.step_shared(step));
        let call = self.call(step, part, reads, Own::Field);
        let item = item.map(|ty| emit!(__item: &'__w #ty,));
        let failure = reads.iter().any(|read| read.source == Source::Failure);
        let failure = failure.then(|| emit!(__failure: &'__w #p::Failure<#error>,));
        emit! {
            fn #name<'__w, #all #any>(
                __state: &'__w #fields, __services: &'__w #services,
                __context: &'__w #p::Context<'__w>, __key: &'__w #p::Key, #item #failure
            ) where #predicates #shared {
                #p::drop(#call);
            }
        }
    }

    /// A read as an argument, from the fields of the state and of the services.
    pub(super) fn argument(&self, step: &Step, read: &Read, own: Own) -> TokenStream {
        let name = &read.name;
        let is_pending = |step| {
            self.block()
                .any(|sibling| sibling == (step, Sibling::Pending))
        };
        let is_absent = |step| own == Own::Absent(step) || is_pending(step);
        match read.source {
            Source::Effect(step) if own == Own::Local(step) => emit!(__own),
            Source::Item(looped) if std::ptr::eq(self.plan.steps[looped], step) => emit!(__item),
            Source::Input(_) | Source::Effect(_) | Source::Item(_) => {
                let state = ident("__state");
                // The parentheses are there for their span: of a missing field, rustc shows the state.
                let field = quote_spanned!(name.span()=> &((*#state).#name));
                match read.source {
                    // The effect does not exist here, so its type does not matter.
                    Source::Effect(step) if is_absent(step) => {
                        // These have the span of the read only in a program that is wrong.
                        let span = Span::mixed_site().located_at(name.span());
                        let absent = ["__saga", "absent"].map(|word| Ident::new(word, span));
                        quote_spanned!(span=> #(#absent)::*(#field))
                    }
                    _ => field,
                }
            }
            Source::Arms(_) => self.plan.arms_of_state(read),
            Source::Service(_) => emit!(&__services.#name),
            Source::Failure => emit!(__failure),
            Source::Key => emit!(__key),
            Source::UndoKey => emit!(__undo_key),
            Source::Ctx => emit!(__context),
            Source::Outcome | Source::Event | Source::Unknown => {
                unreachable!("no step reads them")
            }
        }
    }

    /// What a call reads in addition to the state, as a type and as locals.
    fn environment(&self, each: &Move<'_, 'a>) -> (TokenStream, TokenStream) {
        let (plan, p) = (self.plan, &self.plan.p);
        let (services, error) = (plan.services_type(), plan.error_type());
        if read_as(each, Source::Failure) {
            (
                emit!((&'__w #services, &'__w #p::Failure<#error>)),
                emit!((__services, __failure)),
            )
        } else {
            (emit!(&'__w #services), emit!(__services))
        }
    }
}

/// Whether the move's code reads something of this kind.
fn read_as(each: &Move<'_, '_>, source: Source) -> bool {
    each.reads.iter().any(|read| read.source == source)
}

/// A call that returns a value immediately.
fn given(p: &Ident, value: &TokenStream) -> TokenStream {
    emit!(#p::pinned(#p::ready(#p::Result::Ok(#value))))
}
