//! Runs workflows of eight steps with durare: `durare-bench <file> normal|full` reads lines of
//! `<workflows> <in flight>` from standard input, and answers each with the seconds that it took.
//!
//! `normal` is durare's own connection, with `synchronous = NORMAL`. `full` uses a pool that
//! differs only in that setting.

use durare::{DurableContext, DurableEngine, Result, SqliteProvider, WorkflowOptions};
use serde::{Deserialize, Serialize};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use std::{
    env,
    io::stdin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

/// The effect of a step.
#[derive(Serialize, Deserialize)]
struct Booking {
    number: u64,
    nights: u32,
}

#[durare::step]
async fn book(ctx: &DurableContext, last: u64) -> Result<Booking> {
    Ok(Booking {
        number: last + 1,
        nights: 3,
    })
}

#[durare::workflow]
async fn eight(ctx: DurableContext, n: u64) -> Result<Booking> {
    let mut booking = book(&ctx, n).await?;
    for _ in 1..8 {
        booking = book(&ctx, booking.number).await?;
    }
    Ok(booking)
}

#[tokio::main]
async fn main() -> Result<()> {
    let args: Vec<_> = env::args().collect();
    let [_, file, synchronous] = &args[..] else {
        panic!("usage: durare-bench <file> normal|full");
    };
    let provider = match synchronous.as_str() {
        "normal" => SqliteProvider::connect(&format!("sqlite://{file}")).await?,
        "full" => full(file).await,
        other => panic!("neither normal nor full: {other}"),
    };
    let engine = DurableEngine::new(Arc::new(provider)).await?;
    let engine = Arc::new(engine);
    let number = Arc::new(AtomicUsize::new(0));
    for line in stdin().lines() {
        let line = line.expect("standard input is text");
        let mut words = line.split_whitespace().map(str::parse);
        let (Some(Ok(workflows)), Some(Ok(in_flight))) = (words.next(), words.next()) else {
            panic!("expected `<workflows> <in flight>`: {line}");
        };
        let start = Instant::now();
        run(&engine, &number, workflows, in_flight).await?;
        println!("{}", start.elapsed().as_secs_f64());
    }
    Ok(())
}

/// durare's own settings, except for `synchronous`.
async fn full(file: &str) -> SqliteProvider {
    let options = SqliteConnectOptions::new()
        .filename(file)
        .create_if_missing(true)
        .foreign_keys(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .busy_timeout(Duration::from_secs(5));
    let pool = SqlitePoolOptions::new()
        .max_connections(5)
        .connect_with(options)
        .await
        .expect("the file can be opened");
    SqliteProvider::from_pool(pool)
}

/// Runs this many workflows, this many at once.
async fn run(
    engine: &Arc<DurableEngine>,
    number: &Arc<AtomicUsize>,
    workflows: usize,
    in_flight: usize,
) -> Result<()> {
    let left = Arc::new(AtomicUsize::new(workflows));
    let tasks: Vec<_> = (0..in_flight)
        .map(|_| {
            let (engine, number, left) = (engine.clone(), number.clone(), left.clone());
            tokio::spawn(async move {
                while left
                    .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| {
                        left.checked_sub(1)
                    })
                    .is_ok()
                {
                    let id = format!("w-{}", number.fetch_add(1, Ordering::Relaxed));
                    let options = WorkflowOptions::with_id(id);
                    let booking: Booking = engine.start_with(Eight, 0, options).await?.await?;
                    assert_eq!((booking.number, booking.nights), (8, 3));
                }
                Result::Ok(())
            })
        })
        .collect();
    for task in tasks {
        task.await.expect("no workflow panics")?;
    }
    Ok(())
}
