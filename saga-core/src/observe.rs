//! Hearing what happens in a run, as it happens: for logs, metrics, tests.
//!
//! The executor tells its observers of every event; they change nothing. A run that nobody observes asks once, at its start, whether somebody does.

use crate::{
    context::Context,
    error::Unsettled,
    id::Id,
    kernel::{Command, Verdict, Waiting},
    outcome::Summary,
};
use std::{
    fmt,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, OnceLock},
    task::Poll,
    time::Duration,
};

/// Hears of everything that happens in a run. Every method does nothing unless it is overridden.
///
/// Overriding [`hear`](Self::hear) instead hears everything in one place. What an observer panics with is dropped: it must not change a run.
#[allow(unused_variables, reason = "the names are the documentation")]
pub trait Observer: Send + Sync + 'static {
    /// Anything happened. By default the method for it is called.
    fn hear(&self, at: &Context<'_>, what: &What<'_>) {
        match *what {
            What::Started => self.started(at),
            What::Resumed => self.resumed(at),
            What::Recovered => self.recovered(at),
            What::Skipped => self.skipped(at),
            What::Attempting => self.attempting(at),
            What::Applied => self.applied(at),
            What::Rejected { verdict, error } => self.rejected(at, verdict, error),
            What::TimedOut => self.timed_out(at),
            What::Panicked { message } => self.panicked(at, message),
            What::Unrecordable { error } => self.unrecordable(at, error),
            What::Lost => self.lost(at),
            What::Aborted => self.aborted(at),
            What::InDoubt => self.in_doubt(at),
            What::Resolving => self.resolving(at),
            What::ResolveFailed { error } => self.resolve_failed(at, error),
            What::Settled { happened } => self.settled(at, happened),
            What::FallingBack => self.falling_back(at),
            What::FellBack => self.fell_back(at),
            What::FallbackDeclined { error } => self.fallback_declined(at, error),
            What::Waiting { before, wait } => self.waiting(at, before, wait),
            What::Compensating => self.compensating(at),
            What::Compensated => self.compensated(at),
            What::CompensationFailed { error } => self.compensation_failed(at, error),
            What::Kept => self.kept(at),
            What::Turned { turns } => self.turned(at, turns),
            What::Stuck => self.stuck(at),
            What::CancelRequested => self.cancel_requested(at),
            What::DeadlinePassed => self.deadline_passed(at),
            What::Finished { summary } => self.finished(at, summary),
            What::FinallyPanicked { message } => self.finally_panicked(at, message),
            What::Abandoned { unsettled } => self.abandoned(at, unsettled),
        }
    }

    /// Polls a call of a step, by calling `poll` once: here a span can be entered around the user's code.
    fn around(&self, at: &Context<'_>, poll: &mut dyn FnMut()) {
        poll();
    }

    /// The saga starts.
    fn started(&self, saga: &Context<'_>) {}
    /// A parked saga is taken up again.
    fn resumed(&self, saga: &Context<'_>) {}
    /// A durable saga is taken up again, in this process or in another one.
    fn recovered(&self, saga: &Context<'_>) {}
    /// The step's `when` said no.
    fn skipped(&self, step: &Context<'_>) {}
    /// An attempt of the step's action starts.
    fn attempting(&self, step: &Context<'_>) {}
    /// The step happened.
    fn applied(&self, step: &Context<'_>) {}
    /// The attempt gave an error.
    fn rejected(&self, step: &Context<'_>, verdict: Verdict, error: &str) {}
    /// The attempt took too long.
    fn timed_out(&self, step: &Context<'_>) {}
    /// The attempt panicked.
    fn panicked(&self, step: &Context<'_>, message: &str) {}
    /// The step happened, but its effect cannot be recorded.
    fn unrecordable(&self, step: &Context<'_>, error: &str) {}
    /// The process that made the call ended before it.
    fn lost(&self, step: &Context<'_>) {}
    /// The step's `#[abort]` matched.
    fn aborted(&self, step: &Context<'_>) {}
    /// It is not known whether the step happened.
    fn in_doubt(&self, step: &Context<'_>) {}
    /// The step's `resolve` is asked.
    fn resolving(&self, step: &Context<'_>) {}
    /// The step's `resolve` gave an error, took too long, or panicked.
    fn resolve_failed(&self, step: &Context<'_>, error: &str) {}
    /// It is known whether the step happened.
    fn settled(&self, step: &Context<'_>, happened: bool) {}
    /// The step's fallback starts.
    fn falling_back(&self, step: &Context<'_>) {}
    /// The fallback's value takes the place of the effect.
    fn fell_back(&self, step: &Context<'_>) {}
    /// The fallback gave an error, took too long, or panicked.
    fn fallback_declined(&self, step: &Context<'_>, error: &str) {}
    /// The step waits before the next try.
    fn waiting(&self, step: &Context<'_>, before: Before, wait: Duration) {}
    /// The step's compensation starts.
    fn compensating(&self, step: &Context<'_>) {}
    /// The step is undone.
    fn compensated(&self, step: &Context<'_>) {}
    /// The compensation gave an error, took too long, or panicked.
    fn compensation_failed(&self, step: &Context<'_>, error: &str) {}
    /// The step is kept, because something that stands stands on it.
    fn kept(&self, step: &Context<'_>) {}
    /// The way back turned forward again at this savepoint, for the `turns`th time.
    fn turned(&self, step: &Context<'_>, turns: u32) {}
    /// The step's action, `resolve` or compensation has failed ten times in a row.
    fn stuck(&self, step: &Context<'_>) {}
    /// Somebody asked to cancel.
    fn cancel_requested(&self, saga: &Context<'_>) {}
    /// The deadline passed.
    fn deadline_passed(&self, saga: &Context<'_>) {}
    /// The saga has ended.
    fn finished(&self, saga: &Context<'_>, summary: &Summary) {}
    /// `finally` panicked, which changes nothing.
    fn finally_panicked(&self, saga: &Context<'_>, message: &str) {}
    /// The run was dropped where no runtime could take it: it stops where it is, with this left.
    fn abandoned(&self, saga: &Context<'_>, unsettled: &Unsettled) {}
}

/// One thing that happened; each is a method of [`Observer`]. As text it is a predicate: "attempt 2 starts".
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
#[expect(missing_docs, reason = "each is documented as a method of `Observer`")]
pub enum What<'a> {
    Started,
    Resumed,
    Recovered,
    Skipped,
    Attempting,
    Applied,
    Rejected { verdict: Verdict, error: &'a str },
    TimedOut,
    Panicked { message: &'a str },
    Unrecordable { error: &'a str },
    Lost,
    Aborted,
    InDoubt,
    Resolving,
    ResolveFailed { error: &'a str },
    Settled { happened: bool },
    FallingBack,
    FellBack,
    FallbackDeclined { error: &'a str },
    Waiting { before: Before, wait: Duration },
    Compensating,
    Compensated,
    CompensationFailed { error: &'a str },
    Kept,
    Turned { turns: u32 },
    Stuck,
    CancelRequested,
    DeadlinePassed,
    FinallyPanicked { message: &'a str },
    Finished { summary: &'a Summary },
    Abandoned { unsettled: &'a Unsettled },
}

/// What a wait comes before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Before {
    /// Another attempt of the action.
    Attempt,
    /// Asking `resolve`, again or once `#[late]` has passed.
    Resolve,
    /// Another attempt of the compensation.
    Compensation,
    /// A turn at a savepoint.
    Turn,
}

impl Before {
    /// The step that a command has wait, and what for; `None` if it is no command to wait.
    #[must_use]
    pub fn of(command: Command) -> Option<(u16, Self)> {
        match command {
            Command::Backoff { step, what, .. } => Some((step, what.into())),
            Command::AwaitLate { step } => Some((step, Self::Resolve)),
            Command::Turn { step, .. } => Some((step, Self::Turn)),
            Command::Decide { .. }
            | Command::Attempt { .. }
            | Command::Resolve { .. }
            | Command::Compensate { .. }
            | Command::Fallback { .. }
            | Command::Group { .. }
            | Command::Keep { .. }
            | Command::End(_) => None,
        }
    }
}

impl From<Waiting> for Before {
    fn from(waiting: Waiting) -> Self {
        match waiting {
            Waiting::Attempt => Self::Attempt,
            Waiting::Resolve => Self::Resolve,
            Waiting::Compensate => Self::Compensation,
        }
    }
}

impl fmt::Display for Before {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Attempt => "the next attempt",
            Self::Resolve => "asking `resolve`",
            Self::Compensation => "the compensation's next attempt",
            Self::Turn => "turning",
        })
    }
}

impl fmt::Display for What<'_> {
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
            Self::Compensating => f.write_str("is compensated"),
            Self::Compensated => f.write_str("is undone"),
            Self::CompensationFailed { error } => write!(f, "cannot be compensated: {error}"),
            Self::Kept => f.write_str("is kept: something that stands stands on it"),
            Self::Turned { turns } => write!(f, "is where the saga turns forward (turn {turns})"),
            Self::Stuck => f.write_str("is stuck: ten failures in a row"),
            Self::CancelRequested => f.write_str("is asked to cancel"),
            Self::DeadlinePassed => f.write_str("has passed its deadline"),
            Self::Finished { summary } => write!(f, "ends: {summary}"),
            Self::FinallyPanicked { message } => write!(f, "panics in `finally`: {message}"),
            Self::Abandoned { unsettled } => write!(f, "is abandoned: {unsettled}"),
        }
    }
}

/// Has this observer hear of every run that starts from now on.
///
/// # Errors
/// If there is one already; it stays.
pub fn observe_all(observer: impl Observer) -> Result<(), AlreadyObserved> {
    EVERYWHERE
        .set(Arc::new(observer))
        .map_err(|_| AlreadyObserved)
}

static EVERYWHERE: OnceLock<Arc<dyn Observer>> = OnceLock::new();

/// Whether somebody observes all runs.
#[must_use]
pub fn is_observed() -> bool {
    EVERYWHERE.get().is_some()
}

/// There is an observer of all runs already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AlreadyObserved;

impl fmt::Display for AlreadyObserved {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("there is an observer of all runs already")
    }
}

impl std::error::Error for AlreadyObserved {}

/// The observers of one run.
pub(crate) struct Audience {
    saga: &'static str,
    id: Id,
    observers: Vec<Arc<dyn Observer>>,
}

impl Audience {
    /// Those of this run and that of all runs; `None` if there are none.
    pub(crate) fn gather(
        saga: &'static str,
        id: impl FnOnce() -> Id,
        own: Vec<Arc<dyn Observer>>,
    ) -> Option<Arc<Self>> {
        let everywhere = EVERYWHERE.get();
        if own.is_empty() && everywhere.is_none() {
            return None;
        }
        let observers = own.into_iter().chain(everywhere.cloned()).collect();
        Some(Arc::new(Self {
            saga,
            id: id(),
            observers,
        }))
    }

    /// Of the saga as a whole.
    pub(crate) fn tell(&self, what: &What<'_>) {
        self.tell_of(&self.context("", 0, 0), what);
    }

    pub(crate) fn tell_of(&self, at: &Context<'_>, what: &What<'_>) {
        for observer in &self.observers {
            // An observer's panic is its own.
            drop(catch_unwind(AssertUnwindSafe(|| observer.hear(at, what))));
        }
    }

    pub(crate) fn context(&self, step: &'static str, attempt: u32, round: u32) -> Context<'_> {
        Context {
            saga: self.saga,
            id: &self.id,
            step,
            attempt,
            round,
        }
    }

    /// Polls within all observers' [`Observer::around`].
    pub(crate) fn around<T>(&self, at: &Context<'_>, mut poll: impl FnMut() -> Poll<T>) -> Poll<T> {
        let mut polled = None;
        let outermost = catch_unwind(AssertUnwindSafe(|| {
            nest(&self.observers, at, &mut || {
                // Once, whatever an observer does.
                if polled.is_none() {
                    polled = Some(poll());
                }
            });
        }));
        drop(outermost);
        polled.unwrap_or_else(poll)
    }
}

fn nest(observers: &[Arc<dyn Observer>], at: &Context<'_>, poll: &mut dyn FnMut()) {
    match observers {
        [] => poll(),
        [outer, inner @ ..] => outer.around(at, &mut || nest(inner, at, poll)),
    }
}
