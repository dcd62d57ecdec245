//! Durable sagas in a Postgres database, on a server of its own whose commits wait for the disk.

pub mod by_hand;

use crate::{
    durable::{
        Result, Size, durare,
        sagas::{self, Desk},
        turns::{Row, advance, measure},
    },
    report::{Figure, Table, Unit},
    stats::float,
};
use by_hand::{Loop, Shared, Texts};
use saga_postgres_server::Server;
use std::{
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::{runtime::Runtime, time::sleep};
use typed_saga::{
    engine::{Engine, State},
    postgres::Postgres,
};

/// How many sagas are in flight in the rows with many.
const MANY: usize = 64;

/// Of the worker that dies.
const LEASE: Duration = Duration::from_secs(2);

/// How many of its sagas are taken over.
const TAKEN_OVER: usize = 100;

const OURS: &str = "typed-saga-postgres";

/// Engines on a database, and how many sagas it has.
struct Ours<'a> {
    runtime: &'a Runtime,
    engines: Vec<Engine>,
    sagas: usize,
}

impl<'a> Ours<'a> {
    fn start(runtime: &'a Runtime, url: &str, workers: usize) -> Result<Self> {
        let desk = Desk::default();
        let engines = runtime.block_on(async {
            let mut engines = Vec::new();
            for _ in 0..workers {
                engines.push(engine(url, &desk, Duration::from_secs(30)).await?);
            }
            Result::Ok(engines)
        })?;
        Ok(Self {
            runtime,
            engines,
            sagas: 0,
        })
    }

    /// Runs sagas, this many at once in all.
    fn run(&mut self, sagas: usize, at_once: usize) -> Result<Option<Duration>> {
        let from = advance(&mut self.sagas, sagas);
        let (engines, workers) = (&self.engines, self.engines.len());
        self.runtime.block_on(async {
            let mut all = tokio::task::JoinSet::new();
            for (part, engine) in engines.iter().enumerate() {
                let engine = engine.clone();
                let from = from + sagas * part / workers..from + sagas * (part + 1) / workers;
                all.spawn(async move {
                    sagas::run(&engine, from.start, from.len(), at_once / workers).await
                });
            }
            for done in all.join_all().await {
                done?;
            }
            Result::Ok(())
        })?;
        Ok(None)
    }

    fn stop(self) {
        self.runtime.block_on(async {
            for engine in self.engines {
                engine.shutdown(Duration::from_secs(5)).await;
            }
        });
    }
}

async fn engine(url: &str, desk: &Desk, lease: Duration) -> Result<Engine> {
    let store = Postgres::connect(url, "bench").await?;
    let engine = sagas::builder(store, desk).max_active(1024).lease(lease);
    Ok(engine.start().await?)
}

/// All tables; none where Postgres is not installed.
///
/// # Errors
/// Errors of the server and of an engine.
pub fn tables(runtime: &Runtime, size: Size, ended: usize) -> Result<Vec<Table>> {
    let Some(server) = Server::start(&["shared_buffers = 512MB", "max_wal_size = 4GB"]) else {
        return Ok(Vec::new());
    };
    let texts = sample(runtime, &server)?;
    let (one, many) = runs(runtime, &server, &texts, size)?;
    Ok(vec![
        one,
        many,
        workers(runtime, &server, size)?,
        beside_the_ended(runtime, &server, size, ended)?,
        takeover(runtime, &server)?,
    ])
}

/// The journal of a saga of eight steps.
fn sample(runtime: &Runtime, server: &Server) -> Result<Arc<Texts>> {
    let url = server.database();
    let mut ours = Ours::start(runtime, &url, 1)?;
    ours.run(1, 1)?;
    ours.stop();
    Ok(Arc::new(runtime.block_on(Texts::read(&url))?))
}

/// One by one, and many at once.
fn runs(
    runtime: &Runtime,
    server: &Server,
    texts: &Arc<Texts>,
    size: Size,
) -> Result<(Table, Table)> {
    let mut ours = Ours::start(runtime, &server.database(), 1)?;
    let by_hand = server.database();
    let mut alone = runtime.block_on(Loop::start(&by_hand, texts))?;
    let shared = runtime.block_on(Shared::start(&by_hand, texts))?;
    let mut durare = durare::start_on_postgres(&server.database())?;
    let mut written = 0;
    let mut rows = vec![
        Row::new(
            "by hand: 64 tasks, one that writes what waits",
            MANY,
            |sagas| {
                let from = advance(&mut written, sagas);
                runtime.block_on(shared.run(from, sagas, MANY))?;
                Ok(None)
            },
        ),
        Row::new(OURS, MANY, |sagas| ours.run(sagas, MANY)),
    ];
    rows.extend(durare.iter_mut().map(|it| it.row(MANY, MANY)));
    let mut many = measure("Postgres: 8 steps, 64 sagas in flight", rows, size)?;
    many.note("By hand one statement writes what waits, as the store does.");
    let mut looped = 0;
    let mut rows = vec![
        Row::new("by hand: the same commits", 4, |sagas| {
            let from = advance(&mut looped, sagas);
            runtime.block_on(alone.run(from, sagas))?;
            Ok(None)
        }),
        Row::new(OURS, 4, |sagas| ours.run(sagas, 1)),
    ];
    rows.extend(durare.iter_mut().map(|it| it.row(4, 1)));
    let mut one = measure("Postgres: 8 steps, one saga after the other", rows, size)?;
    one.note(format!(
        "Each saga is {} commits, each of which waits for the disk.",
        texts.commits()
    ));
    ours.stop();
    Ok((one, many))
}

