//! Differences in how a step is settled: its fallback, its keys, its lock, and the steps that it depends
//! on or waits for.

use std::collections::BTreeSet;

use super::{kinds::Difference, order::Aligned, reads::key};
use crate::{
    definition::{CallKind, Kind, Step},
    text::Text,
};

/// The differences of one step, or of what a loop does with each item.
pub(super) fn settled(aligned: &Aligned<'_>, was: &Step, is: &Step) -> Vec<Difference> {
    let step = || was.name.clone();
    let mut found = Vec::new();
    let (had, has) = (was.fallback.is_some(), is.fallback.is_some());
    if had != has {
        found.push(Difference::Fallback {
            step: step(),
            is: has,
        });
    }
    // A `read` is never in doubt.
    if was.idempotent != is.idempotent && was.kind != Kind::Read {
        let is = is.idempotent;
        found.push(Difference::Idempotent { step: step(), is });
    }
    let asked = was.resolve.is_some() && is.resolve.is_some();
    if asked && was.late.is_some() != is.late.is_some() {
        let is = is.late.is_some();
        found.push(Difference::Late { step: step(), is });
    }
    let declared = |step: &Step| {
        let clause = step.compensation.declared();
        clause.and_then(|(_, call)| call.keyed_by.clone())
    };
    found.extend(key(
        aligned,
        was,
        CallKind::Action,
        [was.keyed_by.clone(), is.keyed_by.clone()],
    ));
    found.extend(key(
        aligned,
        was,
        CallKind::Compensate,
        [declared(was), declared(is)],
    ));
    let names = |was: &[u16], is: &[u16]| {
        let mut was = aligned.names_now(was.iter().map(|place| usize::from(*place)));
        let mut is = aligned.names_known(is.iter().map(|place| usize::from(*place)));
        for names in [&mut was, &mut is] {
            names.retain(|name| !aligned.is_optional(name));
        }
        (was != is).then(|| (owned(was), owned(is)))
    };
    if let Some((was, is)) = names(&was.stands_on, &is.stands_on) {
        found.push(Difference::StandsOn {
            step: step(),
            was,
            is,
        });
    }
    if let Some((was, is)) = names(&was.awaits, &is.awaits) {
        found.push(Difference::Awaits {
            step: step(),
            was,
            is,
        });
    }
    if let (Some(of), Some(now)) = (&was.lock, &is.lock) {
        let (was, is) = (of.name.clone(), now.name.clone());
        // While a program is compiled, the new name is not known.
        if was != is && !is.is_empty() {
            found.push(Difference::Lock {
                step: step(),
                was,
                is,
            });
        }
    }
    found
}

/// The difference that a step had a `when` and has none. An introduced step was never skipped by
/// its `when`.
pub(super) fn unasked(step: &Step, had: bool, has: bool) -> Option<Difference> {
    let is_gone = had && !has && !step.introduced;
    is_gone.then(|| Difference::When {
        step: step.name.clone(),
    })
}

fn owned(names: BTreeSet<&str>) -> Vec<Text> {
    names
        .into_iter()
        .map(|name| name.to_owned().into())
        .collect()
}
