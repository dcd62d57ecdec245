//! `/metrics`, and the page that says what is there.

use crate::{
    asking::{looking, overview, page},
    sagas::{Approve, Site},
};
use axum::Router;
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};
use tokio::time::sleep;
use typed_saga::{
    Context, Observer as _, Verdict,
    engine::{
        Engine, EventFilter, Memory, ReadStore as _, SagaId, Store as _,
        for_stores::{Hold, Mark, TAKEOVERS, Turn, Unfit, Worker},
    },
    runtime::{Id, RunEvent},
    saga,
};
use typed_saga_console::{Metrics, Options, router};

saga! {
    /// Tells a bus that is down of two things.
    #[classify(typed_saga::transient)]
    #[timeout(1m)]
    durable saga Announce() -> Result<(), String> emit u32 {
        read first() -> u32 { Ok(1) }

        emit(first => [*first, first + 1]);
        #[retry(forever, 1ms..1ms, jitter = false)]
        publish(event) { Err(format!("the bus is down: it is not told {event}")) }
    }
}

/// The values of each label, or of each attribute; empty: any.
type Labels = BTreeMap<String, BTreeSet<String>>;

fn console(site: &Site, metrics: &Metrics) -> Router {
    let options = Options::new().metrics(metrics.clone());
    router(Arc::new(site.store.clone()), options)
}

/// What is set as code.
fn code(text: &str) -> impl Iterator<Item = String> {
    text.split('`').skip(1).step_by(2).map(str::to_owned)
}

/// The metrics of the page on operations: their names here, and their attributes.
fn promised() -> BTreeMap<String, Labels> {
    let page = saga_tests::read("docs/guide/operations.md");
    let (_, table) = page.split_once("# Metrics\n").unwrap();
    let rows = table.lines().filter(|line| line.starts_with("| `saga."));
    rows.map(|row| {
        let cells: Vec<_> = row.split('|').map(str::trim).collect();
        let name = code(cells[1]).next().unwrap().replace('.', "_") + "_total";
        let (names, values) = cells[3].split_once(':').unwrap_or((cells[3], ""));
        let mut labels: Labels = code(names).map(|name| (name, BTreeSet::new())).collect();
        if !values.is_empty() {
            let last = code(names).last().unwrap();
            labels.insert(last, code(values).collect());
        }
        (name, labels)
    })
    .collect()
}

/// The counters that are there, and their labels.
fn there(text: &str) -> BTreeMap<String, Labels> {
    let mut found: BTreeMap<String, Labels> = BTreeMap::new();
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let (series, _) = line.rsplit_once(' ').unwrap();
        let (name, labels) = series.split_once('{').unwrap_or((series, ""));
        if !name.ends_with("_total") {
            continue;
        }
        let of = found.entry(name.to_owned()).or_default();
        for label in labels.trim_end_matches('}').split(',') {
            let (name, value) = label.split_once('=').unwrap();
            let values = of.entry(name.to_owned()).or_default();
            values.insert(value.trim_matches('"').to_owned());
        }
    }
    found
}

#[tokio::test]
async fn counters_are_those_of_the_page_on_operations() {
    let site = Site::open().await;
    // One that completes, one that parks, one that is compensated.
    drop(site.trip("trip-1", "Lisbon").await);
    site.parked("trip-2", "the hotel is closed").await;
    site.vendors.fail("+charge", Verdict::Refused, "no money");
    drop(site.trip("trip-3", "Lisbon").await);
    // And all that seldom happens.
    let id = Id::random();
    let at = Context::new("BookTrip", &id, "hotel");
    let error = "so";
    for verdict in [Verdict::Transient, Verdict::Unknown, Verdict::Partial] {
        let rejected = RunEvent::Rejected { verdict, error };
        site.metrics.on_event(&at, &rejected);
    }
    for event in [
        RunEvent::TimedOut,
        RunEvent::Panicked { message: error },
        RunEvent::InDoubt,
        RunEvent::Stuck,
    ] {
        site.metrics.on_event(&at, &event);
    }
    let metrics = page(&console(&site, &site.metrics), "/metrics").await;
    let (promised, there) = (promised(), there(&metrics.text));
    assert!(promised.len() >= 8, "{promised:?}");
    let names = |of: &BTreeMap<String, Labels>| of.keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(&there), names(&promised));
    for (name, labels) in promised {
        let found = &there[&name];
        assert!(found.keys().eq(labels.keys()), "{name}: {found:?}");
        for (label, values) in labels.iter().filter(|(_, values)| !values.is_empty()) {
            assert_eq!(&found[label], values, "{name} {label}");
        }
    }
    for line in [
        "# TYPE saga_failures_total counter",
        "saga_started_total{saga=\"BookTrip\"} 3",
        "saga_ended_total{saga=\"BookTrip\",end=\"parked\"} 1",
        "saga_failures_total{saga=\"BookTrip\",step=\"charge\",kind=\"refused\"} 2",
        "saga_undo_failures_total{saga=\"BookTrip\",step=\"hotel\"} 2",
    ] {
        metrics.has(&format!("{line}\n"));
    }
}

