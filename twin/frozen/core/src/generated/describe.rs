//! The text of an error that may be `Display`, or only `Debug`, or neither: chosen by method
//! resolution at the call, where the type is known.
//!
//! The method has a name that no trait of the user's has, since method resolution would find that
//! trait's method, too. The technique is dtolnay's "autoref-based stable specialization" (case
//! studies, 2019): the most specific trait is the one that is reached with the fewest references.

use std::fmt;

/// Wraps the error to be described.
pub struct Describe<'a, E>(pub &'a E);

/// Selected for errors that are `Display`.
pub trait ByDisplay {
    /// The error's own text.
    fn __describe(&self) -> Option<String>;
}

impl<E: fmt::Display> ByDisplay for &&Describe<'_, E> {
    fn __describe(&self) -> Option<String> {
        Some(self.0.to_string())
    }
}

/// Selected for errors that are only `Debug`.
pub trait ByDebug {
    /// The error's `Debug` text.
    fn __describe(&self) -> Option<String>;
}

impl<E: fmt::Debug> ByDebug for &Describe<'_, E> {
    fn __describe(&self) -> Option<String> {
        Some(format!("{:?}", self.0))
    }
}

/// Selected for all other errors.
pub trait NotAtAll {
    /// Returns `None`.
    fn __describe(&self) -> Option<String>;
}

impl<E> NotAtAll for Describe<'_, E> {
    fn __describe(&self) -> Option<String> {
        None
    }
}
