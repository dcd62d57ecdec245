//! `max_active`: how many sagas are in memory at once, whatever they are woken up by.

use crate::durable::{
    store::Troubled,
    weak::{file, open},
    world::Trouble,
};
use saga_postgres_server::Server;
use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    time::Duration,
};
use tokio::{
    task::JoinSet,
    time::{sleep, timeout},
};
use typed_saga::{
    Lock, Recording,
    engine::{
        Engine, Filter, Memory, SagaId, State, Store,
        for_stores::{LockFilter, LockState, NewSaga},
    },
    postgres::Postgres,
    runtime::Cancel,
    saga,
};

/// How many calls run, and how many did at most.
#[derive(Clone, Debug, Default)]
struct Gauge(Arc<[AtomicUsize; 2]>);

impl Gauge {
    async fn call(&self) -> Result<(), Trouble> {
        let [now, most] = &*self.0;
        most.fetch_max(now.fetch_add(1, SeqCst) + 1, SeqCst);
        sleep(Duration::from_millis(5)).await;
        now.fetch_sub(1, SeqCst);
        Ok(())
    }
}

saga! {
    #[classify(Trouble::verdict)]
    #[timeout(5s)]
    durable saga Request() with (gauge: Gauge) -> Result<(), Trouble> {
        #[timeout(never)]
        signal answered -> ();

        read worked(gauge) { gauge.call().await }
    }
}

struct Desk(u32);

impl Lock for Desk {
    const NAME: &'static str = "desk";

    fn key(&self) -> String {
        self.0.to_string()
    }
}

saga! {
    /// Has all desks until it is told to leave.
    #[classify(Trouble::verdict)]
    #[timeout(5s)]
    durable saga Occupies(desks: u32) -> Result<(), Trouble> {
        #[timeout(1h)]
        lock all(desks => (0..*desks).map(Desk).collect()) -> Vec<Desk>;

        #[timeout(1h)]
        signal leave -> ();
    }
}

saga! {
    #[classify(Trouble::verdict)]
    #[timeout(5s)]
    durable saga Works(at: u32) with (gauge: Gauge) -> Result<(), Trouble> {
        #[timeout(1h)]
        lock desk(at => Desk(*at)) -> Desk;

        read worked(gauge) { gauge.call().await }
    }
}

saga! {
    #[classify(Trouble::verdict)]
    #[timeout(2h)]
    durable saga Lasts(seconds: u64) -> Result<(), Trouble> {
        read lasted(seconds) { sleep(Duration::from_secs(*seconds)).await; Ok(()) }
    }
}

const SLOTS: usize = 3;
const SAGAS: usize = 200;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sagas_that_signals_wake_up_have_no_more_slots_than_others() {
    let (store, gauge) = (open(&file("slots")).await, Gauge::default());
    let services = RequestServices {
        gauge: gauge.clone(),
    };
    let builder = Engine::builder(store).register::<Request>(services);
    let builder = builder.max_active(SLOTS).unload_after(Duration::ZERO);
    let engine = builder.start().await.unwrap();
    for id in 0..SAGAS {
        drop(engine.submit(id.to_string(), Request {}).await.unwrap());
    }
    let mut signals = JoinSet::new();
    for id in 0..SAGAS {
        let engine = engine.clone();
        signals.spawn(async move {
            let answered = RequestSignal::Answered(());
            engine
                .signal::<Request>(&id.to_string(), answered)
                .await
                .unwrap();
            let handle = engine.handle::<Request>(&id.to_string()).await.unwrap();
            drop(handle.outcome().await.unwrap());
        });
    }
    signals.join_all().await;
    assert!(gauge.0[1].load(SeqCst) <= SLOTS, "{gauge:?}");
}

