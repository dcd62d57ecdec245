//! How a durable journal keeps a value: as JSON, by functions that the macro names at the value's
//! written type.

use crate::basics::{discard::discard, panic};
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

    /// Of two functions that are each other's inverse; each says why it cannot.
    #[must_use]
    pub const fn of(
        encode: fn(&T) -> Result<String, String>,
        decode: fn(&str) -> Result<T, String>,
    ) -> Self {
        Self {
            functions: Some(Functions { encode, decode }),
        }
    }

    /// The value as JSON; `None` if this codec keeps nothing.
    ///
    /// # Errors
    /// What the value's own `Serialize` says, or panics with; or that what it wrote cannot be read,
    /// which must be known before anything stands on it. (`serde_json` writes a NaN as `null`, for
    /// example.)
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

    /// The value of some JSON.
    ///
    /// # Errors
    /// What the value's own `Deserialize` says, or panics with; or that this codec keeps nothing.
    pub fn decode(&self, json: &str) -> Result<T, String> {
        match self.functions {
            None => Err("values of this type are not kept".to_owned()),
            Some(functions) => caught(|| (functions.decode)(json)),
        }
    }
}

/// The user's serialisation may panic: that is an error of its own, and no end of a run.
fn caught<T>(convert: impl FnOnce() -> Result<T, String>) -> Result<T, String> {
    panic::caught(convert).unwrap_or_else(|panic| {
        let why = format!("panicked: {}", panic.message());
        discard(panic);
        Err(why)
    })
}

/// How the value of one call is written.
pub trait Encode<T>: Send {
    /// The value as JSON; `None` if there is nothing to keep of it.
    ///
    /// # Errors
    /// Why it cannot be written.
    fn encode(&self, value: &T) -> Option<Result<String, String>>;
}

impl<T> Encode<T> for Codec<T> {
    fn encode(&self, value: &T) -> Option<Result<String, String>> {
        self.encode(value)
    }
}

/// How the answer of a `resolve` is written: the effect, if it happened.
pub struct Answer<T>(pub Codec<T>);

impl<T> Encode<Option<T>> for Answer<T> {
    fn encode(&self, value: &Option<T>) -> Option<Result<String, String>> {
        self.0.encode(value.as_ref()?)
    }
}

/// What a durable saga can store in its journal: everything that is `Serialize + DeserializeOwned`.
#[cfg(feature = "durable")]
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be stored in the journal of a durable saga",
    label = "needs `serde::Serialize` and `serde::de::DeserializeOwned`",
    note = "add `#[derive(serde::Serialize, serde::Deserialize)]` to it, or drop `durable` from the saga"
)]
pub trait Persist: Sized {
    /// The codec of the type.
    const CODEC: Codec<Self>;
    /// That of a list. (By the type that is in it: rustc says of that type that it cannot be stored.)
    const LIST: Codec<Vec<Self>>;
    /// That of a list that may lack some.
    const OPTIONS: Codec<Vec<Option<Self>>>;
}

#[cfg(feature = "durable")]
#[diagnostic::do_not_recommend]
impl<T: Serialize + DeserializeOwned> Persist for T {
    const CODEC: Codec<Self> = codec();
    const LIST: Codec<Vec<Self>> = codec();
    const OPTIONS: Codec<Vec<Option<Self>>> = codec();
}

/// The codec of all that serde reads and writes.
#[cfg(feature = "durable")]
pub(crate) const fn codec<T: Serialize + DeserializeOwned>() -> Codec<T> {
    Codec::of(
        |value| serde_json::to_string(value).map_err(|error| error.to_string()),
        |json| serde_json::from_str(json).map_err(|error| error.to_string()),
    )
}

/// Without the feature that one missing feature is the only error.
#[cfg(not(feature = "durable"))]
pub trait Persist: Sized {
    /// The codec of the type.
    const CODEC: Codec<Self> = Codec::none();
    /// That of a list.
    const LIST: Codec<Vec<Self>> = Codec::none();
    /// That of a list that may lack some.
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
