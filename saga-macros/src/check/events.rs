//! Events: `emit` in the head, `emit` between the steps, and `publish` have to fit together.

use quote::ToTokens;

use crate::errors::{Errors, code, error_over_noted};
use crate::model::{Limit, Saga, Source};
use crate::names::text;
use crate::parse::Lost;

pub(super) fn check(saga: &Saga, lost: &Lost, errors: &mut Errors) {
    match &saga.emits {
        Some(ty) => emits(saga, ty, lost, errors),
        None => emits_nothing(saga, errors),
    }
    let Some(publish) = &saga.publish else { return };
    for service in &saga.services {
        if text(&service.name) == "event" {
            let what = "`event` is a reserved name in a saga with a `publish`";
            let why = "in `publish(…)`, `event` is the event that is published";
            errors.add_noted(service.name.span(), what, why, "choose another name");
        }
    }
    let is_event = |source| source == Source::Event;
    if saga.emits.is_some() && !lost.reads && !publish.reads.iter().any(|it| is_event(it.source)) {
        let what = "`publish` does not read `event`";
        let mut names: Vec<_> = publish.reads.iter().map(|read| text(&read.name)).collect();
        names.push("event".to_owned());
        let help = format!("write `publish({})`", names.join(", "));
        errors.add(publish.span, what, help);
    }
    let Some(retry) = &publish.attrs.retry else {
        return;
    };
    if let (Some(_), Limit::Times(_)) = (saga.durable, retry.limit) {
        let what = "`publish` of a `durable` saga cannot give up";
        let why = "it is retried until the event is delivered";
        let help = "write `forever` in place of the number, as in `#[retry(forever, 1s..1h)]`";
        errors.add_noted(retry.span, what, why, help);
    }
}

const PUBLISH: &str = "after the steps, declare how an event is published, as in";

fn emits_nothing(saga: &Saga, errors: &mut Errors) {
    if let Some(emit) = saga.events.first() {
        let what = "the saga does not declare the type of its events";
        let help = "write it after the result of the saga: `emit …`";
        errors.add(emit.span, what, help);
    } else if let Some(publish) = &saga.publish {
        let what = "the saga has no events to publish";
        let help = "write `emit …` after the result, with their type, and `emit(reads => events);` after a \
            step, or remove `publish`";
        errors.add(publish.span, what, help);
    }
}

fn emits(saga: &Saga, ty: &impl ToTokens, lost: &Lost, errors: &mut Errors) {
    if lost.node || lost.reads {
        return;
    }
    if saga.events.is_empty() && saga.steps().all(|step| step.child().is_none()) {
        let what = format!("the saga never emits `{}`", code(ty));
        let why = "events come from `emit`, or from a child saga";
        let help = format!(
            "add `emit(reads => events);` after a step, or remove `emit {}`",
            code(ty)
        );
        errors.push(error_over_noted(ty, what, why, help));
    } else if saga.publish.is_none() && saga.durable.is_none() {
        let what = "the events of this saga would be lost";
        let why = "only a `durable` saga stores its events";
        let help = match saga.services.last() {
            Some(service) => format!("{PUBLISH} `publish({}, event, key) {{ … }}`", service.name),
            None => format!("{PUBLISH} `publish(event, key) {{ … }}`"),
        };
        errors.push(error_over_noted(ty, what, why, help));
    }
    for emit in &saga.events {
        let failed = emit.failed.filter(|_| emit.condition.is_some());
        if let Some(failed) = failed {
            let what = "`emit failed` cannot be in a `when` block";
            let why = "`emit failed` is about the saga as a whole, whichever blocks ran";
            let help = "move it after the block";
            errors.add_noted(failed, what, why, help);
        }
    }
}
