//! The places in a saga that have a list of reads.

use crate::model::Clause;

/// The code or the attribute that reads.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    Action,
    /// The list of the items of a loop.
    Items,
    /// The duration of a signal or a sleep.
    Wait,
    /// The keys of a lock.
    Keys,
    When,
    /// The condition of a `when` block.
    Block,
    After,
    /// `until = step` of `#[holds]`.
    Until,
    /// `on(step, …)` of `#[savepoint]`.
    On,
    Resolve,
    Compensate,
    /// `#[by_key] compensate`.
    CompensateByKey,
    /// `compensate with`.
    With,
    Fallback,
    /// The value of an event; the number of steps before the `emit`.
    Emit(usize),
    /// The value of an event of a saga that was compensated.
    EmitFailed,
    Publish,
    Finally,
}

impl Place {
    pub(super) fn compensate(clause: &Clause) -> Self {
        if clause.attrs.by_key.is_some() {
            Place::CompensateByKey
        } else {
            Place::Compensate
        }
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Place::Action => "the action of a step",
            Place::Items => "the items of a loop",
            Place::Wait => "the end of a wait",
            Place::Keys => "a lock",
            Place::When | Place::Block => "`when`",
            Place::After => "`#[after]`",
            Place::Until => "`#[holds]`",
            Place::On => "`#[savepoint]`",
            Place::Resolve => "`resolve`",
            Place::Compensate => "`compensate`",
            Place::CompensateByKey => "a `#[by_key]` compensation",
            Place::With => "`compensate with`",
            Place::Fallback => "`fallback`",
            Place::Emit(_) => "`emit`",
            Place::EmitFailed => "`emit failed`",
            Place::Publish => "`publish`",
            Place::Finally => "`finally`",
        }
    }

    /// The token that follows the list of reads in the same parentheses.
    pub(super) fn arrow(self) -> &'static str {
        match self {
            Place::Items
            | Place::Wait
            | Place::Keys
            | Place::When
            | Place::Block
            | Place::Emit(_)
            | Place::EmitFailed => " => …",
            _ => "",
        }
    }

    /// Whether the list names steps, and reads nothing.
    pub(super) fn names(self) -> bool {
        matches!(self, Place::After | Place::Until | Place::On | Place::With)
    }

    /// The reserved names that exist at this place.
    pub(super) fn reserved(self) -> &'static [&'static str] {
        match self {
            Place::Action | Place::Resolve => &["key", "ctx"],
            Place::CompensateByKey => &["key", "undo_key", "ctx"],
            Place::Compensate => &["key", "undo_key", "ctx", "failure"],
            Place::Fallback => &["key", "ctx", "failure"],
            Place::EmitFailed => &["failure"],
            Place::Publish => &["event", "key"],
            Place::Finally => &["outcome", "ctx"],
            Place::Emit(_)
            | Place::Items
            | Place::Wait
            | Place::Keys
            | Place::When
            | Place::Block
            | Place::After
            | Place::Until
            | Place::On
            | Place::With => &[],
        }
    }
}
