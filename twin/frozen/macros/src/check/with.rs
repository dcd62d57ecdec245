//! `compensate with`: which step may cover another step.

use proc_macro2::Ident;

use super::mistake::Mistake;
use super::scope::{Scope, Stage};
use crate::errors::{Errors, SIBLINGS};
use crate::model::{Compensate, Kind, Saga, Source, Step};
use crate::names::text;
use crate::parse::Lost;

/// `index` is the position of `step`.
pub(super) fn check(
    saga: &Saga,
    step: &Step,
    index: usize,
    scope: &Scope,
    lost: &Lost,
    errors: &mut Errors,
) {
    let Some(read) = step.with() else { return };
    let Source::Effect(by) = read.source else {
        return;
    };
    if step.kind != Kind::Step || matches!(scope.stage(index), Stage::Pivot | Stage::After) {
        return;
    }
    let steps: Vec<_> = saga.steps().collect();
    let span = read.name.span();
    if lost.clauses.contains(&text(&steps[by].name)) {
        return;
    }
    let mistake = unfit(step, steps[by]).or_else(|| skipped_by_version(&steps[by..=index]));
    let mistake = mistake.or_else(|| {
        let governs = scope.condition(by);
        let elsewhere = governs.is_some() && governs != scope.condition(index);
        elsewhere.then(|| {
            let (step, by) = (&step.name, &steps[by].name);
            let why = format!("`{by}` is inside a `when` block that does not contain `{step}`");
            skipped(step, by, why)
        })
    });
    if let Some(mistake) = mistake {
        return mistake.report(span, errors);
    }
    let is_read = step.reads.iter().any(|other| other.source == read.source);
    if scope.siblings(index, by) && !is_read {
        return beside(step, steps[by]).report(span, errors);
    }
    let between = steps[by + 1..=index].iter();
    for savepoint in between.filter(|between| between.attrs.savepoint.is_some()) {
        turned_between(step, steps[by], savepoint).report(span, errors);
    }
}

/// The reason why `by` cannot cover another step.
fn unfit(step: &Step, by: &Step) -> Option<Mistake> {
    let (step, name) = (&step.name, &by.name);
    if !matches!(by.compensate, Compensate::Clause(_)) {
        let help = "name an earlier step that has a `compensate(…)`";
        let why =
            format!("`compensate with {name}` undoes `{step}` by the compensation of `{name}`");
        let what = format!("`{name}` has no compensation of its own");
        return Some(Mistake::new(what, help).because(why));
    }
    if by.looped.is_some() {
        let what = format!("`{step}` cannot be undone with `{name}`, which is a loop");
        let why = format!("`{name}` is compensated once for each item");
        let help =
            format!("name a step that is not a loop, or give `{step}` a `compensate` of its own");
        return Some(Mistake::new(what, help).because(why));
    }
    if by.fallback.is_some() {
        let what = format!("`{step}` would not be undone when `{name}` falls back");
        let why = "a step that was replaced by its `fallback` is not compensated";
        let help =
            format!("name a step without a `fallback`, or give `{step}` a `compensate` of its own");
        return Some(Mistake::new(what, help).because(why));
    }
    let versioned = by.attrs.retired.is_some() || by.attrs.introduced.is_some();
    let conditional = by.attrs.when.is_some() && !versioned;
    conditional.then(|| {
        let why = format!("the `#[when]` of `{name}` does not apply to `{step}`");
        skipped(step, name, why)
    })
}

/// The reason why a run may continue without the first of these steps, and run the last one, which
/// is undone with the first.
fn skipped_by_version(steps: &[&Step]) -> Option<Mistake> {
    let ([by, ..], [.., step]) = (steps, steps) else {
        return None;
    };
    let (name, with) = (&step.name, &by.name);
    let is_introduced = |step: &&Step| step.attrs.introduced.is_some();
    let (why, help) = if by.attrs.retired.is_some() && step.attrs.retired.is_none() {
        let why = format!("a run that has not started `{with}` skips it (`#[retired]`)");
        (why, format!("write `#[retired]` on `{name}`, too"))
    } else if is_introduced(by) && !steps.iter().all(is_introduced) {
        let why =
            format!("a run that is already past `{with}` continues without it (`#[introduced]`)");
        let help = format!(
            "declare `{name}` directly after `{with}`, with `#[introduced]`, too: such a run continues without both"
        );
        (why, help)
    } else {
        return None;
    };
    let what = format!("`{name}` would not be undone when `{with}` is skipped");
    let help = format!("{help}; or give `{name}` a `compensate` of its own");
    Some(Mistake::new(what, help).because(why))
}

fn skipped(step: &Ident, by: &Ident, why: String) -> Mistake {
    Mistake::new(
        format!("`{step}` would not be undone when `{by}` is skipped"),
        format!(
            "put both into one `when (…) {{ … }}` block, or give `{step}` a `compensate` of its own"
        ),
    )
    .because(why)
}

fn beside(step: &Step, by: &Step) -> Mistake {
    let (step, by) = (&step.name, &by.name);
    Mistake::new(
        format!("`{by}` may not have happened when `{step}` starts"),
        format!("read `{by}` in the action of `{step}`, or declare `{by}` before the block"),
    )
    .because(SIBLINGS)
}

fn turned_between(step: &Step, by: &Step, savepoint: &Step) -> Mistake {
    let (step, by) = (&step.name, &by.name);
    Mistake::new(
        format!(
            "the savepoint `{}` would run `{step}` again without undoing it",
            savepoint.name
        ),
        format!("move `#[savepoint]` to `{by}` or a step before it, or give `{step}` a `compensate` of its own"),
    )
    .because(format!(
        "`{step}` is undone by the compensation of `{by}`, which is before the savepoint"
    ))
}
