//! What is in the way of a rerun in the child sagas of a saga, at any depth.

use syn::spanned::Spanned;
use typed_saga_definition::{Ask, Definition, Obstacle};

use super::mend::concerns;
use super::words::{Met, reason, step_at};
use crate::errors::Errors;
use crate::known::Known;
use crate::model::Saga;

/// A step of a child saga that is in the way.
struct Found<'k> {
    /// The step of the saga that is checked.
    root: u16,
    /// The path of the child saga: that step's name, and those of the steps in children.
    path: String,
    saga: &'k Saga,
    definition: &'k Definition,
    obstacle: Obstacle,
    ask: Ask,
}

impl Found<'_> {
    /// The order of what is said about one step. What is said first has the help that is right in
    /// all respects.
    fn rank(&self) -> u8 {
        match self.ask {
            Ask::Items => 0,
            Ask::Again | Ask::Input(_) => 1,
        }
    }
}

/// Reports each step of a child saga that is in the way of a rerun of this saga.
pub(super) fn check(saga: &Saga, definition: &Definition, known: &Known<'_>, errors: &mut Errors) {
    let mut all = Vec::new();
    for (step, ask) in definition.asks() {
        below(known, saga, (step, &ask), (step, ""), &mut all);
    }
    all.sort_by_key(Found::rank);
    let mut said: Vec<&Found<'_>> = Vec::new();
    for found in &all {
        let is_explained = said.iter().any(|other| {
            let is_same_step = other.obstacle.step == found.obstacle.step;
            other.root == found.root && other.path == found.path && is_same_step
        });
        if !is_explained {
            report((saga, definition), found, errors);
            said.push(found);
        }
    }
}

/// Collects what is in the way of `ask` in the child saga of a step, and in its child sagas.
fn below<'k>(
    known: &'k Known<'k>,
    saga: &Saga,
    (step, ask): (u16, &Ask),
    (root, above): (u16, &str),
    all: &mut Vec<Found<'k>>,
) {
    let declared = step_at(saga, step);
    let child = declared.child().and_then(|child| known.child(child));
    let Some((child, of_child)) = child else {
        return;
    };
    let path = match above {
        "" => declared.name.to_string(),
        above => format!("{above}/{}", declared.name),
    };
    for obstacle in of_child.obstacles_to(ask) {
        all.push(Found {
            root,
            path: path.clone(),
            saga: child,
            definition: of_child,
            obstacle,
            ask: ask.clone(),
        });
    }
    for (step, ask) in of_child.asks_for(ask) {
        below(known, child, (step, &ask), (root, &path), all);
    }
}

fn report((saga, definition): (&Saga, &Definition), found: &Found<'_>, errors: &mut Errors) {
    let reason = reason(saga, definition, found.root);
    let root = step_at(saga, found.root);
    let at = root
        .child()
        .map_or(root.name.span(), |child| child.path.span());
    let Found {
        saga,
        definition,
        obstacle,
        ask,
        ..
    } = found;
    let met = Met {
        saga,
        definition,
        obstacle,
        savepoint: None,
        within: Some((&found.path, &reason)),
    };
    // The parent runs the child again in any case.
    let still = |changed: &Definition| {
        let asked = [ask, &Ask::Again];
        asked
            .iter()
            .any(|ask| concerns(&changed.obstacles_to(ask), obstacle.step))
    };
    met.mistake(&still).report(at, errors);
}
