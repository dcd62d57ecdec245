//! Blocks of steps: those that run at the same time, and those under one condition.

use super::part::{Key, Visit, VisitMut, key, parts};
use crate::text::{List, Text};

/// A `concurrent` block: `len` steps from index `first` on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Group {
    /// The index of its first step.
    pub first: u16,
    /// The number of its steps.
    pub len: u16,
}

parts! {
    /// A `when` block: `len` steps from index `first` on, under one condition.
    pub struct Condition;
    /// A block without steps.
    const PLAIN {
        /// The index of its first step.
        first: u16 = 0 => Key::OWN;
        /// The number of its steps, including those of its `concurrent` blocks.
        len: u16 = 0 => Key::OWN;
        /// The names that its condition reads.
        reads: List<Text> = List::Borrowed(&[]) => key("reads").free();
        /// The line of its declaration.
        line: u32 = 0 => key("line").always().inessential();
    }
}
