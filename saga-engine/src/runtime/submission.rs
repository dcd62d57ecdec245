//! A saga that is submitted without an engine.

use crate::{
    error::EngineError,
    store::{NewSaga, SagaId},
};
use typed_saga_core::{
    Definition, Durable, Encoded, Id,
    run::{canonical, other_inputs},
};

/// A saga to be submitted without an engine: by a statement in the transaction that also writes the
/// data that the saga is about, so that both are committed or neither is. An engine that runs sagas
/// of this name then claims it.
///
/// It needs no engine and no store. `typed_saga::postgres::Order` has the SQL statements for
/// Postgres; any [`Store`](crate::Store) accepts its [row](Self::row) by
/// [`create`](crate::Store::create).
#[derive(Clone, Debug)]
pub struct Submission {
    row: NewSaga,
    other: fn(&str, &str) -> Option<Vec<String>>,
}

impl Submission {
    /// A submission of this saga under this id.
    ///
    /// # Errors
    /// [`EngineError::Id`] if the id is empty, too long, or contains a NUL, [`EngineError::Input`]
    /// if the inputs cannot be recorded.
    pub fn new<S: Durable>(id: impl Into<Id>, saga: &S) -> Result<Self, EngineError> {
        let row = NewSaga {
            saga: id_of(S::DEFINITION, &id.into())?,
            input: input_of(saga)?,
            fingerprint: S::DEFINITION.fingerprint(),
            due: None,
            life: None,
        };
        let other = other_inputs::<S>;
        Ok(Self { row, other })
    }

    /// Whether a saga that is stored with these inputs was given the same ones: by the `==` of their
    /// types, or as JSON where a type has none.
    #[must_use]
    pub fn is_same(&self, stored: &str) -> bool {
        (self.other)(&self.row.input, stored).is_none()
    }

    /// Checks that a saga that is stored with these inputs [was given the same ones](Self::is_same).
    ///
    /// # Errors
    /// [`EngineError::OtherInput`], with the names of the inputs that differ.
    pub fn check(&self, stored: &str) -> Result<(), EngineError> {
        match (self.other)(&self.row.input, stored) {
            None => Ok(()),
            Some(inputs) => Err(EngineError::OtherInput {
                saga: self.row.saga.clone(),
                inputs,
            }),
        }
    }

    /// The row for the store.
    #[must_use]
    pub fn row(&self) -> &NewSaga {
        &self.row
    }
}

/// The name and id of a saga with this id, if the id is valid.
pub(crate) fn id_of(definition: &Definition, id: &Id) -> Result<SagaId, EngineError> {
    allowed(SagaId::new(&*definition.name, id.as_str()))
}

/// This name and id, if the id is valid.
pub(crate) fn allowed(saga: SagaId) -> Result<SagaId, EngineError> {
    if saga.id.is_empty() || saga.check().is_err() {
        return Err(EngineError::Id { saga });
    }
    Ok(saga)
}

/// The inputs as they are stored.
pub(crate) fn input_of<S: Durable>(saga: &S) -> Result<String, EngineError> {
    stored(S::INPUT.encode(saga))
}

#[inline(never)]
fn stored(encoded: Encoded) -> Result<String, EngineError> {
    let json = encoded.unwrap_or_else(|| Err("they are not serialised".to_owned()));
    json.and_then(|json| canonical(&json).map_err(|error| error.to_string()))
        .map_err(|why| EngineError::Input { why })
}