/// The first saga has the keys of all others, which are granted theirs at one moment.
async fn granted_at_once<S: Store + Clone>(store: S) {
    let gauge = Gauge::default();
    let services = WorksServices {
        gauge: gauge.clone(),
    };
    let builder = Engine::builder(store.clone())
        .register::<Occupies>(OccupiesServices {})
        .register::<Works>(services);
    let builder = builder.max_active(SLOTS).unload_after(Duration::ZERO);
    let engine = builder.start().await.unwrap();
    let desks = u32::try_from(SAGAS).unwrap();
    let first = engine.submit("first", Occupies { desks }).await.unwrap();
    let has_all = async || {
        let rows = store.locks(LockFilter::default()).await.unwrap();
        rows.len() == SAGAS && rows.iter().all(|row| row.state == LockState::Taken)
    };
    while !has_all().await {
        sleep(Duration::from_millis(5)).await;
    }
    for at in 0..desks {
        drop(engine.submit(at.to_string(), Works { at }).await.unwrap());
    }
    let all_wait = async || {
        let waiting = Filter {
            saga: Some("Works".into()),
            states: vec![State::Waiting],
            ..Filter::default()
        };
        store.list(waiting).await.unwrap().len() == SAGAS
    };
    while !all_wait().await {
        sleep(Duration::from_millis(5)).await;
    }
    let leave = OccupiesSignal::Leave(());
    engine.signal::<Occupies>("first", leave).await.unwrap();
    drop(first.outcome().await.unwrap());
    for at in 0..desks {
        let handle = engine.handle::<Works>(&at.to_string()).await.unwrap();
        drop(handle.outcome().await.unwrap());
    }
    let most = gauge.0[1].load(SeqCst);
    assert!((1..=SLOTS).contains(&most), "{gauge:?}");
    drop(engine.shutdown(Duration::from_secs(5)).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sagas_that_get_their_keys_at_once_have_no_more_slots_than_others() {
    granted_at_once(open(&file("granted")).await).await;
    if let Some(server) = Server::start(&["fsync=off"]) {
        let store = Postgres::connect(&server.database(), "test").await.unwrap();
        granted_at_once(store).await;
    }
}

/// With an observer, an engine looks for a saga before it begins one.
#[tokio::test(start_paused = true)]
async fn a_saga_that_runs_and_is_submitted_again_has_one_slot() {
    let builder = Engine::builder(Memory::new()).register::<Lasts>(LastsServices {});
    let builder = builder.max_active(2).observe(Recording::default());
    let engine = builder.start().await.unwrap();
    for _ in 0..2 {
        drop(
            engine
                .submit("long", Lasts { seconds: 3600 })
                .await
                .unwrap(),
        );
        sleep(Duration::from_millis(5)).await;
    }
    let short = engine.submit("short", Lasts { seconds: 1 }).await.unwrap();
    let ended = timeout(Duration::from_secs(60), short.outcome()).await;
    drop(ended.expect("one of the two slots is free").unwrap());
}

/// Afterwards the engine takes up whatever it has claimed.
#[tokio::test(start_paused = true)]
async fn a_saga_that_runs_has_one_slot_after_a_claim_that_was_not_answered() {
    let memory = Memory::new();
    let store = Troubled::new(&memory);
    let claims = Arc::clone(&store.claims);
    let builder = Engine::builder(store).register::<Lasts>(LastsServices {});
    let engine = builder.max_active(2).start().await.unwrap();
    let long = engine.submit("long", Lasts { seconds: 3600 });
    drop(long.await.unwrap());
    claims.store(1, SeqCst);
    let order = NewSaga {
        saga: SagaId::new("Lasts", "short"),
        input: r#"{"seconds":1}"#.into(),
        fingerprint: 7,
        due: None,
        life: None,
    };
    memory.create(None, order, None).await.unwrap();
    let short = engine.handle::<Lasts>("short").await.unwrap();
    let ended = timeout(Duration::from_secs(60), short.outcome()).await;
    drop(ended.expect("one of the two slots is free").unwrap());
    assert_eq!(claims.load(SeqCst), 0);
}

/// A worker without a free slot leaves a saga that has got its keys to one with a free slot.
#[tokio::test(start_paused = true)]
async fn a_saga_that_gets_its_keys_is_left_to_a_worker_with_a_free_slot() {
    let (store, gauge) = (Memory::shared(), Gauge::default());
    let worker = async || {
        let services = WorksServices {
            gauge: gauge.clone(),
        };
        let builder = Engine::builder(store.clone())
            .register::<Lasts>(LastsServices {})
            .register::<Occupies>(OccupiesServices {})
            .register::<Works>(services);
        let builder = builder.max_active(1).unload_after(Duration::ZERO);
        builder.start().await.unwrap()
    };
    let moment = Duration::from_secs(1);
    let busy = worker().await;
    let first = busy.submit("first", Occupies { desks: 1 }).await.unwrap();
    sleep(moment).await;
    let next = busy.submit("next", Works { at: 0 }).await.unwrap();
    sleep(moment).await;
    let long = busy.submit("long", Lasts { seconds: 3600 });
    drop(long.await.unwrap());
    let why = next.status().await.unwrap().why;
    assert!(why.starts_with("waits for the lock `desk`: "), "{why}");
    // A request needs no slot.
    assert_eq!(first.cancel().await.unwrap(), Cancel::Accepted);
    drop(first.outcome().await.unwrap());
    sleep(moment).await;
    let why = next.status().await.unwrap().why;
    assert_eq!(why, "has the keys of the lock `desk`, and waits for a slot");
    let idle = worker().await;
    let ended = timeout(Duration::from_secs(60), next.outcome()).await;
    drop(ended.expect("the other worker runs it").unwrap());
    drop(idle);
}
