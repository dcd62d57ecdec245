//! What remains of the parts of a step: the steps of a child saga, or the items of a loop.

use super::phase::Left;

/// What remains of the steps of a child saga, or of a loop's items: noted when a call of it ends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Part(u8);

impl Part {
    pub(super) const NONE: Self = Self(0);
    /// Something could not be undone or settled.
    pub(super) const RESISTS: Self = Self(1);
    /// Something stays, and no `again` covers it.
    pub(super) const LEAVES: Self = Self(1 << 1);
    /// Something is listed as left, …
    pub(super) const CERTAIN: Self = Self(1 << 2);
    /// … or as perhaps left.
    pub(super) const PERHAPS: Self = Self(1 << 3);
    /// Something else is applied, …
    pub(super) const STANDS: Self = Self(1 << 4);
    /// … or in doubt.
    pub(super) const DOUBT: Self = Self(1 << 5);

    pub(super) const fn has(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    #[must_use]
    pub(super) const fn when(self, holds: bool) -> Self {
        if holds { self } else { Self::NONE }
    }

    #[must_use]
    pub(super) const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    pub(super) const fn resists(self) -> bool {
        self.has(Self::RESISTS)
    }

    pub(super) const fn leaves(self) -> bool {
        self.has(Self::LEAVES)
    }

    /// How something of it is listed as left. `passed`: the run around it leaves all of it behind.
    pub(super) const fn left(self, passed: bool) -> Option<Left> {
        if self.has(Self::CERTAIN) || passed && self.has(Self::STANDS) {
            Some(Left::Certain)
        } else if self.has(Self::PERHAPS) || passed && self.has(Self::DOUBT) {
            Some(Left::Perhaps)
        } else {
            None
        }
    }
}
