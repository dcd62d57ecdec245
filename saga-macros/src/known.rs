//! The sagas of a call of the macro that have no mistakes, each as data. What is proved of a saga, and
//! what is written for it, are about this one definition.

use typed_saga_analysis::Analysis;
use typed_saga_definition::Definition;

use crate::declare::Declared;
use crate::model::{Child, Saga};
use crate::names::text;
use crate::promises::fit;

/// These sagas, each with its definition.
pub(crate) struct Known<'a>(Vec<(&'a Saga, &'a Declared)>);

impl<'a> Known<'a> {
    /// Each of these is [`complete`].
    pub(crate) fn of(sagas: impl IntoIterator<Item = (&'a Saga, &'a Declared)>) -> Self {
        Self(sagas.into_iter().collect())
    }

    /// The child saga, if it is declared in the same call.
    pub(crate) fn child(&self, child: &Child) -> Option<(&'a Saga, &'a Definition)> {
        let name = child.name()?;
        let mut sagas = self.0.iter();
        let (saga, declared) = sagas.find(|(saga, _)| text(&saga.name) == text(&name))?;
        Some((saga, &declared.definition))
    }
}

/// A saga without mistakes as data, with what follows from its promises.
pub(crate) fn complete(mut declared: Declared) -> Declared {
    let definition = &mut declared.definition;
    fit::attempts(definition);
    let deadline = Analysis::of(definition).deadline();
    definition.deadline = deadline;
    declared
}

/// The same, for tests.
#[cfg(test)]
pub(crate) fn declared(saga: &Saga) -> Declared {
    complete(crate::declare::declared(saga))
}
