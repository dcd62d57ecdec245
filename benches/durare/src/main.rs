//! Runs workflows of eight steps with durare: `durare-bench <database> [full]` reads lines of
//! `<workflows> <in flight>` from standard input, and answers each with the seconds that it took.
//!
//! The database is a URL of Postgres or of SQLite. durare opens SQLite with `synchronous = NORMAL`;
//! with `full` it has a pool that differs only in that setting.

use durare::{
    DurableContext, DurableEngine, PostgresProvider, Result, SqliteProvider, StateProvider,
    WorkflowOptions,
};
use serde::{Deserialize, Serialize};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use std::{
    env,
    io::stdin,
    str::FromStr,
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
    let args: Vec<_> = env::args().skip(1).collect();
    let args: Vec<_> = args.iter().map(String::as_str).collect();
    let provider: Arc<dyn StateProvider> = match args[..] {
        [url] if url.starts_with("postgres:") => Arc::new(PostgresProvider::connect(url).await?),
        [url] => Arc::new(SqliteProvider::connect(url).await?),
        [url, "full"] => Arc::new(full(url).await),
        _ => panic!("usage: durare-bench <database> [full]"),
    };
    let engine = DurableEngine::new(provider).await?;
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
async fn full(url: &str) -> SqliteProvider {
    let options = SqliteConnectOptions::from_str(url)
        .expect("a URL of SQLite")
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
