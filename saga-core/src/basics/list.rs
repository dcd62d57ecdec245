//! A JSON list whose elements are each encoded by their own codec: the items of a loop, and their
//! effects.

/// Returns the JSON list of these elements, which are JSON themselves.
pub(crate) fn list_of(parts: impl IntoIterator<Item = String>) -> String {
    let mut json = String::from("[");
    for part in parts {
        if json.len() > 1 {
            json.push(',');
        }
        json.push_str(&part);
    }
    json.push(']');
    json
}

/// Returns the elements of a JSON list.
///
/// # Errors
/// If `json` is not a list. The text says why.
#[cfg(feature = "durable")]
pub fn parts(json: &str) -> Result<Vec<&str>, String> {
    use serde_json::value::RawValue;
    let parts: Result<Vec<&RawValue>, _> = serde_json::from_str(json);
    let parts = parts.map_err(|error| error.to_string())?;
    Ok(parts.into_iter().map(RawValue::get).collect())
}

/// Fails: only durable sagas are kept.
///
/// # Errors
/// Always.
#[cfg(not(feature = "durable"))]
pub fn parts(_: &str) -> Result<Vec<&str>, String> {
    Err("only durable sagas are kept".to_owned())
}

/// The value of a field of a JSON object, if there is one.
#[cfg(feature = "durable")]
#[must_use]
pub fn field_of(json: &str, name: &str) -> Option<String> {
    use serde_json::value::RawValue;
    use std::collections::BTreeMap;
    let fields: BTreeMap<String, &RawValue> = serde_json::from_str(json).ok()?;
    fields.get(name).map(|value| value.get().to_owned())
}

/// Finds nothing: only durable sagas are kept.
#[cfg(not(feature = "durable"))]
#[must_use]
pub fn field_of(_: &str, _: &str) -> Option<String> {
    None
}

#[cfg(all(test, feature = "durable"))]
mod tests {
    use super::{list_of, parts};

    #[test]
    fn parts_are_kept_as_they_are() {
        let list = ["1", r#"{"a": [2,3]}"#, "null"];
        let json = list_of(list.map(str::to_owned));
        assert_eq!(parts(&json).unwrap(), list);
        assert_eq!(parts(&list_of([])).unwrap(), [""; 0]);
        assert!(parts("{}").is_err());
    }
}
