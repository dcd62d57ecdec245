//! The sagas of a call of the macro that have no mistakes, each as data. What is proved of a saga, and
//! what is written for it, are about this one definition.

use saga_analysis::Analysis;
use saga_definition::Definition;

use crate::declare::{self, Declared};
use crate::model::{Child, Saga};
use crate::names::text;
use crate::promises::fit;

/// These sagas, each with its definition.
pub(crate) struct Known<'a>(Vec<(&'a Saga, Declared<'a>)>);

impl<'a> Known<'a> {
    pub(crate) fn of(sagas: impl IntoIterator<Item = &'a Saga>) -> Self {
        let sagas = sagas.into_iter();
        Self(sagas.map(|saga| (saga, declared(saga))).collect())
    }

    /// The saga as data, if it has no mistakes.
    pub(crate) fn declared(&self, saga: &Saga) -> Option<&Declared<'a>> {
        let mut sagas = self.0.iter();
        let (_, declared) = sagas.find(|(other, _)| std::ptr::eq(*other, saga))?;
        Some(declared)
    }

    /// The child saga, if it is declared in the same call.
    pub(crate) fn child(&self, child: &Child) -> Option<(&'a Saga, &Definition)> {
        let name = child.name()?;
        let mut sagas = self.0.iter();
        let (saga, declared) = sagas.find(|(saga, _)| text(&saga.name) == text(&name))?;
        Some((saga, &declared.definition))
    }
}

/// A saga without mistakes as data.
pub(crate) fn declared(saga: &Saga) -> Declared<'_> {
    let mut declared = declare::declared(saga);
    let definition = &mut declared.definition;
    fit::attempts(definition);
    let deadline = Analysis::of(definition).deadline();
    definition.deadline = deadline;
    declared
}
