//! `compensate with`: which step may cover another step.

use proc_macro2::Ident;
use typed_saga_definition::{Skipped, Uncovered};

use super::mistake::Mistake;
use super::scope::{Scope, Stage};
use crate::errors::{Errors, SIBLINGS};
use crate::model::{Kind, Saga, Source, Step, index};
use crate::names::text;
use crate::parse::Lost;

/// `place` is the position of `step`.
pub(super) fn check(
    saga: &Saga,
    step: &Step,
    place: usize,
    scope: &Scope,
    lost: &Lost,
    errors: &mut Errors,
) {
    let Some(read) = step.with() else { return };
    let Source::Effect(by) = read.source else {
        return;
    };
    if step.kind != Kind::Step || matches!(scope.stage(place), Stage::Pivot | Stage::After) {
        return;
    }
    let names: Vec<_> = saga.steps().map(|step| &step.name).collect();
    if lost.clauses.contains(&text(names[by])) {
        return;
    }
    for why in scope.facts().uncovered(index(place), index(by)) {
        uncovered(why, place, by, &names).report(read.name.span(), errors);
    }
}

/// What is wrong, why, and what to do.
type Said = (String, String, String);

/// The reason why the step at `by` cannot cover the one at `place`.
fn uncovered(why: Uncovered, place: usize, by: usize, names: &[&Ident]) -> Mistake {
    let (step, by) = (names[place], names[by]);
    let own = format!("give `{step}` a `compensate` of its own");
    let (what, why, help) = match why {
        Uncovered::NoCompensation => (
            format!("`{by}` has no compensation of its own"),
            format!("`compensate with {by}` undoes `{step}` by the compensation of `{by}`"),
            "name an earlier step that has a `compensate(…)`".to_owned(),
        ),
        Uncovered::Loop => (
            format!("`{step}` cannot be undone with `{by}`, which is a loop"),
            format!("`{by}` is compensated once for each item"),
            format!("name a step that is not a loop, or {own}"),
        ),
        Uncovered::FallsBack => (
            format!("`{step}` would not be undone when `{by}` falls back"),
            "a step that was replaced by its `fallback` is not compensated".to_owned(),
            format!("name a step without a `fallback`, or {own}"),
        ),
        Uncovered::Skipped(why) => skipped(why, step, by, &own),
        Uncovered::Sibling => (
            format!("`{by}` may not have happened when `{step}` starts"),
            SIBLINGS.to_owned(),
            format!("read `{by}` in the action of `{step}`, or declare `{by}` before the block"),
        ),
        Uncovered::Savepoint(savepoint) => (
            format!(
                "the savepoint `{}` would run `{step}` again without undoing it",
                names[usize::from(savepoint)]
            ),
            format!(
                "`{step}` is undone by the compensation of `{by}`, which is before the savepoint"
            ),
            format!("move `#[savepoint]` to `{by}` or a step before it, or {own}"),
        ),
    };
    Mistake::new(what, help).because(why)
}

fn skipped(why: Skipped, step: &Ident, by: &Ident, own: &str) -> Said {
    let in_one = format!("put both into one `when (…) {{ … }}` block, or {own}");
    let (why, help) = match why {
        Skipped::When => {
            let why = format!("the `#[when]` of `{by}` does not apply to `{step}`");
            (why, in_one)
        }
        Skipped::Block => {
            let why = format!("`{by}` is inside a `when` block that does not contain `{step}`");
            (why, in_one)
        }
        Skipped::Retired => (
            format!("a run that has not started `{by}` skips it (`#[retired]`)"),
            format!("write `#[retired]` on `{step}`, too; or {own}"),
        ),
        Skipped::Introduced => (
            format!("a run that is already past `{by}` continues without it (`#[introduced]`)"),
            format!(
                "declare `{step}` directly after `{by}`, with `#[introduced]`, too: such a run \
                 continues without both; or {own}"
            ),
        ),
    };
    let what = format!("`{step}` would not be undone when `{by}` is skipped");
    (what, why, help)
}
