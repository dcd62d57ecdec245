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

impl fmt::Display for RunEvent<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Started => f.write_str("starts"),
            Self::Resumed => f.write_str("is taken up again"),
            Self::Recovered => f.write_str("is recovered from its journal"),
            Self::Skipped => f.write_str("is skipped"),
            Self::Attempting => f.write_str("is attempted"),
            Self::Applied => f.write_str("is applied"),
            Self::Rejected { verdict, error } => {
                let verdict = match verdict {
                    Verdict::Refused => "is refused",
                    Verdict::Transient => "fails for now",
                    Verdict::Unknown => "fails, and may have happened",
                    Verdict::Partial => "fails half-way",
                };
                write!(f, "{verdict}: {error}")
            }
            Self::TimedOut => f.write_str("times out"),
            Self::Panicked { message } => write!(f, "panics: {message}"),
            Self::Unrecordable { error } => write!(f, "cannot be recorded: {error}"),
            Self::Lost => f.write_str("was cut off: the process ended"),
            Self::Aborted => f.write_str("aborts the saga"),
            Self::InDoubt => f.write_str("is in doubt"),
            Self::Resolving => f.write_str("is asked for"),
            Self::ResolveFailed { error } => write!(f, "cannot be asked for: {error}"),
            Self::Settled { happened: true } => f.write_str("is settled: it happened"),
            Self::Settled { happened: false } => f.write_str("is settled: it did not happen"),
            Self::FallingBack => f.write_str("falls back"),
            Self::FellBack => f.write_str("has fallen back"),
            Self::FallbackDeclined { error } => write!(f, "has no fallback: {error}"),
            Self::Waiting { before, wait } => write!(f, "waits {wait:?} before {before}"),
            Self::Listening { wait } => write!(f, "listens for {wait:?}"),
            Self::Sleeping { wait } => write!(f, "sleeps for {wait:?}"),
            Self::Woken => f.write_str("wakes"),
            Self::Signalled => f.write_str("is sent its signal"),
            Self::Received => f.write_str("takes its signal"),
            Self::Compensating => f.write_str("is compensated"),
            Self::Compensated => f.write_str("is undone"),
            Self::CompensationFailed { error } => write!(f, "cannot be compensated: {error}"),
            Self::Kept => f.write_str("is kept: something that stands stands on it"),
            Self::Turned { turns } => write!(f, "is where the saga turns forward (turn {turns})"),
            Self::Stuck => f.write_str("is stuck: ten failures in a row, or ten times its limit"),
            Self::CancelRequested => f.write_str("is asked to cancel"),
            Self::DeadlinePassed => f.write_str("has passed its deadline"),
            Self::Finished { summary } => write!(f, "ends: {summary}"),
            Self::FinallyPanicked { message } => write!(f, "panics in `finally`: {message}"),
            Self::Undelivered { number, error, .. } => {
                write!(f, "cannot hand over event {number}: {error}")
            }
            Self::Abandoned { unsettled } => write!(f, "is abandoned: {unsettled}"),
        }
    }
}
