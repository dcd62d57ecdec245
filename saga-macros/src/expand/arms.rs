//! Steps with one name in several arms of a `when`, as code outside of it sees them: as one effect.

use std::collections::BTreeSet;

use proc_macro2::TokenStream;
use quote::quote_spanned;
use syn::{Ident, spanned::Spanned};

use super::ident::{emit, ident};
use super::plan::Plan;
use crate::model::{Read, Source, Union};
use crate::names::text;

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
        let mut shown: Vec<_> = shown.collect();
        if self.broken {
            // That a name is taken is reported already.
            let mut names = BTreeSet::new();
            shown.retain(|shown| names.insert(text(shown.name)));
        }
        shown
    }

    pub(super) fn shown_type(&self, shown: &Shown<'_>) -> TokenStream {
        match shown.union {
            None => self.effect_type(shown.step),
            Some(union) => self.arms_type(union),
        }
    }

    /// The type of such an effect as the user wrote it, and a reference to the effect in its slots.
    pub(super) fn shown_in_slots(&self, shown: &Shown<'_>) -> (TokenStream, TokenStream) {
        let (p, name, step) = (&self.p, shown.name, shown.step);
        match shown.union {
            None => (
                self.seen_of(step, None, self.written_value(step)),
                emit!(#p::filled(#p::Slot::get(&__slots.#name))),
            ),
            Some(union) => (
                // Written as that of a step alone: two bounds on one type in two forms are ambiguous to rustc.
                self.arms_of(union, self.written_value(union.members[0])),
                self.arms_in_slots(union),
            ),
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
        self.arms_of(union, self.value_type(union.members[0]))
    }

    /// That type, made of `value`, the type of the first step's value.
    fn arms_of(&self, union: &Union, value: TokenStream) -> TokenStream {
        let first = union.members[0];
        let block = union.whole.then(|| self.condition_of(first)).flatten();
        self.seen_of(first, block, value)
    }

    /// A read of what several arms make, from the slots.
    pub(super) fn arms_read(&self, read: &Read) -> TokenStream {
        let union = self.union_read(read);
        union.map_or_else(TokenStream::new, |union| self.arms_in_slots(union))
    }

    /// What several arms make, by reference, from the slots.
    fn arms_in_slots(&self, union: &Union) -> TokenStream {
        let p = &self.p;
        let slot = |name: &Ident| emit!(#p::filled(#p::Slot::get(&__slots.#name)));
        self.of_arms(union, &slot)
    }

    /// A read of what several arms make, from the fields of the local `__state`, a position of a walk.
    pub(super) fn arms_of_state(&self, read: &Read) -> TokenStream {
        let (span, state) = (read.name.span(), ident("__state"));
        let field = |name: &Ident| quote_spanned!(span=> &((*#state).#name));
        let union = self.union_read(read);
        union.map_or_else(TokenStream::new, |union| self.of_arms(union, &field))
    }

    fn union_read(&self, read: &Read) -> Option<&'a Union> {
        match read.source {
            Source::Arms(union) => Some(&self.saga.unions[union]),
            _ => None,
        }
    }

    /// What several arms make, from references to the effects of the steps, by their names. That of each is
    /// an `Option`.
    fn of_arms(&self, union: &Union, effect: &dyn Fn(&Ident) -> TokenStream) -> TokenStream {
        let p = &self.p;
        let members = union.members.iter();
        let mut effects = members.map(|step| effect(&self.steps[*step].name));
        let first = effects.next();
        if union.whole {
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
        let unions = self.saga.unions.iter().filter(|_| !self.broken);
        let statements = unions.flat_map(|union| {
            let others = union.members[1..].iter();
            others.map(move |other| {
                let [first, other] =
                    [union.members[0], *other].map(|step| self.effect_marker(step));
                emit!(let _: #first = #other;)
            })
        });
        statements.collect()
    }

    /// A type, and a value of it, which says of what type the effect of a step is. It begins and ends where
    /// the user wrote that.
    fn effect_marker(&self, step: usize) -> TokenStream {
        let declared = self.steps[step];
        let written = declared.effect.as_ref();
        let span = written.map_or(declared.name.span(), Spanned::span);
        let [core, marker, phantom] = ["core", "marker", "PhantomData"].map(ident);
        let whole = self.whole_of(step, self.value_type(step));
        quote_spanned!(span=> ::#core::#marker::#phantom::<#whole>)
    }
}
