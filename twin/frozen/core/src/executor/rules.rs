//! The part of a machine that the executor can use without the machine's type.

use crate::{
    definition::Definition,
    kernel::Verdict,
    report::{
        error::Failure,
        raised::{AnyFailure, Lent, Raised},
    },
    values::{call::CallKind, codec::Codec, written::ReadError},
};
use std::convert::Infallible;

/// The declaration of a saga, and its functions on errors and failures. As values, so that the code
/// that uses them is compiled once for all sagas.
pub(crate) struct Rules {
    pub(crate) definition: &'static Definition,
    pub(crate) loops: bool,
    pub(crate) nests: bool,
    pub(crate) classify: fn(u16, &Raised) -> Verdict,
    pub(crate) gives_up: fn(u16, CallKind, &Raised) -> bool,
    pub(crate) turns: fn(u16, &dyn AnyFailure) -> bool,
    pub(crate) describe: fn(&Raised) -> Option<String>,
    pub(crate) error_codec: Codec<Raised>,
    pub(crate) read_error: ReadError<Raised>,
    /// A failure that is no error, as the saga's code reads it.
    pub(crate) plain: fn(Failure<Infallible>) -> Lent,
}

impl Rules {
    /// Whether the saga may have items or child sagas.
    #[inline]
    pub(crate) fn have_parts(&self) -> bool {
        self.loops || self.nests
    }

    /// Whether the step is a loop.
    #[inline]
    pub(crate) fn is_loop(&self, step: u16) -> bool {
        self.loops && self.definition.steps[usize::from(step)].items.is_some()
    }

    /// The declaration of what a loop does with each item.
    pub(crate) fn each(&self, step: u16) -> &'static Definition {
        let items = self.definition.steps[usize::from(step)].items.as_ref();
        &items.expect("the step is a loop").each
    }
}
