//! What lies below an error that may be a [`std::error::Error`], or lead to one, or neither: chosen
//! by method resolution at the call, like its text (see [`describe`](super::describe)).
//!
//! The message of a saga's error ends with the text of the step's error, so that its source is
//! what lies below that.

use crate::basics::source::Source;
use std::{error::Error, ops::Deref};

/// Wraps the error whose source is asked for.
pub struct Below<'a, E>(pub &'a E);

/// Selected for errors that are [`Error`]s.
pub trait ByError<'a> {
    /// The error's own source.
    fn __below(&self) -> Source<'a>;
}

impl<'a, E: Error> ByError<'a> for &&Below<'a, E> {
    fn __below(&self) -> Source<'a> {
        self.0.source()
    }
}

/// Selected for errors that only lead to an [`Error`]: `anyhow::Error`, `eyre::Report` and
/// `Box<dyn Error + Send + Sync>`.
pub trait ByDeref<'a> {
    /// The source of the error to which it leads.
    fn __below(&self) -> Source<'a>;
}

impl<'a, E: Deref<Target = dyn Error + Send + Sync>> ByDeref<'a> for &Below<'a, E> {
    fn __below(&self) -> Source<'a> {
        (**self.0).source()
    }
}

/// Selected for all other errors.
pub trait NoSource<'a> {
    /// Returns `None`.
    fn __below(&self) -> Source<'a>;
}

impl<'a, E> NoSource<'a> for Below<'a, E> {
    fn __below(&self) -> Source<'a> {
        None
    }
}
