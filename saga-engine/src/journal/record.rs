//! The content of a commit: records, one for each thing that happened to a saga, as a JSON array of
//! flat objects that people and tools can read.
//!
//! ```json
//! [{"what":"applied","step":"hotel","value":{"nights":2}},{"what":"attempting","step":"car"}]
//! ```
//!
//! A record names a step as the declaration does (`#[name = "…"]` included), never by its position.
//! A leading `_` is no part of the name.
//! A field without a value is not written. If a newer version wrote something that this version
//! does not know, that is an error: ignoring it could lead to a wrong decision.

mod error;
mod event;
mod kind;
#[cfg(test)]
mod tests;
mod words;

use std::borrow::Cow;

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::value::RawValue;
use typed_saga_core::{Before, Definition, End, Verdict, kernel::Settlement};

use crate::store::Time;
pub use error::RecordError;
pub use kind::RecordKind;

/// One thing that happened.
///
/// The kind of the record, [`what`](Self::what), determines its fields. If a required field is
/// missing, converting the record into an [`event`](Self::event) returns an error.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a field of a record as it is written"
)]
pub struct Record {
    /// The kind of the record.
    pub what: RecordKind,
    /// The step.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub step: Option<Cow<'static, str>>,
    /// The effect or the output, as it was written. In `applied`, `resolved`, `fell_back`,
    /// `signalled`, `settled` and `ended`. If a call failed, the value of its error; in
    /// `when_panicked`, the limit or the indices of unfit items.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "present"
    )]
    pub value: Option<Box<RawValue>>,
    /// The error in words, if something failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// In `awaiting`: the keys of a lock, which are requested by this record.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub keys: Vec<String>,
    /// In `rejected`: the verdict on the error. In `failing`, that a service refused; in
    /// `resolve_failed` and `compensation_failed`, that the call was given up.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        with = "words::verdict"
    )]
    pub verdict: Option<Verdict>,
    /// In `rejected`: whether the verdict says `.abort()`. Written only if it does.
    #[serde(default, skip_serializing_if = "is_false")]
    pub abort: bool,
    /// In `rejected`: whether the verdict leaves room for another attempt. Written only if not.
    #[serde(default = "yes", skip_serializing_if = "is_true")]
    pub again: bool,
    /// In `rejected`: whether `#[late]` has passed since the end of the attempt that caused the
    /// doubt, if there is doubt. Written only if it has not.
    #[serde(default = "yes", skip_serializing_if = "is_true")]
    pub late_passed: bool,
    /// In `rejected`: whether the next attempt waits until `#[late]` has passed, because the service
    /// refused too early for the refusal to count. Written only if so.
    #[serde(default, skip_serializing_if = "is_false")]
    pub awaits_late: bool,
    /// In `lost`: that the call does not use up an attempt, and is made again after a wait. Always
    /// written there.
    #[serde(default, skip_serializing_if = "is_false")]
    pub uncounted: bool,
    /// In `resolved`: whether the step happened.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub happened: Option<bool>,
    /// In `decided`: whether the steps of the block happen; if not, they are skipped.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub taken: Option<bool>,
    /// In `settled`: the operator's statement about the step.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        with = "words::settlement"
    )]
    pub settlement: Option<Settlement>,
    /// In `waiting`: the end of the wait, in milliseconds since 1970.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Time>,
    /// In `waiting`: what follows the wait.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        with = "words::before"
    )]
    pub before: Option<Before>,
    /// In `redefined`: that the definition applies from here on. Always written there.
    #[serde(default, skip_serializing_if = "is_false")]
    pub from_here: bool,
    /// In `started`: the time at which the saga rolls back if it has not passed its pivot, in
    /// milliseconds since 1970. In `redefined`: the time that applies from here on, if it is an
    /// earlier one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deadline: Option<Time>,
    /// In `started`: the promise of `#[within]`, in milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub within: Option<u64>,
    /// In `started` and `redefined`: the fingerprint of the definition that applies from there on,
    /// as 16 hexadecimal digits.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "words::hex")]
    pub definition: Option<u64>,
    /// In `cancel_requested`, `resumed`, `settled` and `abandoned`: the operator.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// The operator's reason. If a call failed without a value: how it failed, if the kind of the
    /// record does not say it (`timed_out`, `panicked`, `unrecordable`), or why its error has no
    /// value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
    /// In `ended`: how the saga ended.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "words::end")]
    pub end: Option<End>,
    /// In `ended`: the steps that remain applied, in a parked saga.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub standing: Vec<Cow<'static, str>>,
    /// In `ended`: the steps in doubt, in a parked saga.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub in_doubt: Vec<Cow<'static, str>>,
    /// In `ended`: the steps still to be done, in a saga that parked while it ran forward.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unfinished: Vec<Cow<'static, str>>,
    /// In `ended`: the steps that certainly remain applied by declaration.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub left: Vec<Cow<'static, str>>,
    /// In `ended`: the steps that may remain applied.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub perhaps_left: Vec<Cow<'static, str>>,
}

