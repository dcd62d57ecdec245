//! A step's own error as it is recorded.

use crate::{basics::discard::quietly, values::cause::Cause};
use std::fmt;

/// The error of a durable saga as it is recorded: its text, and its value as JSON. An error that is
/// recorded as text alone is a [`Cause::Recorded`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Written {
    pub(crate) text: String,
    pub(crate) json: String,
    /// The steps that lead to the child saga whose error it is: none for an error of the saga
    /// itself.
    pub(crate) of: Vec<u16>,
}

/// Decodes the error of a saga, or that of the child saga to which these steps lead, converted to
/// that of the saga.
pub(crate) type ReadError<E> = fn(&[u16], &str) -> Result<E, String>;

impl Written {
    /// The error as its type. An error that this version cannot decode is its text.
    pub(crate) fn read<E>(&self, read: ReadError<E>) -> Cause<E> {
        match quietly(|| read(&self.of, &self.json)) {
            Some(Ok(error)) => Cause::Failed(error),
            Some(Err(_)) | None => Cause::Recorded {
                text: self.text.clone(),
            },
        }
    }

    /// The cause of a copy of a failure with this error.
    pub(crate) fn copied(&self) -> Cause<Self> {
        Cause::Failed(self.clone())
    }

    /// The error of a child saga, for the saga whose step is the child saga.
    pub(crate) fn within(mut self, step: u16) -> Self {
        self.of.insert(0, step);
        self
    }

    /// The error of an item, for the saga whose loop is at this step: the item itself knows the step
    /// by another index.
    pub(crate) fn of_item(mut self, step: u16) -> Self {
        self.of.iter_mut().take(1).for_each(|of| *of = step);
        self
    }
}

impl fmt::Display for Written {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}
