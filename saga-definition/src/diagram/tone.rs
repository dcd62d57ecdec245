//! How something that is shown is to be taken.

/// How something that is shown is to be taken: calm where all is well, loud where somebody is
/// needed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Tone {
    /// As any text.
    Plain,
    /// It is less important.
    Faint,
    /// Somebody said it.
    Said,
    /// It went well.
    Good,
    /// It is under way.
    Moves,
    /// It waits.
    Waits,
    /// It failed, and was dealt with.
    Undone,
    /// Somebody must deal with it.
    Bad,
    /// It is not known.
    Unknown,
}

impl Tone {
    /// In one word: `good`, `bad`, … Style sheets name their classes so.
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
