//! `kill -9`, for real: processes that run sagas in a SQLite file and tell a consumer of them are
//! killed at random moments. The consumer outlives them: it is a file, which each event is appended
//! to by one write.

use std::{
    collections::{BTreeMap, BTreeSet},
    env, fs,
    fs::OpenOptions,
    io::Write,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use crate::kill::random::Random;
use typed_saga::{
    Key, Verdict,
    engine::{Engine, EventFilter, Filter, State},
    saga,
    sqlite::Sqlite,
};

/// How often a process is killed.
const KILLS: usize = 25;
/// How many sagas a process submits beside those it finds.
const SAGAS: u64 = 12;
/// The variable that makes this program a process to be killed: the folder, the first number, and
/// whether it is the last one.
const LIFE: &str = "SAGA_OUTBOX_LIFE";

#[derive(Clone)]
struct Consumer(PathBuf);

impl Consumer {
    async fn publish(&self, event: &String, key: &Key) -> Result<(), No> {
        let file = OpenOptions::new().create(true).append(true).open(&self.0);
        let line = format!("{event} {key}\n");
        file.and_then(|mut file| file.write_all(line.as_bytes()))
            .map_err(|_| No)?;
        // It has the event, and its answer is on the way.
        tokio::time::sleep(Duration::from_millis(2)).await;
        Ok(())
    }
}

#[derive(Clone, Debug, serde::Serialize, serde::Deserialize)]
struct No;

impl No {
    const fn verdict(_: &Self) -> Verdict {
        Verdict::Refused
    }
}

impl std::fmt::Display for No {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("no")
    }
}

/// What a saga of this number must tell.
fn events(number: u64) -> Vec<String> {
    if number % 4 == 0 {
        return vec![format!("{number}/failed")];
    }
    let sent = (0..number % 4).map(|parcel| format!("{number}/sent-{parcel}"));
    [format!("{number}/held")].into_iter().chain(sent).collect()
}

saga! {
    #[classify(No::verdict)]
    #[timeout(10s)]
    durable saga Parcels(number: u64) with (consumer: Consumer) -> Result<u64, No> emit String {
        #[idempotent]
        step held(number, key) -> u64 { let _ = key; Ok(*number) }
            compensate(key) { let _ = key; Ok(()) }

        emit(held => events(*held).into_iter().take(1));

        #[idempotent]
        step sent(number, key) -> u64 {
            let _ = key;
            if number % 4 == 0 {
                Err(No)
            } else {
                Ok(*number)
            }
        }
            compensate none;

        emit(sent => events(*sent).into_iter().skip(1));
        emit failed(number, failure => {
            let _ = failure;
            events(*number)
        });
        publish(consumer, event, key) = Consumer::publish;

        sent
    }
}

/// What a child does, which is this very program run once more. In any other process there is no
/// life to lead.
#[test]
fn life() {
    let Ok(task) = env::var(LIFE) else { return };
    let words: Vec<_> = task.splitn(3, ' ').collect();
    let &[first, last, folder] = &*words else {
        panic!("no task: {task}")
    };
    let (first, last): (u64, bool) = (first.parse().unwrap(), last.parse().unwrap());
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build();
    runtime
        .unwrap()
        .block_on(lead(Path::new(folder), first, last));
}

async fn lead(folder: &Path, first: u64, last: bool) {
    let consumer = Consumer(folder.join("ledger"));
    let engine = Engine::builder(Sqlite::open(folder.join("sagas.db")).unwrap())
        .register::<Parcels>(ParcelsServices { consumer })
        .recovery_rate(1_000_000)
        .start();
    let engine = engine.await.unwrap();
    for number in first..first + SAGAS {
        let saga = engine.submit(number.to_string(), Parcels { number });
        drop(saga.await.unwrap());
    }
    if last {
        for row in engine.list(Filter::default()).await.unwrap() {
            let handle = engine.handle::<Parcels>(&row.saga.id).await.unwrap();
            drop(handle.finished().await.unwrap());
        }
        drop(engine.shutdown(Duration::from_secs(9)).await);
        return;
    }
    std::future::pending::<()>().await;
}

fn start(folder: &Path, first: u64, last: bool) -> std::process::Child {
    Command::new(env::current_exe().unwrap())
        .args(["outbox::kills::life", "--exact", "--nocapture"])
        .env(LIFE, format!("{first} {last} {}", folder.display()))
        .stdout(Stdio::null())
        .spawn()
        .unwrap()
}

