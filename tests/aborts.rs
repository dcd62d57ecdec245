//! User code that aborts its process, at every place where user code is called: after ten deaths at most,
//! the engine leaves that code alone, all other sagas run, the cause is listed, and an operator gets the
//! saga out of it. On SQLite and on Postgres.

use crate::kill::parent::Folder;
use saga::{
    Verdict,
    engine::{Attribution, Engine, EventFilter, Filter, Row, SagaId, State},
    postgres::Options,
    saga,
    sqlite::Sqlite,
};
use saga_postgres_server::Server;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::{
    borrow::Cow,
    env, fmt,
    panic::Location,
    process::{Command, abort, exit},
    thread,
    time::Duration,
};
use tokio::time::{Instant, sleep};

/// Where user code is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(crate) enum Place {
    When,
    Items,
    Action,
    Resolve,
    Fallback,
    Compensate,
    Serialize,
    Deserialize,
    Drop,
    Output,
    Emit,
    Publish,
    Finally,
}

impl Place {
    const ALL: [Self; 13] = [
        Self::When,
        Self::Items,
        Self::Action,
        Self::Resolve,
        Self::Fallback,
        Self::Compensate,
        Self::Serialize,
        Self::Deserialize,
        Self::Drop,
        Self::Output,
        Self::Emit,
        Self::Publish,
        Self::Finally,
    ];

    /// User code is at this place.
    fn reached(self, here: Self) {
        if self == here && env::var_os(LIFE).is_some() {
            abort();
        }
    }
}

/// Which saga kills processes, and where.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Case {
    place: Place,
    /// The code is called at the end of a wait. There is no call that could be lost: nothing but the
    /// processes that die is counted.
    waited: bool,
}

impl Case {
    fn all() -> impl Iterator<Item = Self> {
        let waited = [Place::When, Place::Items, Place::Output, Place::Emit];
        let of = |waited| move |place| Self { place, waited };
        let plain = Place::ALL.map(of(false)).into_iter();
        plain.chain(waited.map(of(true)))
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
        write!(f, "{when}{:?}", self.place)
    }
}

/// A value that aborts when it is written, read back, or dropped.
#[derive(Debug)]
pub(crate) struct Value(Place);

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let place = Place::deserialize(deserializer)?;
        place.reached(Place::Deserialize);
        Ok(Self(place))
    }
}

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.reached(Place::Serialize);
        self.0.serialize(serializer)
    }
}

impl Drop for Value {
    fn drop(&mut self) {
        self.0.reached(Place::Drop);
    }
}

type Text = Cow<'static, str>;

fn verdict(error: &Text) -> Verdict {
    match &**error {
        "lost" => Verdict::Unknown,
        _ => Verdict::Refused,
    }
}

saga! {
    #[classify(verdict)]
    #[timeout(5s)]
    durable saga Deadly(at: Place) -> Result<(), Text> emit Place {
        step undone(at, key) { let _ = (at, key); Ok(()) }
            #[by_key]
            compensate(at, key) {
                let _ = key;
                at.reached(Place::Compensate);
                Ok(())
            }

        #[when(at => { at.reached(Place::When); true })]
        read value(at) -> Value { Ok(Value(*at)) }

        for item: u32 in (at => { at.reached(Place::Items); [1, 2] })
        read items(item) -> u32 { Ok(*item) }

        #[late(0s)]
        step asked(at, key) {
            let _ = key;
            at.reached(Place::Action);
            if *at == Place::Resolve {
                Err("lost".into())
            } else {
                Ok(())
            }
        }
            resolve(at, key) {
                let _ = key;
                at.reached(Place::Resolve);
                Ok(Some(()))
            }
            compensate(key) { let _ = key; Ok(()) }

        read instead(at) -> u32 { if *at == Place::Fallback { Err("no".into()) } else { Ok(1) } }
            fallback(at) { at.reached(Place::Fallback); Ok(2) }

        read last(at) { if *at == Place::Compensate { Err("no".into()) } else { Ok(()) } }

        emit(at, last => { let () = last; at.reached(Place::Emit); [*at] });
        publish(event) { event.reached(Place::Publish); Ok(()) }
        finally(at, outcome) { let _ = outcome; at.reached(Place::Finally); }

        at.reached(Place::Output);
        let _ = (undone, value, items, asked, instead, last);
    }

    #[classify(verdict)]
    #[timeout(5s)]
    durable saga Waited(at: Place) -> Result<(), Text> emit Place {
        sleep first(10ms);

        #[when(at => { at.reached(Place::When); false })]
        read value() { Ok(()) }

        sleep second(10ms);

        for item: u32 in (at => { at.reached(Place::Items); Vec::<u32>::new() })
        read items(item) -> u32 { Ok(*item) }

        sleep third(10ms);

        emit(at => { at.reached(Place::Emit); [*at] });
        publish(event) { let _ = event; Ok(()) }

        at.reached(Place::Output);
        let _ = (value, items);
    }

    #[classify(verdict)]
    #[timeout(5s)]
    durable saga Plain(life: u32) -> Result<u32, Text> emit u32 {
        #[idempotent]
        step a(life, key) -> u32 {
            let _ = key;
            sleep(Duration::from_millis(5)).await;
            Ok(*life)
        }
            compensate none

        emit(a => [*a]);
        publish(event) { let _ = event; Ok(()) }
        finally(outcome) { let _ = outcome; }

        a
    }
}

/// The variable that makes this program a process that may die: the place, the number of the life, and
/// the file, or the address of the server.
const LIFE: &str = "SAGA_ABORT_LIFE";

/// Whatever takes longer hangs.
const PATIENCE: Duration = Duration::from_secs(120);

/// How long others wait for a worker that has died. A lease that a process loses counts as a death, also
/// of one that lives and was only slow: seventeen run at once.
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
        } else {
            // The first dies, however late. Then the wait is longer from life to life, and may be over
            // in any of them.
            sleep(if life == 0 { PATIENCE } else { SETTLED }).await;
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
        let store = Options::new().connect(store).await;
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
            until(async || is_set_aside(&engine, case).await).await;
            let row = status().await.row;
            assert!(
                row.is_quarantined() && row.state == State::Completed,
                "{row:?}"
            );
            if store.starts_with("file ") {
                // It is given up.
                engine.abandon::<Deadly>("it", who).await.unwrap();
            } else {
                engine.resume::<Deadly>("it", who).await.unwrap();
                drop(finished().await);
            }
            assert_eq!(status().await.why, "completed");
        }
        // The call that was lost waits, longer each time. The code that killed is mended here.
        _ => until(async || status().await.row.is_at_rest()).await,
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
