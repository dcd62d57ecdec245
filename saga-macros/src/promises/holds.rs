//! `#[holds(d, until = step)]`: whether a later step is applied before the hold of an earlier step
//! lapses.

use std::cmp::Reverse;
use std::ops::Range;
use std::time::Duration;

use proc_macro2::Span;
use typed_saga_analysis::{Analysis, Bound, Endless};
use typed_saga_definition::{Definition, Hold, duration};

use super::mend::{Change, whole};
use super::{Promised, within, words};
use crate::errors::{Errors, SIBLINGS, list};

impl Promised<'_> {
    /// `has_time`: `#[within]` is kept, if there is one. Otherwise no time is judged, because
    /// nothing could mend it.
    pub(super) fn holds(&self, step: u16, has_time: bool, errors: &mut Errors) {
        let Some(written) = &self.step(step).attrs.holds else {
            return;
        };
        if written.until.is_none() && !self.may_end_at_the_pivot(step, written.span, errors) {
            return;
        }
        let name = self.name(step);
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
            Some(_) if !has_time => {}
            Some(Bound::Within(longest)) if longest <= hold.lasts => {}
            Some(Bound::Within(longest)) => {
                let takes = duration(longest);
                let what = format!(
                    "`{name}` holds for {lasts}, and it may take {takes} until `{until}` is applied"
                );
                let (mut why, order) = self.arithmetic(step, hold, longest);
                let mut changes = self.fewer_turns(is_kept(step));
                changes.extend(self.shorter(step, order));
                let in_full = self.analysis().holds_within(step, hold.until);
                if let Some(Bound::Endless(endless)) = in_full {
                    changes.extend(self.bounds(endless, hold.lasts, is_kept(step)));
                }
                if changes.is_empty() {
                    why.push_str("\n  no shorter limit on a single step is enough");
                }
                changes.extend(self.turned_back(step, hold));
                let longer = Change::Lasts(step, whole(longest));
                changes.extend(self.kept_with(longer, is_kept(step)));
                let help = self.advice(&changes, "remove `#[holds]`");
                errors.add_noted(written.lasts.span, what, why, help);
            }
            Some(Bound::Endless(endless)) => self.holds_endlessly(step, hold, endless, errors),
        }
    }

    /// Whether the pivot, which is the default, can end the hold of the step. Reports it if not.
    fn may_end_at_the_pivot(&self, step: u16, span: Span, errors: &mut Errors) -> bool {
        let name = self.name(step);
        let why = match self.pivot() {
            None => "and this saga has none".to_owned(),
            Some(pivot) if pivot == step => format!("which is `{name}` itself"),
            Some(pivot) if pivot < step => format!("which comes before `{name}`"),
            Some(_) => return true,
        };
        let what = format!("`#[holds]` on `{name}` needs `until = …`");
        let why = format!("the default is the pivot, {why}");
        let help = if usize::from(step) + 1 == self.steps.len() {
            format!("remove `#[holds]`: no step follows `{name}`")
        } else {
            "name a later step: `#[holds(…, until = step)]`".to_owned()
        };
        errors.add_noted(span, what, why, help);
        false
    }

    /// Reports that nothing limits the time for which the step has to hold.
    fn holds_endlessly(&self, step: u16, hold: &Hold, endless: Endless, errors: &mut Errors) {
        let (name, until) = (self.name(step), self.name(hold.until));
        let lasts = duration(hold.lasts);
        let Some(blame) = self.blame(endless) else {
            return;
        };
        let turned = if self.is_by_turn(step, endless) {
            let saved = self.saved(step, hold.until);
            format!("; meanwhile the saga may roll back to {saved}, and run forward again")
        } else {
            String::new()
        };
        let why = format!("`{name}` holds for {lasts}, until `{until}` is applied{turned}");
        let mut changes = self.bounds(endless, hold.lasts, is_kept(step));
        changes.extend(self.turned_back(step, hold));
        let otherwise = blame.help.unwrap_or_else(|| {
            if endless.step == step || endless.step == hold.until {
                return format!("remove the `#[holds]` of `{name}`");
            }
            let between = self.name(endless.step);
            format!("declare `{between}` before `{name}`, or after `{until}`")
        });
        errors.add_noted(
            blame.span,
            blame.what,
            why,
            self.advice(&changes, &otherwise),
        );
    }

    /// The parts of the time, a line for each step; and the steps, the longest first.
    fn arithmetic(&self, step: u16, hold: &Hold, longest: Duration) -> (String, Vec<u16>) {
        let (analysis, all) = (self.analysis(), Bound::Within(longest));
        let through = analysis.holds_through(step, hold.until);
        let in_full = total(&through);
        let after = analysis.after_decision(hold.until);
        let within = self.definition.within.map_or_else(String::new, duration);
        let (limited, turns) = (in_full > all, in_full < all);
        let (mut lines, units, sum) = if limited && !after.is_empty() {
            let first = format!("{within}: until the pivot has happened, by `#[within({within})]`");
            let sum = format!("these add up to {}", duration(longest));
            (vec![first], after, sum)
        } else if let Bound::Endless(endless) = in_full {
            let between = self.name(endless.step);
            let sum = format!(
                "`#[within({within})]` alone limits this time; without it, there is no bound, because \
                 of `{between}`"
            );
            return (sum, longest_first(&through));
        } else {
            let in_full = words::bound(in_full);
            let sum = if limited {
                format!(
                    "`#[within({within})]` limits this time to {}; without it, these add up to \
                     {in_full}",
                    duration(longest)
                )
            } else if turns {
                let saved = self.saved(step, hold.until);
                format!(
                    "after a rollback to {saved}, steps run again; a single pass takes {in_full}"
                )
            } else {
                format!("these add up to {in_full}")
            };
            (Vec::new(), through.clone(), sum)
        };
        let mut takes: Vec<_> = units
            .iter()
            .filter(|(_, time)| *time != Bound::ZERO)
            .collect();
        let spent = takes
            .iter()
            .map(|(unit, time)| format!("{}: {}", words::bound(*time), self.spent(step, unit)));
        lines.extend(spent);
        takes.sort_by_key(|(_, time)| Reverse(time.within()));
        let most = match takes.as_slice() {
            [(most, longest), (_, next), ..] if longest > next => {
                let most = list(most.clone().map(|step| self.name(step)));
                format!(", most of it in {most}")
            }
            _ => String::new(),
        };
        let mut order = longest_first(&units);
        if limited {
            order.extend(longest_first(&through));
        }
        (format!("{sum}{most}:\n  {}", lines.join("\n  ")), order)
    }

    /// The savepoints between the step and the one until which it holds.
    fn saved(&self, step: u16, until: u16) -> String {
        let from = if self.definition.steps[usize::from(step)].may_stay() {
            0
        } else {
            step + 1
        };
        let saved = (from..=until).filter(|at| self.step(*at).attrs.savepoint.is_some());
        format!(
            "the `#[savepoint]` of {}",
            list(saved.map(|at| self.name(at)))
        )
    }

    /// Whether the time has this reason only because of savepoints.
    fn is_by_turn(&self, step: u16, endless: Endless) -> bool {
        let mut definition = self.definition.clone();
        for step in definition.steps.to_mut() {
            step.savepoint = None;
        }
        let once = longest(&Analysis::of(&definition), &definition, step);
        once != Some(Bound::Endless(endless))
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
            analysis.terms(first).settled
        } else {
            analysis.terms(first).applied
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
pub(super) fn is_kept(step: u16) -> impl Fn(&Analysis<'_>, &Definition) -> bool {
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

/// The steps, in the order of the times of their units.
fn longest_first(units: &[(Range<u16>, Bound)]) -> Vec<u16> {
    let mut units: Vec<_> = units.iter().collect();
    units.sort_by_key(|(_, time)| Reverse(time.within()));
    units
        .into_iter()
        .flat_map(|(unit, _)| unit.clone())
        .collect()
}

fn total(units: &[(Range<u16>, Bound)]) -> Bound {
    units.iter().map(|(_, time)| *time).sum()
}
