//! What has a form in JSON, and what that depends on.

use serde_json::Value;

use super::{error::SchemaError, places::Places};
use crate::definition::Step;

/// What is written as JSON, and read.
pub(super) trait Json: Sized {
    fn write(&self, to: &mut String, form: Form<'_>);

    fn read(value: Value, at: At<'_>) -> Result<Self, SchemaError>;
}

/// How something is written.
#[derive(Clone, Copy)]
pub(super) struct Form<'a> {
    /// All steps of the saga: they are referred to by name.
    pub(super) steps: &'a [Step],
    /// Only what the kernel decides by: durations are zero, and what is
    /// [inessential](crate::definition::Key) is plain.
    pub(super) essence: bool,
    /// Only what may not change while runs are in flight: what is [free](crate::definition::Key) is
    /// plain, and files and lines are left out.
    pub(super) fixed: bool,
}

impl<'a> Form<'a> {
    /// All that there is to say.
    pub(super) fn of(steps: &'a [Step]) -> Self {
        Self {
            steps,
            essence: false,
            fixed: false,
        }
    }
}

/// Where something is read.
#[derive(Clone, Copy)]
pub(super) struct At<'a> {
    pub(super) places: &'a Places,
    /// The index of the step. Outside of steps: how many there are.
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
