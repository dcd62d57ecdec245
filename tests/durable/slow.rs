//! A store that answers late: a saga that is released meanwhile must not be lost between the run that
//! lets it go and the worker that takes it up.

use crate::durable::store::Troubled;
use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    thread,
    time::Duration,
};
use tokio::{runtime::Handle, task::spawn_blocking, time::sleep};
use typed_saga::{
    Key,
    engine::{Attribution, DurableOutcome, Engine, Memory, ReadStore, SagaId, Time},
    saga,
};

#[derive(Clone, Copy, Debug, serde::Serialize, serde::Deserialize)]
struct Busy;

impl std::fmt::Display for Busy {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("busy")
    }
}

/// Busy for so many calls.
#[derive(Clone)]
struct Port(Arc<AtomicU32>);

impl Port {
    fn busy(calls: u32) -> Self {
        Self(Arc::new(AtomicU32::new(calls)))
    }

    async fn dock(&self, _: &Key) -> Result<u32, Busy> {
        tokio::task::yield_now().await;
        let left = |left: u32| left.checked_sub(1);
        match self
            .0
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, left)
        {
            Ok(_) => Err(Busy),
            Err(_) => Ok(7),
        }
    }
}

saga! {
    #[classify(typed_saga::transient)]
    #[timeout(5s)]
    durable saga Dock(ship: String) with (port: Port) -> Result<u32, Busy> {
        #[idempotent]
        pivot berth(ship, _key) -> u32 { Ok(u32::from(ship == "Ada") * 7) }

        #[retry(2, 100ms..100ms, jitter = false)] #[idempotent]
        step papers(port, berth, key) -> u32 { Ok(port.dock(key).await? + berth) }

        papers
    }
}

async fn engine(port: Port, nap: Duration) -> Engine {
    let mut store = Troubled::new(&Memory::new());
    store.late = Duration::from_secs(1);
    let builder = Engine::builder(store).register::<Dock>(DockServices { port });
    builder.unload_after(nap).start().await.unwrap()
}

fn ship() -> Dock {
    Dock {
        ship: "Ada".to_owned(),
    }
}

#[tokio::test(start_paused = true)]
async fn a_saga_that_is_due_before_it_is_released_is_taken_up() {
    let engine = engine(Port::busy(1), Duration::from_millis(1)).await;
    let handle = engine.submit("ada", ship()).await.unwrap();
    let outcome = tokio::time::timeout(Duration::from_secs(60), handle.outcome());
    assert_eq!(
        outcome
            .await
            .expect("it goes on")
            .unwrap()
            .into_result()
            .unwrap(),
        14
    );
}

#[tokio::test(start_paused = true)]
async fn a_saga_that_is_claimed_while_it_is_resumed_is_taken_up() {
    let engine = engine(Port::busy(2), Duration::from_secs(10)).await;
    let handle = engine.submit("ada", ship()).await.unwrap();
    let DurableOutcome::Parked(parked) = handle.outcome().await.unwrap() else {
        panic!("its last step has two attempts");
    };
    assert_eq!(parked.error().step(), Some("papers"));
    let who = Attribution::new("Bob", "the port is free");
    engine.resume::<Dock>("ada", who).await.unwrap();
    let outcome = tokio::time::timeout(Duration::from_secs(60), handle.outcome());
    assert_eq!(
        outcome
            .await
            .expect("it goes on")
            .unwrap()
            .into_result()
            .unwrap(),
        14
    );
}

/// How often it was told.
#[derive(Clone, Default)]
struct Listener(Arc<AtomicU32>);

