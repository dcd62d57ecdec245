//! Going on under another version: what tells versions apart, and what a saga in flight keeps of the one that it began under.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use saga_core::{
    Backoff, Definition, Limit, Retry, Timing,
    definition::{Call, Compensation, Step},
};

use super::{
    difference::{Difference, difference, prefix},
    json,
};

/// A number that differs, in all likelihood, between versions by which the kernel may decide differently: it is of all that [`write`](super::write) writes,
/// but durations, lines and the file. (FNV-1a, 64 bits: Fowler, Noll, Vo; RFC 9923.)
///
/// [`Definition::fingerprint`] leaves counts out, such as that of `#[retry(3)]`: where one has changed, a journal is read by
/// [`continued`].
#[must_use]
pub fn fingerprint(definition: &Definition) -> u64 {
    let essence = json::Saga::of(definition).essence();
    let json = serde_json::to_string(&essence).unwrap_or_default();
    json.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

/// What a saga that is on record under `old` goes on by, where `new` is at hand: `new`, but the steps that the saga has come to keep the counts
/// that they began with (of `#[retry]`, `#[savepoint]` and the clauses' own), since what is on record was decided by them. Waits are those of `new`.
///
/// The same question gives the same definition, which is kept until the process ends.
///
/// # Errors
/// The [`difference`] that keeps the saga from going on.
pub fn continued(
    old: &Definition,
    new: &'static Definition,
    touched: &dyn Fn(u16) -> bool,
) -> Result<&'static Definition, Difference> {
    if let Some(difference) = difference(old, new, touched) {
        return Err(difference);
    }
    let kept = old.steps.iter().take(prefix(old, touched));
    let kept: Vec<_> = kept.map(Counts::of).collect();
    let same = kept.iter().zip(new.steps);
    if same
        .into_iter()
        .all(|(counts, step)| *counts == Counts::of(step))
    {
        return Ok(new);
    }
    Ok(with_counts(new, &kept))
}

/// How often things are tried. `None`: it is not said.
#[derive(Debug, PartialEq)]
struct Counts {
    action: Option<Limit>,
    resolve: Option<Limit>,
    compensation: Option<Limit>,
    savepoint: Option<Limit>,
}

impl Counts {
    fn of(step: &Step) -> Self {
        let limit = |retry: Option<Retry>| retry.map(|retry| retry.limit);
        let of_call = |call: Option<Call>| limit(call.and_then(|call| call.retry));
        Self {
            action: limit(step.retry),
            resolve: of_call(step.resolve),
            compensation: of_call(match step.compensation {
                Compensation::Declared { call, .. } => Some(call),
                Compensation::Absent | Compensation::None => None,
            }),
            savepoint: limit(step.savepoint),
        }
    }

    fn keep_in(&self, step: &mut Step) {
        keep(self.action, &mut step.retry);
        keep(self.savepoint, &mut step.savepoint);
        if let Some(call) = &mut step.resolve {
            keep(self.resolve, &mut call.retry);
        }
        if let Compensation::Declared { call, .. } = &mut step.compensation {
            keep(self.compensation, &mut call.retry);
        }
    }
}

fn keep(limit: Option<Limit>, retry: &mut Option<Retry>) {
    // What is not said any more waits as what never said anything.
    const UNSAID: Backoff = Backoff {
        base: Timing::new(|| Duration::from_millis(50)),
        cap: Timing::new(|| Duration::from_secs(2)),
        jitter: true,
    };
    *retry = limit.map(|limit| Retry {
        limit,
        backoff: retry.map_or(UNSAID, |retry| retry.backoff),
        conditional: retry.is_some_and(|retry| retry.conditional),
    });
}

/// Those that were made so far, by the place of what they were made of, and the counts.
static MADE: Mutex<Option<HashMap<(usize, String), &'static Definition>>> = Mutex::new(None);

fn with_counts(new: &'static Definition, kept: &[Counts]) -> &'static Definition {
    let mut steps = new.steps.to_vec();
    for (step, counts) in steps.iter_mut().zip(kept) {
        counts.keep_in(step);
    }
    let text = format!("{kept:?}");
    let mut made = MADE.lock().unwrap_or_else(PoisonError::into_inner);
    let made = made.get_or_insert_default();
    let place = std::ptr::from_ref(new).addr();
    made.entry((place, text)).or_insert_with(|| {
        let steps = steps.leak();
        Box::leak(Box::new(Definition { steps, ..*new }))
    })
}
