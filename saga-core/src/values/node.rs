//! Where in a tree of runs one is.

/// Which of the runs that are part of another it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Node {
    /// The step of the run above.
    pub step: u16,
    /// Of a loop: which item.
    pub item: Option<u32>,
}

impl Node {
    /// A saga that is a step.
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
