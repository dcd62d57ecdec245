//! The part of a machine that the executor can use without the machine's type.

use crate::{
    definition::Definition,
    generated::machine::Machine,
    kernel::Verdict,
    report::error::Failure,
    values::{codec::Codec, written::ReadError},
};

/// The declaration of a saga and its predicates on errors and failures. As values, so that the code that uses
/// them is compiled once for each type of error, and not for each saga.
pub(crate) struct Rules<E> {
    pub(crate) definition: &'static Definition,
    pub(crate) loops: bool,
    pub(crate) nests: bool,
    pub(crate) classify: fn(&E) -> Verdict,
    pub(crate) aborts: fn(u16, &E) -> bool,
    pub(crate) again: fn(u16, &E) -> bool,
    pub(crate) turns: fn(u16, &Failure<E>) -> bool,
    pub(crate) describe: fn(&E) -> Option<String>,
    pub(crate) error_codec: Codec<E>,
    pub(crate) read_error: ReadError<E>,
}

/// The rules of a saga.
pub(crate) const fn rules<M: Machine>() -> &'static Rules<M::Error> {
    const {
        &Rules {
            definition: M::DEFINITION,
            loops: M::LOOPS,
            nests: M::NESTS,
            classify: M::classify,
            aborts: M::aborts,
            again: M::again,
            turns: M::turns,
            describe: M::describe,
            error_codec: M::ERROR_CODEC,
            read_error: M::read_error,
        }
    }
}

impl<E> Rules<E> {
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
