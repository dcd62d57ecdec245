//! The steps that a saga is at, for lists.

use saga_core::{
    Before, CallKind,
    definition::Text,
    kernel::{Phase, Running},
};
use saga_engine::{Folded, State, StepHistory};
use serde::Serialize;
use std::fmt;

/// A step that a saga is at, which of its calls, and which attempt.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Place {
    pub(crate) step: Text,
    pub(crate) call: &'static str,
    /// How many attempts of the call have begun.
    pub(crate) tries: u32,
}

/// What runs or waits in a saga, or what it stopped at.
pub(crate) fn places(folded: &Folded, state: State) -> Vec<Place> {
    match state {
        State::Running | State::Waiting => in_flight(folded),
        State::Parked => parked(folded),
        State::Compensated => {
            let first = folded.run.kernel.first_failed();
            first.map(|step| action(folded, step)).into_iter().collect()
        }
        State::Completed | State::Abandoned | State::Damaged => Vec::new(),
    }
}

fn in_flight(folded: &Folded) -> Vec<Place> {
    let kernel = &folded.run.kernel;
    let mut places: Vec<_> = kernel
        .running()
        .map(|(step, call)| running(folded, step, call))
        .collect();
    places.extend(
        folded
            .waits()
            .map(|(step, wait)| waiting(folded, step, wait.before)),
    );
    if places.is_empty() {
        places.extend(kernel.at_hand().map(|step| action(folded, step)));
    }
    places
}

fn running(folded: &Folded, step: u16, call: Running) -> Place {
    match call {
        Running::Action => action(folded, step),
        Running::Resolve => again(folded, step, CallKind::Resolve, 1),
        Running::Compensation => again(folded, step, CallKind::Compensate, 1),
        Running::Fallback => place(folded, step, "fallback", 1),
    }
}

fn waiting(folded: &Folded, step: u16, before: Before) -> Place {
    match before {
        Before::Resolve => again(folded, step, CallKind::Resolve, 0),
        Before::Compensation => again(folded, step, CallKind::Compensate, 0),
        Before::Turn => place(folded, step, "turn", folded.run.kernel.turns()),
        Before::Fallback => place(folded, step, "fallback", 0),
        Before::Waking => place(folded, step, "sleep", 0),
        Before::TimeOut => place(folded, step, "signal", 0),
        Before::Attempt => action(folded, step),
    }
}

/// What an operator must deal with: not what is kept only because something else depends on it.
fn parked(folded: &Folded) -> Vec<Place> {
    let kernel = &folded.run.kernel;
    let stands = kernel
        .standing()
        .filter(|&step| kernel.phase(step) == Phase::Standing)
        .map(|step| again(folded, step, CallKind::Compensate, 0));
    let in_doubt = kernel
        .in_doubt()
        .map(|step| match noted(folded, step).unsettled {
            Some(ref last) => again(folded, step, last.call, 0),
            None => action(folded, step),
        });
    let unfinished = kernel.unfinished().map(|step| action(folded, step));
    // A step that never began needs nobody.
    let begun = unfinished.filter(|place| place.tries > 0);
    stands.chain(in_doubt).chain(begun).collect()
}

fn action(folded: &Folded, step: u16) -> Place {
    place(folded, step, "action", folded.run.kernel.attempt(step))
}

/// A call that is repeated until it succeeds: its failures in a row, and `more` attempts under way.
fn again(folded: &Folded, step: u16, call: CallKind, more: u32) -> Place {
    let last = noted(folded, step).unsettled.as_ref();
    let failed = last.filter(|last| last.call == call);
    let tries = failed.map_or(0, |last| last.in_a_row) + more;
    let call = match call {
        CallKind::When => "when",
        CallKind::Action => "action",
        CallKind::Resolve => "resolve",
        CallKind::Compensate => "compensation",
        CallKind::Fallback => "fallback",
    };
    place(folded, step, call, tries)
}

fn place(folded: &Folded, step: u16, call: &'static str, tries: u32) -> Place {
    let step = folded.declaration().steps[usize::from(step)].name.clone();
    Place { step, call, tries }
}

fn noted(folded: &Folded, step: u16) -> &StepHistory {
    &folded.run.steps[usize::from(step)]
}

impl fmt::Display for Place {
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
