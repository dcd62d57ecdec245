//! Definitions that were read from a store, each parsed once.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use typed_saga_core::definition::{Definition, DefinitionRef, SchemaError};

use crate::store::DefinitionRow;

/// A cache of the definitions that were read: one for each version, for any number of sagas. Two
/// definitions with the same fingerprint may differ in durations and lines, which do not matter for
/// reading a journal; the cache keeps the one that was read first.
#[derive(Debug, Default)]
pub struct Definitions(Mutex<HashMap<(Arc<str>, u64), DefinitionRef>>);

impl Definitions {
    /// The definition with this fingerprint, if it was read before.
    pub(crate) fn get(&self, saga: &Arc<str>, fingerprint: u64) -> Option<DefinitionRef> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.get(&(Arc::clone(saga), fingerprint)).cloned()
    }

    /// The definition of a row.
    ///
    /// # Errors
    ///
    /// [`SchemaError`] if this version cannot read it.
    pub fn read(&self, row: &DefinitionRow) -> Result<DefinitionRef, SchemaError> {
        let key = (Arc::clone(&row.saga), row.fingerprint);
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(definition) = known.get(&key) {
            return Ok(definition.clone());
        }
        let definition = DefinitionRef::from(Definition::from_json(&row.json)?);
        known.insert(key, definition.clone());
        Ok(definition)
    }
}
