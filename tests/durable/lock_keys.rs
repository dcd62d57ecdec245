//! Keys of locks that are odd, or large.

use crate::{
    durable::{
        weak::{file, open},
        world::{Trouble, World},
    },
    watched::Watched,
};
use saga_postgres_server::Server;
use typed_saga::{
    engine::{DurableOutcome, Engine, Memory, Store},
    postgres::Postgres,
    saga,
};

struct AnyLock(String);

impl typed_saga::Lock for AnyLock {
    const NAME: &'static str = "any";

    fn key(&self) -> String {
        self.0.clone()
    }
}

/// The longest name that compiles.
const fn long(last: u8) -> [u8; 1024] {
    let mut name = [b'x'; 1024];
    name[1023] = last;
    name
}

const LONG: [&[u8; 1024]; 2] = [&long(b'a'), &long(b'b')];

const fn text(bytes: &'static [u8]) -> &'static str {
    match std::str::from_utf8(bytes) {
        Ok(text) => text,
        Err(_) => "",
    }
}

struct First;

impl typed_saga::Lock for First {
    const NAME: &'static str = text(LONG[0]);

    fn key(&self) -> String {
        "y".repeat(LIMIT)
    }
}

struct Second;

impl typed_saga::Lock for Second {
    const NAME: &'static str = text(LONG[1]);

    fn key(&self) -> String {
        "z".repeat(LIMIT)
    }
}

/// The most bytes that the keys of a lock have.
const LIMIT: usize = 1 << 20;

fn locks(how: &str) -> Vec<AnyLock> {
    let key = |key: &str, times| AnyLock(key.repeat(times));
    match how {
        "empty" => vec![key("", 1)],
        "nul" => vec![key("\0", 1), key("a\0b", 1)],
        "large" => vec![key("x", LIMIT)],
        "too large" => vec![key("x", LIMIT + 1)],
        _ => vec![key("x", LIMIT), key("y", 1)],
    }
}

saga! {
    #[classify(Trouble::verdict)]
    #[timeout(5s)]
    durable saga Guard(how: String) with (world: World) -> Result<(), Trouble> {
        #[idempotent]
        step noted(world, key) -> () { world.call("+noted", key) }
            compensate(world, key) { world.call("-noted", key) }
        #[timeout(600s)]
        lock any_lock(how => locks(how)) -> Vec<AnyLock>;
        #[idempotent]
        step done(world, key) -> () { world.call("+done", key) }
            compensate none;
    }

    #[classify(Trouble::verdict)]
    #[timeout(5s)]
    durable saga LongNames() with (world: World) -> Result<(), Trouble> {
        #[timeout(600s)]
        lock first(=> First) -> First;
        #[timeout(600s)]
        lock second(=> Second) -> Second;
        #[idempotent]
        step done(world, key) -> () { world.call("+done", key) }
            compensate none;
    }
}

async fn ends<S: Store>(store: impl AsyncFn(&str) -> S) {
    for (how, calls) in [
        ("empty", "+noted +done"),
        ("nul", "+noted +done"),
        ("large", "+noted +done"),
        ("too large", "+noted -noted"),
        ("too large together", "+noted -noted"),
    ] {
        let world = World::default();
        let services = GuardServices {
            world: world.clone(),
        };
        let builder = Engine::builder(store(how).await).register::<Guard>(services);
        let engine = builder.start().await.unwrap();
        let guard = Guard { how: how.into() };
        let handle = engine.submit(how, guard).await.unwrap();
        match handle.outcome().await.unwrap() {
            DurableOutcome::Completed(()) => {}
            DurableOutcome::Compensated(error) => {
                let why = "bytes, more than 1048576";
                assert!(error.to_string().contains(why), "{how}: {error}");
            }
            other => panic!("{how}: {other:?}"),
        }
        assert_eq!(world.calls(), calls, "{how}");
    }
    let world = World::default();
    let services = LongNamesServices {
        world: world.clone(),
    };
    let builder = Engine::builder(store("names").await).register::<LongNames>(services);
    let engine = builder.start().await.unwrap();
    let handle = engine.submit("names", LongNames {}).await.unwrap();
    handle.outcome().await.unwrap().into_result().unwrap();
    assert_eq!(world.calls(), "+done");
}

#[tokio::test(start_paused = true)]
async fn what_no_store_takes_fails_the_step_and_the_saga_rolls_back() {
    ends(async |_: &str| Memory::new()).await;
}

#[tokio::test]
async fn nor_does_a_file_take_it() {
    ends(async |how: &str| open(&file(&format!("lock_keys_{how}"))).await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nor_does_a_database() {
    if let Some(server) = Server::start(&["fsync=off"]) {
        ends(async |_: &str| Postgres::connect(&server.database(), "test").await.unwrap()).await;
    }
}

#[tokio::test]
async fn no_engine_with_a_lock_starts_on_a_store_that_keeps_none() {
    let store = Watched::new(&Memory::new()).without_locks();
    let services = LongNamesServices {
        world: World::default(),
    };
    let builder = Engine::builder(store).register::<LongNames>(services);
    let Err(refused) = builder.start().await else {
        panic!("it keeps none");
    };
    assert_eq!(
        refused.to_string(),
        "`LongNames` takes a lock, and the store of the engine keeps none"
    );
}
