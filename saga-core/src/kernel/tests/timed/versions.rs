//! What one declaration may be in a run.

use std::time::Duration;

use crate::definition::{Definition, Step, Timing};

/// What the expression of a child saga's timeout may give, in milliseconds.
const LIMITS: [Option<u64>; 5] = [None, Some(0), Some(900), Some(1500), Some(2700)];

/// Everything that the saga may be in a run: one that goes on without some of its steps, and one in
/// which an expression gives a child saga this long or that long.
pub(super) fn versions(definition: &Definition) -> Vec<Definition> {
    let mut all = vec![definition.clone()];
    for (place, step) in definition.steps.iter().enumerate() {
        let steps = step_versions(step);
        let with = |version: &Definition, step: &Step| {
            let mut version = version.clone();
            version.steps.to_mut()[place] = step.clone();
            version
        };
        let with_each = all
            .iter()
            .flat_map(|it| steps.iter().map(|step| with(it, step)));
        all = with_each.collect();
    }
    all
}

fn step_versions(step: &Step) -> Vec<Step> {
    let mut all = vec![step.clone()];
    if let Some(child) = &step.child {
        let computed = matches!(step.timeout, Some(Timing::Written(_)));
        let limits = if computed { &LIMITS[..] } else { &[None] };
        let insides = versions(&child.definition);
        let within = |inside: &Definition, limit: Option<u64>| {
            let mut step = step.clone();
            let limit = limit.map(Duration::from_millis);
            let deadline = limit.into_iter().chain(inside.deadline).min();
            let inside = Definition {
                deadline,
                ..inside.clone()
            };
            step.timeout = None;
            step.child.as_mut().expect("it has one").definition = inside.into();
            step
        };
        let each = insides
            .iter()
            .flat_map(|inside| limits.iter().map(|limit| within(inside, *limit)));
        all = each.collect();
    }
    if step.may_be_absent() {
        let without = all.clone().into_iter().map(|mut step| {
            (step.absent, step.savepoint) = (true, None);
            step
        });
        all.extend(without);
    }
    all
}
