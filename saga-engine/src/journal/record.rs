//! The content of a commit: records, one for each thing that happened to a saga, as a JSON array of
//! flat objects that people and tools can read.
//!
//! ```json
//! [{"what":"applied","step":"hotel","value":{"nights":2}},{"what":"attempting","step":"car"}]
//! ```
//!
//! A record names its step as the declaration does (`#[name = "…"]` included), never by its index.
//! A field that is not set is not written. A record that a newer version wrote and this one does
//! not know is an error: skipping it would mean deciding without it.

mod error;
mod event;
mod kind;
#[cfg(test)]
mod tests;
mod words;

use std::borrow::Cow;

use saga_core::{Before, End, Verdict, kernel::Settlement};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::value::RawValue;

use crate::store::Time;
pub use error::RecordError;
pub use kind::Kind;

/// One thing that happened.
///
/// Its kind, [`what`](Self::what), determines which fields it has. A missing field is an error when
/// the record is read as an [`event`](Self::event).
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Record {
    /// What happened.
    pub what: Kind,
    /// The step that it concerns.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub step: Option<Cow<'static, str>>,
    /// Of `applied`, `resolved`, `fell_back`, `settled`, `ended`: the effect or the output, as it
    /// was written.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "present"
    )]
    pub value: Option<Box<RawValue>>,
    /// Of failures: the error in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// Of `rejected`: what the error means.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        with = "words::verdict"
    )]
    pub verdict: Option<Verdict>,
    /// Of `rejected`: whether `#[abort]` matches. Written only if it does.
    #[serde(default, skip_serializing_if = "is_false")]
    pub abort: bool,
    /// Of `rejected`: whether the `if` of `#[retry]` agrees. Written only if it does not.
    #[serde(default = "yes", skip_serializing_if = "is_true")]
    pub again: bool,
    /// Of `rejected`: whether `#[late]` has passed since the attempt that brought the doubt ended,
    /// if there is doubt. Written only if it has not.
    #[serde(default = "yes", skip_serializing_if = "is_true")]
    pub late_passed: bool,
    /// Of `lost`: that the call uses up nothing, and is made again after a wait. Always written:
    /// earlier versions did not write it, and counted the call.
    #[serde(default, skip_serializing_if = "is_false")]
    pub uncounted: bool,
    /// Of `resolved`: whether the step happened.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub happened: Option<bool>,
    /// Of `settled`: what the operator declared.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        with = "words::settlement"
    )]
    pub settlement: Option<Settlement>,
    /// Of `waiting`: until when, in milliseconds since 1970.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Time>,
    /// Of `waiting`: what the saga waits for.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        with = "words::before"
    )]
    pub before: Option<Before>,
    /// Of `started`: the deadline, in milliseconds since 1970.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deadline: Option<Time>,
    /// Of `started` and `redefined`: the fingerprint of the definition that applies from here on,
    /// as 16 hexadecimal digits.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "words::hex")]
    pub definition: Option<u64>,
    /// Of `cancel_requested`, `resumed`, `settled`, `abandoned`: who asked for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// Their reason.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
    /// Of `ended`: how it ended.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "words::end")]
    pub end: Option<End>,
    /// Of `ended`: the steps that stand, in a parked saga.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub standing: Vec<Cow<'static, str>>,
    /// Of `ended`: the steps in doubt, in a parked saga.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub in_doubt: Vec<Cow<'static, str>>,
    /// Of `ended`: the unfinished steps, in a saga that parked going forward.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unfinished: Vec<Cow<'static, str>>,
    /// Of `ended`: the steps that are left and certainly stand.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub left: Vec<Cow<'static, str>>,
    /// Of `ended`: the steps that are left and perhaps stand.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub perhaps_left: Vec<Cow<'static, str>>,
}

impl Record {
    /// A record of this kind, without further fields.
    #[must_use]
    pub const fn new(what: Kind) -> Self {
        Self {
            what,
            step: None,
            value: None,
            error: None,
            verdict: None,
            abort: false,
            again: true,
            late_passed: true,
            uncounted: false,
            happened: None,
            settlement: None,
            until: None,
            before: None,
            deadline: None,
            definition: None,
            by: None,
            why: None,
            end: None,
            standing: Vec::new(),
            in_doubt: Vec::new(),
            unfinished: Vec::new(),
            left: Vec::new(),
            perhaps_left: Vec::new(),
        }
    }

    /// Adds the error in words.
    #[must_use]
    pub fn error(mut self, text: impl Into<String>) -> Self {
        self.error = Some(text.into());
        self
    }

    /// Adds a value, which is JSON.
    ///
    /// # Errors
    /// [`RecordError::Json`] if it is not JSON.
    pub fn value(mut self, json: String) -> Result<Self, RecordError> {
        self.value = Some(RawValue::from_string(json)?);
        Ok(self)
    }

    /// Adds who asked for it, and why.
    #[must_use]
    pub fn asked(mut self, by: Option<String>, why: Option<String>) -> Self {
        (self.by, self.why) = (by, why);
        self
    }

    /// The value as JSON.
    #[must_use]
    pub fn json(&self) -> Option<&str> {
        self.value.as_deref().map(RawValue::get)
    }
}

/// Records as the text of a commit.
///
/// # Panics
/// Never: the values in records are JSON already.
#[must_use]
pub fn encode(records: &[Record]) -> String {
    serde_json::to_string(records).expect("the values in records are JSON already")
}

/// The records of a commit's text.
///
/// # Errors
/// [`RecordError::Json`] if it is not an array of records, or if this version does not know
/// something in it.
pub fn decode(text: &str) -> Result<Vec<Record>, RecordError> {
    Ok(serde_json::from_str(text)?)
}

const fn yes() -> bool {
    true
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
const fn is_true(yes: &bool) -> bool {
    *yes
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
const fn is_false(yes: &bool) -> bool {
    !*yes
}

/// A written `null` is a value, too: the effect of a step without `->`.
fn present<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Box<RawValue>>, D::Error> {
    Box::deserialize(from).map(Some)
}
