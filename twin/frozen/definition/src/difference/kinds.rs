//! The kinds of differences between two versions.

use std::error;

use crate::{
    definition::{Arm, CallKind, Field, Kind},
    text::{List, Text},
};

/// The reason why a saga that began under one version of its definition cannot continue under
/// another.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
#[expect(
    missing_docs,
    reason = "`step` is the step's name in records, `was` and `is` what the two versions say of it"
)]
pub enum Difference {
    /// The inputs of every run are stored, by name. One is gone (`was`), is new (`is`), or has
    /// another name or type, as far as the texts of the two show.
    Input {
        was: Option<Field>,
        is: Option<Field>,
    },
    /// The saga published events, and does not any more, or publishes events of another type, as far
    /// as the texts of the two show: events of sagas that have ended may not be delivered yet.
    Emits { was: Text, is: Option<Text> },
    /// The saga has come to a step that does not exist any more; `instead` is the step that is new
    /// in its place, if there is one.
    Gone { step: Text, instead: Option<Text> },
    /// A step is new before a step that the saga has come to.
    New { step: Text, before: Text },
    /// A step is new in a block, or in a `when` block, that the saga has come to.
    Joined { step: Text, to: Text },
    /// A step is new after the last one of a child saga that may have completed.
    Behind { step: Text },
    /// Two steps have changed places, and the saga may have run them in the old order. `up`: the
    /// step `behind` has moved, to an earlier place.
    Moved { step: Text, behind: Text, up: bool },
    /// The step is of another kind: a `read`, a `step`, a `pivot`.
    Kind { step: Text, was: Kind, is: Kind },
    /// The step runs concurrently with other steps than before. The lists have the siblings of its
    /// block, including the step itself; they are empty if it is in no block.
    Block {
        step: Text,
        was: Vec<Text>,
        is: Vec<Text>,
    },
    /// The step is under the condition of another `when` block than before. The lists have the
    /// steps of that block, including the step itself; they are empty if it is in none.
    Condition {
        step: Text,
        was: Vec<Text>,
        is: Vec<Text>,
    },
    /// The block that begins with the step is another arm of its `when` than before.
    Arm { step: Text, was: Arm, is: Arm },
    /// The effect of the step has another type, as far as the texts of the two show.
    Effect { step: Text, was: Text, is: Text },
    /// The step is undone in another way.
    Compensation { step: Text, was: Undo, is: Undo },
    /// The step is undone with another step than before.
    With { step: Text, was: Text, is: Text },
    /// The compensation of the step has other reads.
    Reads {
        step: Text,
        was: List<Text>,
        is: List<Text>,
    },
    /// The step is a loop over items of another type, or was or is not a loop.
    Loop {
        step: Text,
        was: Option<Text>,
        is: Option<Text>,
    },
    /// The step is another child saga, or was or is not a child saga.
    Saga {
        step: Text,
        was: Option<Text>,
        is: Option<Text>,
    },
    /// The child saga of the step has changed.
    Within { step: Text, of: Box<Difference> },
    /// The step had a `resolve` and has none.
    Resolve { step: Text },
    /// The step had a `#[when]` and has none: the saga may have skipped it.
    When { step: Text },
    /// The step had a `fallback` and has none, or (`is`) the reverse.
    Fallback { step: Text, is: bool },
    /// The step was `#[idempotent]` and is not, or (`is`) the reverse.
    Idempotent { step: Text, is: bool },
    /// The `resolve` of the step waited for `#[late]` and does not, or (`is`) the reverse.
    Late { step: Text, is: bool },
    /// The action of the step, or its compensation, has another key: a request that was made under
    /// the old key might take effect again.
    Key {
        step: Text,
        call: CallKind,
        was: Text,
        is: Text,
    },
    /// The step depends on other steps than before.
    StandsOn {
        step: Text,
        was: Vec<Text>,
        is: Vec<Text>,
    },
    /// The keys of the lock belonged to another `NAME`: sagas of the two versions would not exclude
    /// each other.
    Lock { step: Text, was: Text, is: Text },
    /// The step waits for other siblings than before.
    Awaits {
        step: Text,
        was: Vec<Text>,
        is: Vec<Text>,
    },
}

/// How a step is undone, without details.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Undo {
    /// Nothing is declared.
    Absent,
    /// `compensate none`.
    None,
    /// `compensate(…)`.
    Declared,
    /// `#[by_key] compensate(…)`.
    ByKey,
    /// `compensate with` another step.
    With,
}

impl Difference {
    /// The step of the new version that the difference is about, by its name in records. `None` if
    /// the difference is about an input, the events, or a step that is gone.
    #[must_use]
    pub fn step(&self) -> Option<&Text> {
        match self {
            Self::Input { .. } | Self::Emits { .. } => None,
            Self::Gone { instead, .. } => instead.as_ref(),
            Self::Moved {
                behind, up: true, ..
            } => Some(behind),
            Self::New { step, .. }
            | Self::Joined { step, .. }
            | Self::Behind { step }
            | Self::Moved { step, .. }
            | Self::Kind { step, .. }
            | Self::Block { step, .. }
            | Self::Condition { step, .. }
            | Self::Arm { step, .. }
            | Self::Effect { step, .. }
            | Self::Compensation { step, .. }
            | Self::With { step, .. }
            | Self::Reads { step, .. }
            | Self::Loop { step, .. }
            | Self::Saga { step, .. }
            | Self::Within { step, .. }
            | Self::Resolve { step }
            | Self::When { step }
            | Self::Fallback { step, .. }
            | Self::Idempotent { step, .. }
            | Self::Late { step, .. }
            | Self::Key { step, .. }
            | Self::StandsOn { step, .. }
            | Self::Lock { step, .. }
            | Self::Awaits { step, .. } => Some(step),
        }
    }
}

impl error::Error for Difference {}
