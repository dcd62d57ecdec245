//! A position in the tree of runs: one step down from a run to a run that is part of it.

/// Identifies a run within its parent run: the child saga of a step, or an item of a loop.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Node {
    /// The index of the step in the parent run.
    pub step: u16,
    /// The index of the item, if the step is a loop.
    pub item: Option<u32>,
}

impl Node {
    /// The child saga of a step.
    #[must_use]
    pub const fn child(step: u16) -> Self {
        Self { step, item: None }
    }

    /// An item of a loop.
    #[must_use]
    pub const fn item(step: u16, index: u32) -> Self {
        Self {
            step,
            item: Some(index),
        }
    }
}
