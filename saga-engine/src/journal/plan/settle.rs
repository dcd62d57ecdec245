//! Finds the step that an operator wants to settle, by its path.

use super::{outlook::Heard, refused::Refused};
use crate::journal::{
    fold::Folded,
    spot::{Part, Spot},
};
use typed_saga_core::{
    Definition,
    definition::Text,
    kernel::{Event, Settlement},
    run::{Node, locate},
};

/// The step with this path, and the event that its kernel would receive.
///
/// # Errors
/// [`Refused::NoStep`]; [`Refused::Whole`] for a child saga, whose steps are settled instead.
pub fn settled<'a>(
    folded: &'a Folded,
    path: &str,
    settlement: Settlement,
) -> Result<(Spot<'a>, Heard), Refused> {
    let found = step_at(folded.declaration(), path);
    let no_step = || Refused::NoStep {
        step: Text::Owned(path.to_owned()),
    };
    let (nodes, step) = found.ok_or_else(no_step)?;
    let part = folded.whole().at(&nodes);
    let part = part.ok_or_else(|| Refused::NotInDoubt {
        step: Text::Owned(path.to_owned()),
    })?;
    let spot = part.spot(step);
    if spot.declared().child.is_some() || spot.declared().items.is_some() {
        let within: Vec<_> = spot.parts().flat_map(|part| asked(&part)).collect();
        let step = spot.path;
        return Err(Refused::Whole { step, within });
    }
    let event = Event::Settled { step, settlement };
    Ok((spot, Heard { nodes, event }))
}

/// The paths of the steps that may be settled now.
fn asked(part: &Part<'_>) -> Vec<Text> {
    let spots = part.spots().into_iter();
    let asked = spots.filter(|spot| spot.kernel().settleable(spot.step).next().is_some());
    asked.map(|spot| spot.path).collect()
}

/// The step with a path, and the nodes that lead to its run.
fn step_at(root: &Definition, path: &str) -> Option<(Vec<Node>, u16)> {
    if let Some(step) = root.step_named(path) {
        return Some((Vec::new(), step));
    }
    let place = locate(root, path, false)?;
    Some((place.nodes, place.step?))
}

/// The paths of all steps, including the steps of child sagas.
#[must_use]
pub fn paths(definition: &Definition) -> Vec<String> {
    let mut all = Vec::new();
    for step in definition.steps.iter() {
        all.push(step.name.to_string());
        if let Some(child) = &step.child {
            let within = paths(&child.definition).into_iter();
            all.extend(within.map(|path| format!("{}/{path}", step.name)));
        }
    }
    all
}