#[tokio::test]
async fn items_of_a_loop_are_one_step() {
    let site = Site::open().await;
    let cities = ["Lisbon", "Porto"].map(str::to_owned).to_vec();
    let tour = crate::sagas::Tour { cities };
    let handle = site.engine.submit("tour-1", tour).await.unwrap();
    drop(handle.outcome().await.unwrap());
    let metrics = page(&console(&site, &site.metrics), "/metrics").await;
    let attempts = there(&metrics.text)["saga_attempts_total"].clone();
    assert!(!attempts["step"].is_empty());
    let numbered = |step: &String| step.contains('[');
    assert!(!attempts["step"].iter().any(numbered), "{attempts:?}");
}

#[tokio::test]
async fn figures_are_of_the_store_and_of_the_engine_beside_it() {
    let site = Site::open().await;
    drop(site.trip("trip-1", "Lisbon").await);
    site.parked("trip-2", "the hotel is closed").await;
    page(&looking(site.store.clone()), "/metrics")
        .await
        .lacks("_total");
    let metrics = page(&console(&site, &site.metrics), "/metrics").await;
    assert_eq!(
        metrics.headers["content-type"],
        "text/plain; version=0.0.4; charset=utf-8"
    );
    for line in [
        "saga_sagas{saga=\"BookTrip\",state=\"completed\"} 1",
        "saga_needs_somebody{why=\"parked\"} 1",
    ] {
        metrics.has(&format!("{line}\n"));
    }
    // Nothing has been counted yet: what there will be is said all the same.
    let metrics = page(&console(&site, &Metrics::default()), "/metrics").await;
    metrics.has("# TYPE saga_started_total counter\n");
}

/// Whatever counts it, it is not unreadable, too.
#[tokio::test]
async fn a_saga_that_kills_is_counted_under_one_word() {
    let site = Site::open().await;
    site.engine.submit("it", Approve {}).await.unwrap();
    let before = looking(site.store.clone());
    site.until("Approve", "it", "waiting", &before).await;
    let (saga, store) = (SagaId::new("Approve", "it"), &site.store);
    let open = async || {
        let worker = Worker {
            name: "a test".into(),
            lease: Duration::from_secs(30),
            runs: Vec::new(),
            after: None,
        };
        let epoch = store.open(worker).await.unwrap().epoch;
        store
            .claim_one(epoch, Turn(1), saga.clone(), None)
            .await
            .unwrap();
        epoch
    };
    for _ in 0..TAKEOVERS {
        open().await;
    }
    let unfit = Mark::Unfit(Unfit {
        fingerprint: 0,
        why: "ten processes have died with it".into(),
    });
    let due = Some(typed_saga::engine::Time(0));
    let release = store.release(
        open().await,
        Hold::new(saga.clone(), Turn(1)),
        due,
        unfit,
        Vec::new(),
    );
    release.await.unwrap();

    let console = looking(site.store.clone());
    let metrics = page(&console, "/metrics").await;
    for (why, count) in [("quarantined", 1), ("unreadable", 0)] {
        let line = format!("saga_needs_somebody{{why=\"{why}\"}} {count}\n");
        metrics.has(&line);
    }
    let overview = page(&console, "/api/overview").await.json();
    assert_eq!(overview["quarantined"], 1, "{overview}");
    assert_eq!(overview["unreadable"], 0, "{overview}");
    for address in ["/", "/sagas", "/saga?saga=Approve&id=it"] {
        page(&console, address)
            .await
            .has("bad\">quarantined</span>");
    }
}

/// The first event of a saga is stuck, and the second one waits for it: two are not delivered.
#[tokio::test]
async fn events_that_are_stuck_are_counted_apart_from_those_that_wait() {
    let store = Memory::new();
    let services = AnnounceServices {};
    let builder = Engine::builder(store.clone()).register::<Announce>(services);
    let engine = builder.start().await.unwrap();
    drop(engine.submit("it", Announce {}).await.unwrap());
    let stuck = EventFilter {
        stuck: true,
        ..EventFilter::default()
    };
    while store.events(stuck.clone()).await.unwrap().is_empty() {
        sleep(Duration::from_millis(1)).await;
    }

    let console = looking(store);
    let metrics = page(&console, "/metrics").await;
    for line in ["saga_undelivered_events 2", "saga_stuck_events 1"] {
        metrics.has(&format!("{line}\n"));
    }
    let counted = page(&console, "/api/overview").await.json();
    assert_eq!(counted["undelivered"], 2, "{counted}");
    assert_eq!(counted["undeliverable"], 1, "{counted}");
    let shown = overview(&console).await;
    shown.has("<strong>1</strong> events stuck");
    shown.has("2 events are not delivered, 1 of them are stuck.");
}
