//! What observers are told.

use crate::{
    id::Key,
    kernel::{Command, Verdict, Waiting},
    standing::Unsettled,
    summary::Summary,
};
use std::{fmt, time::Duration};

/// One thing that happened; each is a method of [`Observer`](crate::Observer). As text it is a
/// predicate: "attempt 2 starts".
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
#[expect(missing_docs, reason = "each is documented as a method of `Observer`")]
pub enum RunEvent<'a> {
    Started,
    Resumed,
    Recovered,
    Skipped,
    Attempting,
    Applied,
    Rejected {
        verdict: Verdict,
        error: &'a str,
    },
    TimedOut,
    Panicked {
        message: &'a str,
    },
    Unrecordable {
        error: &'a str,
    },
    Lost,
    Aborted,
    InDoubt,
    Resolving,
    ResolveFailed {
        error: &'a str,
    },
    Settled {
        happened: bool,
    },
    FallingBack,
    FellBack,
    FallbackDeclined {
        error: &'a str,
    },
    Waiting {
        before: Before,
        wait: Duration,
    },
    Listening {
        wait: Duration,
    },
    Sleeping {
        wait: Duration,
    },
    Woken,
    Signalled,
    Received,
    Compensating,
    Compensated,
    CompensationFailed {
        error: &'a str,
    },
    Kept,
    Turned {
        turns: u32,
    },
    Stuck,
    CancelRequested,
    DeadlinePassed,
    FinallyPanicked {
        message: &'a str,
    },
    Undelivered {
        number: u64,
        key: &'a Key,
        error: &'a str,
    },
    Finished {
        summary: &'a Summary,
    },
    Abandoned {
        unsettled: &'a Unsettled,
    },
}

/// What a wait comes before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Before {
    /// Another attempt of the action.
    Attempt,
    /// Asking `resolve`, again or once `#[late]` has passed.
    Resolve,
    /// Another attempt of the compensation.
    Compensation,
    /// Another attempt of the fallback, which was lost with its process.
    Fallback,
    /// A turn at a savepoint.
    Turn,
    /// The end of a sleep.
    Waking,
    /// The time-out of a signal.
    TimeOut,
}

impl Before {
    /// The step that waits by this command, and what the wait comes before; `None` if the command
    /// is no wait.
    #[must_use]
    pub const fn of(command: Command) -> Option<(u16, Self)> {
        match command {
            Command::Backoff { step, what, .. } | Command::AfterLoss { step, what, .. } => Some((
                step,
                match what {
                    Waiting::Attempt => Self::Attempt,
                    Waiting::Resolve => Self::Resolve,
                    Waiting::Compensate => Self::Compensation,
                    Waiting::Fallback => Self::Fallback,
                },
            )),
            Command::AwaitLate { step } => Some((step, Self::Resolve)),
            Command::Turn { step, .. } => Some((step, Self::Turn)),
            Command::Sleep { step } => Some((step, Self::Waking)),
            Command::Listen { step } => Some((step, Self::TimeOut)),
            Command::DecideBlock { .. }
            | Command::Decide { .. }
            | Command::Attempt { .. }
            | Command::Resolve { .. }
            | Command::Compensate { .. }
            | Command::Fallback { .. }
            | Command::Group { .. }
            | Command::Keep { .. }
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
            Self::Compensation => "the compensation's next attempt",
            Self::Fallback => "the fallback's next attempt",
            Self::Turn => "turning",
            Self::Waking => "waking",
            Self::TimeOut => "its time-out",
        })
    }
}

impl RunEvent<'_> {
    /// Its text, if that is the same every time: nothing need be formatted for it.
    pub(super) const fn fixed(&self) -> Option<&'static str> {
        Some(match self {
            Self::Started => "starts",
            Self::Resumed => "is taken up again",
            Self::Recovered => "is recovered from its journal",
            Self::Skipped => "is skipped",
            Self::Attempting => "is attempted",
            Self::Applied => "is applied",
            Self::TimedOut => "times out",
            Self::Lost => "was cut off: the process ended",
            Self::Aborted => "aborts the saga",
            Self::InDoubt => "is in doubt",
            Self::Resolving => "is asked for",
            Self::Settled { happened: true } => "is settled: it happened",
            Self::Settled { happened: false } => "is settled: it did not happen",
            Self::FallingBack => "falls back",
            Self::FellBack => "has fallen back",
            Self::Woken => "wakes",
            Self::Signalled => "is sent its signal",
            Self::Received => "takes its signal",
            Self::Compensating => "is compensated",
            Self::Compensated => "is undone",
            Self::Kept => "is kept: something that stands stands on it",
            Self::Stuck => "is stuck: ten failures in a row, or ten times its limit",
            Self::CancelRequested => "is asked to cancel",
            Self::DeadlinePassed => "has passed its deadline",
            Self::Rejected { .. }
            | Self::Panicked { .. }
            | Self::Unrecordable { .. }
            | Self::ResolveFailed { .. }
            | Self::FallbackDeclined { .. }
            | Self::Waiting { .. }
            | Self::Listening { .. }
            | Self::Sleeping { .. }
            | Self::CompensationFailed { .. }
            | Self::Turned { .. }
            | Self::FinallyPanicked { .. }
            | Self::Undelivered { .. }
            | Self::Finished { .. }
            | Self::Abandoned { .. } => return None,
        })
    }
}

impl fmt::Display for RunEvent<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rejected { verdict, error } => {
                let verdict = match verdict {
                    Verdict::Refused => "is refused",
                    Verdict::Transient => "fails for now",
                    Verdict::Unknown => "fails, and may have happened",
                    Verdict::Partial => "fails half-way",
                };
                write!(f, "{verdict}: {error}")
            }
            Self::Panicked { message } => write!(f, "panics: {message}"),
            Self::Unrecordable { error } => write!(f, "cannot be recorded: {error}"),
            Self::ResolveFailed { error } => {
                write!(f, "is not settled by this attempt: {error}")
            }
            Self::FallbackDeclined { error } => write!(f, "has no fallback: {error}"),
            Self::Waiting { before, wait } => write!(f, "waits {wait:?} before {before}"),
            Self::Listening { wait } => write!(f, "listens for {wait:?}"),
            Self::Sleeping { wait } => write!(f, "sleeps for {wait:?}"),
            Self::CompensationFailed { error } => {
                write!(f, "is not compensated by this attempt: {error}")
            }
            Self::Turned { turns } => write!(f, "is where the saga turns forward (turn {turns})"),
            Self::Finished { summary } => write!(f, "ends: {summary}"),
            Self::FinallyPanicked { message } => write!(f, "panics in `finally`: {message}"),
            Self::Undelivered { number, error, .. } => {
                write!(f, "cannot hand over event {number}: {error}")
            }
            Self::Abandoned { unsettled } => write!(f, "is abandoned: {unsettled}"),
            others => f.write_str(others.fixed().unwrap_or_default()),
        }
    }
}
