//! `compensate with`: what may cover another step.

use proc_macro2::Ident;

use super::mistake::Mistake;
use super::scope::{Scope, Stage};
use crate::errors::Errors;
use crate::model::{Compensate, Kind, Saga, Source, Step};

/// `index`: of the step.
pub(super) fn check(saga: &Saga, step: &Step, index: usize, scope: &Scope, errors: &mut Errors) {
    let Some(read) = step.with() else { return };
    let Source::Effect(by) = read.source else {
        return;
    };
    if step.kind != Kind::Step || matches!(scope.stage(index), Stage::Pivot | Stage::After) {
        return;
    }
    let steps: Vec<_> = saga.steps().collect();
    let span = read.name.span();
    let mistake = unfit(step, steps[by]).or_else(|| {
        let governs = scope.condition(by);
        let elsewhere = governs.is_some() && governs != scope.condition(index);
        elsewhere.then(|| {
            skipped(
                &step.name,
                &steps[by].name,
                "the `when` block that it is in",
            )
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

/// Why `by` covers no other step.
fn unfit(step: &Step, by: &Step) -> Option<Mistake> {
    let (step, name) = (&step.name, &by.name);
    if !matches!(by.compensate, Compensate::Clause(_)) {
        let help = "name an earlier step that has a `compensate(…)`";
        let why = format!("`{step}` is undone when `{name}` is");
        let what = format!("`{name}` has no compensation of its own");
        return Some(Mistake::new(what, help).because(why));
    }
    if by.looped.is_some() {
        let what = format!("`{name}` is a loop, and undone for each item by itself");
        let why = format!("`{step}` is undone when one step is");
        let help = format!("name a step that is not looped, or undo `{step}` itself");
        return Some(Mistake::new(what, help).because(why));
    }
    if by.fallback.is_some() {
        let what = format!("`{name}` may fall back, and is not undone then");
        let why = format!("nothing would undo what `{step}` did");
        let help = format!("name a step without a `fallback`, or undo `{step}` itself");
        return Some(Mistake::new(what, help).because(why));
    }
    let conditional = by.attrs.when.is_some();
    conditional.then(|| skipped(step, name, "its `#[when]`"))
}

/// `governs`: what governs `by`.
fn skipped(step: &Ident, by: &Ident, governs: &str) -> Mistake {
    Mistake::new(
        format!("`{by}` may be skipped, and is not undone then"),
        format!("put both into one `when (…) {{ … }}` block, or undo `{step}` itself"),
    )
    .because(format!(
        "{governs} does not govern `{step}`, which nothing would undo"
    ))
}

fn beside(step: &Step, by: &Step) -> Mistake {
    let (step, by) = (&step.name, &by.name);
    Mistake::new(
        format!("`{by}` may not have happened when `{step}` starts"),
        format!("read it in the action of `{step}`, or declare `{by}` before the block"),
    )
    .because("siblings run side by side: one waits only for those above it that it reads")
}

fn turned_between(step: &Step, by: &Step, savepoint: &Step) -> Mistake {
    let (step, by) = (&step.name, &by.name);
    Mistake::new(
        format!(
            "the savepoint on `{}` would run `{step}` again",
            savepoint.name
        ),
        format!("move `#[savepoint]` to `{by}` or a step before it, or undo `{step}` itself"),
    )
    .because(format!(
        "what `{step}` did is undone with `{by}` alone, which is before the savepoint"
    ))
}
