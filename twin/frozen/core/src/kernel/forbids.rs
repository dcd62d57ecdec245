//! The ways to begin again, and which of them what remains of a run forbids.

/// How a run may begin again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Again {
    /// From a savepoint, or as an item with the same value: what is known of its steps stays known.
    Here,
    /// The same, with other content: the old key belongs to the content of before.
    Changed,
    /// As a new child saga: nothing is known of the one before.
    New,
    /// As an item of another list: the old keys belong to other items.
    Other,
}

/// For each way to begin again, whether something that remains of a run forbids it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Forbids(u8);

impl Again {
    const fn bit(self) -> u8 {
        1 << self as u8
    }
}

impl Forbids {
    pub(super) const NONE: Self = Self(0);

    /// All ways.
    pub(super) const ALL: Self = Self::HERE
        .and(Self::way(Again::New))
        .and(Self::way(Again::Other));

    /// The ways in which what is known of a step stays known.
    pub(super) const HERE: Self = Self::way(Again::Here).and(Self::way(Again::Changed));

    pub(super) const fn way(again: Again) -> Self {
        Self(again.bit())
    }

    pub(crate) const fn has(self, again: Again) -> bool {
        self.0 & again.bit() != 0
    }

    #[must_use]
    pub(super) const fn when(self, forbids: bool) -> Self {
        if forbids { self } else { Self::NONE }
    }

    /// What several runs forbid together.
    #[must_use]
    pub(crate) const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    #[must_use]
    pub(super) const fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// For a step that is a child saga: each time it begins again, it is a new one.
    #[must_use]
    pub(crate) const fn of_child(self) -> Self {
        let here = Self::HERE.when(self.has(Again::New));
        self.without(Self::HERE).and(here)
    }

    pub(crate) const fn bits(self) -> u8 {
        self.0
    }

    pub(crate) const fn from_bits(bits: u8) -> Self {
        Self(bits)
    }
}
