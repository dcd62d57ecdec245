//! What would run next if every call succeeded: what a person sees before doing something to a saga.

mod outlook;
mod refused;
mod simulation;
#[cfg(test)]
mod tests;

use saga_core::{End, kernel::Command};

use crate::journal::fold::Folded;
pub use outlook::{Act, Heard, Outlook, Plan, Planned};
pub use refused::Refused;
use simulation::Simulation;

/// What would run if these things were heard now, and then every call succeeded and every wait were over at once.
///
/// With no events it is what the saga does by itself; with others it is what follows
/// from a person's action. The siblings of a block stand in order of declaration.
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
    };
    for heard in first {
        simulation.person(heard)?;
    }
    let end = simulation.run_on();
    let calls = simulation.calls;
    Ok(Plan { calls, end })
}

/// What would follow if a person took the saga into their own hands for good: nothing would run any
/// more. That may be done while it is parked, or waits, however long.
///
/// # Errors
/// [`Refused`] if a call of it runs, or may begin at any moment; or if it has ended.
pub fn abandoned(folded: &Folded) -> Result<Plan, Refused> {
    let whole = folded.whole();
    let parked = whole.kernel().next() == Command::End(End::Parked);
    if let Some((spot, _)) = whole.calls().into_iter().next() {
        return Err(Refused::Runs { step: spot.path });
    }
    if !parked && whole.waits().is_empty() {
        return Err(Refused::NotAtRest);
    }
    Ok(Plan {
        calls: Vec::new(),
        end: Outlook::Ends(End::Parked),
    })
}
