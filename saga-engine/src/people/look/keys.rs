//! The keys that the calls of a saga have sent, or would send next.

use crate::{journal::fold::Folded, journal::spot::Spot, store::Row};
use serde::Serialize;
use std::collections::HashSet;
use typed_saga_core::{
    Key,
    definition::{Compensation, Step, Text},
};

/// A key of a step, and the calls that send it.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct KeyLine {
    /// The path of the step.
    pub step: Text,
    /// The round of the step. The rounds of the steps above it are those that they are in now.
    pub round: u32,
    /// The calls that read the key: `action`, `resolve`, `compensation`, `fallback`.
    pub calls: Vec<&'static str>,
    /// The key.
    pub key: String,
}

/// The keys of the steps that have begun, in each of their rounds, whatever has become of the steps
/// since.
#[must_use]
pub fn keys(folded: &Folded, row: &Row) -> Vec<KeyLine> {
    let spots = folded.whole().spots();
    let begun = spots.iter().filter(|spot| spot.noted().begun);
    begun.flat_map(|spot| of(spot, row)).collect()
}

fn of(spot: &Spot<'_>, row: &Row) -> Vec<KeyLine> {
    let calls = calls(spot.declared());
    // A call that reads `ctx` alone may send `ctx.key()`.
    let of_action = reading(&calls, |names| {
        names.contains("key") || names.contains("ctx") && !names.contains("undo_key")
    });
    let of_undo = reading(&calls, |names| names.contains("undo_key"));
    let mut lines = Vec::new();
    for round in 0..=spot.kernel().round(spot.step) {
        let Some(operation) = spot.operation(row, round) else {
            break;
        };
        let line = |calls: &[&'static str], key: Key| {
            (!calls.is_empty()).then(|| KeyLine {
                step: spot.path.clone(),
                round,
                calls: calls.to_vec(),
                key: key.to_string(),
            })
        };
        lines.extend(line(&of_action, operation.key()));
        lines.extend(line(&of_undo, operation.undo_key()));
    }
    lines
}

/// The calls of a step, and what each reads.
fn calls(declared: &Step) -> Vec<(&'static str, &[Text])> {
    let resolve = declared.resolve.as_ref().map(|call| &call.reads);
    let fallback = declared.fallback.as_ref().map(|call| &call.reads);
    let compensation = match &declared.compensation {
        Compensation::Declared { call, .. } => Some(&call.reads),
        Compensation::Absent | Compensation::None { .. } | Compensation::With(_) => None,
    };
    let all = [
        ("action", Some(&declared.reads)),
        ("resolve", resolve),
        ("compensation", compensation),
        ("fallback", fallback),
    ];
    let all = all.into_iter();
    all.filter_map(|(name, reads)| Some((name, &**reads?)))
        .collect()
}

/// The calls whose reads are such names.
fn reading(
    calls: &[(&'static str, &[Text])],
    are: impl Fn(&HashSet<&str>) -> bool,
) -> Vec<&'static str> {
    let names = |reads: &[Text]| are(&reads.iter().map(|read| &**read).collect());
    let calls = calls.iter().filter(|(_, reads)| names(reads));
    calls.map(|(name, _)| *name).collect()
}
