//! The calls that would run next if every call succeeded. An operator sees them before acting on a
//! saga.

mod outlook;
mod refused;
mod settle;
mod signal;
mod simulation;
#[cfg(test)]
mod tests;

use crate::{
    journal::action::Action,
    journal::fold::Folded,
    journal::spot::Spot,
    store::{Row, State},
};
use typed_saga_core::kernel::Event;

pub use outlook::{Act, Heard, Outlook, Plan, Planned};
pub use refused::Refused;
pub use settle::{paths, settled};
pub(crate) use signal::accepted;
pub use signal::signalled;
use simulation::Simulation;

/// An action that fits a saga as it is.
pub(crate) struct Checked<'a> {
    /// The step that the action settles, or the signal that it sends, with the event that the
    /// step's kernel receives.
    pub(crate) at: Option<(Spot<'a>, Heard)>,
    /// The calls that would follow.
    pub(crate) plan: Plan,
}

/// Checks whether an action fits the current state of a saga, and returns what would follow from
/// it.
///
/// # Errors
/// [`Refused`] if it does not fit.
pub(crate) fn check<'a>(
    folded: &'a Folded,
    row: &Row,
    action: &Action,
) -> Result<Checked<'a>, Refused> {
    if let Some(plan) = of_the_rest(folded, row, action) {
        return Ok(Checked {
            at: None,
            plan: plan?,
        });
    }
    let at = match action {
        Action::Signal { signal, value } => Some(signalled(folded, signal, value.get())?),
        _ if folded.abandoned.is_some() => return Err(Refused::TooLate),
        Action::Settle {
            step,
            settled: said,
        } => Some(settled(folded, step, said.into())?),
        Action::Cancel
        | Action::Resume
        | Action::Abandon
        | Action::Redeliver { .. }
        | Action::Skip { .. } => None,
    };
    let own = match action {
        Action::Cancel => Some(Event::CancelRequested),
        Action::Resume => Some(Event::Resumed),
        // Settling a step of a parked saga changes nothing until the saga is resumed.
        Action::Settle { .. } if folded.is_parked() => Some(Event::Resumed),
        _ => None,
    };
    let heard = at.iter().map(|(_, heard)| heard.clone());
    let heard: Vec<_> = heard.chain(own.map(Heard::from)).collect();
    let plan = match action {
        Action::Abandon => abandoned(folded, row)?,
        _ => plan(folded, &heard)?,
    };
    Ok(Checked { at, plan })
}

/// Whether the action gives up what is left of a saga that has ended: its `finally`.
pub(crate) fn gives_up_finally(row: &Row, action: &Action) -> bool {
    matches!(action, Action::Abandon) && row.tells() && row.due.is_some()
}

/// The plan of an action on a saga of which nothing but its row says what is left to do.
fn of_the_rest(folded: &Folded, row: &Row, action: &Action) -> Option<Result<Plan, Refused>> {
    if gives_up_finally(row, action) {
        return Some(Ok(Plan {
            calls: Vec::new(),
            end: Outlook::Ends(row.state),
        }));
    }
    // A quarantined saga is tried again, as it stands.
    let again = matches!(action, Action::Resume) && row.is_quarantined();
    again.then(|| plan(folded, &[]))
}

/// The calls that would run if the kernels received these events now, every later call succeeded,
/// and every wait ended immediately.
///
/// Without events, these are the calls that the saga makes by itself; with events, they follow from
/// an operator's action. The siblings of a block are listed in order of declaration.
///
/// # Errors
/// [`Refused`] if one of the events does not fit: nothing would be done then.
///
/// # Panics
/// If an event is of a step that the saga does not have.
pub fn plan(folded: &Folded, first: &[Heard]) -> Result<Plan, Refused> {
    let mut simulation = Simulation {
        run: folded.run.clone(),
        now: folded.updated,
        calls: Vec::new(),
        granted: Vec::new(),
        entered: Vec::new(),
    };
    for heard in first {
        simulation.person(heard)?;
    }
    let end = simulation.run_on();
    let calls = simulation.calls;
    Ok(Plan { calls, end })
}

/// The plan for abandoning the saga: no further call would run. An operator may abandon a saga that
/// is parked or quarantined, or that waits, however long the wait is.
///
/// # Errors
/// [`Refused`] if one of its calls is running, or may begin at any moment; or if it has ended.
pub fn abandoned(folded: &Folded, row: &Row) -> Result<Plan, Refused> {
    let whole = folded.whole();
    // A call that is open in the journal of a quarantined saga ended with its process.
    if !row.is_quarantined() {
        if let Some((spot, _)) = whole.calls().into_iter().next() {
            return Err(Refused::Runs { step: spot.path });
        }
        if !folded.is_parked() && whole.waits().is_empty() {
            return Err(Refused::NotAtRest);
        }
    }
    Ok(Plan {
        calls: Vec::new(),
        end: Outlook::Ends(State::Abandoned),
    })
}