impl Record {
    /// The first record of a saga, which begins under this definition.
    pub(crate) fn started(
        definition: &Definition,
        fingerprint: u64,
        deadline: Option<Time>,
    ) -> Self {
        let within = definition.within.map(|within| within.as_millis());
        Self {
            definition: Some(fingerprint),
            deadline,
            within: within.and_then(|within| within.try_into().ok()),
            ..Self::new(RecordKind::Started)
        }
    }

    /// A record of this kind, without any other field.
    #[must_use]
    pub const fn new(what: RecordKind) -> Self {
        Self {
            what,
            step: None,
            value: None,
            error: None,
            keys: Vec::new(),
            verdict: None,
            abort: false,
            again: true,
            late_passed: true,
            awaits_late: false,
            uncounted: false,
            happened: None,
            taken: None,
            settlement: None,
            until: None,
            before: None,
            from_here: false,
            deadline: None,
            within: None,
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

    /// Adds this error in words.
    #[must_use]
    pub fn error(mut self, text: impl Into<String>) -> Self {
        self.error = Some(text.into());
        self
    }

    /// Adds this value, which is JSON.
    ///
    /// # Errors
    /// [`RecordError::Json`] if it is not JSON.
    pub fn value(mut self, json: String) -> Result<Self, RecordError> {
        self.value = Some(RawValue::from_string(json)?);
        Ok(self)
    }

    /// Adds the operator, and the operator's reason.
    #[must_use]
    pub fn asked(mut self, by: Option<String>, why: Option<String>) -> Self {
        (self.by, self.why) = (by, why);
        self
    }

    /// That a `redefined` applies from here on.
    ///
    /// # Errors
    /// [`RecordError::Missing`] if it does not say so.
    pub(crate) fn says_from_here(&self) -> Result<(), RecordError> {
        let (what, field) = (self.what, "from_here");
        let missing = RecordError::Missing { what, field };
        self.from_here.then_some(()).ok_or(missing)
    }

    /// The value as JSON.
    #[must_use]
    pub fn json(&self) -> Option<&str> {
        self.value.as_deref().map(RawValue::get)
    }
}

/// The text of a commit with these records.
///
/// # Panics
/// Never: the values in records are JSON already.
#[must_use]
pub fn encode(records: &[Record]) -> String {
    encode_all(records)
}

/// The text of a commit with values that serialize like records.
pub(crate) fn encode_all(records: &[impl Serialize]) -> String {
    serde_json::to_string(records).expect("the values in records are JSON already")
}

/// The text of a commit that begins with the record `first`, if there is one, and continues with
/// those in `text`, the text of a commit. An empty text is one without records.
pub(crate) fn after(first: Option<&Record>, text: String) -> String {
    let text = if text.is_empty() {
        "[]".to_owned()
    } else {
        text
    };
    let Some(first) = first else {
        return text;
    };
    let first = encode_all(&[first]);
    if text == "[]" {
        return first;
    }
    // Both are arrays that have something in them.
    format!("{},{}", &first[..first.len() - 1], &text[1..])
}

/// The records of a commit's text.
///
/// # Errors
/// [`RecordError::Json`] if it is not an array of records, or contains something that this version
/// does not know.
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

/// A `null` that is written is a value, too: the effect of a step without a type.
fn present<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Box<RawValue>>, D::Error> {
    Box::deserialize(from).map(Some)
}
