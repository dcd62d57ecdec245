//! A value that ends its process when it is written, read back, or dropped. Each time the call that
//! returned it is lost, and the tenth loss parks the saga. The saga of one that was recorded, and ends
//! each process that reads it, is set aside.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::{cell::RefCell, time::Duration};
use tokio::{
    runtime::Builder,
    time::{sleep, timeout},
};
use typed_saga::{
    Verdict,
    engine::{Attribution, DurableOutcome, Engine, Memory, SagaId, State, Status},
    runtime::{Durable, Services},
    saga,
};
use typed_saga_conformance::Faulty;

/// Where the code of a value is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Serialize,
    Deserialize,
    Drop,
}

thread_local! {
    /// Where a value ends the process of this thread, and the store of that process.
    static ENDS: RefCell<Option<(Place, Faulty<Memory>)>> = const { RefCell::new(None) };
}

impl Place {
    /// Code that ends its process does so within a poll: nothing that follows there reaches the store.
    fn reached(self) {
        ENDS.with_borrow(|ends| {
            if let Some((_, store)) = ends.as_ref().filter(|(place, _)| *place == self) {
                store.crash_now();
            }
        });
    }
}

#[derive(Debug)]
pub(crate) struct Value;

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Place::Serialize.reached();
        serializer.serialize_bool(true)
    }
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Place::Deserialize.reached();
        bool::deserialize(deserializer).map(|_| Self)
    }
}

impl Drop for Value {
    fn drop(&mut self) {
        Place::Drop.reached();
    }
}

saga! {
    #[classify(Verdict::clone)]
    #[timeout(10s)]
    durable saga Frail() -> Result<(), Verdict> {
        read value() -> Value { Ok(Value) }

        sleep rest(1h);

        read last() { Ok(()) }

        let _ = (value, last);
    }
}

/// An earlier version, with a step less.
mod before {
    use super::Value;
    use typed_saga::{Verdict, saga};

    saga! {
        #[classify(Verdict::clone)]
        #[timeout(10s)]
        pub(super) durable saga Frail() -> Result<(), Verdict> {
            read value() -> Value { Ok(Value) }

            sleep rest(1h);

            let _ = value;
        }
    }
}

/// More than the saga takes, with all of its waits.
const LONGEST: Duration = Duration::from_secs(100_000);

fn id() -> SagaId {
    SagaId::new("Frail", "it")
}

/// A process, with a clock of its own.
fn process<T>(life: impl Future<Output = T>) -> T {
    let runtime = Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .unwrap();
    runtime.block_on(async { timeout(LONGEST, life).await.expect("it hangs") })
}

async fn start(store: &Faulty<Memory>) -> Engine {
    let builder = Engine::builder(store.clone()).register::<Frail>(FrailServices {});
    builder.start().await.unwrap()
}

/// A process that a value ends at this place; how the saga is, if it comes to rest instead.
fn life(memory: &Memory, place: Place) -> Option<Status> {
    process(async {
        let store = Faulty::new(memory.clone());
        ENDS.set(Some((place, store.clone())));
        let comes_to_rest = async {
            let engine = start(&store).await;
            drop(engine.submit("it", Frail {}).await.unwrap());
            loop {
                let status = engine.status(&id()).await.unwrap();
                if status.row.state == State::Parked || status.row.is_quarantined() {
                    return status;
                }
                sleep(Duration::from_secs(10)).await;
            }
        };
        tokio::select! {
            biased;
            () = store.crashed() => None,
            status = comes_to_rest => Some(status),
        }
    })
}

/// Lets processes end until one does not; says how many did, and how the saga is then.
fn deaths(memory: &Memory, place: Place) -> (usize, Status) {
    let mut lives = (0..=20).map(|deaths| (deaths, life(memory, place)));
    let lived = lives.find_map(|(deaths, status)| Some((deaths, status?)));
    lived.expect("it does not end processes forever")
}

/// The code is mended, and an operator resumes the saga.
fn is_mended(memory: &Memory) {
    ENDS.set(None);
    process(async {
        let engine = start(&Faulty::new(memory.clone())).await;
        let ada = Attribution::new("ada", "it is mended");
        engine.resume::<Frail>("it", ada).await.unwrap();
        let handle = engine.handle::<Frail>("it").await.unwrap();
        let outcome = handle.outcome().await.unwrap();
        assert!(
            matches!(outcome, DurableOutcome::Completed(())),
            "{outcome:?}"
        );
    });
}

#[test]
fn a_value_that_ends_its_process_ten_times_parks_its_saga() {
    for place in [Place::Serialize, Place::Deserialize, Place::Drop] {
        let memory = Memory::new();
        let (deaths, status) = deaths(&memory, place);
        assert_eq!((deaths, status.row.state), (10, State::Parked), "{place:?}");
        let why = status.why;
        assert!(
            why.contains("`value`") && why.contains("lost with its process 10 times"),
            "{place:?}: {why}"
        );
        is_mended(&memory);
    }
}

/// A process submits the saga, and shuts down while that sleeps.
fn is_recorded<S: Durable>(memory: &Memory, saga: S, services: impl Services<S>) {
    ENDS.set(None);
    process(async {
        let builder = Engine::builder(memory.clone()).register::<S>(services);
        let engine = builder.start().await.unwrap();
        drop(engine.submit("it", saga).await.unwrap());
        sleep(Duration::from_secs(60)).await;
        drop(engine.shutdown(Duration::from_secs(1)).await);
    });
}

/// The value ends ten processes, and no more.
fn is_set_aside(memory: &Memory) {
    let (deaths, status) = deaths(memory, Place::Deserialize);
    let why = status.why;
    assert_eq!(deaths, 10, "{why}");
    assert!(
        status.row.is_quarantined() && why.starts_with("quarantined: "),
        "{why}"
    );
    is_mended(memory);
}

#[test]
fn a_recorded_value_that_ends_whoever_reads_it_is_set_aside() {
    let memory = Memory::new();
    is_recorded(&memory, Frail {}, FrailServices {});
    is_set_aside(&memory);
}

/// A new version reads the sagas of an earlier one when it starts, long before they are due.
#[test]
fn a_recorded_value_that_ends_each_process_of_a_new_version_is_set_aside() {
    let memory = Memory::new();
    is_recorded(&memory, before::Frail {}, before::FrailServices {});
    is_set_aside(&memory);
}