/// The same number in flight, shared by more workers.
fn workers(runtime: &Runtime, server: &Server, size: Size) -> Result<Table> {
    let mut one = Ours::start(runtime, &server.database(), 1)?;
    let mut two = Ours::start(runtime, &server.database(), 2)?;
    let mut four = Ours::start(runtime, &server.database(), 4)?;
    let rows = vec![
        Row::new("one worker", 4 * MANY, |sagas| one.run(sagas, 4 * MANY)),
        Row::new("two workers", 4 * MANY, |sagas| two.run(sagas, 4 * MANY)),
        Row::new("four workers", 4 * MANY, |sagas| four.run(sagas, 4 * MANY)),
    ];
    let mut table = measure("Postgres: 256 sagas in flight, by workers", rows, size)?;
    table.note("The workers are engines of one process, each with connections of its own.");
    for ours in [one, two, four] {
        ours.stop();
    }
    Ok(table)
}

/// Among very many sagas that have ended.
fn beside_the_ended(runtime: &Runtime, server: &Server, size: Size, ended: usize) -> Result<Table> {
    let urls = [server.database(), server.database()];
    let mut among_none = Ours::start(runtime, &urls[0], 1)?;
    let mut among_many = Ours::start(runtime, &urls[1], 1)?;
    let database = urls[1].rsplit('/').next().unwrap_or_default();
    server.sql(database, &by_hand::fill(ended));
    let rows = vec![
        Row::new("in an empty database", MANY, |sagas| {
            among_none.run(sagas, MANY)
        }),
        Row::new("beside those that have ended", MANY, |sagas| {
            among_many.run(sagas, MANY)
        }),
    ];
    let title = format!("Postgres: 64 sagas in flight, beside {ended} that have ended");
    let mut table = measure(&title, rows, size)?;
    let start = Instant::now();
    let stats = runtime.block_on(among_many.engines[0].stats())?;
    let took = start.elapsed();
    let count: u64 = stats.iter().map(|stat| stat.count).sum();
    table.note(format!(
        "`stats` of those {count} sagas took {} ms.",
        took.as_millis()
    ));
    among_none.stop();
    among_many.stop();
    Ok(table)
}

/// How long after the death of a worker its sagas have ended at another one.
fn takeover(runtime: &Runtime, server: &Server) -> Result<Table> {
    let url = server.database();
    let after = runtime.block_on(async {
        let hangs = Desk::that_hangs(5);
        let dies = engine(&url, &hangs, LEASE).await?;
        for number in 0..TAKEN_OVER {
            let first = sagas::Booking::NONE;
            let saga = sagas::Eight { first };
            drop(dies.submit(format!("d-{number}"), saga).await?);
        }
        let lives = engine(&url, &Desk::default(), LEASE).await?;
        while hangs.asked(5) < TAKEN_OVER {
            sleep(Duration::from_millis(1)).await;
        }
        // Without a word, as a process that is killed.
        drop(dies);
        let start = Instant::now();
        loop {
            let stats = lives.stats().await?;
            let done = stats.iter().filter(|stat| stat.state == State::Completed);
            if done.map(|stat| stat.count).sum::<u64>() == TAKEN_OVER as u64 {
                break;
            }
            sleep(Duration::from_millis(5)).await;
        }
        let after = start.elapsed();
        lives.shutdown(Duration::from_secs(5)).await;
        Result::Ok(after)
    })?;
    let title = format!("Postgres: {TAKEN_OVER} sagas of a worker that died in step 5 of 8");
    let mut table = Table::new(title, &["after", "leases"]);
    let seconds = after.as_secs_f64();
    table.row(
        "all have completed elsewhere",
        vec![
            Figure::some(seconds, Unit::Seconds),
            Figure::some(seconds / LEASE.as_secs_f64(), Unit::Ratio),
        ],
    );
    table.note(format!(
        "The lease was {} s, and the other worker asks every 250 ms.",
        float(2)
    ));
    Ok(table)
}
