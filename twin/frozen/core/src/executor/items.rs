//! The place of an item's calls.

use super::rules::Rules;
use crate::{
    calls::perform::Scope,
    report::place::{Above, Place},
};

/// The place of an item.
pub(crate) fn item_place<'a, J>(
    rules: &'static Rules,
    step: u16,
    index: usize,
    scope: &Scope<'a, J>,
) -> Place<'a> {
    let above = Above {
        way: None,
        place: scope.place,
        saga: &rules.definition.name,
        id: scope.id,
    };
    let index = u32::try_from(index).unwrap_or(u32::MAX);
    Place::item(above, index, rules.each(step))
}
