//! Steps with one name in several arms of a `when`, as code outside of it sees them: as one effect.

use proc_macro2::{Span, TokenStream};
use quote::quote_spanned;
use syn::{Ident, spanned::Spanned};

use super::ident::{emit, ident};
use super::plan::Plan;
use crate::model::{Read, Source, Union};

/// An effect that code outside of a `when` sees.
pub(super) struct Shown<'a> {
    pub(super) name: &'a Ident,
    /// The step; the first one if there are several.
    pub(super) step: usize,
    /// The steps in several arms.
    pub(super) union: Option<&'a Union>,
}

impl<'a> Plan<'a> {
    /// The union that a step is a member of.
    pub(super) fn union_of(&self, step: usize) -> Option<&'a Union> {
        let mut unions = self.saga.unions.iter();
        unions.find(|union| union.members.contains(&step))
    }

    /// All effects that the final expression sees, in order.
    pub(super) fn shown_effects(&self) -> Vec<Shown<'a>> {
        let shown = self.every_effect().filter_map(|(step, declared)| {
            let union = self.union_of(step);
            let is_first = union.is_none_or(|union| union.members[0] == step);
            is_first.then(|| Shown {
                name: union.map_or(&declared.name, |union| &union.name),
                step,
                union,
            })
        });
        shown.collect()
    }

    pub(super) fn shown_type(&self, shown: &Shown<'_>) -> TokenStream {
        match shown.union {
            None => self.effect_type(shown.step),
            Some(union) => self.arms_type(union),
        }
    }

    /// The name by which the final expression sees the effect that is read.
    pub(super) fn shown_name(&self, read: &Read) -> Ident {
        let union = match read.source {
            Source::Effect(step) => self.union_of(step),
            _ => None,
        };
        let mut name = union.map_or(&read.name, |union| &union.name).clone();
        name.set_span(read.name.span());
        name
    }

    /// The type of what several arms make: an `Option` if it is not certain that one of them does.
    pub(super) fn arms_type(&self, union: &Union) -> TokenStream {
        let first = union.members[0];
        if union.whole {
            self.seen_type(first, self.saga.condition_of(first))
        } else {
            self.effect_type(first)
        }
    }

    /// A read of what several arms make, from the slots.
    pub(super) fn arms_read(&self, read: &Read) -> TokenStream {
        let p = &self.p;
        let slot = |name: &Ident| emit!(#p::filled(#p::Slot::get(&__slots.#name)));
        self.of_arms(read, &slot)
    }

    /// The same from the fields of the local `__state`, a position of a walk.
    pub(super) fn arms_of_state(&self, read: &Read) -> TokenStream {
        let (span, state) = (read.name.span(), ident("__state"));
        self.of_arms(read, &|name| quote_spanned!(span=> &((*#state).#name)))
    }

    /// The same from references to the effects of the steps, by their names. That of each is an `Option`.
    fn of_arms(&self, read: &Read, effect: &dyn Fn(&Ident) -> TokenStream) -> TokenStream {
        let p = &self.p;
        let Source::Arms(union) = read.source else {
            return TokenStream::new();
        };
        let mut effects = read.arms.iter().map(|(_, name)| effect(name));
        let first = effects.next();
        if self.saga.unions[union].whole {
            let first = emit!(#p::Option::as_ref(#first));
            let found = effects.fold(first, |found, other| emit!(#p::or_arm(#found, #other)));
            emit!(#p::filled(#found))
        } else {
            let first = emit!(#first);
            effects.fold(first, |found, other| emit!(#p::or_skipped(#found, #other)))
        }
    }

    /// What several arms make, taken from the effects of their steps.
    pub(super) fn taken_of_arms(
        &self,
        union: &Union,
        effect: &impl Fn(usize) -> TokenStream,
    ) -> TokenStream {
        let p = &self.p;
        let mut effects = union.members.iter().map(|step| effect(*step));
        let first = effects.next();
        let first = emit!(#first);
        let taken = effects.fold(first, |taken, other| emit!(#p::or_taken(#taken, #other)));
        if union.whole {
            emit!(#p::there(#taken))
        } else {
            taken
        }
    }

    /// Statements that are wrong where steps with one name have effects of different types: rustc reports
    /// that at the type of the later step.
    pub(super) fn same_types(&self) -> TokenStream {
        let mut statements = TokenStream::new();
        let unions = self.saga.unions.iter().filter(|_| !self.broken);
        let ty = |step: usize| self.whole_of(step, self.written_value(step));
        for (union, member) in unions.flat_map(|union| {
            let others = union.members[1..].iter();
            others.map(move |member| (union, *member))
        }) {
            let step = self.steps[member];
            let written = step.effect.as_ref().map_or(step.name.span(), Spanned::span);
            let [first, other] = [union.members[0], member].map(ty);
            let [given, same] = ["__given", "__same"].map(ident);
            // The local is the macro's, at the type that the user wrote.
            let value = Ident::new("__given", Span::mixed_site().located_at(written));
            statements.extend(emit! {
                let #same: fn(#other) -> #first = |#given| #value;
                let _ = #same;
            });
        }
        statements
    }
}
