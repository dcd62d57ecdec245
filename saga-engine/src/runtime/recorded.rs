//! A journal, and the definitions under which it is read.

use crate::{
    error::Unreadable,
    journal::fold::Folded,
    journal::history::History,
    journal::schema::Definitions,
    runtime::run::AnySaga,
    store::{ReadStore, Row, StoreError, Stored},
};
use std::sync::Arc;
use typed_saga_core::definition::{Definition, DefinitionRef};

/// A version of a saga that the program has.
#[derive(Clone, Copy)]
pub(crate) struct Version {
    pub(crate) definition: &'static Definition,
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

    /// Whether it has this fingerprint.
    pub(crate) fn is(self, fingerprint: u64) -> bool {
        self.fingerprint == fingerprint
    }
}

impl From<&dyn AnySaga> for Version {
    fn from(entry: &dyn AnySaga) -> Self {
        Self {
            definition: entry.definition(),
            fingerprint: entry.fingerprint(),
        }
    }
}

/// A journal, with the definitions under which the saga was run, in order: each but the first
/// applies from a `redefined` on.
pub(crate) struct Recorded {
    history: History,
    definitions: Vec<DefinitionRef>,
}

impl Recorded {
    /// Decodes a journal. `find` returns the definition with this fingerprint; that of `own` is not
    /// asked for without need.
    pub(crate) fn of(
        stored: &Stored,
        own: Option<Version>,
        mut find: impl FnMut(u64) -> Result<DefinitionRef, Unreadable>,
    ) -> Result<Self, Unreadable> {
        let history = History::of(&stored.commits).map_err(Unreadable::Fold)?;
        let mut definitions = Vec::new();
        for fingerprint in history.all_definitions(&stored.row) {
            definitions.push(match own.filter(|own| own.is(fingerprint)) {
                Some(own) => own.definition.into(),
                None => find(fingerprint)?,
            });
        }
        Ok(Self {
            history,
            definitions,
        })
    }

    /// Decodes a journal, and looks the definitions up in its store, except for that of the program.
    pub(crate) async fn found(
        store: &(impl ReadStore + ?Sized),
        own: Option<Version>,
        stored: &Stored,
        known: &Definitions,
    ) -> Result<Result<Self, Unreadable>, StoreError> {
        let history = match History::of(&stored.commits) {
            Ok(history) => history,
            Err(error) => return Ok(Err(Unreadable::Fold(error))),
        };
        let mut definitions = Vec::new();
        for fingerprint in history.all_definitions(&stored.row) {
            definitions.push(match own.filter(|own| own.is(fingerprint)) {
                Some(own) => own.definition.into(),
                None => match known.found(store, &stored.row, fingerprint).await? {
                    Ok(definition) => definition,
                    Err(why) => return Ok(Err(why)),
                },
            });
        }
        Ok(Ok(Self {
            history,
            definitions,
        }))
    }

    /// The saga as it was run.
    pub(crate) fn folded(&self) -> Result<Folded, Unreadable> {
        Folded::over(&self.definitions, &self.history).map_err(Unreadable::Fold)
    }
}

impl Definitions {
    /// The definition of a saga with this fingerprint, from its store.
    pub(super) async fn found(
        &self,
        store: &(impl ReadStore + ?Sized),
        row: &Row,
        fingerprint: u64,
    ) -> Result<Result<DefinitionRef, Unreadable>, StoreError> {
        let saga = &row.saga.saga;
        if let Some(definition) = self.get(saga, fingerprint) {
            return Ok(Ok(definition));
        }
        Ok(
            match store.definition(Arc::clone(saga), fingerprint).await {
                Ok(None) => Err(Unreadable::NoDefinition { fingerprint }),
                Ok(Some(kept)) => self.read(&kept).map_err(Unreadable::Definition),
                Err(error @ StoreError::Corrupt { .. }) => Err(Unreadable::Damaged(error)),
                Err(error) => return Err(error),
            },
        )
    }
}
