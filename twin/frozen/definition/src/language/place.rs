//! The places where attributes are written.

use super::clause::Clause;

/// A part of a saga that attributes are written on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Place {
    /// The saga as a whole.
    Saga,
    /// An input of the saga.
    Input,
    /// A service of the saga.
    Service,
    /// A block of steps that run side by side.
    Concurrent,
    /// A block of steps under one condition.
    When,
    /// A step that acts; [`Entry::refusals`](super::Entry::refusals) has the kinds on which an
    /// attribute makes no sense.
    Step,
    /// A loop. The attributes of its step are written before `for`.
    Loop,
    /// A signal.
    Signal,
    /// A sleep.
    Sleep,
    /// A lock.
    Lock,
    /// An `emit`.
    Emit,
    /// A clause with code.
    Clause(Clause),
    /// `compensate none`, which has no code.
    CompensateNone,
    /// `compensate with`, which has no code.
    CompensateWith,
}

impl Place {
    /// All places.
    pub const ALL: [Self; 18] = [
        Self::Saga,
        Self::Input,
        Self::Service,
        Self::Concurrent,
        Self::When,
        Self::Step,
        Self::Loop,
        Self::Signal,
        Self::Sleep,
        Self::Lock,
        Self::Emit,
        Self::Clause(Clause::Compensate),
        Self::Clause(Clause::Resolve),
        Self::Clause(Clause::Fallback),
        Self::Clause(Clause::Publish),
        Self::Clause(Clause::Finally),
        Self::CompensateNone,
        Self::CompensateWith,
    ];

    /// The place as part of a sentence, with an article if it needs one.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Saga => "a saga",
            Self::Input => "an input",
            Self::Service => "a service",
            Self::Concurrent => "`concurrent`",
            Self::When => "`when`",
            Self::Step => "a step",
            Self::Loop => "a loop",
            Self::Signal => "a signal",
            Self::Sleep => "a sleep",
            Self::Lock => "a lock",
            Self::Emit => "`emit`",
            Self::Clause(clause) => match clause {
                Clause::Compensate => "`compensate`",
                Clause::Resolve => "`resolve`",
                Clause::Fallback => "`fallback`",
                Clause::Publish => "`publish`",
                Clause::Finally => "`finally`",
            },
            Self::CompensateNone => "`compensate none`",
            Self::CompensateWith => "`compensate with`",
        }
    }

    /// Whether lint levels, such as `#[allow(…)]`, may be written here.
    #[must_use]
    pub const fn takes_lints(self) -> bool {
        !matches!(self, Self::Concurrent | Self::When)
    }

    /// Whether attributes of other macros, such as derives, are passed on from here.
    #[must_use]
    pub const fn passes_others_on(self) -> bool {
        matches!(self, Self::Saga | Self::Input)
    }
}
