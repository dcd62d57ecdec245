//! `saga analyze`: what the declaration of a saga says before it runs.

use std::{
    fs,
    io::{self, Read},
    path::Path,
    time::Duration,
};

use saga_analysis::{
    Analysis, Called, Cause, Code, Deadline, Each, Hold, Never, Park, Service, Settled, Time,
    Unbounded, Why,
};
use saga_core::{CallKind, Definition, Limit};
use serde_json::{Value, json};

use crate::{diagram, failure::Failure, look::Reader, report::Report};

/// Analyses the definition in a file, or on standard input (`-`). `None`: there is no such file.
pub(crate) fn file(name: &str) -> Result<Option<Report>, Failure> {
    let text = match name {
        "-" => {
            let mut text = String::new();
            io::stdin().read_to_string(&mut text).map(|_| text)
        }
        // Not a folder, which may have the name of a saga.
        name if Path::new(name).is_file() => fs::read_to_string(name),
        _ => return Ok(None),
    };
    let text = text.map_err(|error| Failure::Error(format!("`{name}`: {error}")))?;
    analyzed(&read(name, &text)?).map(Some)
}

/// Analyses a saga of the journal.
pub(crate) async fn analyze(reader: &Reader, name: &str) -> Result<Report, Failure> {
    let (_, definition) = diagram::declared(reader, name).await?;
    analyzed(&definition)
}

fn read(name: &str, text: &str) -> Result<Definition, Failure> {
    let failed = |what: &str| Failure::Error(format!("`{name}` {what}"));
    let json: Value =
        serde_json::from_str(text).map_err(|error| failed(&format!("is not JSON: {error}")))?;
    if !(json["name"].is_string() && json["steps"].is_array()) {
        let what = "is not the definition of a saga: write one with `MySaga::DEFINITION.to_json()`";
        return Err(failed(what));
    }
    Definition::from_json(text).map_err(|error| failed(&format!("is {error}")))
}

fn analyzed(definition: &Definition) -> Result<Report, Failure> {
    let report = Analysis::of(definition).report();
    Report::of(&view(&report), report.to_string())
}

/// The report as JSON: durations in milliseconds, rounded up; `null` is what has no bound, and what
/// there is none of.
fn view(report: &saga_analysis::Report) -> Value {
    let saga_analysis::Report {
        saga,
        durable,
        decided,
        deadline,
        ends,
        services,
        holds,
        never,
        parks,
    } = report;
    json!({
        "saga": saga,
        "durable": durable,
        "decided": time(decided),
        "deadline": deadline.as_ref().map(with_deadline),
        "ends": time(ends),
        "calls": services.iter().map(calls).collect::<Value>(),
        "holds": holds.iter().map(held).collect::<Value>(),
        "never_without": never.iter().map(never_without).collect::<Value>(),
        "parks": parks.iter().map(|park| parked(park, *durable)).collect::<Value>(),
    })
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_nanos().div_ceil(1_000_000)).unwrap_or(u64::MAX)
}

fn time(time: &Time) -> Value {
    let Time {
        within,
        unbounded,
        most,
    } = time;
    let most = most.as_ref();
    json!({
        "within_ms": within.map(millis),
        "no_bound": unbounded.iter().map(no_bound).collect::<Value>(),
        "most": most.map(|(step, time)| json!({ "step": step, "ms": millis(*time) })),
    })
}

fn no_bound(unbounded: &Unbounded) -> Value {
    let Unbounded {
        step,
        kind: _,
        call,
        why,
    } = unbounded;
    let why = match why {
        Why::NoTimeout => "no_timeout",
        Why::Forever => "forever",
        Why::Computed => "computed",
        Why::Items => "items",
        Why::UnknownSaga => "unknown_saga",
    };
    let bounded_by = unbounded.bounded_by().map(|token| token.trim_matches('`'));
    json!({ "step": step, "call": called(*call), "why": why, "bounded_by": bounded_by })
}

fn with_deadline(deadline: &Deadline) -> Value {
    let Deadline {
        after,
        pivot,
        without,
    } = deadline;
    let pivot = pivot.as_ref();
    json!({
        "after_ms": millis(*after),
        "pivot": pivot.map(|(step, time)| json!({ "step": step, "ms": millis(*time) })),
        "without": time(without),
    })
}

fn calls(service: &Service) -> Value {
    let Service { name, code } = service;
    let code = code.iter().map(|code| {
        let Code {
            step,
            call,
            runs,
            each,
        } = code;
        json!({
            "step": Some(step).filter(|step| !step.is_empty()),
            "call": match call {
                Called::Publish => "publish",
                Called::Step(call) => self::called(*call),
            },
            "runs": match runs {
                Some(Limit::Times(times)) => Some(times),
                Some(Limit::Forever) | None => None,
            },
            "for_each": each.map(|each| match each {
                Each::Item => "item",
                Each::Event => "event",
            }),
        })
    });
    json!({ "service": name, "code": code.collect::<Value>() })
}

fn held(hold: &Hold) -> Value {
    let Hold {
        step,
        until,
        time: takes,
        promised,
    } = hold;
    let mut view = time(takes);
    view["step"] = json!(step);
    // The last one, if none is said.
    view["until"] = json!(until);
    view["promised_ms"] = json!(promised.map(millis));
    view
}

fn never_without(never: &Never) -> Value {
    let Never {
        step,
        without,
        broken,
    } = never;
    let broken: Vec<_> = broken.iter().map(|(step, _)| step).collect();
    json!({ "step": step, "without": without, "broken": broken })
}

fn parked(park: &Park, durable: bool) -> Value {
    let Park {
        path: _,
        step,
        cause,
        kept,
        undoes_nothing,
        after,
        settled,
    } = park;
    let settle = settled.iter().copied().map(Settled::flag);
    let settle = settle.map(|flag| format!("saga settle ID {step} {flag}"));
    let commands = settle.chain(["saga resume ID".to_owned()]);
    let cause = match cause {
        Cause::CannotBeUndone => "cannot_be_undone",
        Cause::StaysUnknown => "stays_unknown",
        Cause::GivenUp => "given_up",
        Cause::NotEvaluated => "not_evaluated",
        Cause::NotRecorded => "not_recorded",
        Cause::Lost => "lost",
        Cause::Unsaid => "unsaid",
    };
    json!({
        "step": Some(step).filter(|step| !step.is_empty()),
        "cause": cause,
        "after": after,
        "kept": kept,
        "undoes_nothing": undoes_nothing,
        "commands": commands.filter(|_| durable).collect::<Value>(),
    })
}

fn called(call: CallKind) -> &'static str {
    match call {
        CallKind::When => "when",
        CallKind::Action => "action",
        CallKind::Resolve => "resolve",
        CallKind::Compensate => "compensate",
        CallKind::Fallback => "fallback",
    }
}
