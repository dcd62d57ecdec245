//! `saga analyze`: what the declaration of a saga says before it runs.

use std::{
    fs,
    io::{self, Read},
    path::Path,
    time::Duration,
};

use serde::Serialize;
use serde_json::Value;
use typed_saga_analysis::{
    Analysis, Called, Cause, Code, Deadline, Each, Hold, Never, Park, RollsBack, Service, Settled,
    Time, Unbounded, Why,
};
use typed_saga_core::{CallKind, Definition, Limit, definition::Text};

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
    Report::of(&View::from(&report), report.to_string())
}

/// The report as JSON: durations in milliseconds, rounded up; `null` is what has no bound.
#[derive(Serialize)]
struct View<'a> {
    saga: &'a str,
    durable: bool,
    decided: TimeView<'a>,
    /// Of `#[within]`.
    #[serde(skip_serializing_if = "Option::is_none")]
    deadline: Option<DeadlineView<'a>>,
    ends: TimeView<'a>,
    calls: Vec<ServiceView<'a>>,
    holds: Vec<HoldView<'a>>,
    never_without: Vec<NeverView<'a>>,
    parks: Vec<ParkView<'a>>,
}

#[derive(Serialize)]
struct TimeView<'a> {
    within_ms: Option<u64>,
    no_bound: Vec<UnboundedView<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    most: Option<StepView<'a>>,
}

#[derive(Serialize)]
struct UnboundedView<'a> {
    step: &'a str,
    call: &'static str,
    why: &'static str,
    bounded_by: Option<&'static str>,
}

#[derive(Serialize)]
struct StepView<'a> {
    step: &'a str,
    ms: u64,
}

#[derive(Serialize)]
struct ServiceView<'a> {
    service: &'a str,
    code: Vec<CodeView<'a>>,
}

#[derive(Serialize)]
struct CodeView<'a> {
    /// None of `publish` and `finally`.
    #[serde(skip_serializing_if = "Option::is_none")]
    step: Option<&'a str>,
    call: &'static str,
    runs: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    for_each: Option<&'static str>,
}

#[derive(Serialize)]
struct HoldView<'a> {
    step: &'a str,
    /// The last one, if none is said.
    until: Option<&'a str>,
    #[serde(flatten)]
    time: TimeView<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    promised_ms: Option<u64>,
}

#[derive(Serialize)]
struct NeverView<'a> {
    step: &'a str,
    without: Vec<&'a str>,
}

#[derive(Serialize)]
struct DeadlineView<'a> {
    after_ms: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pivot: Option<StepView<'a>>,
    without: TimeView<'a>,
}

#[derive(Serialize)]
struct ParkView<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    step: Option<&'a str>,
    cause: &'static str,
    after: Vec<String>,
    kept: Vec<&'a str>,
    rolls_back: Option<&'a str>,
    commands: Vec<String>,
}

impl<'a> From<&'a typed_saga_analysis::Report> for View<'a> {
    fn from(report: &'a typed_saga_analysis::Report) -> Self {
        let typed_saga_analysis::Report {
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
        View {
            saga,
            durable: *durable,
            decided: decided.into(),
            deadline: deadline.as_ref().map(Into::into),
            ends: ends.into(),
            calls: services.iter().map(Into::into).collect(),
            holds: holds.iter().map(Into::into).collect(),
            never_without: never.iter().map(Into::into).collect(),
            parks: parks.iter().map(|park| parked(park, *durable)).collect(),
        }
    }
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_nanos().div_ceil(1_000_000)).unwrap_or(u64::MAX)
}

impl<'a> From<&'a Time> for TimeView<'a> {
    fn from(time: &'a Time) -> Self {
        let Time {
            within,
            unbounded,
            most,
        } = time;
        TimeView {
            within_ms: within.map(millis),
            no_bound: unbounded.iter().map(Into::into).collect(),
            most: most.as_ref().map(Into::into),
        }
    }
}

