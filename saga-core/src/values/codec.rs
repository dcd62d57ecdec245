//! The encoding of a value in a durable journal: JSON, by functions that the macro names for the
//! type that the user wrote.

mod reading;

use crate::{basics::discard::discard, values::cause::Cause};
use pin_project_lite::pin_project;
#[cfg(feature = "testing")]
use reading::caught;
pub(crate) use reading::{Read, decoded};
use reading::{Reading, Write, recorded};
#[cfg(feature = "durable")]
use serde::{Serialize, de::DeserializeOwned};
use std::{
    future::Future,
    mem,
    pin::Pin,
    task::{Context, Poll, ready},
};

/// Encodes and decodes values of one type if the saga is durable.
pub struct Codec<T> {
    functions: Option<Functions<T>>,
}

struct Functions<T> {
    write: fn(&T, Form) -> Result<String, String>,
    decode: fn(&str) -> Result<T, String>,
}

/// A value that is written as JSON.
struct Writing<'v, T> {
    write: fn(&T, Form) -> Result<String, String>,
    value: &'v T,
}

/// The form in which a value is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// As it is recorded.
    Json,
    /// In serde's data model, which keeps apart what JSON does not: `None` and `Some(())`.
    #[cfg(feature = "testing")]
    Model,
}

/// What is recorded of a value: its JSON, or the reason why it cannot be. `None` if nothing is
/// recorded.
pub type Encoded = Option<Result<String, String>>;

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

impl<T> Functions<T> {
    /// The value as JSON; `read` has it as it is read back, unless that fails.
    fn recorded(self, value: &T, read: &mut Reading<T>) -> Result<String, String> {
        let write = self.write;
        recorded(&Writing { write, value }, read)
    }

    fn decode(self, json: &str) -> Result<T, String> {
        let mut read = self.reading();
        decoded(json, &mut read)?;
        read.value.ok_or_else(not_kept)
    }

    fn reading(self) -> Reading<T> {
        Reading {
            decode: self.decode,
            value: None,
        }
    }
}

impl<T> Write for Writing<'_, T> {
    fn write(&self) -> Result<String, String> {
        (self.write)(self.value, Form::Json)
    }
}

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
        write: fn(&T, Form) -> Result<String, String>,
        decode: fn(&str) -> Result<T, String>,
    ) -> Self {
        Self {
            functions: Some(Functions { write, decode }),
        }
    }

    /// Returns the value as JSON, or `None` if this codec encodes nothing.
    ///
    /// # Errors
    /// The error or panic of the value's own `Serialize`; or that the JSON cannot be decoded again,
    /// which must be known before anything depends on the record. (For example, `serde_json` writes
    /// a NaN as `null`.)
    pub fn encode(&self, value: &T) -> Encoded {
        let functions = self.functions?;
        let mut read = functions.reading();
        let json = functions.recorded(value, &mut read);
        discard(read.value);
        Some(json)
    }

    /// Returns the value in this form, or `None` if this codec encodes nothing. Only JSON is read
    /// back.
    ///
    /// # Errors
    /// As [`encode`](Self::encode).
    pub fn write(&self, value: &T, form: Form) -> Encoded {
        match form {
            Form::Json => self.encode(value),
            #[cfg(feature = "testing")]
            Form::Model => {
                let functions = self.functions?;
                Some(caught(|| (functions.write)(value, form)))
            }
        }
    }

    /// The value as JSON, and as it is read back. Every value that a saga records is read back here:
    /// inputs, items, effects, signals, events, errors and outputs.
    #[inline]
    pub(crate) fn recorded(&self, value: &T) -> Option<Result<(String, T), String>> {
        let functions = self.functions?;
        let mut read = functions.reading();
        let json = functions.recorded(value, &mut read);
        Some(json.and_then(|json| Ok((json, read.value.ok_or_else(not_kept)?))))
    }

    /// The same codec for a type that contains this one, by functions that call
    /// [`written`](Self::written) and [`read`](Self::read).
    pub(crate) const fn over<U>(
        &self,
        write: fn(&U, Form) -> Result<String, String>,
        decode: fn(&str) -> Result<U, String>,
    ) -> Codec<U> {
        match self.functions {
            None => Codec::none(),
            Some(_) => Codec::of(write, decode),
        }
    }

    /// The value in this form. May panic.
    ///
    /// # Errors
    /// The error of the value's own `Serialize`.
    pub(crate) fn written(&self, value: &T, form: Form) -> Result<String, String> {
        let functions = self.functions.ok_or_else(not_kept)?;
        (functions.write)(value, form)
    }

    /// A value from JSON. May panic.
    ///
    /// # Errors
    /// The error of the value's own `Deserialize`.
    pub(crate) fn read(&self, json: &str) -> Result<T, String> {
        let functions = self.functions.ok_or_else(not_kept)?;
        (functions.decode)(json)
    }

    /// Whether the codec encodes nothing.
    pub(crate) const fn is_none(&self) -> bool {
        self.functions.is_none()
    }

    /// Decodes a value from JSON.
    ///
    /// # Errors
    /// The error or panic of the value's own `Deserialize`; or that this codec decodes nothing.
    pub fn decode(&self, json: &str) -> Result<T, String> {
        match self.functions {
            None => Err(not_kept()),
            Some(functions) => functions.decode(json),
        }
    }

    /// Returns the inputs of a saga as an engine reads them back: it records them with their maps
    /// sorted. Inputs that are not recorded, or cannot be, stay as they are.
    pub fn read_back_inputs(&self, inputs: T) -> T {
        #[cfg(feature = "durable")]
        if let Some(Ok(json)) = self.encode(&inputs) {
            let sorted = super::canonical::canonical(&json);
            let read = sorted.map_err(|error| error.to_string());
            if let Ok(read) = read.and_then(|sorted| self.decode(&sorted)) {
                discard(inputs);
                return read;
            }
        }
        inputs
    }
}

