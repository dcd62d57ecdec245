//! A list as JSON whose parts are each kept by a codec of their own: the items of a loop, and their
//! effects.

/// The list of these parts, which are JSON themselves.
pub(crate) fn join(parts: impl IntoIterator<Item = String>) -> String {
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

/// The parts of a list.
///
/// # Errors
/// Why it is none.
#[cfg(feature = "durable")]
pub(crate) fn parts(json: &str) -> Result<Vec<&str>, String> {
    let parts: Result<Vec<&serde_json::value::RawValue>, _> = serde_json::from_str(json);
    let parts = parts.map_err(|error| error.to_string())?;
    Ok(parts.into_iter().map(|part| part.get()).collect())
}

#[cfg(not(feature = "durable"))]
pub(crate) fn parts(_: &str) -> Result<Vec<&str>, String> {
    Err("only durable sagas are kept".to_owned())
}

#[cfg(all(test, feature = "durable"))]
mod tests {
    use super::{join, parts};

    #[test]
    fn parts_are_kept_as_they_are() {
        let list = ["1", r#"{"a": [2,3]}"#, "null"];
        let json = join(list.map(str::to_owned));
        assert_eq!(parts(&json).unwrap(), list);
        assert_eq!(parts(&join([])).unwrap(), [""; 0]);
        assert!(parts("{}").is_err());
    }
}
