//! Errors whose texts are as long as a whole response: what is recorded of them is not.

use crate::durable::world::Trouble;
use std::time::Duration;
use tokio::time::sleep;
use typed_saga::{
    Verdict,
    engine::{Engine, EventFilter, Memory, ReadStore as _, SagaId},
    saga,
};

/// The most bytes of the text of an error.
const LIMIT: usize = 16 << 10;

fn long() -> String {
    "é".repeat(1 << 17)
}

fn says(how: &str) -> Result<u32, Trouble> {
    match how {
        "fails" => Err(Trouble(Verdict::Refused, long().into())),
        "panics" => panic!("{}", long()),
        _ => Ok(7),
    }
}

/// A bus that is down.
#[derive(Clone)]
struct Bus;

impl Bus {
    async fn publish(&self, _: &u32) -> Result<(), Trouble> {
        sleep(Duration::from_millis(1)).await;
        Err(Trouble(Verdict::Refused, long().into()))
    }
}

saga! {
    #[classify(Trouble::verdict)]
    #[timeout(5s)]
    durable saga Wordy(how: String) with (bus: Bus) -> Result<(), Trouble> emit u32 {
        #[idempotent] #[retry(1)]
        step said(how, _key) -> u32 { says(how) }
            compensate none;

        emit(said => vec![*said]);
        publish(bus, event) { bus.publish(event).await }
    }
}

#[track_caller]
fn is_short(text: &str) {
    assert!(text.len() <= LIMIT, "{} bytes", text.len());
    assert!(text.contains("ééé"), "{text}");
    assert!(text.ends_with("… (262144 bytes in all)"), "{text}");
}

/// The texts of errors in the journal of a saga.
async fn recorded(store: &Memory, id: &str) -> Vec<String> {
    let stored = store.load(SagaId::new("Wordy", id)).await.unwrap();
    let commits = stored.unwrap().commits.into_iter();
    let records = commits.flat_map(|commit| {
        serde_json::from_str::<Vec<serde_json::Value>>(&commit.records).unwrap()
    });
    let errors = records.filter_map(|record| Some(record["error"].as_str()?.to_owned()));
    errors.collect()
}

#[tokio::test(start_paused = true)]
async fn the_beginning_of_a_long_text_is_recorded() {
    let store = Memory::new();
    let engine = Engine::builder(store.clone()).register::<Wordy>(WordyServices { bus: Bus });
    let engine = engine.start().await.unwrap();
    for how in ["fails", "panics", "tells"] {
        let wordy = Wordy { how: how.into() };
        let handle = engine.submit(how, wordy).await.unwrap();
        drop(handle.outcome().await.unwrap());
    }
    for how in ["fails", "panics"] {
        let errors = recorded(&store, how).await;
        let (long, _): (Vec<_>, Vec<_>) = errors.iter().partition(|text| text.len() > 1000);
        assert!(!long.is_empty(), "{how}: {errors:?}");
        for text in long {
            is_short(text);
        }
    }
    loop {
        let events = store.events(EventFilter::default()).await.unwrap();
        if let Some(why) = &events[0].why {
            is_short(why);
            break;
        }
        sleep(Duration::from_millis(100)).await;
    }
}
