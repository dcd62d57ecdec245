//! Hearing what happens in a run, as it happens: for logs, metrics, tests.
//!
//! The executor tells its observers of every event; they change nothing. A run that nobody observes
//! asks once, at its start, whether somebody does.

use super::event::{Before, RunEvent};
use crate::{context::Context, id::Key, kernel::Verdict, standing::Unsettled, summary::Summary};
use std::{
    fmt,
    sync::{Arc, OnceLock},
    time::Duration,
};

/// Hears of everything that happens in a run. Every method does nothing unless it is overridden.
///
/// Overriding [`on_event`](Self::on_event) instead hears everything in one place. What an observer
/// panics with is dropped: it must not change a run.
#[allow(unused_variables, reason = "the names are the documentation")]
pub trait Observer: Send + Sync + 'static {
    /// Anything happened. By default the method for it is called.
    fn on_event(&self, at: &Context<'_>, what: &RunEvent<'_>) {
        match *what {
            RunEvent::Started => self.started(at),
            RunEvent::Resumed => self.resumed(at),
            RunEvent::Recovered => self.recovered(at),
            RunEvent::Skipped => self.skipped(at),
            RunEvent::Attempting => self.attempting(at),
            RunEvent::Applied => self.applied(at),
            RunEvent::Rejected { verdict, error } => self.rejected(at, verdict, error),
            RunEvent::TimedOut => self.timed_out(at),
            RunEvent::Panicked { message } => self.panicked(at, message),
            RunEvent::Unrecordable { error } => self.unrecordable(at, error),
            RunEvent::Lost => self.lost(at),
            RunEvent::Aborted => self.aborted(at),
            RunEvent::InDoubt => self.in_doubt(at),
            RunEvent::Resolving => self.resolving(at),
            RunEvent::ResolveFailed { error } => self.resolve_failed(at, error),
            RunEvent::Settled { happened } => self.settled(at, happened),
            RunEvent::FallingBack => self.falling_back(at),
            RunEvent::FellBack => self.fell_back(at),
            RunEvent::FallbackDeclined { error } => self.fallback_declined(at, error),
            RunEvent::Waiting { before, wait } => self.waiting(at, before, wait),
            RunEvent::Listening { wait } => self.listening(at, wait),
            RunEvent::Sleeping { wait } => self.sleeping(at, wait),
            RunEvent::Woken => self.woken(at),
            RunEvent::Signalled => self.signalled(at),
            RunEvent::Received => self.received(at),
            RunEvent::Compensating => self.compensating(at),
            RunEvent::Compensated => self.compensated(at),
            RunEvent::CompensationFailed { error } => self.compensation_failed(at, error),
            RunEvent::Kept => self.kept(at),
            RunEvent::Turned { turns } => self.turned(at, turns),
            RunEvent::Stuck => self.stuck(at),
            RunEvent::CancelRequested => self.cancel_requested(at),
            RunEvent::DeadlinePassed => self.deadline_passed(at),
            RunEvent::Finished { summary } => self.finished(at, summary),
            RunEvent::FinallyPanicked { message } => self.finally_panicked(at, message),
            RunEvent::Undelivered { number, key, error } => {
                self.undelivered(at, number, key, error);
            }
            RunEvent::Abandoned { unsettled } => self.abandoned(at, unsettled),
        }
    }

    /// Polls a call of a step, by calling `poll` once: here a span can be entered around the user's
    /// code.
    fn around(&self, at: &Context<'_>, poll: &mut dyn FnMut()) {
        poll();
    }

    /// The saga starts.
    fn started(&self, saga: &Context<'_>) {}
    /// A parked saga is taken up again.
    fn resumed(&self, saga: &Context<'_>) {}
    /// A durable saga is taken up again, in this process or in another one.
    fn recovered(&self, saga: &Context<'_>) {}
    /// The step's `when` said no, or that of the block that it is in.
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
    /// The step listens for its signal: so long, or for ever, which is a hundred years.
    fn listening(&self, step: &Context<'_>, wait: Duration) {}
    /// The step sleeps.
    fn sleeping(&self, step: &Context<'_>, wait: Duration) {}
    /// The step has slept.
    fn woken(&self, step: &Context<'_>) {}
    /// A signal was accepted for the step.
    fn signalled(&self, step: &Context<'_>) {}
    /// The step has taken its signal.
    fn received(&self, step: &Context<'_>) {}
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
    /// The step's action, `resolve` or compensation has failed ten times in a row; or a call of a
    /// durable saga has run for ten times its limit.
    fn stuck(&self, step: &Context<'_>) {}
    /// Somebody asked to cancel.
    fn cancel_requested(&self, saga: &Context<'_>) {}
    /// The deadline passed.
    fn deadline_passed(&self, saga: &Context<'_>) {}
    /// The saga has ended.
    fn finished(&self, saga: &Context<'_>, summary: &Summary) {}
    /// `finally` panicked, which changes nothing.
    fn finally_panicked(&self, saga: &Context<'_>, message: &str) {}
    /// An event could not be handed over, and it is not tried again; or one before it could not. Its
    /// number is from 0 among those of the saga, and its key the one that `publish` reads.
    fn undelivered(&self, saga: &Context<'_>, number: u64, key: &Key, error: &str) {}
    /// The run was dropped where no runtime could take it: it stops where it is, with this left.
    fn abandoned(&self, saga: &Context<'_>, unsettled: &Unsettled) {}
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

pub(super) static EVERYWHERE: OnceLock<Arc<dyn Observer>> = OnceLock::new();

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
