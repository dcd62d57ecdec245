//! The place and the scope of an item's calls.

use super::rules::rules;
use crate::{
    calls::{loops::Each, perform::Scope},
    generated::machine::Machine,
    report::place::{Above, Place},
};

impl<I, T> Each<I, T> {
    /// The place of the item's calls; `step` is the loop.
    #[must_use]
    pub fn place<'a, M: Machine, J>(&'a self, step: u16, scope: &Scope<'a, J>) -> Place<'a> {
        item_place::<M, J>(step, self.index, scope).with_keys(self.keys.as_deref())
    }

    /// The scope of the item's calls.
    #[must_use]
    pub fn scope<'p, J>(&'p self, scope: &'p Scope<'p, J>, place: &'p Place<'p>) -> Scope<'p, J> {
        scope.within(place, self.link.as_deref())
    }
}

/// The place of an item.
pub(super) fn item_place<'a, M: Machine, J>(
    step: u16,
    index: usize,
    scope: &Scope<'a, J>,
) -> Place<'a> {
    let above = Above {
        way: None,
        place: scope.place,
        saga: &M::DEFINITION.name,
        id: scope.id,
    };
    let index = u32::try_from(index).unwrap_or(u32::MAX);
    Place::item(above, index, rules::<M>().each(step))
}
