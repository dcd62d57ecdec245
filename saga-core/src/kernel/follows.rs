//! What the errors of a step say besides what happened: what may follow.

/// What may follow once it is settled that the attempts of a step had no effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Follows {
    /// What the step declares.
    Declared,
    /// No attempt: `.once()`.
    Once,
    /// No attempt, fallback or rerun: `.abort()`. In doubt, whatever later attempts return.
    Abort,
}

impl Follows {
    pub(super) const fn of(abort: bool, again: bool) -> Self {
        match (abort, again) {
            (true, _) => Self::Abort,
            (false, false) => Self::Once,
            (false, true) => Self::Declared,
        }
    }

    pub(super) const fn aborts(self) -> bool {
        matches!(self, Self::Abort)
    }
}
