//! The state of a saga and the reason for it, in one sentence.

mod ended;
#[cfg(test)]
mod tests;
mod words;

use std::fmt::Display;

use typed_saga_core::{Before, CallKind, kernel::Cancellation};

use crate::{
    journal::fold::{FailedCall, Folded, Wait},
    journal::spot::Spot,
    store::{Row, State, Time},
};
pub(crate) use ended::undelivered;
pub use ended::undelivered_why;
use words::{after, doubt, failure, name, span, times, with};

/// The engine that runs a saga, as far as the reader of its store can tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Runner {
    /// An engine runs the saga, or has claimed it.
    AtHand,
    /// An engine is alive, but does not run the saga.
    Alive,
    /// No engine is alive.
    Nobody,
}

/// One sentence, without a full stop, about what a saga is doing or why it does not move. `folded`
/// is its journal, or the reason why that cannot be read; `runner` says which engine runs it at the
/// time `now`; `has_keys`, whether it has been granted the keys that it waits for.
#[must_use]
pub fn why(
    row: &Row,
    folded: Result<&Folded, &dyn Display>,
    now: Time,
    runner: Runner,
    has_keys: bool,
) -> String {
    if row.is_quarantined() {
        // Whichever worker has noted it.
        let noted = row.unreadable.as_deref().unwrap_or_default();
        let reason = folded.err().map(ToString::to_string);
        return format!("quarantined: {}", reason.as_deref().unwrap_or(noted));
    }
    match folded {
        Err(reason) if row.is_at_rest() => format!("{}; unreadable: {reason}", row.state),
        Err(reason) => format!("unreadable: {reason}"),
        Ok(folded) => match row.state {
            State::Completed => ended::completed(row),
            State::Compensated => ended::compensated(row, folded),
            State::Parked => ended::parked(folded),
            State::Abandoned => ended::abandoned(folded),
            State::Damaged => "its row has an unknown state".to_owned(),
            State::Running | State::Waiting => InFlight {
                row,
                folded,
                now,
                runner,
                has_keys,
            }
            .why(),
        },
    }
}

/// A saga that has not ended.
struct InFlight<'a> {
    row: &'a Row,
    folded: &'a Folded,
    now: Time,
    runner: Runner,
    has_keys: bool,
}

