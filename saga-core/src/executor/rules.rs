//! What the executor asks of a machine that needs no machine.

use crate::{definition::Definition, kernel::Verdict, machine::Machine};

/// What a saga declares, and what its predicates say of errors. As values, so that what decides by
/// them is compiled once for each type of error, and not for each saga.
pub(crate) struct Rules<E> {
    pub(super) definition: &'static Definition,
    pub(super) loops: bool,
    pub(super) nests: bool,
    pub(super) classify: fn(&E) -> Verdict,
    pub(super) aborts: fn(u16, &E) -> bool,
    pub(super) again: fn(u16, &E) -> bool,
    pub(super) turns: fn(u16, &E) -> bool,
    pub(super) describe: fn(&E) -> Option<String>,
}

/// Those of a saga.
pub(super) const fn rules<M: Machine>() -> &'static Rules<M::Error> {
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
    pub(super) fn have_parts(&self) -> bool {
        self.loops || self.nests
    }

    /// Whether the step is a loop.
    #[inline]
    pub(super) fn is_loop(&self, step: u16) -> bool {
        self.loops && self.definition.steps[usize::from(step)].items.is_some()
    }

    /// What is done with each item of a loop.
    pub(super) fn each(&self, step: u16) -> &'static Definition {
        let items = self.definition.steps[usize::from(step)].items.as_ref();
        &items.expect("the step is a loop").each
    }
}
