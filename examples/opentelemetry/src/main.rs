//! Sagas as OpenTelemetry spans and metrics. Here both are exported into memory; in production, use
//! `opentelemetry-otlp`.
//!
//! The spans come from `typed_saga::Tracing`: `saga`, in it `step`, in it `attempt`, with
//! everything else as events. The metrics come from an observer, below.

#![allow(clippy::unused_async, reason = "these services answer at once")]

use opentelemetry::metrics::{Counter, Meter, MeterProvider};
use opentelemetry::trace::TracerProvider;
use opentelemetry::{InstrumentationScope, KeyValue};
use opentelemetry_sdk::metrics::{
    InMemoryMetricExporter, PeriodicReader, SdkMeterProvider, exporter::PushMetricExporter,
};
use opentelemetry_sdk::trace::{InMemorySpanExporter, SdkTracerProvider, SpanExporter};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use tracing_subscriber::layer::SubscriberExt;
use typed_saga::{
    Context, Key, Observer, Verdict,
    runtime::{End, RunEvent},
    saga,
};

/// Counts the events of sagas. A saga's id is an attribute of its spans, not here, where each id
/// would be a time series.
pub(crate) struct Metrics {
    started: Counter<u64>,
    ended: Counter<u64>,
    attempts: Counter<u64>,
    failures: Counter<u64>,
    in_doubt: Counter<u64>,
    undone: Counter<u64>,
    undo_failures: Counter<u64>,
    stuck: Counter<u64>,
}

impl Metrics {
    pub(crate) fn new(meter: &Meter) -> Self {
        let counter = |name: &'static str, what: &'static str| {
            meter.u64_counter(name).with_description(what).build()
        };
        Self {
            started: counter("saga.started", "sagas that started"),
            ended: counter("saga.ended", "sagas that ended, by how"),
            attempts: counter("saga.attempts", "calls of actions"),
            failures: counter("saga.failures", "attempts that failed, by kind"),
            in_doubt: counter("saga.in_doubt", "steps that may have happened"),
            undone: counter("saga.undone", "steps undone"),
            undo_failures: counter("saga.undo_failures", "compensations that failed"),
            stuck: counter("saga.stuck", "tenth failures in a row"),
        }
    }
}

impl Observer for Metrics {
    fn on_event(&self, at: &Context<'_>, what: &RunEvent<'_>) {
        let saga = KeyValue::new("saga", at.saga());
        let step = KeyValue::new("step", at.step());
        let failed = |kind: &'static str| {
            let of = [saga.clone(), step.clone(), KeyValue::new("kind", kind)];
            self.failures.add(1, &of);
        };
        match what {
            RunEvent::Started => self.started.add(1, &[saga]),
            RunEvent::Finished { summary } => {
                let end = match summary.end() {
                    End::Completed => "completed",
                    End::Compensated => "compensated",
                    End::Parked => "parked",
                };
                self.ended.add(1, &[saga, KeyValue::new("end", end)]);
            }
            RunEvent::Attempting => self.attempts.add(1, &[saga, step]),
            RunEvent::Rejected { verdict, .. } => failed(match verdict.happened() {
                Verdict::Refused => "refused",
                Verdict::Transient => "transient",
                Verdict::Unknown => "unknown",
                _ => "partial",
            }),
            RunEvent::TimedOut => failed("timeout"),
            RunEvent::Panicked { .. } => failed("panic"),
            RunEvent::InDoubt => self.in_doubt.add(1, &[saga, step]),
            RunEvent::Compensated => self.undone.add(1, &[saga, step]),
            RunEvent::CompensationFailed { .. } => self.undo_failures.add(1, &[saga, step]),
            RunEvent::Stuck => self.stuck.add(1, &[saga, step]),
            _ => {}
        }
    }
}

/// Set up when a service starts, and flushed when it stops.
pub(crate) struct Telemetry {
    pub(crate) spans: SdkTracerProvider,
    pub(crate) metrics: SdkMeterProvider,
}

