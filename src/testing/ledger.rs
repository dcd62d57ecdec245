//! The effects in a user's fakes, as the audit reads them.

/// What a fake knows about one operation: how often it took effect, and how often it was undone.
/// There is one `Effect` for each key that the service received; without keys, one for each step.
///
/// ```
/// use typed_saga::testing::Effect;
///
/// let booked_once_and_cancelled = Effect::of("hotel").key("s1…").made(1).undone(1);
/// # drop(booked_once_and_cancelled);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub struct Effect {
    pub(super) step: String,
    pub(super) key: Option<String>,
    pub(super) made: u32,
    pub(super) undone: u32,
}

impl Effect {
    /// An effect of the step with this name, not made yet.
    pub fn of(step: impl Into<String>) -> Self {
        Self {
            step: step.into(),
            key: None,
            made: 0,
            undone: 0,
        }
    }

    /// The key that the service received. It distinguishes an effect that was made twice from one
    /// that was made again in another round.
    pub fn key(mut self, key: impl Into<String>) -> Self {
        self.key = Some(key.into());
        self
    }

    /// How often the effect was made.
    pub fn made(mut self, times: u32) -> Self {
        self.made = times;
        self
    }

    /// How often the effect was undone. A compensation that finds nothing left to undo does not
    /// count.
    pub fn undone(mut self, times: u32) -> Self {
        self.undone = times;
        self
    }

    pub(super) fn stands(&self) -> u32 {
        self.made.saturating_sub(self.undone)
    }
}
