//! The end of a saga as text: what `finally` and observers receive.

use crate::{
    definition::Text,
    kernel::End,
    report::{completeness::Completeness, context::Context},
    values::id::Id,
};
use std::{fmt, iter};

/// How a saga ended, without values: the value of `outcome` in `finally`.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Summary {
    pub(crate) id: Id,
    pub(crate) saga: &'static str,
    pub(crate) end: End,
    pub(crate) step: Option<Text>,
    pub(crate) failure: Option<String>,
    pub(crate) completeness: Option<Completeness>,
    pub(crate) unconsumed: Vec<Text>,
}

impl Summary {
    /// The outcome: one of three.
    #[must_use]
    pub fn end(&self) -> End {
        self.end
    }

    /// The step that failed.
    #[must_use]
    pub fn step(&self) -> Option<&str> {
        self.step.as_deref()
    }

    /// The failure as a sentence.
    #[must_use]
    pub fn failure(&self) -> Option<&str> {
        self.failure.as_deref()
    }

    /// How far a saga that did not complete was compensated.
    #[must_use]
    pub fn completeness(&self) -> Option<&Completeness> {
        self.completeness.as_ref()
    }

    /// The signals that were accepted, but that no step has received. The sender of such a signal
    /// was answered `Accepted`.
    #[must_use]
    pub fn unconsumed(&self) -> &[Text] {
        &self.unconsumed
    }

    /// The value of `ctx` in `finally`.
    #[must_use]
    pub fn context(&self) -> Context<'_> {
        Context::new(self.saga, &self.id, "finally")
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.failure, &self.completeness) {
            (None, _) => f.write_str("completed"),
            (Some(failure), None) => f.write_str(failure),
            (Some(failure), Some(completeness)) => write!(f, "{failure}; {completeness}"),
        }?;
        for (before, signal) in iter::once("; not taken: ")
            .chain(iter::repeat(", "))
            .zip(&self.unconsumed)
        {
            write!(f, "{before}`{signal}`")?;
        }
        Ok(())
    }
}
