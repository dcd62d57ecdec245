//! The events that observers receive: one table, from which the enum, the trait, the texts and the
//! levels are generated.

use super::before::Before;
use crate::{
    kernel::Verdict,
    report::{context::Context, standing::Unsettled, summary::Summary},
    values::id::Key,
};
use std::{fmt, time::Duration};

/// The importance of an event to an operator who watches the logs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Severity {
    /// An operator is needed.
    Error,
    /// Something failed.
    Warn,
    /// The progress of a saga.
    Info,
    Debug,
}

/// What an observer needs of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Interest {
    /// Nothing: the run costs what it costs without an observer.
    Nothing,
    /// The events of the saga, and the failures of its steps: calls that fail, doubt, aborts,
    /// compensations that are skipped, steps that are stuck. The observer may receive others, too,
    /// but cannot rely on them, nor on being called [`around`](Observer::around) each poll.
    Failures,
    /// Everything.
    All,
}

/// Each row is `Event<'a> { fields } = method(saga or step), level, text;`. The text is a
/// predicate: a literal or, in parentheses, the arguments of a format.
macro_rules! run_events {
    ($(
        $(#[doc = $doc:literal])+
        $name:ident $(<$life:lifetime>)? $({ $($field:ident: $ty:ty),+ })?
            = $method:ident($at:ident), $level:ident, $text:tt;
    )+) => {
        /// One thing that happened; each is a method of [`Observer`]. As text it is a predicate,
        /// such as "is attempted".
        #[derive(Clone, Copy, Debug)]
        #[non_exhaustive]
        #[expect(missing_docs, reason = "the fields are named after what they are")]
        pub enum RunEvent<'a> {
            $($(#[doc = $doc])+ $name $({ $($field: $ty),+ })?,)+
        }

        /// Receives everything that happens in a run. Each method does nothing unless you override
        /// it.
        ///
        /// To receive everything in one place, override [`on_event`](Self::on_event) instead. A
        /// panic of an observer is caught and dropped, so that it does not change the run.
        #[allow(unused_variables, reason = "the names are the documentation")]
        pub trait Observer: Send + Sync + 'static {
            /// Receives every event. By default, it calls the method of that event.
            fn on_event(&self, at: &Context<'_>, what: &RunEvent<'_>) {
                match *what {
                    $(RunEvent::$name $({ $($field),+ })? => self.$method(at, $($($field),+)?),)+
                }
            }

            /// What it needs of a run that starts, or that is recovered. By default, everything.
            fn interest(&self) -> Interest {
                Interest::All
            }

            /// Polls a call of a step, by calling `poll` once: here a span can be entered around
            /// the user's code.
            fn around(&self, at: &Context<'_>, poll: &mut dyn FnMut()) {
                poll();
            }

            $($(#[doc = $doc])+
            fn $method $(<$life>)? (&self, $at: &Context<'_>, $($($field: $ty),+)?) {})+
        }

        impl RunEvent<'_> {
            /// The event's text, if it is always the same, so that nothing has to be formatted.
            pub(super) const fn fixed(&self) -> Option<&'static str> {
                match self {
                    $(Self::$name { .. } => run_events!(@fixed $text),)+
                }
            }

            #[cfg_attr(not(feature = "tracing"), expect(dead_code, reason = "`Tracing` asks for it"))]
            pub(super) const fn level(&self) -> Severity {
                match self {
                    $(Self::$name { .. } => Severity::$level,)+
                }
            }
        }

        impl fmt::Display for RunEvent<'_> {
            #[allow(unused_variables, reason = "not every field is in the text")]
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                match self {
                    $(Self::$name $({ $($field),+ })? => run_events!(@write f $text),)+
                }
            }
        }
    };
    (@fixed ($($text:tt)+)) => { None };
    (@fixed $text:literal) => { Some($text) };
    (@write $f:ident ($($text:tt)+)) => { write!($f, $($text)+) };
    (@write $f:ident $text:literal) => { $f.write_str($text) };
}

