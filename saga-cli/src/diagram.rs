//! `saga diagram`: a picture of a saga, by the definition that the journal keeps.

use crate::{
    args::{self, Format},
    failure::Failure,
    look::Reader,
    report::Report,
};
use saga_diagram::{Clause, Graph, Retry, Step, Undo, duration};
use saga_engine::{Filter, Row, schema};
use serde::Serialize;
use serde_json::Value;
use std::time::Duration;

#[derive(Serialize)]
struct Drawn {
    saga: String,
    /// Which version of its definition.
    fingerprint: String,
    format: Format,
    diagram: String,
}

/// Draws a saga.
pub(crate) async fn diagram(reader: &Reader, args: &args::Diagram) -> Result<Report, Failure> {
    let row = match latest(reader, &args.saga).await? {
        Some(row) => row,
        None => reader.one(&args.saga).await?.stored.row,
    };
    let graph = graph(reader, &row).await?;
    let diagram = match args.format {
        Format::Svg => graph.to_svg(),
        Format::Mermaid => graph.to_mermaid(),
        Format::Dot => graph.to_dot(),
    };
    let drawn = Drawn {
        saga: graph.name,
        fingerprint: format!("{:016x}", row.fingerprint),
        format: args.format,
        diagram,
    };
    Report::of(&drawn, drawn.diagram.clone())
}

/// The latest run of the sagas of a name.
async fn latest(reader: &Reader, name: &str) -> Result<Option<Row>, Failure> {
    let mut rows = reader.rows(Filter {
        saga: Some(name.into()),
        ..Filter::default()
    });
    let mut latest: Option<Row> = None;
    while let Some(page) = rows.next().await? {
        latest = latest
            .into_iter()
            .chain(page)
            .max_by_key(|row| row.created.0);
    }
    Ok(latest)
}

async fn graph(reader: &Reader, row: &Row) -> Result<Graph, Failure> {
    let (name, fingerprint) = (row.saga.saga.clone(), row.fingerprint);
    let kept = reader.journal.definition(name.clone(), fingerprint).await?;
    let kept = kept.ok_or_else(|| {
        Failure::Error(format!(
            "the journal has no definition {fingerprint:016x} of {name}"
        ))
    })?;
    let cannot = |error: &dyn std::fmt::Display| Failure::Error(format!("{name}: {error}"));
    let definition = schema::read(&kept.json).map_err(|error| cannot(&error))?;
    let json: Value = serde_json::from_str(&kept.json).map_err(|error| cannot(&error))?;
    let mut graph = Graph::from(definition);
    for (step, json) in graph.steps.iter_mut().zip(list(&json["steps"])) {
        time_step(step, json);
    }
    Ok(graph)
}

fn list(json: &Value) -> &[Value] {
    json.as_array().map_or(&[], Vec::as_slice)
}

/// A definition that was read has no durations; its text has.
fn time_step(step: &mut Step, json: &Value) {
    step.timeout = time(&json["timeout_ms"]);
    step.late = time(&json["late_ms"]);
    time_retry(step.retry.as_mut(), &json["retry"]);
    time_retry(step.savepoint.as_mut(), &json["savepoint"]);
    time_clause(step.resolve.as_mut(), &json["resolve"]);
    time_clause(step.fallback.as_mut(), &json["fallback"]);
    if let Undo::Declared { clause, .. } = &mut step.undo {
        time_clause(Some(clause), &json["compensate"]);
    }
}

fn time_clause(clause: Option<&mut Clause>, json: &Value) {
    if let Some(clause) = clause {
        clause.timeout = time(&json["timeout_ms"]);
        time_retry(clause.retry.as_mut(), &json["retry"]);
    }
}

fn time_retry(retry: Option<&mut Retry>, json: &Value) {
    if let Some(retry) = retry {
        retry.waits = time(&json["base_ms"]).zip(time(&json["cap_ms"]));
    }
}

fn time(millis: &Value) -> Option<String> {
    let seconds = millis.as_f64()? / 1000.0;
    Duration::try_from_secs_f64(seconds).ok().map(duration)
}
