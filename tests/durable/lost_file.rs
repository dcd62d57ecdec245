//! An engine whose file is removed or replaced confirms nothing more, and says what to do.
#![cfg(unix)]

use crate::durable::{
    weak::{file, open},
    world::{Trouble, World},
};
use std::{fs, path::Path, sync::Arc, time::Duration};
use tokio::{sync::Notify, time::sleep};
use typed_saga::{
    engine::{Engine, EngineError, StoreError},
    saga,
};

saga! {
    #[classify(Trouble::verdict)]
    #[timeout(60s)]
    durable saga Two() with (world: World, gate: Arc<Notify>) -> Result<(), Trouble> {
        #[idempotent]
        step one(world, gate, key) { gate.notified().await; world.call("+one", key) }
            compensate(world, key) { world.call("-one", key) }

        #[idempotent]
        pivot two(world, one, key) { let _ = one; world.call("+two", key) }

        ()
    }
}

async fn engine(path: &Path, services: TwoServices) -> Engine {
    let store = open(&path.to_owned()).await;
    let builder = Engine::builder(store).register::<Two>(services);
    let builder = builder.inbox_interval(Duration::from_millis(10));
    builder.start().await.unwrap()
}

#[track_caller]
fn is_lost(error: &EngineError, words: &str) {
    let reason = match error {
        EngineError::Stopped {
            reason: Some(reason),
        }
        | EngineError::Store(reason) => reason,
        other => panic!("{other:?}"),
    };
    assert!(matches!(reason, StoreError::Lost { .. }), "{error:?}");
    assert!(error.to_string().contains(words), "{error}");
}

fn remove(path: &Path) {
    fs::remove_file(path).unwrap();
}

fn replace(path: &Path) {
    let backup = path.with_extension("backup");
    fs::copy(path, &backup).unwrap();
    fs::rename(backup, path).unwrap();
}

const DEEDS: [(&str, fn(&Path), &str); 2] = [
    ("removed", remove, "otherwise restore a backup"),
    (
        "replaced",
        replace,
        "to continue with the file that is there now",
    ),
];

#[tokio::test(flavor = "multi_thread")]
async fn no_saga_goes_on_without_its_file() {
    for (name, deed, words) in DEEDS {
        let path = file(&format!("lost_{name}"));
        let (world, gate) = (World::default(), Arc::new(Notify::new()));
        let services = TwoServices {
            world: world.clone(),
            gate: Arc::clone(&gate),
        };
        let engine = engine(&path, services).await;
        let handle = engine.submit("t-1", Two {}).await.unwrap();
        deed(&path);
        gate.notify_one();
        is_lost(&handle.outcome().await.unwrap_err(), words);
        assert!(!world.calls().contains("+two"), "{}", world.calls());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_engine_that_has_nothing_to_do_notices_it() {
    let path = file("lost_idle");
    let services = TwoServices {
        world: World::default(),
        gate: Arc::default(),
    };
    let engine = engine(&path, services).await;
    remove(&path);
    loop {
        let error = engine.submit("t-1", Two {}).await.unwrap_err();
        is_lost(&error, "was removed or renamed while it was open");
        if matches!(error, EngineError::Stopped { .. }) {
            break;
        }
        sleep(Duration::from_millis(5)).await;
    }
}
