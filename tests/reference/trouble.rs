//! What goes wrong in the random sagas, and what it means.

use typed_saga::{Cause, Failure, Verdict};

/// The error of all sagas here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(crate) enum Trouble {
    /// Refused.
    No,
    /// Refused, and aborts the saga.
    Never,
    /// Transient.
    Busy,
    /// Transient, but there is no other attempt, and no `if` of a savepoint agrees, as after a
    /// timeout.
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
            Self::No => Verdict::Refused,
            Self::Never => Verdict::Refused.abort(),
            Self::Busy => Verdict::Transient,
            Self::Closed => Verdict::Transient.once(),
            Self::Lost => Verdict::Unknown,
            Self::Half => Verdict::Partial,
        }
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
