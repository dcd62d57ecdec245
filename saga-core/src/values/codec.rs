//! The encoding of a value in a durable journal: JSON, by functions that the macro names for the
//! type that the user wrote.

use crate::basics::{discard::discard, panic};
#[cfg(feature = "durable")]
use serde::{Serialize, de::DeserializeOwned};

/// Encodes and decodes values of one type if the saga is durable.
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
    /// The codec of sagas that are not durable: it encodes nothing.
    #[must_use]
    pub const fn none() -> Self {
        Self { functions: None }
    }

    /// Creates a codec of two functions that are each other's inverse. The text of an error says
    /// why it failed.
    #[must_use]
    pub const fn of(
        encode: fn(&T) -> Result<String, String>,
        decode: fn(&str) -> Result<T, String>,
    ) -> Self {
        Self {
            functions: Some(Functions { encode, decode }),
        }
    }

    /// Returns the value as JSON, or `None` if this codec encodes nothing.
    ///
    /// # Errors
    /// The error or panic of the value's own `Serialize`; or that the JSON cannot be decoded again,
    /// which must be known before anything depends on the record. (For example, `serde_json` writes
    /// a NaN as `null`.)
    pub fn encode(&self, value: &T) -> Option<Result<String, String>> {
        let functions = self.functions?;
        Some(caught(|| {
            let json = (functions.encode)(value)?;
            let read = self.decode(&json);
            read.map(discard)
                .map_err(|why| format!("it cannot be read back: {why}"))?;
            Ok(json)
        }))
    }

    /// Decodes a value from JSON.
    ///
    /// # Errors
    /// The error or panic of the value's own `Deserialize`; or that this codec decodes nothing.
    pub fn decode(&self, json: &str) -> Result<T, String> {
        match self.functions {
            None => Err("values of this type are not kept".to_owned()),
            Some(functions) => caught(|| (functions.decode)(json)),
        }
    }
}

/// Turns a panic in the user's serialisation into an error, so that it does not end the run.
fn caught<T>(convert: impl FnOnce() -> Result<T, String>) -> Result<T, String> {
    panic::caught(convert).unwrap_or_else(|panic| {
        let why = format!("panicked: {}", panic.message());
        discard(panic);
        Err(why)
    })
}

/// Encodes the value that one call returns.
pub trait Encode<T>: Send {
    /// Returns the value as JSON, or `None` if there is nothing to record.
    ///
    /// # Errors
    /// The reason why the value cannot be encoded.
    fn encode(&self, value: &T) -> Option<Result<String, String>>;
}

impl<T> Encode<T> for Codec<T> {
    fn encode(&self, value: &T) -> Option<Result<String, String>> {
        self.encode(value)
    }
}

/// Encodes the answer of a `resolve`: the effect, if the call took effect.
pub struct Answer<T>(pub Codec<T>);

impl<T> Encode<Option<T>> for Answer<T> {
    fn encode(&self, value: &Option<T>) -> Option<Result<String, String>> {
        self.0.encode(value.as_ref()?)
    }
}

/// A type that a durable saga can store in its journal: every type that implements `Serialize` and
/// `DeserializeOwned`.
#[cfg(feature = "durable")]
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be stored in the journal of a durable saga",
    label = "needs `serde::Serialize` and `serde::de::DeserializeOwned`",
    note = "add `#[derive(serde::Serialize, serde::Deserialize)]` to it, or drop `durable` from the saga"
)]
pub trait Persist: Sized {
    /// The codec of the type.
    const CODEC: Codec<Self>;
    /// The codec of a list. (A constant of the element's type, so that rustc reports the element's
    /// type as the one that cannot be stored.)
    const LIST: Codec<Vec<Self>>;
    /// The codec of a list whose elements may be absent.
    const OPTIONS: Codec<Vec<Option<Self>>>;
}

#[cfg(feature = "durable")]
#[diagnostic::do_not_recommend]
impl<T: Serialize + DeserializeOwned> Persist for T {
    const CODEC: Codec<Self> = codec();
    const LIST: Codec<Vec<Self>> = codec();
    const OPTIONS: Codec<Vec<Option<Self>>> = codec();
}

/// The codec of a type that serde can serialise and deserialise.
#[cfg(feature = "durable")]
pub(crate) const fn codec<T: Serialize + DeserializeOwned>() -> Codec<T> {
    Codec::of(
        |value| serde_json::to_string(value).map_err(|error| error.to_string()),
        |json| serde_json::from_str(json).map_err(|error| error.to_string()),
    )
}

/// Holds for every type: without the feature, the missing feature is the only compile error.
#[cfg(not(feature = "durable"))]
pub trait Persist: Sized {
    /// The codec of the type.
    const CODEC: Codec<Self> = Codec::none();
    /// The codec of a list.
    const LIST: Codec<Vec<Self>> = Codec::none();
    /// The codec of a list whose elements may be absent.
    const OPTIONS: Codec<Vec<Option<Self>>> = Codec::none();
}

#[cfg(not(feature = "durable"))]
impl<T> Persist for T {}

#[cfg(all(test, feature = "durable"))]
mod tests {
    use super::{Answer, Encode, codec};

    #[test]
    fn what_is_encoded_is_decoded() {
        let codec = codec::<Vec<(u8, String)>>();
        let value = vec![(1, "one".to_owned())];
        let json = codec.encode(&value).unwrap().unwrap();
        assert_eq!(json, r#"[[1,"one"]]"#);
        assert_eq!(codec.decode(&json).unwrap(), value);
        assert!(codec.decode("[[1]]").is_err());
    }

    #[test]
    fn an_answer_is_written_as_what_it_found() {
        let answer = Answer(codec::<Option<u8>>());
        assert!(answer.encode(&None).is_none());
        assert_eq!(answer.encode(&Some(None)).unwrap().unwrap(), "null");
        assert_eq!(answer.encode(&Some(Some(7))).unwrap().unwrap(), "7");
    }

    #[test]
    fn a_panic_while_writing_is_an_error() {
        let codec = super::Codec::<u8>::of(|_| panic!("no"), |_| panic!("never"));
        assert_eq!(codec.encode(&1).unwrap().unwrap_err(), "panicked: no");
        assert_eq!(codec.decode("1").unwrap_err(), "panicked: never");
    }

    #[test]
    fn what_cannot_be_read_back_is_not_written() {
        assert_eq!(codec::<f64>().encode(&1.5).unwrap().unwrap(), "1.5");
        assert_eq!(
            codec::<f64>().encode(&f64::NAN).unwrap().unwrap_err(),
            "it cannot be read back: invalid type: null, expected f64 at line 1 column 4"
        );
    }

    #[test]
    fn without_serde_nothing_is_kept() {
        assert!(super::Codec::<u8>::none().encode(&1).is_none());
        assert!(super::Codec::<u8>::none().decode("1").is_err());
    }
}
