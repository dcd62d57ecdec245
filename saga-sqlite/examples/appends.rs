//! How many sagas per second a file takes: each created, then appended to eight times, with 64 in
//! flight; beside a loop written by hand that inserts the same rows, one transaction for 64 of
//! them.
//!
//! `cargo run --release -p typed-saga-sqlite --example appends [full|normal] [file]`

use rusqlite::{Connection, params};
use std::{
    env,
    error::Error,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};
use typed_saga_engine::{
    Change, Claim, Commit, Epoch, Hold, NewSaga, SagaId, State, Store, Time, Turn, Worker,
};
use typed_saga_sqlite::{Options, Sqlite, Synchronous};

const SAGAS: usize = 40_000;
const IN_FLIGHT: usize = 64;
const STEPS: u64 = 8;
const INPUT: &str = r#"{"trip":{"city":"Lisbon","nights":3,"wants_car":true}}"#;
const RECORDS: &str = r#"[{"what":"applied","step":"hotel","value":{"id":"b-1234567","nights":3}},{"what":"attempting","step":"car"}]"#;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut args = env::args().skip(1);
    let synchronous = match args.next().as_deref() {
        Some("normal") => Synchronous::Normal,
        _ => Synchronous::Full,
    };
    let dir = tempfile::tempdir()?;
    let path = args
        .next()
        .map_or_else(|| dir.path().join("appends.db"), Into::into);

    let store = Options::new().synchronous(synchronous).open(&path)?;
    let worker = Worker {
        name: "a benchmark".into(),
        lease: Duration::ZERO,
        runs: Vec::new(),
        after: None,
    };
    let epoch = store.open(worker).await?.epoch;
    let start = Instant::now();
    let next = Arc::new(AtomicUsize::new(0));
    let tasks: Vec<_> = (0..IN_FLIGHT)
        .map(|_| tokio::spawn(run(store.clone(), epoch, next.clone())))
        .collect();
    for task in tasks {
        task.await??;
    }
    report("store", start);
    drop(store);

    let start = Instant::now();
    by_hand(&path.with_extension("hand"), synchronous)?;
    report("by hand", start);
    Ok(())
}

async fn run(
    store: Sqlite,
    epoch: Epoch,
    next: Arc<AtomicUsize>,
) -> Result<(), typed_saga_engine::StoreError> {
    loop {
        let number = next.fetch_add(1, Ordering::Relaxed);
        if number >= SAGAS {
            return Ok(());
        }
        let saga = SagaId::new("BookTrip", number.to_string());
        let new = NewSaga {
            saga: saga.clone(),
            input: INPUT.to_owned(),
            fingerprint: 7,
            due: None,
            life: None,
        };
        store
            .create(Some((epoch, Turn(1))), new, Some(commit(0)))
            .await?;
        for seq in 1..=STEPS {
            let ended = Change {
                state: State::Completed,
                claim: Claim::Rest,
                fingerprint: None,
                events: Vec::new(),
                delivers: false,
                locks: Vec::new(),
            };
            let change = (seq == STEPS).then_some(ended);
            store
                .append(
                    epoch,
                    Hold::new(saga.clone(), Turn(1)),
                    commit(seq),
                    change,
                    Vec::new(),
                )
                .await?;
        }
    }
}

fn commit(seq: u64) -> Commit {
    Commit {
        seq,
        at: Time(1_700_000_000_000),
        records: RECORDS.to_owned(),
    }
}

fn by_hand(path: &Path, synchronous: Synchronous) -> rusqlite::Result<()> {
    let conn = Connection::open(path)?;
    conn.pragma_update(None, "journal_mode", "WAL")?;
    conn.pragma_update(
        None,
        "synchronous",
        if synchronous == Synchronous::Full {
            "FULL"
        } else {
            "NORMAL"
        },
    )?;
    conn.pragma_update(None, "wal_autocheckpoint", 4096)?;
    conn.execute_batch(
        "CREATE TABLE saga (number INTEGER PRIMARY KEY, id TEXT UNIQUE, input TEXT, state TEXT);
         CREATE TABLE journal (saga INTEGER, seq INTEGER, at INTEGER, records TEXT, PRIMARY KEY (saga, seq)) WITHOUT ROWID",
    )?;
    let mut create = conn.prepare("INSERT INTO saga VALUES (?1, ?2, ?3, 'running')")?;
    let mut append = conn.prepare("INSERT INTO journal VALUES (?1, ?2, ?3, ?4)")?;
    let mut end = conn.prepare("UPDATE saga SET state = 'completed' WHERE number = ?1")?;
    for first in (0..SAGAS).step_by(IN_FLIGHT) {
        for seq in 0..=STEPS {
            conn.execute_batch("BEGIN IMMEDIATE")?;
            for saga in first..SAGAS.min(first + IN_FLIGHT) {
                let number = i64::try_from(saga).unwrap_or(0);
                if seq == 0 {
                    create.execute(params![number, saga.to_string(), INPUT])?;
                }
                append.execute(params![
                    number,
                    i64::try_from(seq).unwrap_or(0),
                    1_700_000_000_000_i64,
                    RECORDS
                ])?;
                if seq == STEPS {
                    end.execute([number])?;
                }
            }
            conn.execute_batch("COMMIT")?;
        }
    }
    Ok(())
}

#[allow(clippy::cast_precision_loss, reason = "printed without fractions")]
fn report(what: &str, start: Instant) {
    let rate = SAGAS as f64 / start.elapsed().as_secs_f64();
    let appends = rate * (STEPS + 1) as f64;
    println!("{what:>8}: {rate:.0} sagas/s, {appends:.0} commits/s");
}
