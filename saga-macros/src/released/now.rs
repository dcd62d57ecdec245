//! The steps as they are declared now: what the user wrote, and the same as data.

use proc_macro2::Span;
use typed_saga_definition::{Definition, Step as Declared};

use crate::model::{Saga, Step};

/// A step of the saga that is compared.
pub(super) struct Now<'a> {
    pub(super) saga: &'a Saga,
    pub(super) definition: &'a Definition,
    pub(super) step: &'a Step,
    pub(super) declared: &'a Declared,
}

impl<'a> Now<'a> {
    /// All steps, in order.
    pub(super) fn steps(saga: &'a Saga, definition: &'a Definition) -> impl Iterator<Item = Self> {
        let steps = saga.steps().zip(definition.steps.iter());
        steps.map(move |(step, declared)| Self {
            saga,
            definition,
            step,
            declared,
        })
    }

    /// Whether it is in a `concurrent` or a `when` block.
    pub(super) fn is_in_a_block(&self) -> bool {
        self.declared.group.is_some() || self.declared.condition.is_some()
    }

    /// The word with which its arm of a `when` begins.
    pub(super) fn arm(&self) -> Option<Span> {
        let block = self.declared.condition?;
        Some(self.saga.conditions[usize::from(block)].span)
    }
}
