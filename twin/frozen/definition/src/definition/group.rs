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

/// Which arm of a `when` a block is. Of the arms of one `when`, at most one is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Arm {
    /// `when (…)`: the first arm.
    When,
    /// `else when (…)`: its condition is evaluated if no earlier arm is taken.
    ElseWhen,
    /// `else`: taken if no earlier arm is; the last arm.
    Else,
}

impl Arm {
    /// All arms.
    pub const ALL: [Self; 3] = [Self::When, Self::ElseWhen, Self::Else];

    /// The words of the language.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::When => "when",
            Self::ElseWhen => "else when",
            Self::Else => "else",
        }
    }

    /// The arm with these words.
    #[must_use]
    pub fn named(words: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|arm| arm.words() == words)
    }
}

parts! {
    /// A block of a `when`: `len` steps from index `first` on, under one condition, or under `else`.
    pub struct Condition;
    /// A block without steps.
    const PLAIN {
        /// The index of its first step. Of an `else` without steps, which has `emit`s alone, the
        /// index of the step after it.
        first: u16 = 0 => Key::OWN;
        /// The number of its steps, including those of its `concurrent` blocks.
        len: u16 = 0 => Key::OWN;
        /// Which arm of its `when` it is. The arms of one `when` follow each other.
        arm: Arm = Arm::When => key("arm");
        /// The names that its condition reads.
        reads: List<Text> = List::Borrowed(&[]) => key("reads").free();
        /// The line of its declaration.
        line: u32 = 0 => key("line").always().inessential();
    }
}
