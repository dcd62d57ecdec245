//! The thing that a wait comes before.

use crate::kernel::Command;
use crate::values::call::CallKind;
use std::fmt;

/// The thing that a wait comes before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Before {
    /// Another attempt of the action, after a backoff or once `#[late]` has passed.
    Attempt,
    /// A call of `resolve`, again or once `#[late]` has passed.
    Resolve,
    /// A call of the compensation, again or once `#[late]` has passed. It may be the compensation of
    /// the step with which the step is undone.
    Compensation,
    /// Another attempt of the fallback, which was lost with its process.
    Fallback,
    /// The rerun from a savepoint.
    Rerun,
    /// The end of a sleep.
    Waking,
    /// The timeout of a signal.
    TimeOut,
    /// The timeout of a lock.
    LockTimeOut,
}

impl Before {
    /// The step that this command makes wait, and what the wait comes before; `None` if the command
    /// is not a wait.
    #[must_use]
    pub const fn of(command: Command) -> Option<(u16, Self)> {
        match command {
            Command::Backoff { step, call, .. }
            | Command::AfterLoss { step, call, .. }
            | Command::AwaitLate { step, call } => Some((
                step,
                match call {
                    CallKind::When | CallKind::Action => Self::Attempt,
                    CallKind::Resolve => Self::Resolve,
                    CallKind::Compensate => Self::Compensation,
                    CallKind::Fallback => Self::Fallback,
                },
            )),
            Command::Turn { step, .. } => Some((step, Self::Rerun)),
            Command::Sleep { step } => Some((step, Self::Waking)),
            Command::Listen { step } => Some((step, Self::TimeOut)),
            Command::Acquire { step } => Some((step, Self::LockTimeOut)),
            Command::DecideBlock { .. }
            | Command::Call { .. }
            | Command::Group { .. }
            | Command::Keep { .. }
            | Command::Refuse { .. }
            | Command::Receive { .. }
            | Command::End(_) => None,
        }
    }
}

impl fmt::Display for Before {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Attempt => "the next attempt",
            Self::Resolve => "asking `resolve`",
            Self::Compensation => "the compensation",
            Self::Fallback => "the fallback's next attempt",
            Self::Rerun => "its rerun",
            Self::Waking => "waking",
            Self::TimeOut | Self::LockTimeOut => "its time-out",
        })
    }
}
