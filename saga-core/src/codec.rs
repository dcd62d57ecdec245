//! How a durable journal keeps a value: as JSON, by functions that the macro names at the value's written type.

#[cfg(feature = "durable")]
use serde::{Serialize, de::DeserializeOwned};

/// Writes and reads values of one type, if the saga is durable.
pub struct Codec<T> {
    functions: Option<Functions<T>>,
}

struct Functions<T> {
    encode: fn(&T) -> Result<String, String>,
    decode: fn(&str) -> Result<T, String>,
}

impl<T> Clone for Codec<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Codec<T> {}

impl<T> Clone for Functions<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Functions<T> {}

impl<T> Codec<T> {
    /// For sagas that are not durable.
    #[must_use]
    pub const fn none() -> Self {
        Self { functions: None }
    }

    /// The value as JSON; `None` if this codec keeps nothing.
    ///
    /// # Errors
    /// What the value's own `Serialize` says.
    pub fn encode(&self, value: &T) -> Option<Result<String, String>> {
        self.functions.map(|functions| (functions.encode)(value))
    }

    /// The value of some JSON; `None` if this codec keeps nothing.
    ///
    /// # Errors
    /// What the value's own `Deserialize` says.
    #[must_use]
    pub fn decode(&self, json: &str) -> Option<Result<T, String>> {
        self.functions.map(|functions| (functions.decode)(json))
    }
}

/// What a durable saga can keep: everything that is `Serialize + DeserializeOwned`.
#[cfg(feature = "durable")]
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be kept by a durable saga",
    label = "needs `serde::Serialize` and `serde::de::DeserializeOwned`",
    note = "add `#[derive(serde::Serialize, serde::Deserialize)]` to it, or drop `durable` from the saga"
)]
pub trait Keep: Serialize + DeserializeOwned {}

#[cfg(feature = "durable")]
#[diagnostic::do_not_recommend]
impl<T: Serialize + DeserializeOwned> Keep for T {}

/// The codec of a type that a durable saga keeps. (A free function: an associated one would be "not found" instead of "cannot be kept".)
#[cfg(feature = "durable")]
#[must_use]
pub const fn codec<T: Keep>() -> Codec<T> {
    Codec {
        functions: Some(Functions {
            encode: |value| serde_json::to_string(value).map_err(|error| error.to_string()),
            decode: |json| serde_json::from_str(json).map_err(|error| error.to_string()),
        }),
    }
}

/// Without the feature that one missing feature is the only error.
#[cfg(not(feature = "durable"))]
#[must_use]
pub const fn codec<T>() -> Codec<T> {
    Codec::none()
}

#[cfg(all(test, feature = "durable"))]
mod tests {
    use super::codec;

    #[test]
    fn what_is_encoded_is_decoded() {
        let codec = codec::<Vec<(u8, String)>>();
        let value = vec![(1, "one".to_owned())];
        let json = codec.encode(&value).unwrap().unwrap();
        assert_eq!(json, r#"[[1,"one"]]"#);
        assert_eq!(codec.decode(&json).unwrap().unwrap(), value);
        assert!(codec.decode("[[1]]").unwrap().is_err());
    }

    #[test]
    fn without_serde_nothing_is_kept() {
        assert!(super::Codec::<u8>::none().encode(&1).is_none());
    }
}
