//! By which definition a saga's records are read.

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
    /// Another definition than it was run with: it is recorded when the saga goes on by it.
    pub(crate) redefined: Option<DefinitionRow>,
    /// If it is another one than it was run with: the records, and the saga as that reads it.
    before: Option<(History, Folded)>,
}

impl Reading {
    /// By the definition at hand, if it is the one that the saga was run with, or else by one that
    /// goes on where that left off, if there is one. `old`: what it was run with, if it is another
    /// one.
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

    /// As above, with the definition of the saga's run looked up in its store.
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

    /// The saga, read so.
    pub(crate) fn folded(&self, stored: &Stored) -> Result<Folded, Unreadable> {
        let Some((history, before)) = &self.before else {
            let folded = Folded::of(self.definition.clone(), &stored.commits);
            return folded.map_err(Unreadable::Fold);
        };
        Folded::over(self.definition.clone(), history).map_err(|error| {
            // By the other definition they fitted.
            let (old, new) = (before.declaration(), &self.definition);
            let suspects = suspects(old, new, &|at| before.touched(at));
            let first = suspects.into_iter().next();
            first.map_or(Unreadable::Fold(error), Unreadable::Changed)
        })
    }

    /// Whether it is the definition that the saga was run with.
    pub(crate) fn is_as_it_was(&self) -> bool {
        self.before.is_none()
    }
}

/// The definition that a saga was run with, from its store.
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
