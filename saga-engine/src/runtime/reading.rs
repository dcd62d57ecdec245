//! The definition under which a saga's records are read.

use crate::{
    error::Unreadable,
    journal::fold::Folded,
    journal::history::History,
    journal::schema::{self, Definitions},
    runtime::run::Entry,
    store::{DefinitionRow, ReadStore, Row, StoreError, Stored},
};
use saga_core::definition::{Definition, DefinitionRef, suspects};
use std::sync::Arc;

/// A version of a saga that the program has.
#[derive(Clone, Copy)]
pub(crate) struct Version {
    definition: &'static Definition,
    fingerprint: u64,
}

impl Version {
    pub(crate) fn of(definition: &'static Definition) -> Self {
        let fingerprint = definition.fingerprint();
        Self {
            definition,
            fingerprint,
        }
    }
}

impl From<&dyn Entry> for Version {
    fn from(entry: &dyn Entry) -> Self {
        Self {
            definition: entry.definition(),
            fingerprint: entry.fingerprint(),
        }
    }
}

/// The definition under which a saga's records are read.
pub(crate) struct Reading {
    pub(crate) definition: DefinitionRef,
    /// Set if it is a different definition from the one with which the saga was run; recorded when
    /// the saga continues with it.
    pub(crate) redefined: Option<DefinitionRow>,
    /// Set if it is a different definition: the records, and the saga folded with the definition
    /// with which it was run.
    before: Option<(History, Folded)>,
}

impl Reading {
    /// The program's definition, if it is the one with which the saga was run; otherwise a
    /// definition under which the saga can continue where it stopped, if there is one. `old`
    /// returns the definition with which it was run, and is called only if it is different.
    pub(crate) fn of(
        version: Version,
        stored: &Stored,
        old: impl FnOnce() -> Result<DefinitionRef, Unreadable>,
    ) -> Result<Self, Unreadable> {
        let (definition, fingerprint) = (version.definition, stored.row.fingerprint);
        if version.fingerprint == fingerprint {
            return Ok(Self {
                definition: definition.into(),
                redefined: None,
                before: None,
            });
        }
        let old = old()?;
        let history = History::of(&stored.commits).map_err(Unreadable::Fold)?;
        let folded = Folded::over(old, &history).map_err(Unreadable::Fold)?;
        let definition = schema::continued(&folded, definition).map_err(Unreadable::Changed)?;
        let now = definition.fingerprint();
        Ok(Self {
            redefined: (now != fingerprint).then(|| DefinitionRow {
                saga: Arc::clone(&stored.row.saga.saga),
                fingerprint: now,
                json: definition.to_json(),
            }),
            definition,
            before: Some((history, folded)),
        })
    }

    /// The definition under which the saga's records are read; the definition with which it was run
    /// is looked up in its store.
    pub(crate) async fn found(
        store: &(impl ReadStore + ?Sized),
        version: Version,
        stored: &Stored,
        definitions: &Definitions,
    ) -> Result<Result<Self, Unreadable>, StoreError> {
        let fingerprint = stored.row.fingerprint;
        let old = if version.fingerprint == fingerprint {
            Err(Unreadable::NoDefinition { fingerprint })
        } else {
            as_it_was(store, &stored.row, definitions).await?
        };
        Ok(Self::of(version, stored, || old))
    }

    /// The saga, folded with this definition.
    pub(crate) fn folded(&self, stored: &Stored) -> Result<Folded, Unreadable> {
        let Some((history, before)) = &self.before else {
            let folded = Folded::of(self.definition.clone(), &stored.commits);
            return folded.map_err(Unreadable::Fold);
        };
        Folded::over(self.definition.clone(), history).map_err(|error| {
            // The records fit under the old definition.
            let (old, new) = (before.declaration(), &self.definition);
            let suspects = suspects(old, new, &|at| before.touched(at));
            let first = suspects.into_iter().next();
            first.map_or(Unreadable::Fold(error), Unreadable::Changed)
        })
    }

    /// Whether it is the definition with which the saga was run.
    pub(crate) fn is_as_it_was(&self) -> bool {
        self.before.is_none()
    }
}

/// The definition with which a saga was run, from its store.
pub(crate) async fn as_it_was(
    store: &(impl ReadStore + ?Sized),
    row: &Row,
    definitions: &Definitions,
) -> Result<Result<DefinitionRef, Unreadable>, StoreError> {
    let (saga, fingerprint) = (Arc::clone(&row.saga.saga), row.fingerprint);
    Ok(match store.definition(saga, fingerprint).await {
        Ok(None) => Err(Unreadable::NoDefinition { fingerprint }),
        Ok(Some(kept)) => definitions.read(&kept).map_err(Unreadable::Definition),
        Err(error @ StoreError::Corrupt { .. }) => Err(Unreadable::Damaged(error)),
        Err(error) => return Err(error),
    })
}
