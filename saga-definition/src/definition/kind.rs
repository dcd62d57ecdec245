//! The kinds of steps.

/// The kind of a step (Garcia-Molina and Salem, *Sagas*, 1987; Richardson, *Microservices
/// Patterns*, 2018).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Changes nothing outside.
    Read,
    /// Can be undone; after the pivot, succeeds in the end.
    Step,
    /// The point of no return.
    Pivot,
    /// Waits for a value that is sent from outside.
    Signal,
    /// Waits for a time.
    Sleep,
    /// Waits until it has its keys, which no other saga has until this one ends.
    Lock,
}

impl Kind {
    /// All kinds.
    pub const ALL: [Self; 6] = [
        Self::Read,
        Self::Step,
        Self::Pivot,
        Self::Signal,
        Self::Sleep,
        Self::Lock,
    ];

    /// Whether a step of this kind has code that acts. The others wait, and change nothing.
    #[must_use]
    pub const fn acts(self) -> bool {
        matches!(self, Self::Read | Self::Step | Self::Pivot)
    }

    /// Whether a step of this kind has an effect, which others can read.
    #[must_use]
    pub const fn has_effect(self) -> bool {
        !matches!(self, Self::Sleep | Self::Lock)
    }

    /// The keyword of the language.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Step => "step",
            Self::Pivot => "pivot",
            Self::Signal => "signal",
            Self::Sleep => "sleep",
            Self::Lock => "lock",
        }
    }

    /// The kind with this keyword.
    #[must_use]
    pub fn named(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.word() == word)
    }
}
