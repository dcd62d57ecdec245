//! Observers of a run: a recording to read, counters for a dashboard, a log, and a pager of your
//! own.
//!
//! The example `opentelemetry` exports spans and metrics.

use std::sync::{Arc, Mutex};
use tracing_subscriber::filter::LevelFilter;
use typed_saga::{Context, Observer, Recording, Tracing, runtime::Counts, saga};

saga! {
    saga Deliver(house: u32) -> Result<u32, &'static str> {
        step loaded(house) -> u32 { Ok(*house) }
            compensate(loaded) { if *loaded == 13 { Err("the gate is locked") } else { Ok(()) } }

        #[retry(2, 1ms..1ms, jitter = false)] #[idempotent(by = house)]
        step rung(house) { if *house < 10 { Ok(()) } else { Err("nobody is there") } }
            compensate none

        loaded
    }
}

/// Wakes an operator. An observer overrides only the methods that it needs.
#[derive(Clone, Default)]
struct Pager(Arc<Mutex<Vec<String>>>);

impl Observer for Pager {
    fn finished(&self, saga: &Context<'_>, summary: &typed_saga::Summary) {
        if summary.end() == typed_saga::runtime::End::Parked {
            let call = format!("{}: {summary}", saga.id());
            self.0.lock().expect("nobody panics").push(call);
        }
    }
}

#[tokio::main(flavor = "current_thread", start_paused = true)]
async fn main() {
    tracing_subscriber::fmt()
        .with_max_level(LevelFilter::INFO)
        .without_time()
        .init();
    let (story, counts, pager) = (Recording::default(), Counts::default(), Pager::default());
    // One observer of all runs, and two of each run.
    typed_saga::runtime::observe_all(Tracing::default()).expect("nobody else observes");

    for (house, id) in [(7, "seven"), (12, "twelve"), (13, "thirteen")] {
        let delivery = Deliver { house }.run().id(id);
        let delivery = delivery.observe(counts.clone()).observe(pager.clone());
        let delivery = match id {
            "twelve" => delivery.observe(story.clone()),
            _ => delivery,
        };
        drop(delivery.await);
    }

    assert_eq!(
        story.lines(),
        [
            "the saga starts",
            "`loaded` is attempted",
            "`loaded` is applied",
            "`rung` is attempted",
            "`rung` fails for now: nobody is there",
            "`rung` waits 1ms before the next attempt",
            "`rung` is attempted (attempt 2)",
            "`rung` fails for now: nobody is there (attempt 2)",
            "`loaded` is compensated",
            "`loaded` is undone",
            "the saga ends: step `rung` failed: nobody is there; everything was undone",
        ]
    );

    let so_far = counts.so_far();
    assert_eq!((so_far.started, so_far.completed), (3, 1));
    assert_eq!((so_far.compensated, so_far.parked), (1, 1));
    assert_eq!(so_far.compensations_failed, 5);

    let calls = pager.0.lock().expect("nobody panics").clone();
    assert_eq!(calls.len(), 1);
    assert!(calls[0].starts_with("thirteen: "), "{calls:?}");
    typed_saga::drain(std::time::Duration::from_secs(5)).await;
}
