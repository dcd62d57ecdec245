//! User code that aborts its process, at every place where user code is called: after ten deaths at most,
//! the engine leaves that code alone, all other sagas run, the cause is listed, and an operator gets the
//! saga out of it. On SQLite and on Postgres.

mod sagas;

use crate::kill::parent::Folder;
use saga_postgres_server::Server;
use sagas::{Deadly, DeadlyServices, LIFE, Place, Plain, PlainServices, Waited, WaitedServices};
use std::{
    env, fmt,
    panic::Location,
    process::{Command, exit},
    thread,
    time::Duration,
};
use tokio::time::{Instant, sleep};
use typed_saga::{
    engine::{Attribution, Engine, EventFilter, Filter, Row, SagaId, State},
    postgres::Options,
    sqlite::Sqlite,
};

/// Which saga kills processes, and where.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Case {
    place: Place,
    /// The code is called at the end of a wait. There is no call that could be lost: nothing but the
    /// processes that die is counted.
    waited: bool,
    /// The operator gives up what killed, while it still would. Otherwise it has been mended, and runs.
    given_up: bool,
}

impl Case {
    fn all() -> impl Iterator<Item = Self> {
        let plain = Place::ALL.map(|place| Self {
            place,
            waited: false,
            given_up: false,
        });
        let waited = [Place::When, Place::Items, Place::Output, Place::Emit];
        let waited = waited.map(|place| Self {
            place,
            waited: true,
            given_up: false,
        });
        let given_up = Self {
            place: Place::Finally,
            waited: false,
            given_up: true,
        };
        plain.into_iter().chain(waited).chain([given_up])
    }

    fn saga(self) -> SagaId {
        SagaId::new(if self.waited { "Waited" } else { "Deadly" }, "it")
    }

    /// Whether it kills until it is set aside; the call that was lost waits elsewhere, longer each time.
    fn is_set_aside(self) -> bool {
        self.waited || matches!(self.place, Place::Publish | Place::Finally)
    }
}

impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let when = if self.waited { "After" } else { "" };
        let then = if self.given_up { "GivenUp" } else { "" };
        write!(f, "{when}{:?}{then}", self.place)
    }
}

/// Whatever takes longer hangs.
const PATIENCE: Duration = Duration::from_secs(120);

/// How long others wait for a worker that has died. A lease that a process loses counts as a death, also
/// of one that lives and was only slow: eighteen run at once.
const LEASE: Duration = Duration::from_secs(3);

/// How long a process lives on after another saga has ended, in which nothing kills it any more.
const SETTLED: Duration = Duration::from_secs(2);

#[test]
fn life() {
    let Ok(task) = env::var(LIFE) else { return };
    let words: Vec<_> = task.splitn(3, ' ').collect();
    let (case, life) = (words[0], words[1].parse::<u32>().unwrap());
    let case = Case::all().find(|it| it.to_string() == case).unwrap();
    let at = case.place;
    runtime().block_on(async {
        let engine = start(words[2]).await;
        if case.waited {
            drop(engine.submit("it", Waited { at }).await.unwrap());
        } else {
            drop(engine.submit("it", Deadly { at }).await.unwrap());
        }
        let id = life.to_string();
        drop(engine.submit(&*id, Plain { life }).await.unwrap());
        until(async || is_done(&engine, &id).await).await;
        if case.is_set_aside() {
            until(async || is_set_aside(&engine, case).await).await;
            if case.given_up {
                let who = Attribution::new("ada", "it kills");
                engine.abandon::<Deadly>("it", who).await.unwrap();
            }
        } else {
            // The first dies, however late. Then the wait is longer from life to life, and may be over
            // in any of them.
            sleep(if life == 0 { PATIENCE } else { SETTLED }).await;
            until(async || is_named(&engine, case).await).await;
        }
        exit(0);
    });
}

fn runtime() -> tokio::runtime::Runtime {
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    runtime.enable_all().build().unwrap()
}

async fn start(store: &str) -> Engine {
    let builder = if let Some(file) = store.strip_prefix("file ") {
        Engine::builder(Sqlite::open(file).unwrap())
    } else {
        let store = Options::new().application("test").connect(store).await;
        Engine::builder(store.unwrap()).lease(LEASE)
    };
    let builder = builder
        .register::<Deadly>(DeadlyServices {})
        .register::<Waited>(WaitedServices {})
        .register::<Plain>(PlainServices {});
    builder.recovery_rate(1_000_000).start().await.unwrap()
}

/// Waits until this is so.
#[track_caller]
fn until(is_so: impl AsyncFn() -> bool) -> impl Future<Output = ()> {
    let caller = Location::caller();
    async move {
        let started = Instant::now();
        while !is_so().await {
            assert!(started.elapsed() < PATIENCE, "it is never so: {caller}");
            sleep(Duration::from_millis(10)).await;
        }
    }
}

