//! A way to park, as data.

use typed_saga_definition::{CallKind, Text};

/// One way to park: a step, and what happens to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Park {
    /// The step, by index, after the child sagas that contain it; empty if it belongs to no step.
    pub path: Vec<u16>,
    /// The same path in words, as `hotel/room`.
    pub step: Text,
    /// The reason.
    pub cause: Cause,
    /// The other steps that remain applied with it, although the saga that they are part of rolls
    /// back: those that it depends on, and those that are undone with one of them, or with it. Each
    /// is a path in words.
    pub kept: Vec<Text>,
    /// What rolls back. Everything else remains as it is.
    pub rolls_back: RollsBack,
    /// What has to go wrong: any of these is enough.
    pub after: Vec<Enough>,
    /// What an operator may record about the step then. Resuming the saga is always possible.
    pub settled: Vec<Settled>,
}

/// Why a saga parks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Cause {
    /// Its compensation was tried as often as allowed, or was lost ten times in a row.
    CannotBeUndone,
    /// There is no way left to settle its doubt.
    StaysUnknown,
    /// It has failed after the pivot.
    GivenUp,
    /// The code that is evaluated before it panicked three times after the pivot, or gave what the
    /// step cannot take: too many items, or too many keys.
    NotEvaluated,
    /// Its result cannot be recorded, at the pivot or after it.
    NotRecorded,
    /// Its call was lost with its process ten times in a row.
    Lost,
    /// The code of an `emit` panicked, or an event cannot be recorded. It belongs to no step: the path
    /// is empty. The run has completed if nothing rolls back, and has failed otherwise.
    Unsaid,
}

/// What rolls back in a run that parks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum RollsBack {
    /// Nothing: the run has completed, or goes forward.
    Nothing,
    /// The child saga that the first step of the path runs.
    Child,
    /// The whole run.
    Run,
}

/// What an operator records about a step that its saga could not settle or undo.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Settled {
    /// It happened.
    Applied,
    /// It did not happen.
    NotApplied,
    /// It was undone.
    Undone,
}

/// Something that goes wrong with a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Wrong {
    /// All tries of a call have failed, or did not find out what happened: this many.
    Tries(CallKind, u32),
    /// The call was lost with its process ten times in a row.
    Losses(CallKind),
    /// An error of `resolve` or of the compensation after which its `#[classify]` gives the call up.
    GivenUp(CallKind),
    /// An error that means `Partial`.
    Partial,
    /// An error after which there is no other attempt: its verdict is `Refused`, or says `.once()` or
    /// `.abort()`.
    Final,
    /// Three panics.
    Panics,
    /// An attempt of its child saga failed, and has left an effect that forbids another attempt.
    Remains,
    /// No signal came in time.
    TimeOut,
    /// Its result cannot be recorded.
    Unrecordable,
    /// The output of its child saga panicked.
    OutputPanicked,
    /// Its loop has more items than a run may have.
    TooManyItems,
    /// Two items of its loop are equal, though each is its own key.
    EqualItems,
    /// The items of its loop cannot be recorded.
    UnrecordableItems,
    /// The lock has more keys than it may have.
    TooManyKeys,
    /// The code of an `emit` panicked.
    EmitPanicked,
    /// An event cannot be recorded.
    UnrecordableEvent,
}

/// What is enough to park the saga: all of these, each in one of the ways that it lists.
pub type Enough = Vec<Vec<Wrong>>;

impl Park {
    /// The child saga that rolls back while the run goes forward, as the name of its step. `None` if
    /// nothing rolls back, or the whole run does.
    #[must_use]
    pub fn child_that_rolls_back(&self) -> Option<&str> {
        let is_child = self.rolls_back == RollsBack::Child;
        self.step.split('/').next().filter(|_| is_child)
    }
}

impl Cause {
    /// All causes.
    pub const ALL: [Self; 7] = [
        Self::CannotBeUndone,
        Self::StaysUnknown,
        Self::GivenUp,
        Self::NotEvaluated,
        Self::NotRecorded,
        Self::Lost,
        Self::Unsaid,
    ];
}
