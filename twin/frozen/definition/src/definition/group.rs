//! A block of steps that run at the same time.

/// A `concurrent` block: `len` steps from index `first` on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Group {
    /// The index of its first step.
    pub first: u16,
    /// The number of its steps.
    pub len: u16,
}
