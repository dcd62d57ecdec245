//! Serde for the signals of a durable saga: an object of one field, `{"paid": …}`.
//!
//! In between, the value is text, as in [`Object`](crate::values::object::Object).

use crate::definition::bare;
use serde::{
    Deserialize, Deserializer, Serializer,
    de::Error as _,
    ser::{Error as _, SerializeMap},
};
use serde_json::Value;
use std::collections::BTreeMap;

/// Writes a signal: its name, and its value as encoded by its codec.
///
/// # Errors
/// The error of the serializer, or of the codec.
pub fn write_signal<S: Serializer>(
    to: S,
    (name, json): (&str, Option<Result<String, String>>),
) -> Result<S::Ok, S::Error> {
    let json = json.unwrap_or_else(|| Err("it is not serialised".to_owned()));
    let json = json.map_err(S::Error::custom)?;
    let value: Value = serde_json::from_str(&json).map_err(S::Error::custom)?;
    let mut object = to.serialize_map(Some(1))?;
    object.serialize_entry(name, &value)?;
    object.end()
}

/// Reads a signal. `read` is called with one of the names, and the value as JSON.
///
/// # Errors
/// The error of the deserializer; that there is not exactly one field; which name is unknown; or
/// why the value cannot be read.
pub fn read_signal<'de, D: Deserializer<'de>, T>(
    from: D,
    names: &[&str],
    read: impl FnOnce(&str, &str) -> Result<T, String>,
) -> Result<T, D::Error> {
    let mut fields = BTreeMap::<String, Value>::deserialize(from)?;
    let (Some((name, value)), None) = (fields.pop_first(), fields.pop_first()) else {
        return Err(D::Error::custom(
            "a signal is an object of one field, its name",
        ));
    };
    let name = bare(&name);
    if !names.contains(&name) {
        let names = names.join("`, `");
        let why = format!("no signal is called `{name}`; there is `{names}`");
        return Err(D::Error::custom(why));
    }
    read(name, &value.to_string()).map_err(D::Error::custom)
}
