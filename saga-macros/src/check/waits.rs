//! What signals and sleeps must say, and may not.

use super::kinds::{compensation, compensation_text};
use super::scope::Stage;
use crate::errors::{self, Errors};
use crate::model::{Kind, Step, WaitEnd};

pub(super) fn check(step: &Step, stage: Stage, errors: &mut Errors) {
    if step.kind.acts() {
        return;
    }
    let (name, kind) = (&step.name, step.kind.word());
    let mut refuse = |span, clause, why| {
        let what = format!("`{clause}` cannot be used on the {kind} `{name}`");
        errors.add_noted(span, what, why, format!("remove `{clause}`"));
    };
    if let Some(clause) = &step.resolve {
        let why = "it calls nobody, so its outcome is never unknown";
        refuse(clause.span, "resolve", why);
    }
    if let Some(span) = compensation(step) {
        let why = "it changes nothing outside the saga, so there is nothing to undo";
        refuse(span, compensation_text(step), why);
    }
    match (step.kind, &step.fallback) {
        (Kind::Sleep, Some(fallback)) => {
            let why = "a sleep has no effect that another value could replace";
            refuse(fallback.span, "fallback", why);
        }
        (Kind::Signal, _) => time_out(step, stage, errors),
        _ => {}
    }
}

/// A signal says what follows if nobody sends it.
fn time_out(step: &Step, stage: Stage, errors: &mut Errors) {
    let name = &step.name;
    let Some(wait) = &step.attrs.wait else {
        if step.attrs.misspelt {
            return;
        }
        let what = format!("`{name}` does not say how long the saga waits for it");
        let why = "perhaps nobody ever sends it";
        let limited = match (stage, &step.fallback) {
            (Stage::After, None) => {
                "`#[timeout(24h)]`, and a `fallback`, which takes its place then"
            }
            (_, Some(_)) => "`#[timeout(24h)]`: then the `fallback` takes its place",
            (_, None) => "`#[timeout(24h)]`: then the saga goes back",
        };
        let ways = [limited, "`#[timeout(never)]`: it may wait for ever"];
        let help = errors::ways("add one of:", &ways.map(str::to_owned));
        return errors.add_noted(name.span(), what, why, help);
    };
    match (&wait.end, &step.fallback) {
        (WaitEnd::Never, Some(fallback)) => {
            let what = format!("the `fallback` of `{name}` has no use");
            let why = "it would take the place of the signal when its time is out, which is never";
            let help = "remove `fallback`, or write a duration in place of `never`";
            errors.add_noted(fallback.span, what, why, help);
        }
        (WaitEnd::Timing(_) | WaitEnd::Expr(_), None) if stage == Stage::After => {
            let what = format!("nothing takes the place of `{name}` when its time is out");
            let why =
                format!("`{name}` comes after the pivot, where the saga cannot go back for it");
            let ways = [
                format!("`fallback(…) {{ … }}` behind `{name}`: its value takes the place"),
                "`#[timeout(never)]`: it may wait for ever".to_owned(),
            ];
            let help = errors::ways("write one of:", &ways);
            errors.add_noted(wait.span, what, why, help);
        }
        _ => {}
    }
}
