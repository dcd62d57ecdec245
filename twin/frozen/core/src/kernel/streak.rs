//! Failures in a row.

use crate::values::call::CallKind;

/// How often calls of one kind failed in a row; a failure of another kind begins a new row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Streak(Option<(CallKind, u8)>);

impl Streak {
    pub(super) const NONE: Self = Self(None);

    pub(super) fn len(self) -> u8 {
        self.0.map_or(0, |(_, len)| len)
    }

    pub(super) fn of(self, call: CallKind) -> u8 {
        self.0
            .filter(|(of, _)| *of == call)
            .map_or(0, |(_, len)| len)
    }

    pub(super) fn add(&mut self, call: CallKind) {
        self.0 = Some((call, self.of(call).saturating_add(1)));
    }

    /// A call of this kind succeeded.
    pub(super) fn end(&mut self, call: CallKind) {
        if self.of(call) > 0 {
            *self = Self::NONE;
        }
    }
}
