//! Why a saga rolls back, for its child sagas.

use crate::{definition::Text, values::verdict::Verdict};
use std::fmt;

/// Why the parent of a child saga rolls back, in a walk by hand, where nothing else is known.
pub(crate) const ROLLED_BACK: &str = "its parent saga rolls back";
/// Why a step that is a child saga could not be undone.
pub(crate) const NOT_UNDONE: &str = "not all of it could be undone";

/// Why the parent of a child saga rolls back: the failure that the parent reports, or, if the parent
/// is itself rolled back by its parent, the failure of that one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParentFailure {
    pub(crate) saga: Text,
    pub(crate) step: Option<Text>,
    pub(crate) text: String,
    pub(crate) verdict: Option<Verdict>,
}

impl ParentFailure {
    /// A reason that is a sentence, and of no step.
    pub(crate) fn unnamed(text: &str) -> Self {
        Self {
            saga: Text::Borrowed(""),
            step: None,
            text: text.to_owned(),
            verdict: None,
        }
    }

    /// The name of the saga that failed: the parent, or a saga above it.
    #[must_use]
    pub fn saga(&self) -> &str {
        &self.saga
    }

    /// The name of the step of that saga, with the index of the item if it is one of a loop;
    /// `None` for a cancel or a deadline.
    #[must_use]
    pub fn step(&self) -> Option<&str> {
        self.path()?.split('/').next()
    }

    /// The path of the step: its name, and that of the step in a child saga, as in `wrapped/ribbon`
    /// and `booked[2]`; `None` for a cancel or a deadline.
    #[must_use]
    pub fn path(&self) -> Option<&str> {
        self.step.as_deref()
    }

    /// What went wrong, as [`Cause`](crate::Cause) displays it: `failed: no seat is left`,
    /// `timed out`.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The verdict on the error, if an error of an action is what went wrong.
    #[must_use]
    pub fn verdict(&self) -> Option<Verdict> {
        self.verdict
    }
}

impl fmt::Display for ParentFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            saga, step, text, ..
        } = self;
        match step {
            _ if saga.is_empty() => f.write_str(text),
            Some(step) => write!(f, "step `{step}` of saga `{saga}` {text}"),
            None => write!(f, "saga `{saga}` {text}"),
        }
    }
}