impl Telemetry {
    pub(crate) fn new(
        spans: impl SpanExporter + 'static,
        metrics: impl PushMetricExporter,
    ) -> Self {
        let reader = PeriodicReader::builder(metrics).build();
        Self {
            spans: SdkTracerProvider::builder()
                .with_simple_exporter(spans)
                .build(),
            metrics: SdkMeterProvider::builder().with_reader(reader).build(),
        }
    }

    /// The subscriber for `tracing`; add `tracing_subscriber::fmt` and others as further layers.
    pub(crate) fn subscriber(&self) -> impl tracing::Subscriber + Send + Sync + use<> {
        let layer = tracing_opentelemetry::layer().with_tracer(self.spans.tracer("saga"));
        tracing_subscriber::registry().with(layer)
    }

    pub(crate) fn observer(&self) -> Metrics {
        let scope = InstrumentationScope::builder("saga").build();
        Metrics::new(&self.metrics.meter_with_scope(scope))
    }

    /// Exports whatever is still pending.
    pub(crate) fn flush(&self) {
        self.spans.force_flush().expect("spans are exported");
        self.metrics.force_flush().expect("metrics are exported");
    }
}

/// Loses its first answer, and admits only two guests.
#[derive(Clone, Default)]
pub(crate) struct Table {
    asked: Arc<AtomicU32>,
}

#[derive(Debug)]
pub(crate) enum TableError {
    Lost,
    Full,
}

impl std::fmt::Display for TableError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Lost => "the connection is lost",
            Self::Full => "the table is full",
        })
    }
}

impl TableError {
    fn verdict(&self) -> Verdict {
        match self {
            Self::Lost => Verdict::Unknown,
            Self::Full => Verdict::Refused,
        }
    }
}

impl Table {
    /// The same key gets the same table.
    async fn reserve(&self, _: &Key) -> Result<u32, TableError> {
        match self.asked.fetch_add(1, Ordering::Relaxed) {
            0 => Err(TableError::Lost),
            _ => Ok(4),
        }
    }

    async fn release(&self, number: &u32) -> Result<(), TableError> {
        tracing::info!(number, "is free again");
        Ok(())
    }

    async fn seat(&self, guests: &u32) -> Result<(), TableError> {
        if *guests > 2 {
            Err(TableError::Full)
        } else {
            Ok(())
        }
    }
}

saga! {
    #[classify(TableError::verdict)]
    pub(crate) saga Dine(guests: u32) with (tables: Table) -> Result<u32, TableError> {
        #[idempotent]
        step table(tables, key) -> u32 = Table::reserve
            compensate(tables, table) = Table::release;

        #[idempotent(by = guests)]
        step seats(tables, guests) = Table::seat
            compensate none

        table
    }
}

/// Two dinners, one of which fails.
pub(crate) async fn dine(telemetry: &Telemetry) {
    let tables = Table::default();
    for (id, guests) in [("monday", 2), ("tuesday", 3)] {
        let dinner = Dine { guests }.with(tables.clone()).id(id);
        let dinner = dinner
            .observe(telemetry.observer())
            .observe(typed_saga::Tracing::default());
        println!(
            "{id}: {:?}",
            dinner.await.map_err(|error| error.to_string())
        );
    }
    telemetry.flush();
}

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn main() {
    let (spans, metrics) = (
        InMemorySpanExporter::default(),
        InMemoryMetricExporter::default(),
    );
    let telemetry = Telemetry::new(spans.clone(), metrics.clone());
    let _guard = tracing::subscriber::set_default(telemetry.subscriber());
    dine(&telemetry).await;

    let spans = spans.get_finished_spans().expect("spans in memory");
    let sagas = spans.iter().filter(|span| span.name == "saga").count();
    assert_eq!(sagas, 2);
    let metrics = metrics.get_finished_metrics().expect("metrics in memory");
    println!(
        "{} spans, {} exports of metrics",
        spans.len(),
        metrics.len()
    );
    assert!(!metrics.is_empty());
}
