//! Where a failure comes from, apart from its cause.

use super::Failure;
use crate::{
    definition::Text,
    kernel::Verdict,
    values::{call::CallKind, cause::Cause},
};
use std::mem;

/// The path of the step that failed, which of its calls, and how that was judged.
pub(crate) type Origin = (Option<Text>, CallKind, Option<Verdict>);

impl<E> Failure<E> {
    /// Exchanges where the failure comes from, and how it was judged.
    pub(crate) fn exchange(&mut self, (step, call, verdict): Origin) -> Origin {
        (
            mem::replace(&mut self.step, step),
            mem::replace(&mut self.call, call),
            mem::replace(&mut self.verdict, verdict),
        )
    }

    pub(crate) fn into_origin(self) -> (Origin, Cause<E>) {
        ((self.step, self.call, self.verdict), self.cause)
    }

    pub(crate) fn from_origin((step, call, verdict): Origin, cause: Cause<E>) -> Self {
        Self {
            step,
            call,
            verdict,
            cause,
        }
    }
}
