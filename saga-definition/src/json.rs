//! A definition as JSON, as journals keep it. Steps refer to each other by name, and what a plain
//! step does not say is left out.
//!
//! Old journals are read for ever, and the [fingerprint](Definition::fingerprint) is that of this
//! text: a field that is added is left out where it is plain, and no field changes its place.

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
    /// The definition as JSON. Durations are in milliseconds, as they are now; one whose expression
    /// panics is written as zero.
    ///
    /// # Panics
    ///
    /// If a step refers to one that is not there.
    #[must_use]
    pub fn to_json(&self) -> String {
        text(self, Form::of(&self.steps))
    }

    /// Reads what [`to_json`](Self::to_json) wrote.
    ///
    /// # Errors
    ///
    /// [`SchemaError`] if the text is no definition that this version can read.
    pub fn from_json(json: &str) -> Result<Self, SchemaError> {
        let nowhere = Places::of(&[])?;
        Self::read(serde_json::from_str(json)?, At::all(&nowhere))
    }

    /// A number that differs, in all likelihood, between versions by which the kernel may decide
    /// differently: it is of all that [`to_json`](Self::to_json) writes, but durations, lines and
    /// the file.
    ///
    /// FNV-1a, 64 bits (Fowler, Noll, Vo; RFC 9923): it tells versions apart, and is no protection
    /// against malice.
    ///
    /// # Panics
    ///
    /// If a step refers to one that is not there.
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
