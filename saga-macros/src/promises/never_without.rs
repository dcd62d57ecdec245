//! `#[never_without(a, b)]`: the rules that prevent a step from remaining applied alone, each with
//! its message.

use saga_analysis::Gap;

use super::Promised;
use crate::errors::{Errors, SIBLINGS};
use crate::model::{Kind, Source};

/// What is wrong, why, and what to do.
type Said = (String, String, String);

impl Promised<'_> {
    pub(super) fn never_without(&self, step: u16, errors: &mut Errors) {
        for read in self.step(step).attrs.never_without.iter().flatten() {
            let Source::Effect(other) = read.source else {
                continue;
            };
            let other = u16::try_from(other).unwrap_or(u16::MAX);
            if let Err(gap) = self.analysis().never_without(step, other) {
                let (what, why, help) = self.said(gap, step, other);
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
                format!("read `{b}` in the action of `{name}`, or write `#[after({b})]` on it"),
            ),
            Gap::FallsBack => (
                format!("`{name}` runs without `{b}` where `{b}` falls back"),
                format!("the `fallback` of `{b}` takes the place of an effect that never happened"),
                format!("remove the `fallback` of `{b}`, or `{b}` from this list"),
            ),
            Gap::Skipped => (
                format!("`{name}` runs without `{b}` where the `#[when]` of `{b}` skips it"),
                "a condition may answer either way".to_owned(),
                if self.step(other).kind == Kind::Pivot {
                    format!("remove the `#[when]` of `{b}`, or `{b}` from this list")
                } else {
                    format!(
                        "put both into one `when (…) {{ … }}` block, or remove `{b}` from this list"
                    )
                },
            ),
            Gap::Block => (
                format!("`{name}` runs without `{b}` where the `when` block of `{b}` is skipped"),
                format!("`{name}` is not in this block"),
                format!("move `{name}` into the block, or `{b}` out of it"),
            ),
            Gap::Left => (
                format!("`{name}` says `compensate none`, and stays while `{b}` is undone"),
                format!(
                    "rolling back, the saga leaves `{name}` as it is, and keeps nothing for it: \
                    not even `#[after({b})]` helps"
                ),
                format!("give `{name}` a `compensate(…)`, or move it after the pivot"),
            ),
            Gap::Perhaps => (
                format!("`{name}` may have happened and stay unknown while `{b}` is undone"),
                format!(
                    "nothing settles the doubt of `{name}` after a panic, and it keeps nothing then"
                ),
                format!("give `{name}` a `resolve`, or make it `#[idempotent]`"),
            ),
            Gap::UndoneLate { by, other } => self.undone_late((step, by), other),
            Gap::NotKept { by, other, skipped } => self.not_kept((step, by), other, skipped),
        }
    }

    /// The message for a step of a kind that cannot remain applied, or about which nothing more is
    /// known.
    fn of_kind(&self, of: u16, promises: bool) -> Said {
        let (step, name) = (self.step(of), self.name(of));
        let help = if promises {
            "remove `#[never_without]`"
        } else {
            "remove it from this list"
        };
        let why = match step.kind {
            Kind::Step | Kind::Pivot if promises => {
                "the steps of a saga are not known where it is a step, so nothing keeps them from standing \
                 alone"
            }
            Kind::Step | Kind::Pivot => {
                "what is left standing of a saga that is a step is not known here"
            }
            Kind::Read => "a `read` changes nothing outside the saga, so it is never missing",
            Kind::Signal | Kind::Sleep | Kind::Lock => {
                "it only waits, and changes nothing outside the saga"
            }
        };
        let kind = match step.kind {
            Kind::Step | Kind::Pivot => "saga",
            kind => kind.word(),
        };
        let what = if promises {
            format!("`#[never_without]` cannot be used on `{name}`, which is a {kind}")
        } else {
            format!("`#[never_without]` cannot name `{name}`, which is a {kind}")
        };
        (what, why.to_owned(), help.to_owned())
    }

    /// The message if `other` is undone before the step is, because `by`, which undoes the step,
    /// comes earlier.
    fn undone_late(&self, (step, by): (u16, u16), other: u16) -> Said {
        let (name, cover, b) = (self.name(step), self.name(by), self.name(other));
        (
            format!("`{b}` is undone while `{name}` stands"),
            format!(
                "`{name}` is undone with `{cover}`, which comes before `{b}`, so `{b}` is undone \
                 first"
            ),
            format!(
                "give `{name}` a `compensate(…)` of its own, or declare `{cover}` after `{b}`, with \
                 `#[after({b})]`"
            ),
        )
    }

    /// The message if a failed compensation by `by`, which undoes the step, does not prevent that
    /// of `other`. `skipped` is a step that may be skipped, through which alone `by` depends on
    /// `other`.
    fn not_kept(&self, (step, by): (u16, u16), other: u16, skipped: Option<u16>) -> Said {
        let (name, by_name, b) = (self.name(step), self.name(by), self.name(other));
        let what = format!("`{b}` may be undone while `{name}` cannot be");
        let with = if by == step {
            String::new()
        } else {
            format!(", which `{name}` is undone with,")
        };
        let why = match skipped {
            Some(skipped) => {
                let skipped = self.name(skipped);
                format!(
                    "`{by_name}`{with} depends on `{b}` through `{skipped}` alone, which may be skipped and \
                     keeps nothing then"
                )
            }
            None => format!(
                "what cannot be undone keeps the steps that it depends on, and `{by_name}`{with} does not \
                 depend on `{b}`"
            ),
        };
        let help = if by == step {
            format!("read `{b}` in the action of `{by_name}`, or write `#[after({b})]` on it")
        } else {
            format!("write `#[after({b})]` on `{by_name}`")
        };
        (what, why, help)
    }
}
