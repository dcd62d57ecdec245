//! What the executor asks of a machine that needs no machine.

use crate::{definition::Definition, generated::machine::Machine, kernel::Verdict};

/// What a saga declares, and what its predicates say of errors. As values, so that what decides by
/// them is compiled once for each type of error, and not for each saga.
pub(crate) struct Rules<E> {
    pub(crate) definition: &'static Definition,
    pub(crate) loops: bool,
    pub(crate) nests: bool,
    pub(crate) classify: fn(&E) -> Verdict,
    pub(crate) aborts: fn(u16, &E) -> bool,
    pub(crate) again: fn(u16, &E) -> bool,
    pub(crate) turns: fn(u16, &E) -> bool,
    pub(crate) describe: fn(&E) -> Option<String>,
}

/// Those of a saga.
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
        }
    }
}

impl<E> Rules<E> {
    /// Whether it may have items or sagas that run as part of it.
    #[inline]
    pub(crate) fn have_parts(&self) -> bool {
        self.loops || self.nests
    }

    /// Whether the step is a loop.
    #[inline]
    pub(crate) fn is_loop(&self, step: u16) -> bool {
        self.loops && self.definition.steps[usize::from(step)].items.is_some()
    }

    /// What is done with each item of a loop.
    pub(crate) fn each(&self, step: u16) -> &'static Definition {
        let items = self.definition.steps[usize::from(step)].items.as_ref();
        &items.expect("the step is a loop").each
    }
}