/// Whether one of the other sagas has ended, has run its `finally`, and has told of it.
async fn is_done(engine: &Engine, id: &str) -> bool {
    let saga = SagaId::new("Plain", id);
    let filter = EventFilter::undelivered_of(saga.clone());
    let rows = engine.list(Filter::of(saga)).await.unwrap();
    let events = engine.outbox().list(filter).await.unwrap();
    rows.iter().all(Row::is_at_rest) && events.is_empty()
}

/// Whether it kills nobody any more, and waits for an operator.
async fn is_set_aside(engine: &Engine, case: Case) -> bool {
    if case.place == Place::Publish {
        let told = engine.outbox().undelivered().await.unwrap();
        return told.first().is_some_and(|of| of.stuck == 1);
    }
    let status = engine.status(&case.saga()).await.unwrap();
    status.why.starts_with("quarantined: ")
}

/// Whether an operator reads that processes die with its calls, while they do.
async fn is_named(engine: &Engine, case: Case) -> bool {
    let why = engine.status(&case.saga()).await.unwrap().why;
    why.contains("lost with its process")
}

/// Lets processes die until one lives; returns how many died.
fn deaths(case: Case, store: &str) -> u32 {
    let lives = |life: &u32| {
        let mut command = Command::new(env::current_exe().unwrap());
        command
            .args(["--exact", "aborts::life", "--nocapture"])
            .env(LIFE, format!("{case} {life} {store}"));
        let output = command.output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        // It ends by `abort`, and in no other way.
        assert!(!said.contains("panicked"), "{case}, life {life}: {said}");
        output.status.success()
    };
    let deaths = (0..=10).find(lives);
    deaths.unwrap_or_else(|| panic!("{case}: a process after the tenth has died"))
}

/// What people see of it, in one word; and an operator gets it out of that.
async fn is_listed(case: Case, store: &str, deaths: u32) {
    let engine = start(store).await;
    for life in 0..=deaths {
        until(async || is_done(&engine, &life.to_string()).await).await;
    }
    let (saga, who) = (case.saga(), Attribution::default());
    let status = || async { engine.status(&saga).await.unwrap() };
    let finished = || async {
        let handle = engine.handle::<Deadly>("it").await.unwrap();
        handle.finished().await.unwrap()
    };
    match case.place {
        _ if case.waited => {
            until(async || is_set_aside(&engine, case).await).await;
            let row = status().await.row;
            assert!(row.is_quarantined() && !row.tells(), "{row:?}");
            engine.resume::<Waited>("it", who).await.unwrap();
            let handle = engine.handle::<Waited>("it").await.unwrap();
            drop(handle.finished().await.unwrap());
            assert!(status().await.why.starts_with("completed"));
        }
        Place::Publish => {
            let stuck = engine.outbox().undelivered().await.unwrap();
            assert_eq!((stuck[0].undelivered, stuck[0].stuck), (1, 1));
            let why = status().await.why;
            assert!(
                why.contains("stuck: 10 processes have died with it"),
                "{why}"
            );
            assert!(engine.outbox().skip(&saga, None, "it kills").await.unwrap());
            assert_eq!(engine.outbox().undelivered().await.unwrap(), []);
        }
        Place::Finally => {
            if !case.given_up {
                until(async || is_set_aside(&engine, case).await).await;
                let row = status().await.row;
                assert!(
                    row.is_quarantined() && row.state == State::Completed,
                    "{row:?}"
                );
                engine.resume::<Deadly>("it", who).await.unwrap();
                drop(finished().await);
            }
            let ended = status().await;
            assert!(ended.row.is_at_rest() && !ended.row.is_quarantined());
            assert_eq!(ended.why, "completed");
        }
        // The call that was lost waits, longer each time. The code that killed is mended here.
        place => {
            until(async || status().await.row.is_at_rest()).await;
            let end = match place {
                Place::Compensate => State::Compensated,
                _ => State::Completed,
            };
            assert_eq!(status().await.row.state, end);
        }
    }
    drop(engine.shutdown(Duration::from_secs(9)).await);
}

/// Each place by itself, all at once: most of the time goes into waiting.
fn all_places(store: impl Fn(Case) -> String + Sync) {
    thread::scope(|scope| {
        for case in Case::all() {
            let store = &store;
            scope.spawn(move || {
                let store = store(case);
                let deaths = deaths(case, &store);
                assert!(deaths > 0, "{case}: nobody has died");
                runtime().block_on(is_listed(case, &store, deaths));
            });
        }
    });
}

#[test]
fn on_sqlite_ten_processes_die_at_most() {
    let folder = Folder::new("aborts");
    all_places(|case| format!("file {}", folder.file(&format!("{case}.db")).display()));
}

#[test]
fn on_postgres_ten_processes_die_at_most() {
    let Some(server) = Server::start(&["fsync=off"]) else {
        return;
    };
    all_places(|_| server.database());
}