run_events! {
    /// The saga starts.
    Started
        = started(saga), Info, "starts";
    /// A parked saga is resumed.
    Resumed
        = resumed(saga), Info, "is resumed";
    /// A durable saga is recovered after a crash or a shutdown, in this process or in another one.
    Recovered
        = recovered(saga), Debug, "is recovered from its journal";
    /// The step's `when`, or that of its block, evaluated to false.
    Skipped
        = skipped(step), Debug, "is skipped";
    /// An attempt of the step's action starts.
    Attempting
        = attempting(step), Debug, "is attempted";
    /// The step is applied.
    Applied
        = applied(step), Debug, "is applied";
    /// The attempt returned an error.
    Rejected<'a> { verdict: Verdict, error: &'a str }
        = rejected(step), Warn, ("{}: {error}", said(*verdict));
    /// The attempt took too long.
    TimedOut
        = timed_out(step), Warn, "times out";
    /// The attempt panicked.
    Panicked<'a> { message: &'a str }
        = panicked(step), Warn, ("panics: {message}");
    /// The step is applied, but its effect cannot be recorded.
    Unrecordable<'a> { error: &'a str }
        = unrecordable(step), Warn, ("cannot be recorded: {error}");
    /// The process ended while the call was running.
    Lost
        = lost(step), Debug, "was cut off: the process ended";
    /// The verdict on the step's error aborts the saga.
    Aborted
        = aborted(step), Warn, "aborts the saga";
    /// It is unknown whether the step happened.
    InDoubt
        = in_doubt(step), Warn, "is in doubt";
    /// The step's `resolve` starts.
    Resolving
        = resolving(step), Debug, "runs its `resolve`";
    /// The step's `resolve` returned an error, took too long, or panicked.
    ResolveFailed<'a> { error: &'a str }
        = resolve_failed(step), Warn, ("is not settled by this attempt: {error}");
    /// The doubt is settled: the step happened, or it did not.
    Settled { happened: bool }
        = settled(step), Info, ("is settled: it {}", if *happened { "happened" } else { "did not happen" });
    /// The step's fallback starts.
    FallingBack
        = falling_back(step), Debug, "falls back";
    /// The fallback's value replaces the effect.
    FellBack
        = fell_back(step), Info, "has fallen back";
    /// The fallback returned an error, took too long, or panicked.
    FallbackDeclined<'a> { error: &'a str }
        = fallback_declined(step), Warn, ("has no fallback: {error}");
    /// The step waits before its next call.
    Waiting { before: Before, wait: Duration }
        = waiting(step), Debug, ("waits {wait:?} before {before}");
    /// The step waits for its signal, for at most `wait`; a hundred years mean forever.
    Listening { wait: Duration }
        = listening(step), Debug, ("waits {wait:?} for its signal");
    /// The step starts to sleep.
    Sleeping { wait: Duration }
        = sleeping(step), Debug, ("sleeps for {wait:?}");
    /// The sleep is over.
    Woken
        = woken(step), Debug, "wakes";
    /// The step waits for the keys of its lock, for at most `wait`; a hundred years mean forever.
    Queued { wait: Duration }
        = queued(step), Debug, ("waits {wait:?} for its lock");
    /// The saga has the keys of the lock, until it ends.
    Locked
        = locked(step), Debug, "is locked";
    /// A signal was accepted for the step.
    Signalled
        = signalled(step), Debug, "receives its signal";
    /// The step has consumed its signal.
    Received
        = received(step), Debug, "consumes its signal";
    /// The step's compensation starts.
    Compensating
        = compensating(step), Debug, "is compensated";
    /// The step is compensated.
    Compensated
        = compensated(step), Info, "is undone";
    /// The compensation returned an error, took too long, or panicked.
    CompensationFailed<'a> { error: &'a str }
        = compensation_failed(step), Warn, ("is not compensated by this attempt: {error}");
    /// The step is not compensated, because a step that could not be compensated depends on it.
    CompensationSkipped
        = compensation_skipped(step), Warn, "is not compensated: a step that could not be compensated depends on it";
    /// The saga has rolled back to this savepoint, and runs forward again. `times` is the number of
    /// times that it has rolled back to a savepoint by now.
    RolledBackTo { times: u32 }
        = rolled_back_to(step), Info, ("is rolled back to, and the saga runs forward again (time {times})");
    /// The saga does not run forward again from this savepoint, or does not begin this child saga
    /// again: that would repeat an effect that remains.
    RerunRefused
        = rerun_refused(step), Warn, "is not run again: that would repeat an effect that remains";
    /// The step's action, `resolve` or compensation has failed ten times in a row; or a call of a
    /// durable saga has run for ten times its limit.
    Stuck
        = stuck(step), Error, "is stuck: ten failures in a row, or ten times its limit";
    /// A caller or an operator asked to cancel the saga.
    CancelRequested
        = cancel_requested(saga), Info, "is asked to cancel";
    /// The deadline passed.
    DeadlinePassed
        = deadline_passed(saga), Info, "has passed its deadline";
    /// `finally` panicked, which changes nothing.
    FinallyPanicked<'a> { message: &'a str }
        = finally_panicked(saga), Warn, ("panics in `finally`: {message}");
    /// An event could not be delivered, and is not tried again; or an earlier one could not.
    /// `number` counts the events of the saga from 0, and `key` is the one that `publish` reads.
    Undelivered<'a> { number: u64, key: &'a Key, error: &'a str }
        = undelivered(saga), Debug, ("cannot deliver event {number}: {error}");
    /// The saga has ended.
    Finished<'a> { summary: &'a Summary }
        = finished(saga), Info, ("ends: {summary}");
    /// The run was dropped where no runtime could continue it: it stops where it is, and leaves
    /// `unsettled` behind.
    Orphaned<'a> { unsettled: &'a Unsettled }
        = orphaned(saga), Error, ("is orphaned, no runtime can run it: {unsettled}");
}

const fn said(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Refused => "is refused",
        Verdict::Transient => "fails for now",
        Verdict::Unknown => "fails, and may have happened",
        _ => "fails, and may be partly applied",
    }
}
