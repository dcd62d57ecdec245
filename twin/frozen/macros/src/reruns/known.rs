//! The sagas of a call of the macro, with their definitions.

use std::cell::OnceCell;

use twin_definition::Definition;

use crate::expand;
use crate::model::{Child, Saga};
use crate::names::text;

/// The sagas of a call of the macro that have no mistakes, each with its definition once that is
/// needed.
#[derive(Default)]
pub(crate) struct Known<'a>(Vec<(&'a Saga, OnceCell<Definition>)>);

impl<'a> Known<'a> {
    pub(crate) fn of(sagas: impl IntoIterator<Item = &'a Saga>) -> Self {
        let sagas = sagas.into_iter();
        Self(sagas.map(|saga| (saga, OnceCell::new())).collect())
    }

    pub(super) fn find(&self, is: impl Fn(&Saga) -> bool) -> Option<(&'a Saga, &Definition)> {
        let (saga, definition) = self.0.iter().find(|(saga, _)| is(saga))?;
        Some((saga, definition.get_or_init(|| expand::declared(saga))))
    }

    /// The child saga, if it is declared in the same call.
    pub(super) fn child(&self, child: &Child) -> Option<(&'a Saga, &Definition)> {
        let name = child.name()?;
        self.find(|saga| text(&saga.name) == text(&name))
    }
}
