//! Differences in the clauses of a step, and in the steps on which it depends.

use proc_macro2::{Span, TokenStream};
use quote::ToTokens;
use syn::Ident;
use typed_saga_definition::{CallKind, Definition, Difference, Text, Undo};

use super::now::Now;
use super::words::{Parts, at, changed, names, or_prune};
use crate::model::{Compensate, Read, Step};

/// A difference in how the step is undone.
pub(super) fn undone(step: &Step, difference: &Difference) -> Option<Parts> {
    let name = &step.name;
    let at_name = || name.to_token_stream();
    Some(match difference {
        Difference::Compensation { was, .. } => (
            undoing(step),
            changed(name, "is undone differently"),
            was.to_string(),
            or_prune(&match was {
                Undo::Absent => format!("remove the compensation of `{name}`"),
                was => format!("give `{name}` {was} again"),
            }),
        ),
        Difference::With { was, .. } => (
            step.with()
                .map_or_else(at_name, |read| read.name.to_token_stream()),
            changed(name, "is undone with a different step"),
            format!("with `{was}`"),
            or_prune(&format!("write `compensate with {was}` again")),
        ),
        Difference::Reads { was, is, .. } => {
            let reads = step
                .compensation()
                .into_iter()
                .flat_map(|clause| &clause.reads);
            let is_effect = |read: &&Read| read.effects().next().is_some();
            let mut new = reads
                .filter(is_effect)
                .filter(|read| has(is, read) && !has(was, read));
            (
                new.next()
                    .map_or_else(|| undoing(step), |read| read.name.to_token_stream()),
                format!(
                    "the compensation of `{name}` reads different values than in a released version"
                ),
                reading(was),
                or_prune(&format!("let the compensation read {} again", names(was))),
            )
        }
        _ => return None,
    })
}

/// A difference in how the step is settled, whether it may be skipped, and which steps it depends
/// on.
pub(super) fn settled(now: &Now<'_>, old: &Definition, difference: &Difference) -> Option<Parts> {
    let step = now.step;
    let name = &step.name;
    let at_name = || name.to_token_stream();
    Some(match difference {
        Difference::When { step: recorded } => {
            let mut steps = old.steps.iter().filter(|was| was.name == *recorded);
            let (gone, word) = if steps.any(|was| was.retired) {
                ("is no longer `#[retired]`", "`#[retired]`")
            } else {
                ("no longer has a `#[when]`", "`#[when]`")
            };
            (
                at_name(),
                format!("`{name}` {gone}, and runs of a released version may have skipped it"),
                word.to_owned(),
                or_prune(&format!("put {word} back")),
            )
        }
        Difference::Resolve { .. } => flag(name, "`resolve`", false, None),
        Difference::Fallback { is, .. } => {
            let clause = step.fallback.as_ref().map(|clause| clause.span);
            flag(name, "`fallback`", *is, clause)
        }
        Difference::Idempotent { is, .. } => {
            let attribute = step.attrs.idempotent.as_ref().map(|keyed| keyed.span);
            flag(name, "`#[idempotent]`", *is, attribute)
        }
        Difference::Late { is, .. } => {
            let late = now.saga.late(step).map(|late| late.span);
            flag(name, "`#[late]`", *is, late)
        }
        Difference::Key { call, was, .. } => keyed(step, *call, was),
        Difference::StandsOn { was, is, .. } => depends(now, was, is, "depends on"),
        Difference::Awaits { was, is, .. } => depends(now, was, is, "waits for"),
        _ => return None,
    })
}

/// A flag of a step that is new or gone.
fn flag(name: &Ident, word: &str, is: bool, at_it: Option<Span>) -> Parts {
    let at = at_it
        .filter(|_| is)
        .map_or_else(|| name.to_token_stream(), at);
    if is {
        let what = format!("`{name}` has {word}, which a released version of it does not have");
        let help = or_prune(&format!("remove {word} from `{name}` again"));
        return (at, what, format!("no {word}"), help);
    }
    let what = format!("`{name}` has no {word}, but had one in a released version");
    let help = or_prune(&format!("put {word} back on `{name}`"));
    (at, what, word.to_owned(), help)
}

/// A different value as the key of a call.
fn keyed(step: &Step, call: CallKind, was: &Text) -> Parts {
    let name = &step.name;
    let (keyed, what) = if call == CallKind::Compensate {
        let undo = step.compensation();
        let undo = undo.and_then(|clause| clause.attrs.by_key.as_ref());
        (undo, format!("the compensation of `{name}`"))
    } else {
        (step.attrs.idempotent.as_ref(), format!("`{name}`"))
    };
    let at = match keyed {
        Some(keyed) => keyed
            .name()
            .map_or_else(|| at(keyed.span), ToTokens::to_token_stream),
        None => name.to_token_stream(),
    };
    (
        at,
        format!("{what} has a different key than in a released version, and might be done twice"),
        format!("`{was}`"),
        or_prune(&format!("make `{was}` the key again")),
    )
}

/// A dependency on different steps: reported at the first new read, if there is one.
fn depends(now: &Now<'_>, was: &[Text], is: &[Text], how: &str) -> Parts {
    let is_new = |read: &&Read| {
        let mut of = read.effects().filter_map(|of| now.definition.steps.get(of));
        of.any(|of| is.contains(&of.name) && !was.contains(&of.name))
    };
    let (name, new) = (&now.step.name, now.step.all_reads().find(is_new));
    let at = new.map_or_else(
        || name.to_token_stream(),
        |read| read.name.to_token_stream(),
    );
    (
        at,
        changed(name, &format!("{how} different steps")),
        format!("it {how} {}", names(was)),
        or_prune(&format!("read what `{name}` read before")),
    )
}

/// The token that declares how the step is undone; its name if nothing does.
fn undoing(step: &Step) -> TokenStream {
    match &step.compensate {
        Compensate::Missing => step.name.to_token_stream(),
        Compensate::None(span, _) | Compensate::With(span, _) => at(*span),
        Compensate::Clause(clause) => at(clause.span),
    }
}

fn has(names: &[Text], read: &Read) -> bool {
    let recorded = read.recorded();
    names
        .iter()
        .any(|name| recorded.iter().any(|read| **name == *read))
}

fn reading(was: &[Text]) -> String {
    format!("it read {}", names(was))
}
