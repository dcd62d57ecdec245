//! The tone of a text that is shown.

/// The tone of a text that is shown: calm if all is well, loud if an operator is needed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Tone {
    /// Ordinary text.
    Plain,
    /// Less important.
    Faint,
    /// Requested or recorded by a person.
    Said,
    /// It succeeded.
    Good,
    /// It is in progress.
    Moves,
    /// It waits.
    Waits,
    /// It failed, and the failure was handled.
    Undone,
    /// It needs an operator.
    Bad,
    /// Its state is unknown.
    Unknown,
}

impl Tone {
    /// The tone as one word: `good`, `bad`, … Style sheets use it in the names of their classes.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::Faint => "faint",
            Self::Said => "said",
            Self::Good => "good",
            Self::Moves => "moves",
            Self::Waits => "waits",
            Self::Undone => "undone",
            Self::Bad => "bad",
            Self::Unknown => "unknown",
        }
    }
}