#[cold]
#[inline(never)]
fn not_kept() -> String {
    "values of this type are not kept".to_owned()
}

/// Encodes the value that one call returns.
///
/// A saga goes on with the value that is read back, from the first moment: so what it decides by,
/// and what it passes to code of the user, is the same before and after a restart.
pub trait Encode<T>: Send {
    /// Returns the value as it is read back from its JSON, and the JSON. A value that is not
    /// recorded, or cannot be, stays as it is.
    fn read_back(&self, value: T) -> (T, Encoded);

    /// The value in serde's data model, as text; `None` if it is not recorded.
    #[cfg(feature = "testing")]
    fn model(&self, value: &T) -> Encoded;

    /// The attempt of a call in memory, where nothing is recorded: its value is read back all the
    /// same.
    fn in_memory<E, F>(self, attempt: F) -> impl Future<Output = Result<T, Cause<E>>> + Send
    where
        Self: Sized,
        T: Send,
        E: Send,
        F: Future<Output = Result<T, Cause<E>>> + Send,
    {
        ReadBack {
            codec: self,
            attempt,
        }
    }
}

impl<T> Encode<T> for Codec<T> {
    fn read_back(&self, mut value: T) -> (T, Encoded) {
        let Some(functions) = self.functions else {
            return (value, None);
        };
        let mut read = functions.reading();
        let json = functions.recorded(&value, &mut read);
        // Nothing was read if the value cannot be recorded.
        if let Some(read) = read.value {
            discard(mem::replace(&mut value, read));
        }
        (value, Some(json))
    }

    #[cfg(feature = "testing")]
    fn model(&self, value: &T) -> Encoded {
        self.write(value, Form::Model)
    }
}

/// Encodes the answer of a `resolve`: the effect, if the call took effect.
pub struct Answer<T>(pub Codec<T>);

impl<T> Encode<Option<T>> for Answer<T> {
    fn read_back(&self, value: Option<T>) -> (Option<T>, Encoded) {
        let Some(value) = value else {
            return (None, None);
        };
        let (value, written) = self.0.read_back(value);
        (Some(value), written)
    }

    #[cfg(feature = "testing")]
    fn model(&self, value: &Option<T>) -> Encoded {
        self.0.model(value.as_ref()?)
    }
}

/// The codec of a call that returns nothing to record, whatever its type.
#[derive(Clone, Copy, Debug)]
pub struct Unrecorded;

impl<T> Encode<T> for Unrecorded {
    #[inline]
    fn read_back(&self, value: T) -> (T, Encoded) {
        (value, None)
    }

    #[cfg(feature = "testing")]
    fn model(&self, _: &T) -> Encoded {
        None
    }

    #[inline]
    fn in_memory<E, F>(self, attempt: F) -> impl Future<Output = Result<T, Cause<E>>> + Send
    where
        T: Send,
        E: Send,
        F: Future<Output = Result<T, Cause<E>>> + Send,
    {
        attempt
    }
}

pin_project! {
    /// An attempt whose value is read back.
    struct ReadBack<F, C> {
        codec: C,
        #[pin]
        attempt: F,
    }
}

impl<T, E, F, C> Future for ReadBack<F, C>
where
    F: Future<Output = Result<T, Cause<E>>>,
    C: Encode<T>,
{
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let ended = ready!(this.attempt.poll(cx));
        Poll::Ready(ended.map(|value| this.codec.read_back(value).0))
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
#[doc(hidden)]
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
    Codec::of(write, parse)
}

// Functions with names: closures are compiled once more in each unit of code that uses them.
#[cfg(feature = "durable")]
fn write<T: Serialize>(value: &T, form: Form) -> Result<String, String> {
    match form {
        Form::Json => serde_json::to_string(value).map_err(|error| said(&error)),
        #[cfg(feature = "testing")]
        Form::Model => super::model::model(value),
    }
}

#[cfg(feature = "durable")]
fn parse<T: DeserializeOwned>(json: &str) -> Result<T, String> {
    serde_json::from_str(json).map_err(|error| said(&error))
}

#[cfg(feature = "durable")]
#[cold]
fn said(error: &serde_json::Error) -> String {
    error.to_string()
}

/// Holds for every type: without the feature, the missing feature is the only compile error.
#[cfg(not(feature = "durable"))]
#[doc(hidden)]
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
mod tests;
