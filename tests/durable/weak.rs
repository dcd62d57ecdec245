//! What holds an engine weakly, and a handle, keep neither it nor its store.

use crate::durable::{
    basics::{Tower, TowerServices},
    world::World,
};
use std::{
    fs,
    future::pending,
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::Duration,
};
use tokio::{sync::mpsc, time::sleep};
use typed_saga::{
    classify,
    engine::{Engine, EngineError},
    saga,
    sqlite::Sqlite,
};

/// A path where there is no file.
pub(crate) fn file(name: &str) -> PathBuf {
    let dir = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    // There is none unless the test ran before.
    drop(fs::remove_dir_all(&dir));
    fs::create_dir_all(&dir).unwrap();
    dir.join("sagas.db")
}

/// Opens a file that its owner is about to release.
pub(crate) async fn open(path: &PathBuf) -> Sqlite {
    for _ in 0..1_000 {
        if let Ok(store) = Sqlite::open(path) {
            return store;
        }
        sleep(Duration::from_millis(10)).await;
    }
    panic!("the file is still owned");
}

async fn engine(store: Sqlite) -> Engine {
    let services = TowerServices {
        world: World::default(),
    };
    let builder = Engine::builder(store).register::<Tower>(services);
    builder.start().await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a11_a_service_that_holds_an_engine_weakly_lets_the_file_go() {
    let path = file("weak");
    let one = engine(open(&path).await).await;
    // A service, which is there as long as the process.
    let service = one.downgrade();
    let handle = service.submit("t-1", Tower { height: 4 }).await.unwrap();
    assert_eq!(handle.outcome().await.unwrap().into_result().unwrap(), 42);
    assert!(service.upgrade().is_some());

    one.shutdown(Duration::from_secs(5)).await;
    let late = service.submit("t-2", Tower { height: 4 }).await;
    assert!(matches!(late, Err(EngineError::Stopped { .. })), "{late:?}");
    drop(one);
    let another = engine(open(&path).await).await;

    assert!(service.upgrade().is_none(), "{service:?}");
    let late = service.submit("t-2", Tower { height: 4 }).await;
    let error = late.unwrap_err();
    assert_eq!(error.to_string(), "the engine has been shut down");
    let outcome = handle.outcome().await.unwrap();
    assert_eq!(outcome.into_result().unwrap(), 42, "it was told before");
    let status = handle.status().await;
    assert!(matches!(status, Err(EngineError::Stopped { .. })));
    let t_1 = another.handle::<Tower>("t-1").await.unwrap();
    assert_eq!(t_1.outcome().await.unwrap().into_result().unwrap(), 42);
}

#[tokio::test(flavor = "multi_thread")]
async fn a10_what_is_logged_of_a_saga_has_no_inputs() {
    let path = file("logged");
    let engine = engine(open(&path).await).await;
    let handle = engine
        .submit("t-1", Tower { height: 424_242 })
        .await
        .unwrap();
    drop(handle.outcome().await.unwrap());
    let status = handle.status().await.unwrap();
    assert!(status.row.input.contains("424242"));
    let loaded = engine.load::<Tower>("t-1").await.unwrap();
    let logged = format!("{status:?} {:?} {handle:?}", status.row);
    assert!(
        logged.contains("t-1") && !logged.contains("424242"),
        "{logged}"
    );
    // Its effects are printed, as their types say.
    let logged = format!("{loaded:?}");
    assert!(
        logged.contains("base: Some(4242420)") && !logged.contains("input"),
        "{logged}"
    );
}

saga! {
    #[classify(classify::Io::verdict)]
    #[timeout(60s)]
    durable saga Post()
    with (calls: mpsc::UnboundedSender<()>)
    -> Result<(), classify::Io> emit u32
    {
        read here() -> u32 { Ok(7) }
        emit(here => [*here]);
        #[timeout(60s)]
        publish(calls, event) {
            let _ = event;
            calls.send(()).expect("the test listens");
            pending::<Result<(), classify::Io>>().await
        }
    }
}

#[tokio::test]
async fn a_file_is_free_as_soon_as_its_engine_has_been_shut_down() {
    let path = file("free");
    let done = Arc::new(AtomicBool::new(false));
    // On a busy machine a task that is aborted is dropped late.
    let busy = (0..4).map(|_| {
        let done = Arc::clone(&done);
        thread::spawn(move || while !done.load(Ordering::Relaxed) {})
    });
    let busy: Vec<_> = busy.collect();
    for round in 0..60 {
        let store = Sqlite::open(&path);
        assert!(store.is_ok(), "round {round}: {store:?}");
        let (calls, mut called) = mpsc::unbounded_channel();
        let builder = Engine::builder(store.unwrap()).register::<Post>(PostServices { calls });
        let engine = builder.start().await.unwrap();
        let saga = engine.submit(round.to_string(), Post {}).await.unwrap();
        drop(saga.outcome().await.unwrap());
        assert!(called.recv().await.is_some());
        engine.shutdown(Duration::ZERO).await;
    }
    done.store(true, Ordering::Relaxed);
    for thread in busy {
        thread.join().unwrap();
    }
}