impl InFlight<'_> {
    fn runs(&self) -> bool {
        self.runner == Runner::AtHand
    }

    /// The resource that a saga waits for if it is due and does not run.
    fn turn(&self) -> &'static str {
        match self.runner {
            Runner::AtHand | Runner::Alive => "a slot",
            Runner::Nobody => "an engine, since none runs",
        }
    }

    fn why(&self) -> String {
        let stuck = self.stuck().or_else(|| self.overdue());
        let stuck = stuck.unwrap_or_default();
        let parts = self.parts().join(", and ");
        let request = match self.folded.run.kernel.cancellation() {
            Cancellation::Pending => "; a cancel waits for the outcome",
            _ => "",
        };
        format!("{stuck}{parts}{request}")
    }

    fn parts(&self) -> Vec<String> {
        let mut parts = self.calls();
        if !self.runs() && (self.row.claimed.is_some() || !parts.is_empty()) {
            return vec![self.left_alone()];
        }
        let waits = self.folded.whole().waits().into_iter();
        parts.extend(waits.map(|(spot, wait)| self.wait(&spot, wait)));
        if parts.is_empty() {
            parts.push(self.between());
        }
        parts
    }

    /// The calls that are recorded as running.
    fn calls(&self) -> Vec<String> {
        let calls = self.folded.whole().calls().into_iter();
        calls.map(|(spot, call)| self.call(&spot, call)).collect()
    }

    fn call(&self, spot: &Spot<'_>, call: CallKind) -> String {
        let (kernel, noted, name) = (spot.kernel(), spot.noted(), name(spot));
        let since = span(self.now.since(noted.updated.unwrap_or(self.now)));
        let tries = |call| {
            let failures = noted.unsettled.as_ref().filter(|last| last.call == call);
            failures.map_or(1, |last| last.in_a_row + 1)
        };
        let (what, number, last) = match call {
            CallKind::When | CallKind::Action => {
                let attempt = kernel.attempt(spot.step);
                (
                    format!("runs {name}, attempt {attempt}"),
                    attempt,
                    &noted.failed,
                )
            }
            CallKind::Resolve => {
                let doubt = format!("{name} is in doubt; runs `resolve`");
                (doubt, tries(CallKind::Resolve), &noted.unsettled)
            }
            CallKind::Compensate if kernel.is_in_doubt(spot.step) => {
                let doubt = doubt(spot);
                let doubt = format!("{name} {doubt}; runs its compensation");
                (doubt, tries(CallKind::Compensate), &noted.unsettled)
            }
            CallKind::Compensate => {
                let undoes = format!("undoes {name}{}", with(spot));
                (undoes, tries(CallKind::Compensate), &noted.unsettled)
            }
            CallKind::Fallback => (format!("runs the fallback of {name}"), 1, &noted.failed),
        };
        let again = match call {
            CallKind::Resolve | CallKind::Compensate if number > 1 => {
                format!(", for the {} time", words::ordinal(number))
            }
            _ => String::new(),
        };
        let failed = after(spot, last.as_ref());
        format!("{what}{again}, for {since}{failed}")
    }

    fn wait(&self, spot: &Spot<'_>, wait: Wait) -> String {
        let (noted, name) = (spot.noted(), name(spot));
        let when = self.until(wait.until);
        let late = spot.awaits_late();
        let failed = after(spot, noted.failed.as_ref());
        let unsettled = after(spot, noted.unsettled.as_ref());
        match wait.before {
            Before::Attempt if late => {
                format!(
                    "{name} is in doubt; {when}, when it can no longer arrive late, before the next attempt{failed}"
                )
            }
            Before::Attempt => format!("{when} before the next attempt of {name}{failed}"),
            Before::Resolve if late => {
                format!("{name} is in doubt; {when}, when it can no longer arrive late{failed}")
            }
            Before::Resolve => {
                format!("{name} is in doubt; {when} before running `resolve` again{unsettled}")
            }
            Before::Compensation if late => {
                let by = spot.declared().compensation.with();
                let undone = by.map_or_else(|| spot.clone(), |by| spot.part.spot(by));
                format!(
                    "{when}, when no request of {name} can still arrive, before undoing {}{}",
                    words::name(&undone),
                    with(&undone)
                )
            }
            Before::Compensation => {
                format!(
                    "{when} before undoing {name}{} again{unsettled}",
                    with(spot)
                )
            }
            Before::Fallback => {
                format!("{when} before running the fallback of {name} again{failed}")
            }
            Before::Waking => format!("{name} sleeps: {when}"),
            Before::TimeOut if spot.declared().timeout.is_none() => {
                format!("waits for the signal {name}, forever")
            }
            Before::TimeOut => format!("expects the signal {name}: {when}"),
            Before::LockTimeOut if self.has_keys && self.runs() => {
                format!("has the keys of the lock {name}, and is about to continue")
            }
            Before::LockTimeOut if self.has_keys => {
                let turn = self.turn();
                format!("has the keys of the lock {name}, and waits for {turn}")
            }
            Before::LockTimeOut if spot.declared().timeout.is_none() => {
                format!("waits for the lock {name}, forever")
            }
            Before::LockTimeOut => format!("waits for the lock {name}: {when}"),
            Before::Rerun => {
                let first = spot.part.first_failed();
                let failed = first.map(|first| after(&first, first.noted().failed.as_ref()));
                let failed = failed.unwrap_or_default();
                format!("{when} before the rerun from {name}{failed}")
            }
        }
    }

    fn until(&self, until: Time) -> String {
        if until > self.now {
            format!("waits until {until} (in {})", span(until.since(self.now)))
        } else if self.runs() {
            format!("waited until {until}")
        } else {
            format!(
                "waits for {}, for {},",
                self.turn(),
                span(self.now.since(until))
            )
        }
    }

    /// The call that has failed many times in a row.
    fn stuck(&self) -> Option<String> {
        let spots = self.folded.whole().spots();
        let mut stuck = spots
            .iter()
            .filter(|spot| spot.kernel().is_stuck(spot.step));
        stuck.find_map(|spot| Some(stuck_at(spot, spot.noted().last_failure()?)))
    }

    /// A call that does not end, and cannot be given up.
    fn overdue(&self) -> Option<String> {
        let overdue = self.folded.whole().overdue(self.now);
        let (spot, call, limit) = overdue.first().filter(|_| self.runs())?;
        let (what, limit) = (code(spot, *call), span(*limit));
        Some(format!(
            "stuck: {what} has run for more than ten times its limit of {limit}; "
        ))
    }

    /// The text if no call or wait of the saga is recorded as open.
    fn between(&self) -> String {
        if self.runs() {
            return "is about to continue".to_owned();
        }
        match self.row.due {
            Some(due) if self.row.claimed.is_none() && due > self.now => self.until(due),
            _ => self.left_alone(),
        }
    }

    /// The text if no engine runs the saga.
    fn left_alone(&self) -> String {
        if self.row.claimed.is_some() {
            "was started under another engine; waits to be recovered".to_owned()
        } else {
            let due = self.row.due.unwrap_or(self.now);
            format!(
                "waits for {}, for {}",
                self.turn(),
                span(self.now.since(due))
            )
        }
    }
}

fn code(spot: &Spot<'_>, call: CallKind) -> String {
    let name = name(spot);
    match call {
        CallKind::Resolve => format!("`resolve` of {name}"),
        CallKind::Compensate => format!("the compensation of {name}"),
        CallKind::Fallback => format!("the fallback of {name}"),
        CallKind::When | CallKind::Action => name,
    }
}

fn stuck_at(spot: &Spot<'_>, last: &FailedCall) -> String {
    let what = code(spot, last.call);
    let (times, failure) = (times(last.in_a_row), failure(spot, last));
    format!("stuck: {what} has failed {times} in a row, last: {failure}; ")
}
