//! `#[never_without(a, b)]`: the rules that prevent a step from remaining applied alone, each with
//! its message.

use typed_saga_analysis::{Analysis, Gap};
use typed_saga_definition::{Compensation, language::Attribute, reached};

use super::Promised;
use crate::errors::{Errors, SIBLINGS, awaited};
use crate::model::{Kind, index};

/// What is wrong, why, and what to do.
type Said = (String, String, String);

impl Promised<'_> {
    pub(super) fn never_without(&self, step: u16, errors: &mut Errors) {
        for read in self.step(step).attrs.never_without.iter().flatten() {
            let gap = |other: u16| Some((other, self.analysis().never_without(step, other).err()?));
            if let Some((other, gap)) = read.effects().map(index).find_map(gap) {
                let (what, why, help) = self.said(gap, step, other);
                if gap == Gap::Kind(step) {
                    // The attribute is wrong, whatever it names.
                    let name = self.step(step).attrs.span_of(Attribute::NeverWithout);
                    let span = name.unwrap_or_else(|| read.name.span());
                    return errors.add_noted(span, what, why, help);
                }
                errors.add_noted(read.name.span(), what, why, help);
            }
        }
    }

    fn said(&self, gap: Gap, step: u16, other: u16) -> Said {
        let (name, b) = (self.name(step), self.name(other));
        match gap {
            Gap::Kind(of) => self.of_kind(of, of == step),
            Gap::Order => (
                format!("`{b}` may not have happened when `{name}` starts"),
                SIBLINGS.to_owned(),
                awaited(b, name),
            ),
            Gap::FallsBack => (
                format!("`{name}` runs without `{b}` when `{b}` falls back"),
                format!("the `fallback` of `{b}` supplies a value although `{b}` never happened"),
                format!("remove the `fallback` of `{b}`, or `{b}` from this list"),
            ),
            Gap::Skipped => self.skipped(step, other),
            Gap::Block => (
                format!("`{name}` runs even if the `when` block of `{b}` is skipped"),
                format!("`{name}` is outside that block"),
                format!("move `{name}` into the block, or `{b}` out of it"),
            ),
            Gap::Left => (
                format!("`{name}` has `compensate none`, so it stays applied when `{b}` is undone"),
                format!(
                    "a rollback leaves `{name}` as it is and undoes `{b}`, even with `#[after({b})]`"
                ),
                format!("give `{name}` a `compensate(…)`, or move it after the pivot"),
            ),
            Gap::Perhaps => (
                format!("`{name}` may stay applied when `{b}` is undone"),
                format!(
                    "after a panic, nothing finds out whether `{name}` happened, and `{b}` is undone \
                     all the same"
                ),
                format!("give `{name}` a `resolve`, or make it `#[idempotent]`"),
            ),
            Gap::UndoneLate { by, other: upper } => self.undone_late((step, by), (other, upper)),
            Gap::NotKept { by, other, skipped } => self.not_kept((step, by), other, skipped),
        }
    }

    /// The message if the other step may be skipped by an attribute of its own.
    fn skipped(&self, step: u16, other: u16) -> Said {
        let (name, b, attrs) = (self.name(step), self.name(other), &self.step(other).attrs);
        let remove = format!("remove `{b}` from this list");
        if attrs.retired.is_some() {
            let what = format!("`{name}` runs without `{b}`, which is `#[retired]`");
            let why = "a run that has not started a retired step skips it";
            return (what, why.to_owned(), remove);
        }
        if attrs.introduced.is_some() {
            let what = format!("`{name}` may run without `{b}`, which is `#[introduced]`");
            let why = "a run that was already past this point skips an introduced step";
            let help = format!(
                "remove `{b}` from this list, or the `#[introduced]` of `{b}` once no such run is left"
            );
            return (what, why.to_owned(), help);
        }
        let help = if self.step(other).kind == Kind::Pivot {
            format!("remove the `#[when]` of `{b}`, or `{b}` from this list")
        } else {
            format!("put both into one `when (…) {{ … }}` block, or {remove}")
        };
        (
            format!("`{name}` runs even if `#[when]` skips `{b}`"),
            "the condition may be false".to_owned(),
            help,
        )
    }

    /// The message for a step of a kind that cannot remain applied, or about which nothing more is
    /// known.
    fn of_kind(&self, of: u16, promises: bool) -> Said {
        let (step, name) = (self.step(of), self.name(of));
        let (kind, why) = match step.kind {
            Kind::Step | Kind::Pivot => (
                "child saga",
                "the parent does not know which steps of a child saga stay applied".to_owned(),
            ),
            Kind::Read => (
                "read",
                "a `read` changes nothing outside the saga, so it is never missing".to_owned(),
            ),
            Kind::Signal | Kind::Sleep | Kind::Lock => {
                let kind = step.kind.word();
                let why = format!("a {kind} only waits, and changes nothing outside the saga");
                (kind, why)
            }
        };
        let (how, help) = if promises {
            ("be used on", "remove `#[never_without]`".to_owned())
        } else {
            ("name", format!("remove `{name}` from this list"))
        };
        let what = format!("`#[never_without]` cannot {how} `{name}`, which is a {kind}");
        (what, why, help)
    }

    /// The message if the compensation of `upper`, which undoes `other`, comes before that of `by`,
    /// which undoes the step.
    fn undone_late(&self, (step, by): (u16, u16), (other, upper): (u16, u16)) -> Said {
        let (name, cover, b) = (self.name(step), self.name(by), self.name(upper));
        let mut ways = vec![format!("give `{name}` a `compensate(…)` of its own")];
        let may_cover = self.definition.uncovered(step, upper).is_empty();
        if may_cover && self.covered(step, other, upper) {
            ways.push(format!("write `compensate with {b}` on `{name}`"));
        }
        let stands_on = |step: u16| {
            let step = &self.definition.steps[usize::from(step)];
            step.stands_on.iter().copied()
        };
        if !reached(upper, stands_on).contains(&by) {
            ways.push(format!(
                "declare `{cover}` after `{b}`, with `#[after({b})]`"
            ));
        }
        (
            format!("`{b}` would be undone before `{name}`"),
            format!(
                "`{name}` is undone with `{cover}`, which is declared before `{b}`, and \
                 compensations run in reverse order"
            ),
            ways.join(", or "),
        )
    }

    /// Whether the promise is kept if `by` undoes the step, too.
    fn covered(&self, step: u16, other: u16, by: u16) -> bool {
        let mut definition = self.definition.clone();
        definition.steps.to_mut()[usize::from(step)].compensation = Compensation::With(by);
        Analysis::of(&definition).never_without(step, other).is_ok()
    }

    /// The message if a failed compensation by `by`, which undoes the step, does not prevent that
    /// of `other`. `skipped` is a step that may be skipped, through which alone `by` depends on
    /// `other`.
    fn not_kept(&self, (step, by): (u16, u16), other: u16, skipped: Option<u16>) -> Said {
        let (name, by_name, b) = (self.name(step), self.name(by), self.name(other));
        let what = format!("`{b}` may be undone even if `{name}` cannot be");
        let is_covered = by != step;
        let why = if let Some(skipped) = skipped {
            let skipped = self.name(skipped);
            let who = if is_covered {
                format!("`{name}` is undone with `{by_name}`, which")
            } else {
                format!("`{by_name}`")
            };
            format!(
                "{who} depends on `{b}` only through `{skipped}`; if `{skipped}` is skipped, nothing \
                 stops the rollback of `{b}`"
            )
        } else {
            let when = if is_covered {
                format!("`{name}` is undone with `{by_name}`; if that fails")
            } else {
                format!("if the compensation of `{by_name}` fails")
            };
            format!(
                "{when}, only the steps that `{by_name}` depends on stay applied, and `{b}` is not one \
                 of them"
            )
        };
        let help = if is_covered {
            format!("write `#[after({b})]` on `{by_name}`")
        } else {
            awaited(b, by_name)
        };
        (what, why, help)
    }
}
