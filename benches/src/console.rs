//! Pages of the console over a SQLite file with many sagas that have ended.

use crate::{
    durable::Result,
    memory::shop::Refused,
    report::{Figure, Table, Unit},
};
use axum::{Router, body::Body, http::Request};
use rusqlite::{Connection, params};
use std::{
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};
use tower::ServiceExt as _;
use typed_saga::{
    Key,
    engine::{Action, Attribution, Engine},
    saga,
    sqlite::{Attached, Sqlite},
};
use typed_saga_console::{Options, router};

saga! {
    /// Sells a ticket; how that ends is said before.
    #[classify(said)]
    #[timeout(1m)]
    durable saga SellTicket(ends: String) -> std::result::Result<u64, Refused> {
        #[idempotent]
        step seat(key) -> u64 { let _: &Key = key; Ok(7) }
            #[retry(2, 1ms..1ms)]
            compensate(seat, ends) {
                let _ = seat;
                if ends == "compensated" {
                    Ok(())
                } else {
                    Err(Refused(1))
                }
            }

        #[idempotent]
        pivot payment(seat, ends, key) -> u64 {
            let _: &Key = key;
            if ends == "completed" {
                Ok(*seat)
            } else {
                Err(Refused(1))
            }
        }

        payment
    }
}

#[allow(
    clippy::trivially_copy_pass_by_ref,
    reason = "`classify` hands over a reference"
)]
fn said(_: &Refused) -> typed_saga::Verdict {
    typed_saga::Verdict::Refused
}

/// How often each page is asked for.
const ROUNDS: usize = 31;

/// Asks for pages beside this many sagas.
///
/// # Errors
/// Errors of the disk and of an engine, and pages that are not there.
pub async fn table(folder: &Path, sagas: usize) -> Result<Table> {
    let file = folder.join("console.db");
    begin(&file).await?;
    fill(&file, sagas)?;
    let console = router(Arc::new(Attached::open(&file)?), Options::new().acting());
    let title = format!("Console: pages beside {sagas} sagas in a SQLite file");
    let mut table = Table::new(title, &["first", "median"]);
    let half = sagas / 2;
    let mut counting = Duration::ZERO;
    for (name, address) in [
        ("overview", "/".to_owned()),
        ("list", "/sagas".to_owned()),
        (
            "list, from the middle on",
            format!("/sagas?after_saga=SellTicket&after_id={half:07}"),
        ),
        (
            "list of what is completed",
            "/sagas?state=completed".to_owned(),
        ),
        (
            "list of what is parked: 1 in 10,000",
            "/sagas?state=parked".to_owned(),
        ),
        (
            "list of what is compensated: 1 in 1,000",
            "/sagas?state=compensated".to_owned(),
        ),
        (
            "list of ids that begin so",
            format!("/sagas?prefix={:05}", half / 100),
        ),
        ("one saga", "/saga?saga=SellTicket&id=parked".to_owned()),
    ] {
        let first = asked(&console, &address).await?;
        if address == "/" {
            // The API waits for the count.
            counting = asked(&console, "/api/overview").await?;
        }
        let mut took = Vec::with_capacity(ROUNDS);
        for _ in 0..ROUNDS {
            took.push(asked(&console, &address).await?);
        }
        took.sort_unstable();
        let figures = [first, took[ROUNDS / 2]];
        let figures = figures.map(|took| Figure::some(took.as_secs_f64() * 1e9, Unit::Nanoseconds));
        table.row(name, figures.into());
    }
    table.note(format!(
        "The overview is counted behind the reader's back, in {} ms: the first one says so, the \
         others have the last count.",
        counting.as_millis()
    ));
    Ok(table)
}

/// How long a page takes, from the request to its last byte.
async fn asked(console: &Router, address: &str) -> Result<Duration> {
    let begin = Instant::now();
    let answer = console
        .clone()
        .oneshot(Request::get(address).body(Body::empty())?)
        .await?;
    let status = answer.status();
    let page = axum::body::to_bytes(answer.into_body(), usize::MAX).await?;
    let took = begin.elapsed();
    if !status.is_success() || page.is_empty() {
        return Err(format!("{address}: {status}").into());
    }
    Ok(took)
}

/// Runs one saga for each way in which they end.
async fn begin(file: &Path) -> Result<()> {
    let store = Sqlite::open(file)?;
    let engine = Engine::builder(store).register::<SellTicket>(SellTicketServices {});
    let engine = engine.start().await?;
    for ends in ["completed", "compensated", "parked", "abandoned"] {
        let ticket = SellTicket {
            ends: ends.to_owned(),
        };
        drop(engine.submit(ends, ticket).await?.outcome().await?);
    }
    let who = Attribution::new("bench", "to have one");
    engine
        .act::<SellTicket>("abandoned", Action::Abandon, who)
        .await?;
    engine.shutdown(Duration::from_secs(5)).await;
    Ok(())
}

/// Copies those until there are so many.
fn fill(file: &Path, sagas: usize) -> Result<()> {
    let conn = Connection::open(file)?;
    conn.execute_batch("PRAGMA synchronous = OFF")?;
    for (state, every) in [
        ("completed", 1),
        ("compensated", 1_000),
        ("parked", 10_000),
        ("abandoned", 100_000),
    ] {
        conn.execute(
            "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?1)
             INSERT INTO saga (name, id, state, due, claimed, created, fingerprint, input, changed)
             SELECT name, printf('%07d-%s', i * ?2, state), state, NULL, NULL, created + i, fingerprint, input, changed + i
             FROM n, saga WHERE id = ?3",
            params![i64::try_from(sagas)? / every, every, state],
        )?;
    }
    conn.execute(
        "INSERT INTO journal (saga, seq, at, records)
         SELECT saga.number, journal.seq, journal.at, journal.records
         FROM saga JOIN saga AS first ON first.id = saga.state AND saga.number <> first.number
         JOIN journal ON journal.saga = first.number ORDER BY saga.number, journal.seq",
        (),
    )?;
    let found: u32 = conn.query_row("SELECT count(*) FROM saga", (), |row| row.get(0))?;
    println!("{:.0} sagas in the file", f64::from(found));
    Ok(())
}