impl Listener {
    fn hears(&self) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

saga! {
    #[classify(typed_saga::transient)]
    #[timeout(5s)]
    durable saga Greeting() with (listener: Listener) -> Result<(), Busy> emit String {
        read asked() { Ok(()) }

        emit(asked => { let () = asked; ["hello".to_owned()] });
        publish(listener, event) {
            let _ = event;
            listener.hears();
            Ok(())
        }
    }
}

async fn greets(store: Troubled, listener: &Listener) -> Engine {
    let services = GreetingServices {
        listener: listener.clone(),
    };
    let builder = Engine::builder(store).register::<Greeting>(services);
    builder.start().await.unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_message_that_is_answered_during_a_look_is_not_acted_on_once_more() {
    let (memory, listener) = (Memory::new(), Listener::default());
    let mut store = Troubled::new(&memory);
    store.late_inbox = Duration::from_millis(200);
    let engine = greets(store, &listener).await;
    let handle = engine.submit("g", Greeting {}).await.unwrap();
    drop(handle.finished().await.unwrap());
    // One of them comes while the worker looks, whenever it looks.
    for number in 0..20 {
        let redeliver = r#"{"action":{"redeliver":{"number":0}}}"#.to_owned();
        let saga = SagaId::new("Greeting", "g");
        memory.send(saga, redeliver, Time(0)).await.unwrap();
        sleep(Duration::from_secs(2) + Duration::from_millis(number * 20)).await;
    }
    assert_eq!(listener.0.load(Ordering::SeqCst), 1 + 20);
}

#[tokio::test(start_paused = true)]
async fn an_event_that_is_claimed_during_a_shutdown_is_left_to_the_next_engine() {
    let (memory, listener) = (Memory::new(), Listener::default());
    let mut store = Troubled::new(&memory);
    store.late = Duration::from_secs(1);
    let engine = greets(store, &listener).await;
    drop(engine.submit("g", Greeting {}).await.unwrap());
    while memory.undelivered().await.unwrap().is_empty() {
        sleep(Duration::from_millis(1)).await;
    }
    // Its end, which claims the event, is on record, and that is not known yet.
    sleep(Duration::from_millis(500)).await;
    left_to_the_next_engine(engine, &memory, &listener, 0).await;
}

#[tokio::test(start_paused = true)]
async fn an_event_that_is_claimed_by_itself_during_a_shutdown_is_left_to_the_next_engine() {
    let (memory, listener) = (Memory::new(), Listener::default());
    let mut store = Troubled::new(&memory);
    store.late = Duration::from_secs(1);
    let engine = greets(store, &listener).await;
    let handle = engine.submit("g", Greeting {}).await.unwrap();
    drop(handle.finished().await.unwrap());
    let saga = SagaId::new("Greeting", "g");
    assert!(engine.outbox().redeliver(&saga, Some(0)).await.unwrap());
    // The claim takes as long as any.
    sleep(Duration::from_millis(500)).await;
    left_to_the_next_engine(engine, &memory, &listener, 1).await;
}

/// Nothing more than `heard` is handed over by an engine that shuts down, and the next one does so.
async fn left_to_the_next_engine(engine: Engine, memory: &Memory, listener: &Listener, heard: u32) {
    drop(engine.shutdown(Duration::from_secs(60)).await);
    let by_then = listener.0.load(Ordering::SeqCst);
    sleep(Duration::from_secs(60)).await;
    let later = listener.0.load(Ordering::SeqCst);
    assert_eq!((by_then, later), (heard, heard));
    let next = greets(Troubled::new(memory), listener).await;
    sleep(Duration::from_secs(1)).await;
    assert_eq!(listener.0.load(Ordering::SeqCst), heard + 1);
    drop(next);
}

/// Whoever is told of a failure may submit the saga again before the failed run is gone: from another
/// thread, while that of the run is held up.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_submission_never_ends_with_the_failure_of_an_earlier_one() {
    let mut store = Troubled::new(&Memory::new());
    store.uncreated = Some(Arc::default());
    let engine = Engine::builder(store);
    let engine = engine.register::<Dock>(DockServices {
        port: Port::busy(0),
    });
    let engine = engine.start().await.unwrap();
    let dock = || Dock {
        ship: "Ada".to_owned(),
    };
    let threads = [0; 8].map(|_| {
        let (engine, runtime) = (engine.clone(), Handle::current());
        thread::spawn(move || {
            runtime.block_on(async {
                for number in 0..500 {
                    let id = format!("{:?} {number}", thread::current().id());
                    let first = engine.submit(id.as_str(), dock()).await;
                    let failed = first.map(drop).unwrap_err().to_string();
                    let again = engine.submit(id, dock()).await;
                    let error = again.map(drop).unwrap_err().to_string();
                    assert_ne!(error, failed, "each submission is tried by itself");
                }
            });
        })
    });
    for thread in threads {
        let ended = spawn_blocking(move || thread.join()).await.unwrap();
        ended.unwrap();
    }
}
