//! The steps that a saga has reached, for lists.

use crate::{journal::fold::Folded, journal::spot::Spot, store::State};
use serde::Serialize;
use std::fmt;
use typed_saga_core::{Before, CallKind, definition::Text, kernel::Phase};

/// A step that a saga has reached, with the call and the number of attempts.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct Reached {
    /// Its path.
    pub step: Text,
    /// The call: `action`, `resolve`, `compensation`, `fallback`, `turn`, `sleep`, `signal` or
    /// `lock`.
    pub call: &'static str,
    /// The number of attempts of the call that have begun.
    pub tries: u32,
}

/// The calls and waits of a saga that is running, or the steps at which it stopped.
#[must_use]
pub fn places(folded: &Folded, state: State) -> Vec<Reached> {
    match state {
        State::Running | State::Waiting => in_flight(folded),
        State::Parked => parked(folded),
        State::Compensated => {
            let first = folded.whole().first_failed();
            first.iter().map(action).collect()
        }
        State::Completed | State::Abandoned | State::Damaged => Vec::new(),
    }
}

fn in_flight(folded: &Folded) -> Vec<Reached> {
    let whole = folded.whole();
    let mut places: Vec<_> = whole
        .calls()
        .iter()
        .map(|(spot, call)| running(spot, *call))
        .collect();
    let waits = whole.waits();
    places.extend(waits.iter().map(|(spot, wait)| waiting(spot, wait.before)));
    if places.is_empty() {
        let at_hand = whole.kernel().at_hand();
        places.extend(at_hand.map(|step| action(&whole.spot(step))));
    }
    places
}

fn running(spot: &Spot<'_>, call: CallKind) -> Reached {
    match call {
        CallKind::When | CallKind::Action => action(spot),
        CallKind::Resolve => again(spot, CallKind::Resolve, 1),
        CallKind::Compensate => again(spot, CallKind::Compensate, 1),
        CallKind::Fallback => place(spot, "fallback", 1),
    }
}

fn waiting(spot: &Spot<'_>, before: Before) -> Reached {
    match before {
        Before::Resolve => again(spot, CallKind::Resolve, 0),
        Before::Compensation => again(spot, CallKind::Compensate, 0),
        Before::Rerun => place(spot, "turn", spot.kernel().turns()),
        Before::Fallback => place(spot, "fallback", 0),
        Before::Waking => place(spot, "sleep", 0),
        Before::TimeOut => place(spot, "signal", 0),
        Before::LockTimeOut => place(spot, "lock", 0),
        Before::Attempt => action(spot),
    }
}

/// The steps that an operator must deal with, without those that remain applied only because
/// another step depends on them.
fn parked(folded: &Folded) -> Vec<Reached> {
    let held = folded.whole().held();
    let standing = |spot: &&Spot<'_>| spot.kernel().phase(spot.step) == Phase::Uncompensated;
    let stands = held.still_applied.iter().filter(standing);
    let stands = stands.map(|spot| again(spot, CallKind::Compensate, 0));
    let in_doubt = held
        .in_doubt
        .iter()
        .map(|spot| match &spot.noted().unsettled {
            Some(last) => again(spot, last.call, 0),
            None => action(spot),
        });
    let unfinished = held.unfinished.iter().map(action);
    // A step that never began does not need an operator.
    let begun = unfinished.filter(|place| place.tries > 0);
    stands.chain(in_doubt).chain(begun).collect()
}

fn action(spot: &Spot<'_>) -> Reached {
    place(spot, "action", spot.kernel().attempt(spot.step))
}

/// A call that is repeated until it succeeds. The number of attempts is its failures in a row plus
/// `more`, the attempts that are running.
fn again(spot: &Spot<'_>, call: CallKind, more: u32) -> Reached {
    let last = spot.noted().unsettled.as_ref();
    let failed = last.filter(|last| last.call == call);
    let tries = failed.map_or(0, |last| last.in_a_row) + more;
    let call = match call {
        CallKind::When => "when",
        CallKind::Action => "action",
        CallKind::Resolve => "resolve",
        CallKind::Compensate => "compensation",
        CallKind::Fallback => "fallback",
    };
    place(spot, call, tries)
}

fn place(spot: &Spot<'_>, call: &'static str, tries: u32) -> Reached {
    let step = spot.path.clone();
    Reached { step, call, tries }
}

impl fmt::Display for Reached {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.call {
            "action" => f.write_str(&self.step)?,
            "compensation" => write!(f, "undo {}", self.step)?,
            call => write!(f, "{call} {}", self.step)?,
        }
        if self.tries > 1 {
            write!(f, " ×{}", self.tries)?;
        }
        Ok(())
    }
}
