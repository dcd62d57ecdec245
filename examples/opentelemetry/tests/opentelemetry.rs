//! What a collector receives from a saga that completes and from one that compensates.

#[path = "../src/main.rs"]
mod example;

use example::{Telemetry, dine, main};
use opentelemetry::Value;
use opentelemetry_sdk::metrics::InMemoryMetricExporter;
use opentelemetry_sdk::metrics::data::{
    AggregatedMetrics, MetricData, ResourceMetrics, ScopeMetrics,
};
use opentelemetry_sdk::trace::{InMemorySpanExporter, SpanData};

async fn collected() -> (Vec<SpanData>, Vec<(String, String, u64)>) {
    let (spans, metrics) = (
        InMemorySpanExporter::default(),
        InMemoryMetricExporter::default(),
    );
    let telemetry = Telemetry::new(spans.clone(), metrics.clone());
    let _guard = tracing::subscriber::set_default(telemetry.subscriber());
    dine(&telemetry).await;
    (spans.get_finished_spans().unwrap(), counted(&metrics))
}

/// Name, attributes and value of each time series, sorted.
fn counted(metrics: &InMemoryMetricExporter) -> Vec<(String, String, u64)> {
    let mut counted = Vec::new();
    for metric in metrics
        .get_finished_metrics()
        .unwrap()
        .iter()
        .flat_map(ResourceMetrics::scope_metrics)
        .flat_map(ScopeMetrics::metrics)
    {
        let AggregatedMetrics::U64(MetricData::Sum(sum)) = metric.data() else {
            panic!("{} is not a counter", metric.name());
        };
        for point in sum.data_points() {
            let mut of: Vec<_> = point
                .attributes()
                .filter(|pair| pair.key.as_str() != "saga")
                .map(|pair| pair.value.as_str().into_owned())
                .collect();
            of.sort();
            counted.push((metric.name().to_owned(), of.join(" "), point.value()));
        }
    }
    counted.sort();
    counted
}

/// The spans with their attributes' values and their events, each below its parent.
fn tree(spans: &[SpanData], id: &str) -> Vec<String> {
    let root = spans
        .iter()
        .find(|span| span.name == "saga" && attribute(span, "id").as_deref() == Some(id))
        .expect("a span for the saga");
    let mut lines = Vec::new();
    branch(spans, root, 0, &mut lines);
    lines
}

fn branch(spans: &[SpanData], span: &SpanData, depth: usize, lines: &mut Vec<String>) {
    let label = ["step", "attempt", "id"]
        .into_iter()
        .find_map(|key| attribute(span, key))
        .unwrap_or_default();
    lines.push(format!("{}{} {label}", "  ".repeat(depth), span.name));
    for event in &span.events.events {
        // The length of the wait is random.
        let what = if event.name.starts_with("waits ") {
            "waits"
        } else {
            &*event.name
        };
        lines.push(format!("{}- {what}", "  ".repeat(depth + 1)));
    }
    let mut children: Vec<_> = spans
        .iter()
        .filter(|child| child.parent_span_id == span.span_context.span_id())
        .collect();
    children.sort_by_key(|child| child.start_time);
    for child in children {
        branch(spans, child, depth + 1, lines);
    }
}

fn attribute(span: &SpanData, key: &str) -> Option<String> {
    let pair = span.attributes.iter().find(|pair| pair.key.as_str() == key);
    pair.map(|pair| match &pair.value {
        Value::String(text) => text.to_string(),
        other => other.to_string(),
    })
}

#[test]
fn the_example_runs() {
    main();
}

#[tokio::test]
async fn a_saga_is_a_tree_of_spans() {
    let (spans, _) = collected().await;
    assert_eq!(
        tree(&spans, "monday"),
        [
            "saga monday",
            "  - starts",
            "  - ends: completed",
            "  step table",
            "    - is in doubt",
            "    - waits",
            "    - is settled: it happened",
            "    attempt 1",
            "      - is attempted",
            "      - fails, and may have happened: the connection is lost",
            "    attempt 2",
            "      - is attempted",
            "      - is applied",
            "  step seats",
            "    attempt 1",
            "      - is attempted",
            "      - is applied",
        ]
    );
}

#[tokio::test]
async fn what_is_undone_is_in_the_span_of_its_step() {
    let (spans, _) = collected().await;
    assert_eq!(
        tree(&spans, "tuesday"),
        [
            "saga tuesday",
            "  - starts",
            "  - ends: step `seats` failed: the table is full; everything was undone",
            "  step table",
            "    - is compensated",
            "    - is free again",
            "    - is undone",
            "    attempt 1",
            "      - is attempted",
            "      - is applied",
            "  step seats",
            "    attempt 1",
            "      - is attempted",
            "      - is refused: the table is full",
        ]
    );
}

#[tokio::test]
async fn metrics_have_the_documented_names() {
    let (_, metrics) = collected().await;
    let told: Vec<_> = metrics
        .iter()
        .map(|(name, of, value)| format!("{name} {of} {value}"))
        .collect();
    assert_eq!(
        told,
        [
            "saga.attempts seats 2",
            "saga.attempts table 3",
            "saga.ended compensated 1",
            "saga.ended completed 1",
            "saga.failures refused seats 1",
            "saga.failures table unknown 1",
            "saga.in_doubt table 1",
            "saga.started  2",
            "saga.undone table 1",
        ]
    );
}

#[test]
fn all_names_are_documented_and_no_others() {
    let page = include_str!("../../../docs/guide/operations.md");
    let told = page
        .lines()
        .filter_map(|line| line.strip_prefix("| `saga."));
    let mut told: Vec<_> = told.filter_map(|line| line.split_once('`')).collect();
    told.sort_unstable();
    let made = include_str!("../src/main.rs");
    let made = made.split("counter(\"saga.").skip(1);
    let mut made: Vec<_> = made.filter_map(|rest| rest.split_once('"')).collect();
    made.sort_unstable();
    let names = |of: &[(&'static str, &'static str)]| -> Vec<_> {
        of.iter().map(|(name, _)| *name).collect()
    };
    assert_eq!(names(&made).len(), 8);
    assert_eq!(names(&told), names(&made));
}
