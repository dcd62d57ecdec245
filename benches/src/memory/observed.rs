//! The rows of a saga that somebody observes.

use super::{sagas::Eight, scenarios::OURS, shop::Shop};
use crate::rounds::{Case, Scenario};
use std::hint::black_box;
use tracing::{
    Dispatch, Event, Metadata, Subscriber,
    level_filters::LevelFilter,
    span::{Attributes, Id, Record},
};

/// The same saga with nobody, and with each observer.
#[must_use]
pub fn scenario() -> Scenario {
    let plain = || Eight { n: black_box(0) }.with(black_box(Shop::open()));
    let traced = |name| {
        Case::new(name, move || {
            plain().observe(typed_saga::Tracing::default())
        })
    };
    let cases = vec![
        Case::new(OURS, plain),
        Case::new("with a recording observer", move || {
            plain().observe(typed_saga::Recording::default())
        }),
        traced("with `tracing` that is off").under(|| Dispatch::new(Deaf(LevelFilter::OFF))),
        traced("with `tracing`, warnings alone").under(|| Dispatch::new(Deaf(LevelFilter::WARN))),
        traced("with `tracing` that accepts all and keeps nothing")
            .under(|| Dispatch::new(Deaf(LevelFilter::TRACE))),
        #[cfg(feature = "opentelemetry")]
        traced("with OpenTelemetry whose exporter drops all").under(exported),
    ];
    Scenario {
        title: "8 steps that are observed",
        cases,
    }
}

/// Hears of everything up to a level, and keeps nothing.
struct Deaf(LevelFilter);

impl Subscriber for Deaf {
    fn enabled(&self, of: &Metadata<'_>) -> bool {
        *of.level() <= self.0
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        Some(self.0)
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn event(&self, _: &Event<'_>) {}
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

#[cfg(feature = "opentelemetry")]
fn exported() -> Dispatch {
    use opentelemetry::trace::TracerProvider;
    use opentelemetry_sdk::{
        error::OTelSdkResult,
        trace::{SdkTracerProvider, SpanData, SpanExporter},
    };
    use tracing_subscriber::layer::SubscriberExt;

    #[derive(Debug)]
    struct Drops;

    impl SpanExporter for Drops {
        async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
            black_box(batch);
            Ok(())
        }
    }

    let spans = SdkTracerProvider::builder().with_simple_exporter(Drops);
    let layer = tracing_opentelemetry::layer().with_tracer(spans.build().tracer("saga"));
    Dispatch::new(tracing_subscriber::registry().with(layer))
}
