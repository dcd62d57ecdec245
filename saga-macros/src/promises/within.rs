//! `#[within(d)]`: the deadline, and the time that the pivot may take to settle after it.

use std::time::Duration;

use typed_saga_analysis::{Analysis, Bound};
use typed_saga_definition::{Definition, duration};

use super::mend::{Change, whole};
use super::{Promised, words};
use crate::errors::Errors;

impl Promised<'_> {
    /// Whether the promise is kept, or there is none.
    pub(super) fn within(&self, errors: &mut Errors) -> bool {
        let (Some(written), Some(within)) = (&self.saga.attrs.within, self.definition.within)
        else {
            return true;
        };
        let Some(pivot) = self.pivot() else {
            return true;
        };
        let (name, promised) = (self.name(pivot), duration(within));
        let early = format!(
            "the saga must start to roll back early enough for `{name}` to settle within {promised}"
        );
        match self.analysis().times(pivot).settled {
            Bound::Within(takes) if takes < within => return true,
            Bound::Within(takes) => {
                let takes_text = duration(takes);
                let what = format!(
                    "`{name}` alone may take {takes_text} to settle, which `#[within({promised})]` does not allow"
                );
                let terms = words::terms(self, pivot, &self.analysis().terms(pivot).settled);
                let needed = self.before(pivot);
                let before = needed.map_or_else(String::new, |needed| {
                    let needed = duration(needed);
                    format!("; the steps before it may take {needed}")
                });
                let why = format!("{early}; the {takes_text} are {terms}{before}");
                let mut changes = self.smaller(pivot, is_kept);
                let leaves_enough = changes.iter().any(|change| self.left(*change) >= needed);
                let all = self.analysis().decided_within().within();
                let longer = all.filter(|all| *all > takes);
                let longer = longer.unwrap_or_else(|| takes.saturating_mul(2));
                let longer = self.kept_with(Change::Within(whole(longer)), is_kept);
                let at = if leaves_enough { changes.len() } else { 0 };
                if let Some(longer) = longer {
                    changes.insert(at, longer);
                }
                let help = self.advice_within(&changes, "remove `#[within]`");
                errors.add_noted(written.span, what, why, help);
            }
            Bound::Endless(endless) => {
                if let Some(blame) = self.blame(endless) {
                    let why = format!("{early}, so the time that `{name}` takes needs a limit");
                    let changes = self.bounds(endless, within, is_kept);
                    let otherwise = blame.help.as_deref().unwrap_or("remove `#[within]`");
                    let help = self.advice_within(&changes, otherwise);
                    errors.add_noted(blame.span, blame.what, why, help);
                }
            }
        }
        false
    }

    /// The longest time until the pivot starts; `None` if it has no bound, or no step comes before.
    fn before(&self, pivot: u16) -> Option<Duration> {
        let analysis = self.analysis();
        let all = analysis.decided_within().within()?;
        let own = analysis.times(pivot).applied.within()?;
        (pivot > 0).then(|| all.saturating_sub(own))
    }

    /// The time until the deadline, after a change.
    fn left(&self, change: Change) -> Option<Duration> {
        Analysis::of(&self.changed(change)).deadline()
    }

    fn advice_within(&self, changes: &[Change], otherwise: &str) -> String {
        self.advice_with(changes, otherwise, |change| match self.left(change) {
            Some(left) if self.pivot() > Some(0) => {
                let left = duration(left);
                format!(", which leaves {left} for the steps before the pivot")
            }
            _ => String::new(),
        })
    }
}

/// Whether `#[within]` leaves the pivot enough time to settle.
pub(super) fn is_kept(analysis: &Analysis<'_>, definition: &Definition) -> bool {
    match (definition.within, definition.pivot) {
        (Some(within), Some(pivot)) => analysis.times(pivot).settled < Bound::Within(within),
        _ => true,
    }
}
