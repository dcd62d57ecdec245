//! Figures in the text format of Prometheus, under the names of the observers.

use crate::{app::App, problem::Problem, view::overview};
use axum::{extract::State, http::header};
use saga_core::Counted;
use std::{fmt::Write as _, sync::Arc};

/// A name, what it counts, and its samples: labels and values.
struct Metric {
    name: &'static str,
    kind: &'static str,
    help: &'static str,
    samples: Vec<(String, u64)>,
}

pub(crate) async fn metrics(
    State(app): State<Arc<App>>,
) -> Result<([(header::HeaderName, &'static str); 1], String), Problem> {
    let overview = overview::overview(&app.counts).await?;
    let mut metrics = vec![
        gauge(
            "saga_sagas",
            "Sagas by name and state",
            overview.sagas.iter().map(|group| {
                let labels = [("saga", &*group.saga), ("state", group.state.as_str())];
                (labelled(&labels), group.count)
            }),
        ),
        gauge(
            "saga_needs_somebody",
            "Sagas that somebody must look after",
            [
                ("parked", overview.parked),
                ("stuck", overview.stuck),
                ("unreadable", overview.unreadable),
            ]
            .map(|(why, count)| (labelled(&[("why", why)]), count)),
        ),
        gauge(
            "saga_undelivered_events",
            "Events that are not delivered",
            [(String::new(), overview.undelivered)],
        ),
        gauge(
            "saga_stuck_events",
            "Events that could not be delivered ten times in a row or more",
            [(String::new(), overview.undeliverable)],
        ),
        gauge(
            "saga_engines",
            "Engines that are alive",
            [(String::new(), overview.engines.len() as u64)],
        ),
    ];
    if let Some(counts) = &app.options.counts {
        metrics.extend(counters(&counts.so_far()));
    }
    let kind = "text/plain; version=0.0.4; charset=utf-8";
    let text: String = metrics.iter().map(Metric::text).collect();
    Ok(([(header::CONTENT_TYPE, kind)], text))
}

fn gauge(
    name: &'static str,
    help: &'static str,
    samples: impl IntoIterator<Item = (String, u64)>,
) -> Metric {
    Metric {
        name,
        kind: "gauge",
        help,
        samples: samples.into_iter().collect(),
    }
}

/// What the engine beside it has done since it began.
fn counters(counted: &Counted) -> Vec<Metric> {
    let metric = |name, help, label: &str, samples: &[(&str, u64)]| Metric {
        name,
        kind: "counter",
        help,
        samples: samples
            .iter()
            .map(|(value, count)| match *value {
                "" => (String::new(), *count),
                value => (labelled(&[(label, value)]), *count),
            })
            .collect(),
    };
    let one = |name, help, count| metric(name, help, "", &[("", count)]);
    vec![
        one("saga_started_total", "Sagas that started", counted.started),
        metric(
            "saga_ended_total",
            "Sagas that ended",
            "end",
            &[
                ("completed", counted.completed),
                ("compensated", counted.compensated),
                ("parked", counted.parked),
                ("abandoned", counted.abandoned),
            ],
        ),
        one("saga_attempts_total", "Calls of actions", counted.attempts),
        metric(
            "saga_failures_total",
            "Attempts that failed",
            "kind",
            &[
                ("error", counted.rejected),
                ("timeout", counted.timed_out),
                ("panic", counted.panicked),
            ],
        ),
        one(
            "saga_in_doubt_total",
            "Times that it was unknown whether a step happened",
            counted.in_doubt,
        ),
        one("saga_undone_total", "Steps undone", counted.undone),
        one(
            "saga_undo_failures_total",
            "Attempts of compensations that failed",
            counted.compensations_failed,
        ),
        one("saga_stuck_total", "Tenth failures in a row", counted.stuck),
    ]
}

impl Metric {
    fn text(&self) -> String {
        let Self {
            name,
            kind,
            help,
            samples,
        } = self;
        let mut text = format!("# HELP {name} {help}\n# TYPE {name} {kind}\n");
        for (labels, value) in samples {
            // Writing to a string cannot fail.
            let _ = writeln!(text, "{name}{labels} {value}");
        }
        text
    }
}

fn labelled(labels: &[(&str, &str)]) -> String {
    let labels = labels.iter().map(|(name, value)| {
        let value = value.replace('\\', "\\\\").replace('"', "\\\"");
        format!("{name}=\"{}\"", value.replace('\n', "\\n"))
    });
    format!("{{{}}}", labels.collect::<Vec<_>>().join(","))
}
