//! `#[holds(d, until = step)]`: whether a later step is applied before the hold of an earlier step
//! lapses.

use std::cmp::Reverse;
use std::ops::Range;
use std::time::Duration;

use saga_analysis::{Analysis, Bound};
use saga_definition::{Definition, Hold, duration};

use super::mend::{Change, whole};
use super::{Promised, within, words};
use crate::errors::{Errors, SIBLINGS, list};

impl Promised<'_> {
    pub(super) fn holds(&self, step: u16, errors: &mut Errors) {
        let Some(written) = &self.step(step).attrs.holds else {
            return;
        };
        let name = self.name(step);
        let no_default = match self.pivot() {
            None => Some("and this saga has none".to_owned()),
            Some(pivot) if pivot == step => Some(format!("which is `{name}` itself")),
            Some(pivot) if pivot < step => Some(format!("which comes before `{name}`")),
            Some(_) => None,
        };
        if let Some(why) = no_default.filter(|_| written.until.is_none()) {
            let what = format!("`#[holds]` on `{name}` needs `until = …`");
            let why = format!("the default is the pivot, {why}");
            let help = "name a later step: `#[holds(…, until = step)]`";
            return errors.add_noted(written.span, what, why, help);
        }
        let Some(hold) = &self.definition.steps[usize::from(step)].holds else {
            return;
        };
        let (lasts, until) = (duration(hold.lasts), self.name(hold.until));
        match longest(&self.analysis(), self.definition, step) {
            None => {
                let span = written
                    .until
                    .as_ref()
                    .map_or(written.span, |read| read.name.span());
                let what = format!("`{until}` may be applied before `{name}` starts");
                let help = format!(
                    "name a step after the block, or write `#[after({name})]` on `{until}`"
                );
                errors.add_noted(span, what, SIBLINGS, help);
            }
            Some(Bound::Within(longest)) if longest <= hold.lasts => {}
            Some(Bound::Within(longest)) => {
                let takes = duration(longest);
                let what = format!(
                    "`{name}` holds for {lasts}, and it may take {takes} until `{until}` is applied"
                );
                let (mut why, order) = self.arithmetic(step, hold, longest);
                let mut changes = self.fewer_turns(is_kept(step));
                changes.extend(self.shorter(step, order));
                if changes.is_empty() {
                    why.push_str("\n  no shorter limit on a single step is enough");
                }
                changes.extend(self.turned_back(step, hold));
                let longer = Change::Lasts(step, whole(longest));
                changes.extend(self.kept_with(longer, is_kept(step)));
                errors.add_noted(written.lasts.span, what, why, self.advice(&changes, ""));
            }
            Some(Bound::Endless(endless)) => {
                let Some(blame) = self.blame(endless) else {
                    return;
                };
                let why = format!("`{name}` holds for {lasts}, until `{until}` is applied");
                let mut changes = self.bounds(endless, hold.lasts, is_kept(step));
                changes.extend(self.turned_back(step, hold));
                let otherwise = match &*blame.help {
                    "" => format!(
                        "declare `{}` before `{name}`, or after `{until}`",
                        self.name(endless.step)
                    ),
                    help => help.to_owned(),
                };
                errors.add_noted(
                    blame.span,
                    blame.what,
                    why,
                    self.advice(&changes, &otherwise),
                );
            }
        }
    }

    /// The parts of the time, a line for each step; and the steps, the longest first.
    fn arithmetic(&self, step: u16, hold: &Hold, longest: Duration) -> (String, Vec<u16>) {
        let (analysis, all) = (self.analysis(), Bound::Within(longest));
        let mut units = analysis.holds_through(step, hold.until);
        let mut lines = Vec::new();
        if total(&units) > all {
            units = analysis.after_decision(hold.until);
            let within = self.definition.within.map_or_else(String::new, duration);
            lines.push(if self.pivot().is_some() {
                format!("{within}: until the pivot has happened, by `#[within({within})]`")
            } else {
                format!("{within}: until the deadline of `#[within({within})]`")
            });
        }
        let turns = lines.is_empty() && total(&units) < all;
        units.retain(|(_, time)| *time != Bound::ZERO);
        let spent = units
            .iter()
            .map(|(unit, time)| format!("{}: {}", words::bound(*time), self.spent(step, unit)));
        lines.extend(spent);
        units.sort_by_key(|(_, time)| Reverse(time.within()));
        let most = match units.as_slice() {
            [(most, longest), (_, next), ..] if longest > next => {
                let most = list(most.clone().map(|step| self.name(step)));
                format!(", most of it in {most}")
            }
            _ => String::new(),
        };
        let sum = if turns {
            let sum = words::bound(total(&units));
            format!("after a rollback to a savepoint, steps run again; a single pass takes {sum}")
        } else {
            format!("these add up to {}", duration(longest))
        };
        let why = format!("{sum}{most}:\n  {}", lines.join("\n  "));
        (why, units.into_iter().flat_map(|(unit, _)| unit).collect())
    }

    /// The calls and waits on which the time of a unit is spent.
    fn spent(&self, step: u16, unit: &Range<u16>) -> String {
        let analysis = self.analysis();
        let first = unit.start;
        if unit.len() > 1 {
            return format!(
                "{} side by side",
                list(unit.clone().map(|step| self.name(step)))
            );
        }
        let terms = if first == step {
            analysis.settled(first)
        } else {
            analysis.applied(first)
        };
        format!(
            "`{}`: {}",
            self.name(first),
            words::terms(self, first, &terms)
        )
    }

    /// The smallest changes of a single step, the first in `order` for which there are any, with
    /// which the promise is kept.
    fn shorter(&self, step: u16, order: Vec<u16>) -> Vec<Change> {
        let mut changes = order
            .into_iter()
            .map(|one| self.smaller(one, is_kept(step)));
        changes
            .find(|changes| !changes.is_empty())
            .unwrap_or_default()
    }

    /// A `#[within]` with which the saga rolls back before the hold lapses.
    fn turned_back(&self, step: u16, hold: &Hold) -> Option<Change> {
        let after = total(&self.analysis().after_decision(hold.until)).within()?;
        let within = hold.lasts.checked_sub(after)?;
        let within = Change::Within(within);
        self.kept_with(within, is_kept(step))
    }
}

/// Whether the promises of the step and of the saga are kept.
fn is_kept(step: u16) -> impl Fn(&Analysis<'_>, &Definition) -> bool {
    move |analysis, definition| {
        let hold = definition.steps[usize::from(step)].holds.as_ref();
        let lasts = hold.map(|hold| Bound::Within(hold.lasts));
        let longest = longest(analysis, definition, step);
        within::is_kept(analysis, definition) && longest <= lasts
    }
}

/// The longest time that the hold of the step has to last. `None` if the hold does not begin before
/// the step that ends it.
fn longest(analysis: &Analysis<'_>, definition: &Definition, step: u16) -> Option<Bound> {
    let until = definition.steps[usize::from(step)].holds.as_ref()?.until;
    analysis.with_deadline().holds_within(step, until)
}

fn total(units: &[(Range<u16>, Bound)]) -> Bound {
    units.iter().map(|(_, time)| *time).sum()
}
