//! Going on under another version: what a saga in flight keeps of the one that it began under.

use saga_core::definition::{Backoff, Compensation, Definition, DefinitionRef, Limit, Retry, Step};

use super::difference::{Difference, Touched, below, difference, prefix};

/// The definition by which a saga on record under `old` continues where the program has `new`: that
/// is `new`, but steps that the saga has reached keep their old counts (of `#[retry]`,
/// `#[savepoint]` and the clauses), since what is recorded was decided by them. Waits are those of
/// `new`.
///
/// # Errors
/// The [`difference`] that keeps the saga from going on.
pub fn continued(
    old: &Definition,
    new: &'static Definition,
    touched: Touched<'_>,
) -> Result<DefinitionRef, Difference> {
    if let Some(difference) = difference(old, new, touched) {
        return Err(difference);
    }
    let kept = Counts::all(old, touched);
    let now = Counts::all(new, touched);
    if now.starts_with(&kept) {
        return Ok(DefinitionRef::Static(new));
    }
    Ok(with_counts(new, &kept).into())
}

/// Numbers of attempts. `None`: not declared.
#[derive(Debug, PartialEq)]
struct Counts {
    /// Of the steps of the saga that it is which that has reached.
    child: Option<Vec<Counts>>,
    /// Of what is done with each of its items.
    each: Option<Vec<Counts>>,
    action: Option<Limit>,
    resolve: Option<Limit>,
    compensation: Option<Limit>,
    savepoint: Option<Limit>,
}

impl Counts {
    /// Of the steps that the saga has reached.
    fn all(definition: &Definition, touched: Touched<'_>) -> Vec<Self> {
        let reached = (0..).zip(definition.steps.iter());
        let reached = reached.take(prefix(definition, touched));
        reached
            .map(|(place, step)| Self::of(step, &below(place, touched)))
            .collect()
    }

    fn of(step: &Step, touched: Touched<'_>) -> Self {
        let limit = |retry: Option<&Retry>| retry.map(|retry| retry.limit);
        let [action, resolve, compensation, savepoint] = step.retries().map(limit);
        let (child, items) = (step.child.as_ref(), step.items.as_ref());
        Self {
            child: child.map(|child| Self::all(&child.definition, touched)),
            each: items.map(|items| {
                let each = (0..).zip(items.each.steps.iter());
                each.map(|(place, step)| Self::of(step, &below(place, touched)))
                    .collect()
            }),
            action,
            resolve,
            compensation,
            savepoint,
        }
    }

    fn keep_in(&self, step: &mut Step) {
        if let Some((child, kept)) = step.child.as_mut().zip(self.child.as_deref()) {
            child.definition = with_counts(&child.definition, kept).into();
        }
        if let Some((items, kept)) = step.items.as_mut().zip(self.each.as_deref()) {
            items.each = with_counts(&items.each, kept).into();
        }
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
    // A limit that is no longer declared has the waits of one that never was.
    let unsaid = |limit| Retry {
        limit,
        backoff: Backoff::DEFAULT,
        conditional: false,
    };
    *retry = limit.map(|limit| Retry {
        limit,
        ..retry.take().unwrap_or_else(|| unsaid(limit))
    });
}

fn with_counts(new: &Definition, kept: &[Counts]) -> Definition {
    let mut definition = new.clone();
    for (step, counts) in definition.steps.to_mut().iter_mut().zip(kept) {
        counts.keep_in(step);
    }
    definition
}
