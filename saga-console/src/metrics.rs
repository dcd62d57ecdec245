//! Figures in the text format of Prometheus, under the names of the observers.

use crate::{
    app::App,
    counters::{COUNTERS, Series},
    problem::Problem,
    view::overview,
};
use axum::{extract::State, http::header};
use std::{collections::BTreeMap, fmt::Write as _, sync::Arc};

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
            "Sagas that need an operator",
            [
                ("parked", overview.parked),
                ("stuck", overview.stuck),
                ("unreadable", overview.unreadable),
                ("quarantined", overview.quarantined),
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
    if let Some(counted) = &app.options.metrics {
        metrics.extend(counters(&counted.so_far()));
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

/// The counters of the engine in this process since it began.
fn counters(counted: &BTreeMap<Series, u64>) -> impl Iterator<Item = Metric> {
    COUNTERS.into_iter().map(|(name, help)| {
        let counted = counted.iter().filter(|(series, _)| series.name == name);
        let samples = counted.map(|(series, count)| {
            let labels = [
                Some(("saga", series.saga)),
                series.step.map(|step| ("step", step)),
                series.more,
            ];
            let labels: Vec<_> = labels.into_iter().flatten().collect();
            (labelled(&labels), *count)
        });
        Metric {
            name,
            kind: "counter",
            help,
            samples: samples.collect(),
        }
    })
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
