//! The fields of a position, and their values after a move: one rule for each field, whichever the
//! move is.

use proc_macro2::TokenStream;
use syn::Ident;

use super::behind::taken;
use super::{Sibling, State};
use crate::expand::ident::{emit, ident};
use crate::expand::plan::parts_of;
use crate::model;

/// A field of a position.
#[derive(Clone, Copy)]
pub(super) enum Field<'a> {
    Input(&'a model::Field),
    /// The effect of a step.
    Effect(usize),
    /// The state of a sibling in the current block.
    Sibling(usize, Sibling),
    /// The items and child sagas of a step, and the state of the step if it is a sibling.
    Parts(usize, Sibling),
    /// Whether a `when` block was entered.
    Taken(usize),
    /// The types of siblings, for the parameters that only they mention.
    Types,
}

impl<'a> State<'_, 'a> {
    pub(super) fn fields(&self) -> Vec<Field<'a>> {
        let over = self.over();
        let parts = over.clone().map(|step| (step, Sibling::Done));
        let parts = parts.chain(self.block());
        let parts = parts.filter(|(step, _)| self.plan.part(*step).is_some());
        let siblings = self.block().map(|(step, is)| Field::Sibling(step, is));
        let inputs = self.plan.inputs().map(Field::Input);
        inputs
            .chain(over.map(Field::Effect))
            .chain(siblings)
            .chain(parts.map(|(step, is)| Field::Parts(step, is)))
            .chain(self.decided().map(Field::Taken))
            .chain(self.unnamed_types().map(|_| Field::Types))
            .collect()
    }

    /// A field's name, where it is used.
    pub(super) fn field_name(&self, field: Field<'a>) -> Ident {
        match field {
            Field::Input(input) => input.name.clone(),
            Field::Effect(step) | Field::Sibling(step, _) => self.plan.steps[step].name.clone(),
            Field::Parts(step, _) => parts_of(self.plan.steps[step]),
            Field::Taken(block) => taken(block),
            Field::Types => ident("__types"),
        }
    }

    /// The fields of this position after a move from another, which is the local `state`. `new` is
    /// the step that has just happened; its effect is the local `__value`.
    pub(super) fn literal(&self, from: &Self, state: &Ident, new: Option<usize>) -> TokenStream {
        let fields = self.fields().into_iter().map(|field| {
            let name = self.field_name(field);
            let value = self.value(field, from, new, &|| emit!(#state.#name));
            value.map_or_else(
                || emit!(#name: #state.#name,),
                |value| emit!(#name: #value,),
            )
        });
        let (name, fields) = (self.fields_name(), fields.collect::<TokenStream>());
        emit!(#name { #fields })
    }

    /// The value of a field after a move from another position, or `None` if it stays the same.
    /// `old` is the value in the other position.
    fn value(
        &self,
        field: Field<'a>,
        from: &Self,
        new: Option<usize>,
        old: &dyn Fn() -> TokenStream,
    ) -> Option<TokenStream> {
        let (plan, p) = (self.plan, &self.plan.p);
        Some(match field {
            Field::Effect(step) | Field::Sibling(step, _) if new == Some(step) => {
                let parts = plan.part(step).map(|_| emit!(.0));
                emit!(__value #parts)
            }
            Field::Parts(step, _) if new == Some(step) => emit!(__value.1),
            Field::Sibling(_, Sibling::Pending) => emit!(#p::Pending),
            Field::Parts(_, Sibling::Pending) => emit!(#p::nothing()),
            // Outside of the block the step has no field.
            Field::Sibling(step, Sibling::Done) if !plan.steps[step].kind.has_effect() => emit!(()),
            Field::Effect(step) | Field::Sibling(step, _) if from.has(step) => {
                let is_plain = |state: &Self| plan.is_plain_in(step, state.block_at_hand());
                match (is_plain(from), is_plain(self)) {
                    (true, true) | (false, false) => return None,
                    (true, false) => {
                        let old = old();
                        emit!(#p::Option::Some(#old))
                    }
                    (false, true) => {
                        let old = old();
                        emit!(#p::there(#old))
                    }
                }
            }
            // A step of a block that is skipped.
            Field::Effect(_) | Field::Sibling(..) => emit!(#p::Option::None),
            Field::Parts(step, _) if !from.has(step) => emit!(#p::nothing()),
            Field::Taken(block) if from.decided().all(|decided| decided != block) => {
                let taken = from.block_at_hand() == Some(block);
                emit!(#taken)
            }
            Field::Types => emit!(::core::marker::PhantomData),
            Field::Input(_) | Field::Parts(..) | Field::Taken(_) => return None,
        })
    }

    /// Whether this position has a field for the effect of a step.
    fn has(&self, step: usize) -> bool {
        let next = self.plan.units.get(self.plan.over(self.stand));
        let is_over = next.is_none_or(|unit| step < unit.first());
        is_over || self.block().any(|(sibling, _)| sibling == step)
    }

    /// The types of the siblings, if they mention parameters that no other field does.
    pub(super) fn unnamed_types(&self) -> Option<TokenStream> {
        let mut siblings = self
            .block()
            .map(|(step, _)| self.plan.value_type(step))
            .peekable();
        siblings.peek()?;
        let named = self.params_with(std::iter::empty());
        let unnamed = self.params().minus(&named);
        (!unnamed.is_empty()).then(|| emit!(#(#siblings,)*))
    }
}
