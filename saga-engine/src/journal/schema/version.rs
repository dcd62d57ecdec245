//! Going on under another version: what a saga in flight keeps of the one that it began under.

use saga_core::definition::{Backoff, Compensation, Definition, DefinitionRef, Limit, Retry, Step};

use super::difference::{Difference, difference, prefix};

/// The definition by which a saga on record under `old` continues where the program has `new`: that
/// is `new`, but steps that the saga has reached keep their old counts (of `#[retry]`,
/// `#[savepoint]` and the clauses), since what is on record was decided by them. Waits are those of
/// `new`.
///
/// # Errors
/// The [`difference`] that keeps the saga from going on.
pub fn continued(
    old: &Definition,
    new: &'static Definition,
    touched: &dyn Fn(u16) -> bool,
) -> Result<DefinitionRef, Difference> {
    if let Some(difference) = difference(old, new, touched) {
        return Err(difference);
    }
    let kept = old.steps.iter().take(prefix(old, touched));
    let kept: Vec<_> = kept.map(Counts::of).collect();
    let mut same = kept.iter().zip(new.steps.iter());
    if same.all(|(counts, step)| *counts == Counts::of(step)) {
        return Ok(DefinitionRef::Static(new));
    }
    Ok(with_counts(new, &kept).into())
}

/// How often things are tried. `None`: it is not said.
#[derive(Debug, PartialEq)]
struct Counts {
    /// Of all steps of the saga that it is.
    child: Option<Vec<Counts>>,
    /// Of what is done with each of its items.
    each: Option<Vec<Counts>>,
    action: Option<Limit>,
    resolve: Option<Limit>,
    compensation: Option<Limit>,
    savepoint: Option<Limit>,
}

impl Counts {
    fn of(step: &Step) -> Self {
        let limit = |retry: Option<&Retry>| retry.map(|retry| retry.limit);
        let [action, resolve, compensation, savepoint] = step.retries().map(limit);
        let (child, items) = (step.child.as_ref(), step.items.as_ref());
        Self {
            child: child.map(|child| child.definition.steps.iter().map(Self::of).collect()),
            each: items.map(|items| items.each.steps.iter().map(Self::of).collect()),
            action,
            resolve,
            compensation,
            savepoint,
        }
    }

    fn keep_in(&self, step: &mut Step) {
        if let Some((child, kept)) = step.child.as_mut().zip(self.child.as_deref()) {
            let definition = &mut child.definition;
            let mut same = kept.iter().zip(definition.steps.iter());
            if !same.all(|(counts, step)| *counts == Self::of(step)) {
                *definition = with_counts(definition, kept).into();
            }
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
    // What is not said any more waits as what never said anything.
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