/// What is wrong with a ledger: of each saga all events, in order, each under one key, and nothing
/// again but the last, and that no more often than a process was killed.
fn audit(ledger: &str, sagas: impl Iterator<Item = u64>, kills: usize) -> Vec<String> {
    let mut handed: BTreeMap<u64, Vec<&str>> = BTreeMap::new();
    let mut keys: BTreeMap<&str, &str> = BTreeMap::new();
    let mut wrong = Vec::new();
    for line in ledger.lines() {
        let (event, key) = line.split_once(' ').unwrap();
        let (number, _) = event.split_once('/').unwrap();
        handed
            .entry(number.parse().unwrap())
            .or_default()
            .push(event);
        if *keys.entry(key).or_insert(event) != event {
            wrong.push(format!("{event} has the key of {}", keys[key]));
        }
    }
    for number in sagas {
        let mut told = handed.remove(&number).unwrap_or_default();
        let all = told.len();
        told.dedup();
        if told != events(number) {
            wrong.push(format!("{number} told {told:?}"));
        }
        if all - told.len() > kills {
            wrong.push(format!("{number} told {} events again", all - told.len()));
        }
    }
    let told: BTreeSet<_> = keys.values().collect();
    if told.len() != keys.len() {
        wrong.push("an event came under two keys".to_owned());
    }
    wrong.extend(handed.keys().map(|number| format!("{number} is unknown")));
    wrong
}

#[test]
fn no_kill_loses_an_event_or_doubles_another_than_the_last() {
    let folder = env::temp_dir().join(format!("saga-outbox-{}", std::process::id()));
    fs::create_dir_all(&folder).unwrap();
    let ledger = folder.join("ledger");
    let length = || fs::metadata(&ledger).map_or(0, |file| file.len());
    let mut random = Random::drawn();
    let mut first = 0;
    let mut cut_off = 0;
    for kill in 0..KILLS {
        let before = length();
        let mut child = start(&folder, first, false);
        let begun = Instant::now();
        // Most die while they hand over what was told, some before.
        while kill % 5 > 0 && length() == before && begun.elapsed() < Duration::from_secs(30) {
            thread::sleep(Duration::from_millis(1));
        }
        thread::sleep(random.millis(0..60));
        child.kill().unwrap();
        child.wait().unwrap();
        cut_off += usize::from(length() > before);
        first += SAGAS / 2;
    }
    assert!(
        cut_off > KILLS / 2,
        "{cut_off} died while they told something"
    );
    assert!(start(&folder, first, true).wait().unwrap().success());
    let told = fs::read_to_string(&ledger).unwrap();
    let store = Sqlite::open(folder.join("sagas.db")).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    let (rows, left) = runtime.block_on(async {
        use typed_saga::engine::ReadStore;
        let filter = EventFilter {
            undelivered: true,
            ..EventFilter::default()
        };
        let rows = store.list(Filter::default()).await.unwrap();
        (rows, store.events(filter).await.unwrap())
    });
    assert_eq!(left, []);
    let ended = |state| rows.iter().filter(|row| row.state == state).count();
    assert!(ended(State::Completed) > KILLS && ended(State::Compensated) > KILLS / 4);
    let numbers: Vec<u64> = rows
        .iter()
        .map(|row| row.saga.id.parse().unwrap())
        .collect();
    let wrong = audit(&told, numbers.iter().copied(), KILLS);
    assert!(wrong.is_empty(), "{wrong:#?}");
    // The audit is not blind.
    let mut seen = BTreeSet::new();
    let once: Vec<_> = told.lines().filter(|line| seen.insert(*line)).collect();
    let finds = |ledger: &[&str]| {
        let wrong = audit(&ledger.join("\n"), numbers.iter().copied(), 0);
        !wrong.is_empty()
    };
    assert!(!finds(&once));
    for at in [0, once.len() / 2, once.len() - 1] {
        let removed = [&once[..at], &once[at + 1..]].concat();
        let doubled = [&once[..=at], &once[at..]].concat();
        assert!(finds(&removed) && finds(&doubled), "{}", once[at]);
    }
    fs::remove_dir_all(&folder).unwrap();
}
