//! What is in the way of another run of the child sagas of a saga, at any depth.

use syn::spanned::Spanned;
use typed_saga_definition::{Definition, Limit, Side, Why};

use super::words::{calls_again, words};
use crate::check::Mistake;
use crate::errors::{self, Errors};
use crate::known::Known;
use crate::model::{Saga, Step};

/// Reports each step of a child saga that is in the way of a rerun of this saga.
pub(super) fn check(saga: &Saga, definition: &Definition, known: &Known<'_>, errors: &mut Errors) {
    for root in definition.run_again() {
        let step = saga.step(root);
        let at = step
            .child()
            .map_or(step.name.span(), |child| child.path.span());
        let run = Run {
            why: reason(saga, definition, root),
            at,
        };
        let covers = definition.steps[usize::from(root)].is_again();
        below(known, step, ("", covers), &run, errors);
    }
}

/// A child saga that runs again.
struct Run {
    why: String,
    /// Its path in its parent.
    at: proc_macro2::Span,
}

/// Reports what is in the way in the child saga of a step, and in its child sagas. `covers`: what the
/// child leaves is covered by a step above.
fn below(
    known: &Known<'_>,
    step: &Step,
    (above, covers): (&str, bool),
    run: &Run,
    errors: &mut Errors,
) {
    let child = step.child().and_then(|child| known.child(child));
    let Some((child, definition)) = child else {
        return;
    };
    let path = match above {
        "" => step.name.to_string(),
        above => format!("{above}/{}", step.name),
    };
    for obstacle in definition.obstacles_to_another_run(covers) {
        let met = child.step(obstacle.step);
        let mistake = match &obstacle.why {
            Why::Left { .. } => left(&path, child, met, run),
            Why::SameKey { by } => same_key(&path, child, (met, by), run),
        };
        mistake.report(run.at, errors);
    }
    for place in definition.children() {
        let covers = covers || definition.steps[usize::from(place)].is_again();
        below(known, child.step(place), (&path, covers), run, errors);
    }
}

fn left(path: &str, child: &Saga, step: &Step, run: &Run) -> Mistake {
    let (name, saga) = (&step.name, &child.name);
    let ways = words(step).map(|way| format!("in `{saga}`, {way}"));
    Mistake::new(
        format!("`{path}/{name}` may be applied when `{path}` runs again"),
        errors::ways("do one of these:", &ways),
    )
    .because(format!(
        "{}; that would {}, and nothing has undone it",
        run.why,
        calls_again(step)
    ))
}

fn same_key(path: &str, child: &Saga, (step, by): (&Step, &str), run: &Run) -> Mistake {
    let (name, saga) = (&step.name, &child.name);
    let attribute = if step.attrs.idempotent.is_some() {
        "idempotent"
    } else {
        "by_key"
    };
    Mistake::new(
        format!("`{by}` cannot identify `{path}/{name}`: it may keep its value when `{name}` runs again"),
        format!(
            "in `{saga}`, read `key`, which changes with each run, and write `#[{attribute}]`; or name an \
             effect of an earlier step of `{saga}` that is never skipped and has no `fallback`"
        ),
    )
    .because(format!(
        "{}; the service would match the new request to the one that was undone",
        run.why
    ))
}

/// Why a step of a saga, a child saga, runs again.
fn reason(saga: &Saga, definition: &Definition, step: u16) -> String {
    let name = &saga.step(step).name;
    let is_behind = definition.side(step) == Side::AfterPivot;
    if let Some(pivot) = definition.pivot.filter(|_| is_behind) {
        let pivot = &saga.step(pivot).name;
        let retry = definition.steps[usize::from(step)].acting().retry.as_ref();
        let once = retry.is_some_and(|retry| retry.limit == Limit::Times(1));
        let until = if once {
            "when the parked saga is resumed"
        } else {
            "until it succeeds"
        };
        return format!("after the pivot `{pivot}`, `{name}` runs again {until}");
    }
    match definition.savepoint_of(step) {
        Some(savepoint) => {
            let savepoint = &saga.step(savepoint).name;
            format!("`{name}` runs again after a rollback to the savepoint `{savepoint}`")
        }
        None => format!("`#[retry]` runs `{name}` again after it has failed"),
    }
}