impl<'a> From<&'a (Text, Duration)> for StepView<'a> {
    fn from((step, time): &'a (Text, Duration)) -> Self {
        StepView {
            step,
            ms: millis(*time),
        }
    }
}

impl<'a> From<&'a Unbounded> for UnboundedView<'a> {
    fn from(unbounded: &'a Unbounded) -> Self {
        let Unbounded {
            step,
            kind: _,
            call,
            why,
        } = unbounded;
        UnboundedView {
            step,
            call: called(*call),
            why: match why {
                Why::NoTimeout => "no_timeout",
                Why::Forever => "forever",
                Why::Computed => "computed",
                Why::Items => "items",
                Why::UnknownSaga => "unknown_saga",
            },
            bounded_by: unbounded.bounded_by().map(|token| token.trim_matches('`')),
        }
    }
}

impl<'a> From<&'a Service> for ServiceView<'a> {
    fn from(service: &'a Service) -> Self {
        ServiceView {
            service: &service.name,
            code: service.code.iter().map(Into::into).collect(),
        }
    }
}

impl<'a> From<&'a Code> for CodeView<'a> {
    fn from(code: &'a Code) -> Self {
        let Code {
            step,
            call,
            runs,
            each,
        } = code;
        CodeView {
            step: Some(&**step).filter(|step| !step.is_empty()),
            call: match call {
                Called::Publish => "publish",
                Called::Finally => "finally",
                Called::Step(call) => called(*call),
            },
            runs: match runs {
                Some(Limit::Times(times)) => Some(*times),
                Some(Limit::Forever) | None => None,
            },
            for_each: each.map(|each| match each {
                Each::Item => "item",
                Each::Event => "event",
            }),
        }
    }
}

impl<'a> From<&'a Hold> for HoldView<'a> {
    fn from(hold: &'a Hold) -> Self {
        let Hold {
            step,
            until,
            time,
            promised,
        } = hold;
        HoldView {
            step,
            until: until.as_deref(),
            time: time.into(),
            promised_ms: promised.map(millis),
        }
    }
}

impl<'a> From<&'a Never> for NeverView<'a> {
    fn from(never: &'a Never) -> Self {
        let Never { step, without } = never;
        NeverView {
            step,
            without: without.iter().map(|step| &**step).collect(),
        }
    }
}

impl<'a> From<&'a Deadline> for DeadlineView<'a> {
    fn from(deadline: &'a Deadline) -> Self {
        let Deadline {
            after,
            pivot,
            without,
        } = deadline;
        DeadlineView {
            after_ms: millis(*after),
            pivot: pivot.as_ref().map(Into::into),
            without: without.into(),
        }
    }
}

fn parked(park: &Park, durable: bool) -> ParkView<'_> {
    let Park {
        path: _,
        step,
        cause,
        after: _,
        kept,
        rolls_back,
        settled,
    } = park;
    let settle = settled.iter().copied().map(Settled::flag);
    let settle = settle.map(|flag| format!("saga settle ID {step} {flag}"));
    let resume = "saga resume ID".to_owned();
    let commands = settle.chain([resume]).filter(|_| durable);
    ParkView {
        step: Some(&**step).filter(|step| !step.is_empty()),
        cause: match cause {
            Cause::CannotBeUndone => "cannot_be_undone",
            Cause::StaysUnknown => "stays_unknown",
            Cause::GivenUp => "given_up",
            Cause::NotEvaluated => "not_evaluated",
            Cause::NotRecorded => "not_recorded",
            Cause::Lost => "lost",
            Cause::Unsaid => "unsaid",
        },
        after: park.reasons(),
        kept: kept.iter().map(|step| &**step).collect(),
        rolls_back: match rolls_back {
            RollsBack::Nothing => None,
            RollsBack::Child | RollsBack::Run => Some(park.child_that_rolls_back().unwrap_or("")),
        },
        commands: commands.collect(),
    }
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
