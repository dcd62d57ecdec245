//! Objects whose fields may be left out: what serde's derive does, without a second set of types.

use serde::{
    Serialize,
    de::{DeserializeOwned, Error as _},
    ser::SerializeMap,
};
use serde_json::{Error, Map, Value};

use super::error::SchemaError;
use crate::text::List;

/// Writes a field where there is something to write.
pub(super) trait Fields: SerializeMap {
    fn optional(&mut self, key: &str, value: Option<impl Serialize>) -> Result<(), Self::Error> {
        match value {
            Some(value) => self.serialize_entry(key, &value),
            None => Ok(()),
        }
    }

    fn flag(&mut self, key: &str, is_set: bool) -> Result<(), Self::Error> {
        self.optional(key, is_set.then_some(true))
    }

    fn list(&mut self, key: &str, items: &[impl Serialize]) -> Result<(), Self::Error> {
        self.optional(key, Some(items).filter(|items| !items.is_empty()))
    }
}

impl<M: SerializeMap> Fields for M {}

/// An object that is read. Each field is taken out of it, and at the [end](Self::end) none may be
/// left.
pub(super) struct Object(Map<String, Value>);

impl Object {
    pub(super) fn of(value: Value) -> Result<Self, SchemaError> {
        Ok(Self(serde_json::from_value(value)?))
    }

    pub(super) fn required<T: DeserializeOwned>(
        &mut self,
        key: &'static str,
    ) -> Result<T, SchemaError> {
        let value = self.optional(key)?;
        value.ok_or_else(|| Error::missing_field(key).into())
    }

    pub(super) fn optional<T: DeserializeOwned>(
        &mut self,
        key: &str,
    ) -> Result<Option<T>, SchemaError> {
        let value = self.0.remove(key);
        let value = value.map(|value| within(key, Ok(serde_json::from_value(value)?)));
        value.transpose()
    }

    pub(super) fn flag(&mut self, key: &str) -> Result<bool, SchemaError> {
        Ok(self.optional(key)? == Some(true))
    }

    pub(super) fn list<T: DeserializeOwned + Clone>(
        &mut self,
        key: &str,
    ) -> Result<List<T>, SchemaError> {
        let items: Vec<T> = self.optional(key)?.unwrap_or_default();
        Ok(List::Owned(items))
    }

    /// A value that `read` reads.
    pub(super) fn part<T>(
        &mut self,
        key: &str,
        read: impl FnOnce(Value) -> Result<T, SchemaError>,
    ) -> Result<Option<T>, SchemaError> {
        let value = self.0.remove(key);
        let part = value.map(|value| within(key, read(value)));
        part.transpose()
    }

    /// A text, if it is one; it stays where it is.
    pub(super) fn peek(&self, key: &str) -> Option<&str> {
        self.0.get(key)?.as_str()
    }

    /// # Errors
    ///
    /// If there is a field that nobody has taken: this version does not know what it means.
    pub(super) fn end(self) -> Result<(), SchemaError> {
        match self.0.keys().next() {
            Some(key) => Err(Error::custom(format_args!("unknown field `{key}`")).into()),
            None => Ok(()),
        }
    }
}

/// Says in which field the JSON is wrong.
fn within<T>(key: &str, result: Result<T, SchemaError>) -> Result<T, SchemaError> {
    result.map_err(|error| match error {
        SchemaError::Json(error) => Error::custom(format_args!("{error}, in `{key}`")).into(),
        SchemaError::Inconsistent { what } => SchemaError::Inconsistent { what },
    })
}
