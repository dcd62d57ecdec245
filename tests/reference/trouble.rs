//! What goes wrong in the random sagas, and what it means.

use saga::Verdict;

/// The error of all sagas here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(crate) enum Trouble {
    /// Refused.
    No,
    /// Refused, and `#[abort]` matches.
    Never,
    /// Transient.
    Busy,
    /// Transient, and no `if` agrees.
    Closed,
    /// Unknown.
    Lost,
    /// Partial.
    Half,
}

impl std::fmt::Display for Trouble {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{self:?}")
    }
}

impl std::error::Error for Trouble {}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "what attributes of a saga ask for"
)]
impl Trouble {
    pub(crate) fn verdict(&self) -> Verdict {
        match self {
            Self::No | Self::Never => Verdict::Refused,
            Self::Busy | Self::Closed => Verdict::Transient,
            Self::Lost => Verdict::Unknown,
            Self::Half => Verdict::Partial,
        }
    }

    pub(crate) fn is_final(&self) -> bool {
        matches!(self, Self::Never)
    }

    pub(crate) fn may_pass(&self) -> bool {
        !matches!(self, Self::Closed)
    }
}
