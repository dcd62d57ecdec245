//! JSON objects, without the fields that are plain.

use serde::de::Error as _;
use serde_json::{Error, Map, Value};

use super::{
    error::SchemaError,
    form::{At, Form, Json, push},
};
use crate::definition::{Key, Visit, VisitMut};

/// Writes an object, field after field.
pub(super) struct Writer<'a> {
    to: &'a mut String,
    form: Form<'a>,
    /// The text before the next field.
    before: &'static str,
}

impl<'a> Writer<'a> {
    pub(super) fn object(to: &'a mut String, form: Form<'a>, fields: impl FnOnce(&mut Self)) {
        let before = "";
        to.push('{');
        let mut writer = Self { to, form, before };
        fields(&mut writer);
        writer.to.push('}');
    }

    pub(super) fn entry(&mut self, key: &str, value: &impl Json) {
        self.to.push_str(self.before);
        self.before = ",";
        push(self.to, key);
        self.to.push(':');
        value.write(self.to, self.form);
    }

    pub(super) fn flag(&mut self, key: &str, is_set: bool) {
        if is_set {
            self.entry(key, &true);
        }
    }
}

impl<T: Json + PartialEq> Visit<T> for Writer<'_> {
    fn field(&mut self, _: &'static str, key: Key, value: &T, plain: &T) {
        let Form { essence, fixed, .. } = self.form;
        if fixed && key.is_place() {
            return;
        }
        let is_plain = (essence && !key.essential) || (fixed && key.free);
        let value = if is_plain { plain } else { value };
        if let Some(name) = key.name.filter(|_| key.always || value != plain) {
            self.entry(name, value);
        }
    }
}

/// Reads an object. Each field is removed from it, and at the [end](Self::end) none may be left.
pub(super) struct Reader<'a> {
    object: Map<String, Value>,
    at: At<'a>,
    /// The first field that could not be read.
    wrong: Option<SchemaError>,
}

impl<'a> Reader<'a> {
    pub(super) fn of(value: Value, at: At<'a>) -> Result<Self, SchemaError> {
        let object = match value {
            Value::Object(object) => object,
            other => serde_json::from_value(other)?,
        };
        let wrong = None;
        Ok(Self { object, at, wrong })
    }

    /// Reads a part whose object may have no other fields than those that `fields` reads.
    pub(super) fn part<T>(
        value: Value,
        at: At<'a>,
        mut part: T,
        fields: impl FnOnce(&mut T, &mut Self),
    ) -> Result<T, SchemaError> {
        let mut reader = Self::of(value, at)?;
        fields(&mut part, &mut reader);
        reader.end()?;
        Ok(part)
    }

    pub(super) fn required<T: Json>(&mut self, key: &'static str) -> Result<T, SchemaError> {
        let value = self.optional(key)?;
        value.ok_or_else(|| Error::missing_field(key).into())
    }

    pub(super) fn optional<T: Json>(&mut self, key: &str) -> Result<Option<T>, SchemaError> {
        let value = self.object.remove(key);
        let value = value.map(|value| within(key, T::read(value, self.at)));
        value.transpose()
    }

    pub(super) fn flag(&mut self, key: &str) -> Result<bool, SchemaError> {
        Ok(self.optional(key)? == Some(true))
    }

    /// # Errors
    ///
    /// If a field could not be read, or is left over, because this version does not know it.
    pub(super) fn end(self) -> Result<(), SchemaError> {
        let unknown = self.object.keys().next();
        let unknown =
            unknown.map(|key| Error::custom(format_args!("unknown field `{key}`")).into());
        self.wrong.or(unknown).map_or(Ok(()), Err)
    }
}

impl<T: Json> VisitMut<T> for Reader<'_> {
    fn field(&mut self, key: Key, value: &mut T) {
        let read = match key.name {
            Some(name) if key.always && !key.is_place() => self.required(name).map(Some),
            Some(name) => self.optional(name),
            None => Ok(None),
        };
        match read {
            Ok(Some(read)) => *value = read,
            Ok(None) => {}
            Err(error) => {
                self.wrong.get_or_insert(error);
            }
        }
    }
}

/// Adds to an error the field in which the JSON is wrong.
fn within<T>(key: &str, result: Result<T, SchemaError>) -> Result<T, SchemaError> {
    result.map_err(|error| match error {
        SchemaError::Json(error) => Error::custom(format_args!("{error}, in `{key}`")).into(),
        SchemaError::Inconsistent { what } => SchemaError::Inconsistent { what },
    })
}
