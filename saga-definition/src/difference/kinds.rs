//! What two versions may differ in.

use std::error;

use crate::{
    definition::{CallKind, Field, Kind},
    text::{List, Text},
};

/// Why a saga that began under one version of its definition cannot continue under another.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
#[expect(
    missing_docs,
    reason = "`step` is the step's name in records, `was` and `is` what the two versions say of it"
)]
pub enum Difference {
    /// The inputs of every run are kept, by name. One is gone (`was`), is new (`is`), has another name,
    /// or another type as far as the texts of the two say.
    Input {
        was: Option<Field>,
        is: Option<Field>,
    },
    /// The saga has come to a step that is not there any more; `instead`: the one that is new in its
    /// place, if there is one.
    Gone { step: Text, instead: Option<Text> },
    /// A step is new before one that the saga has come to.
    New { step: Text, before: Text },
    /// A step is new in a block, or in a `when` block, that the saga has come to.
    Joined { step: Text, to: Text },
    /// A step is new after the last one of a child saga that may have completed.
    Behind { step: Text },
    /// Two steps have changed places: the saga may have done them in the order of before. `up`: it is
    /// `behind` that has moved.
    Moved { step: Text, behind: Text, up: bool },
    /// It promises something else: a `read`, a `step`, a `pivot`.
    Kind { step: Text, was: Kind, is: Kind },
    /// It runs concurrently with other steps than before: the siblings of its block, itself
    /// included; none, if it is in no block.
    Block {
        step: Text,
        was: Vec<Text>,
        is: Vec<Text>,
    },
    /// It is under the condition of another `when` block than before: the steps of that, itself
    /// included; none, if it is in none.
    Condition {
        step: Text,
        was: Vec<Text>,
        is: Vec<Text>,
    },
    /// Its effect has another type, as far as the texts of the two say.
    Effect { step: Text, was: Text, is: Text },
    /// It is undone in another way.
    Compensation { step: Text, was: Undo, is: Undo },
    /// It is undone with another step than before.
    With { step: Text, was: Text, is: Text },
    /// Its compensation reads something else.
    Reads {
        step: Text,
        was: List<Text>,
        is: List<Text>,
    },
    /// It is a loop over items of another type, or was or is none.
    Loop {
        step: Text,
        was: Option<Text>,
        is: Option<Text>,
    },
    /// It is another saga, or was or is none.
    Saga {
        step: Text,
        was: Option<Text>,
        is: Option<Text>,
    },
    /// The saga that it is has changed.
    Within { step: Text, of: Box<Difference> },
    /// It had a `resolve` and has none, or (`is`) the other way round.
    Resolve { step: Text, is: bool },
    /// It had a `#[when]` and has none: the saga may have skipped it.
    When { step: Text },
    /// It had a `fallback` and has none, or (`is`) the other way round.
    Fallback { step: Text, is: bool },
    /// It was `#[idempotent]` and is not, or (`is`) the other way round.
    Idempotent { step: Text, is: bool },
    /// Its `resolve` waited for `#[late]` and does not, or (`is`) the other way round.
    Late { step: Text, is: bool },
    /// Something else serves as the key of its action, or of its compensation: what was done under the
    /// old one might be done again.
    Key {
        step: Text,
        call: CallKind,
        was: Text,
        is: Text,
    },
    /// It depends on other steps than before.
    StandsOn {
        step: Text,
        was: Vec<Text>,
        is: Vec<Text>,
    },
    /// Its keys belonged to another `NAME`: sagas of the two versions would not exclude each other.
    Lock { step: Text, was: Text, is: Text },
    /// It waits for other siblings than before.
    Awaits {
        step: Text,
        was: Vec<Text>,
        is: Vec<Text>,
    },
}

/// The way in which a step is undone, in short.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Undo {
    /// It says nothing.
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
    /// The step of the new version that the difference is about, by its name in records; `None`: it is
    /// about an input, or a step that is gone.
    #[must_use]
    pub fn step(&self) -> Option<&Text> {
        match self {
            Self::Input { .. } => None,
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
            | Self::Effect { step, .. }
            | Self::Compensation { step, .. }
            | Self::With { step, .. }
            | Self::Reads { step, .. }
            | Self::Loop { step, .. }
            | Self::Saga { step, .. }
            | Self::Within { step, .. }
            | Self::Resolve { step, .. }
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
