//! What goes wrong in the random sagas, and what it means.

use saga::{Cause, Failure, Verdict};

/// The error of all sagas here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(crate) enum Trouble {
    /// Refused.
    No,
    /// Refused, and `#[abort]` matches.
    Never,
    /// Transient.
    Busy,
    /// Transient, and no `if` agrees, as none of a savepoint does after a timeout.
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

    /// The `if` of a savepoint.
    pub(crate) fn turns(failure: &Failure<Self>) -> bool {
        match failure.cause() {
            Cause::Failed(trouble) => trouble.may_pass(),
            cause => !matches!(cause, Cause::TimedOut),
        }
    }

    pub(crate) fn may_pass(&self) -> bool {
        !matches!(self, Self::Closed)
    }
}
