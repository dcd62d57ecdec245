//! What signals, sleeps and locks must declare, and what they may not declare.

use typed_saga_definition::language::Attribute;

use super::kinds::{compensation, compensation_text};
use super::scope::Stage;
use crate::errors::{self, Errors};
use crate::model::{Kind, Step, WaitEnd};
use crate::names::text;
use crate::parse::Lost;

pub(super) fn check(step: &Step, stage: Stage, is_locked: bool, lost: &Lost, errors: &mut Errors) {
    if step.kind.acts() {
        return;
    }
    let (name, kind) = (&step.name, step.kind.word());
    let mut refuse = |span, clause, why: String| {
        let what = format!("`{clause}` cannot be used on the {kind} `{name}`");
        errors.add_noted(span, what, why, format!("remove `{clause}`"));
    };
    if let Some(clause) = &step.resolve {
        let why = format!("a {kind} calls no service, so its outcome is never unknown");
        refuse(clause.span, "resolve", why);
    }
    if let Some(span) = compensation(step) {
        let why = format!("a {kind} changes nothing outside the saga, so there is nothing to undo");
        refuse(span, compensation_text(step), why);
    }
    match (step.kind, &step.fallback) {
        (Kind::Sleep | Kind::Lock, Some(fallback)) => {
            let why = format!("a {kind} has no value that a fallback could replace");
            refuse(fallback.span, "fallback", why);
        }
        (Kind::Signal | Kind::Lock, _) => time_out(step, stage, is_locked, lost, errors),
        _ => {}
    }
}

/// A signal has to declare what happens if it is never sent; a lock, if it is never released.
/// `is_locked`: the saga has a lock by then, so it must not wait for a signal forever.
fn time_out(step: &Step, stage: Stage, is_locked: bool, lost: &Lost, errors: &mut Errors) {
    let (name, is_lock) = (&step.name, step.kind == Kind::Lock);
    let Some(wait) = &step.attrs.wait else {
        if lost.strays(&step.attrs, &[Attribute::Timeout]) {
            return;
        }
        let what = format!("`{name}` has no `#[timeout]`");
        let why = if is_lock {
            "another saga may have the lock for as long as it runs, or is parked"
        } else {
            "the signal may never be sent"
        };
        let limited = match (stage, &step.fallback) {
            _ if is_lock && stage == Stage::After => {
                let help = "write `#[timeout(never)]`: after the pivot the saga cannot roll back";
                return errors.add_noted(name.span(), what, why, help);
            }
            _ if is_lock => "`#[timeout(10m)]`: then the saga rolls back",
            (Stage::After, None) => {
                "`#[timeout(24h)]` and a `fallback`, whose value replaces the signal then"
            }
            (_, Some(_)) => {
                "`#[timeout(24h)]`: then the value of the `fallback` replaces the signal"
            }
            (_, None) => "`#[timeout(24h)]`: then the saga rolls back",
        };
        if step.kind == Kind::Signal && stage == Stage::Before && is_locked {
            return errors.add_noted(name.span(), what, why, format!("add {limited}"));
        }
        let ways = [limited, "`#[timeout(never)]`: the saga may wait forever"];
        let help = errors::ways("add one of:", &ways.map(str::to_owned));
        return errors.add_noted(name.span(), what, why, help);
    };
    match (&wait.end, &step.fallback) {
        (WaitEnd::Never, Some(fallback)) => {
            let what = format!("the `fallback` of `{name}` is never used");
            let why = "with `#[timeout(never)]` the saga waits for the signal forever";
            let help = "remove `fallback`, or write a duration in place of `never`";
            errors.add_noted(fallback.span, what, why, help);
        }
        // A clause that was lost may have been the fallback.
        (_, None) if lost.clauses.contains(&text(name)) => {}
        (WaitEnd::Timing(_) | WaitEnd::Expr(_), None) if stage == Stage::After => {
            let what =
                format!("`{name}` can time out after the pivot, where the saga cannot roll back");
            let why = "a saga that has passed its pivot must be able to continue";
            if is_lock {
                let help = "write `#[timeout(never)]`, or declare the lock before the pivot";
                return errors.add_noted(wait.span, what, why, help);
            }
            let ways = [
                format!("`fallback(…) {{ … }}` after `{name}`: its value replaces the signal"),
                "`#[timeout(never)]`: the saga may wait forever".to_owned(),
            ];
            let help = errors::ways("write one of:", &ways);
            errors.add_noted(wait.span, what, why, help);
        }
        _ => {}
    }
}
