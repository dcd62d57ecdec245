//! `#[within(d)]`: the deadline, and the time that the pivot may take to settle after it.

use saga_analysis::{Analysis, Bound};
use saga_definition::{Definition, duration};

use super::mend::{Change, whole};
use super::{Promised, words};
use crate::errors::Errors;

impl Promised<'_> {
    pub(super) fn within(&self, errors: &mut Errors) {
        let (Some(written), Some(within)) = (&self.saga.attrs.within, self.definition.within)
        else {
            return;
        };
        let Some(pivot) = self.pivot() else { return };
        let (name, promised) = (self.name(pivot), duration(within));
        let early = format!(
            "the saga must start to roll back early enough for `{name}` to settle within {promised}"
        );
        match self.analysis().settled_within(pivot) {
            Bound::Within(takes) if takes < within => {}
            Bound::Within(takes) => {
                let takes_text = duration(takes);
                let what = format!(
                    "`{name}` alone may take {takes_text} to settle, which `#[within({promised})]` does not allow"
                );
                let terms = words::terms(self, pivot, &self.analysis().settled(pivot));
                let why = format!("{early}; the {takes_text} are {terms}");
                let mut changes = self.smaller(pivot, is_kept);
                let all = self.analysis().decided_within().within();
                let longer = all.filter(|all| *all > takes).unwrap_or(takes * 2);
                changes.extend(self.kept_with(Change::Within(whole(longer)), is_kept));
                errors.add_noted(written.span, what, why, self.advice(&changes, ""));
            }
            Bound::Endless(endless) => {
                let Some(blame) = self.blame(endless) else {
                    return;
                };
                let why = format!("{early}, so the time that `{name}` takes needs a limit");
                let changes = self.bounds(endless, within, is_kept);
                let help = self.advice(&changes, &blame.help);
                errors.add_noted(blame.span, blame.what, why, help);
            }
        }
    }
}

/// Whether `#[within]` leaves the pivot enough time to settle.
pub(super) fn is_kept(analysis: &Analysis<'_>, definition: &Definition) -> bool {
    match (definition.within, definition.pivot) {
        (Some(within), Some(pivot)) => analysis.settled_within(pivot) < Bound::Within(within),
        _ => true,
    }
}
