//! Recorded JSON, as it was recorded.

use serde_json::value::{RawValue, to_raw_value};

/// JSON as it was recorded; as a string if it is not JSON, as in a damaged journal.
pub(crate) fn verbatim(text: &str) -> Box<RawValue> {
    RawValue::from_string(text.to_owned())
        .or_else(|_| to_raw_value(text))
        .expect("a text can be written as a JSON string")
}
