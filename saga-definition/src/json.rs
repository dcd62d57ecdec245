//! A definition as JSON, as journals store it. Steps refer to each other by name, and fields with
//! plain values are omitted.
//!
//! Old journals must stay readable, and the [fingerprint](Definition::fingerprint) is that of this
//! text: so a new field is omitted if it is plain, and no field changes its place.

mod conditions;
mod error;
mod form;
mod object;
mod parts;
mod places;
mod released;
mod values;

pub use error::SchemaError;
pub use released::{LineError, Released};

use self::{
    form::{At, Form, Json},
    places::Places,
};
use crate::{definition::Definition, text::fnv_1a};

impl Definition {
    /// The definition as JSON. Durations are in milliseconds, with their current values; one whose
    /// expression panics is written as zero.
    ///
    /// # Panics
    ///
    /// If a step refers to one that does not exist.
    #[must_use]
    pub fn to_json(&self) -> String {
        text(self, Form::of(&self.steps))
    }

    /// Reads what [`to_json`](Self::to_json) wrote.
    ///
    /// # Errors
    ///
    /// [`SchemaError`] if the text is not a definition that this version can read.
    pub fn from_json(json: &str) -> Result<Self, SchemaError> {
        let nowhere = Places::of(&[])?;
        Self::read(serde_json::from_str(json)?, At::all(&nowhere))
    }

    /// A number that is very likely different for versions under which the kernel may decide
    /// differently. It is computed from all that [`to_json`](Self::to_json) writes, except for
    /// durations, lines and the file.
    ///
    /// FNV-1a, 64 bits (Fowler, Noll, Vo; RFC 9923): it distinguishes versions, and does not
    /// protect against malice.
    ///
    /// # Panics
    ///
    /// If a step refers to one that does not exist.
    #[must_use]
    pub fn fingerprint(&self) -> u64 {
        let essence = Form {
            essence: true,
            ..Form::of(&self.steps)
        };
        fnv_1a(text(self, essence).as_bytes())
    }
}

fn text(definition: &Definition, form: Form<'_>) -> String {
    let mut text = String::new();
    definition.write(&mut text, form);
    text
}

#[cfg(test)]
mod tests;
