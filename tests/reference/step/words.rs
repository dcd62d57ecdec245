//! The words of a shape: what each declares.

use super::Step;

impl Step {
    /// `lock`, with the name of this number.
    pub(crate) fn of(self, lock: u8) -> Self {
        Self { lock, ..self }
    }

    /// `signal` or `lock`, with a `#[timeout]` of so many units.
    pub(crate) fn wait(self, wait: u32) -> Self {
        Self { wait, ..self }
    }

    /// `signal` or `lock`, with `#[timeout(never)]`.
    pub(crate) fn never(self) -> Self {
        self.wait(0)
    }

    /// `sleep`, so many units.
    pub(crate) fn nap(self, nap: u32) -> Self {
        Self { nap, ..self }
    }

    /// `= saga …`.
    pub(crate) fn is(self, steps: fn() -> &'static [Step]) -> Self {
        Self {
            saga: Some(steps()),
            ..self
        }
    }

    /// `for … in`, so many.
    pub(crate) fn each(self, each: usize) -> Self {
        Self { each, ..self }
    }

    /// The expression of the loop reads this step.
    pub(crate) fn from(self, from: &'static str) -> Self {
        Self {
            from_name: Some(from),
            ..self
        }
    }

    /// `#[concurrent(n)]`.
    pub(crate) fn beside(self, width: usize) -> Self {
        Self { width, ..self }
    }

    /// `#[when]` of a loop.
    pub(crate) fn whole(self) -> Self {
        Self {
            maybe: true,
            whole: true,
            ..self
        }
    }

    /// `#[timeout]`.
    pub(crate) fn timed(self) -> Self {
        Self {
            timed: true,
            ..self
        }
    }

    /// `#[retry(n)]`.
    pub(crate) fn again(self, again: u32) -> Self {
        Self { again, ..self }
    }

    /// `#[idempotent]`.
    pub(crate) fn same(self) -> Self {
        Self { same: true, ..self }
    }

    /// `#[late]`.
    pub(crate) fn late(self) -> Self {
        Self { late: true, ..self }
    }

    /// `#[savepoint(n, if = …)]`.
    pub(crate) fn save(self, save: u32) -> Self {
        Self { save, ..self }
    }

    /// `#[savepoint(2, on(step), if = …)]`.
    pub(crate) fn turns_on(self, step: &'static str) -> Self {
        Self {
            turns_on_name: Some(step),
            ..self.save(2)
        }
    }

    /// `#[when]`.
    pub(crate) fn maybe(self) -> Self {
        Self {
            maybe: true,
            ..self
        }
    }

    /// `#[after]`.
    pub(crate) fn after(self, after: &'static str) -> Self {
        Self {
            after: Some(after),
            ..self
        }
    }

    /// `resolve`, asked so often.
    pub(crate) fn ask(self, ask: u32) -> Self {
        Self { ask, ..self }
    }

    /// `compensate`, tried so often.
    pub(crate) fn undo(self, undo: u32) -> Self {
        Self { undo, ..self }
    }

    /// `#[by_key] compensate`, tried so often.
    pub(crate) fn undo_by_key(self, undo: u32) -> Self {
        Self {
            undo,
            by_key: true,
            ..self
        }
    }

    /// `compensate with`.
    pub(crate) fn with(self, other: &'static str) -> Self {
        Self {
            with_name: Some(other),
            ..self
        }
    }

    /// `compensate none`.
    pub(crate) fn keep(self) -> Self {
        Self { keep: true, ..self }
    }

    /// `compensate none again`.
    pub(crate) fn anew(self) -> Self {
        Self {
            keep: true,
            anew: true,
            ..self
        }
    }

    /// `fallback`.
    pub(crate) fn instead(self) -> Self {
        Self {
            instead: true,
            ..self
        }
    }
}
