//! The trait of everything that is written as JSON, and the context that its form depends on.

use serde_json::Value;

use super::{error::SchemaError, places::Places};
use crate::definition::Step;

/// A value that is written as JSON, and read from it.
pub(super) trait Json: Sized {
    fn write(&self, to: &mut String, form: Form<'_>);

    fn read(value: Value, at: At<'_>) -> Result<Self, SchemaError>;
}

/// How a value is written.
#[derive(Clone, Copy)]
pub(super) struct Form<'a> {
    /// All steps of the saga, which are referred to by name.
    pub(super) steps: &'a [Step],
    /// Whether to write only what the kernel decides by: durations as zero, and
    /// [inessential](crate::definition::Key) fields as plain.
    pub(super) essence: bool,
    /// Whether to write only what may not change while runs are in flight:
    /// [free](crate::definition::Key) fields as plain, and without files and lines.
    pub(super) fixed: bool,
}

impl<'a> Form<'a> {
    /// Writes everything.
    pub(super) fn of(steps: &'a [Step]) -> Self {
        Self {
            steps,
            essence: false,
            fixed: false,
        }
    }
}

/// The place from which a value is read.
#[derive(Clone, Copy)]
pub(super) struct At<'a> {
    pub(super) places: &'a Places,
    /// The index of the step. Outside of steps, the number of steps.
    pub(super) place: u16,
    /// Whether the step is undone with another one.
    pub(super) covered: bool,
}

impl<'a> At<'a> {
    /// Outside of steps.
    pub(super) fn all(places: &'a Places) -> Self {
        Self {
            places,
            place: places.len(),
            covered: false,
        }
    }
}

pub(super) fn push(to: &mut String, value: impl Into<Value>) {
    to.push_str(&value.into().to_string());
}
