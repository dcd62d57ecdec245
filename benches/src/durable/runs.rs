//! Sagas of eight steps, one by one and many at once.

use super::{
    Result, Size,
    by_hand::{self, Kept, Shared, Texts},
    durare,
    sagas::{self, Desk},
    turns::{Row, advance, measure},
};
use crate::{
    report::{Figure, Table, Unit},
    stats::float,
};
use rusqlite::Connection;
use saga::engine::Engine;
use std::{fs, future::Future, path::Path, sync::Arc, time::Duration};
use tokio::runtime::Runtime;

/// How many are in flight where many are.
const MANY: usize = 64;

const OURS: &str = "saga-sqlite, FULL";

/// Files that are written for a while, and how many sagas are in them.
struct Ours<'a> {
    runtime: &'a Runtime,
    engine: Engine,
    sagas: usize,
}

impl Ours<'_> {
    fn run(&mut self, sagas: usize, at_once: usize) -> Result<Option<Duration>> {
        let from = advance(&mut self.sagas, sagas);
        blocking(self.runtime, sagas::run(&self.engine, from, sagas, at_once))
    }
}

/// Runs a future; how long it takes is seen from outside.
fn blocking(
    runtime: &Runtime,
    future: impl Future<Output = Result<()>>,
) -> Result<Option<Duration>> {
    runtime.block_on(future)?;
    Ok(None)
}

/// Tables of both, and of what stays on disk. `folder`: on a real disk.
///
/// # Errors
/// What the disk or an engine says.
pub fn tables(runtime: &Runtime, folder: &Path, size: Size) -> Result<Vec<Table>> {
    let file = |name: &str| folder.join(name);
    let texts = Arc::new(sample(runtime, &file("sample.db"))?);
    let open = |name| {
        let (file, desk) = (file(name), Desk::default());
        let engine = runtime.block_on(sagas::engine(&file, &desk, 1024))?;
        Result::Ok(Ours {
            runtime,
            engine,
            sagas: 0,
        })
    };
    let by_hand = |name| by_hand::open(&file(name));

    let (mut one, hand) = (open("one.db")?, by_hand("one-hand.db")?);
    let mut rows = vec![
        Row::new(
            "by hand: rusqlite, the same commits",
            4,
            looped(&hand, &texts, 1),
        ),
        Row::new(OURS, 4, |sagas| one.run(sagas, 1)),
    ];
    rows.extend(durare::rows(folder, "one", 4, 1)?);
    let mut first = measure("Durable: 8 steps, one saga after the other", rows, size)?;
    let kept = texts.kept();
    first.note(format!(
        "Each saga is {} commits, each of which waits for the disk, and {} bytes of text, by hand and in the engine alike.",
        kept.commits, kept.text
    ));
    let in_files = on_disk(one, &file("one.db"), kept)?;

    let (mut many, loops) = (open("many.db")?, by_hand("many-loop.db")?);
    let shared = Shared::start(by_hand("many-hand.db")?, Arc::clone(&texts));
    let mut written = 0;
    let mut rows = vec![
        Row::new(
            "by hand: 64 tasks, one thread that commits what waits",
            MANY,
            |sagas| {
                let from = advance(&mut written, sagas);
                blocking(runtime, shared.run(from, sagas, MANY))
            },
        ),
        Row::new(
            "by hand: one loop, 64 sagas in each commit",
            MANY,
            looped(&loops, &texts, MANY),
        ),
        Row::new(OURS, MANY, |sagas| many.run(sagas, MANY)),
    ];
    rows.extend(durare::rows(folder, "many", MANY, MANY)?);
    let mut second = measure("Durable: 8 steps, 64 sagas in flight", rows, size)?;
    second.note("Whatever waits shares a commit, and so the wait for the disk.");
    if durare::PROGRAM.is_some() {
        for table in [&mut first, &mut second] {
            table.note(durare::NOTE);
        }
    }
    Ok(vec![first, second, in_files])
}

/// A row by hand.
fn looped<'a>(
    conn: &'a Connection,
    texts: &'a Texts,
    together: usize,
) -> impl FnMut(usize) -> Result<Option<Duration>> + 'a {
    let mut written = 0;
    move |sagas| {
        let from = advance(&mut written, sagas);
        by_hand::looped(conn, texts, from, sagas, together)?;
        Ok(None)
    }
}

/// What the journal of such a saga says.
fn sample(runtime: &Runtime, file: &Path) -> Result<Texts> {
    runtime.block_on(async {
        let engine = sagas::engine(file, &Desk::default(), 1024).await?;
        sagas::run(&engine, 0, 1, 1).await?;
        engine.shutdown(Duration::from_secs(5)).await;
        drop(engine);
        sagas::closed(file).await
    })?;
    Ok(Texts::read(file)?)
}

/// What stays of a saga in a file that is closed.
fn on_disk(ours: Ours<'_>, file: &Path, kept: Kept) -> Result<Table> {
    let Ours {
        runtime,
        engine,
        sagas,
    } = ours;
    runtime.block_on(async {
        engine.shutdown(Duration::from_secs(5)).await;
        drop(engine);
        sagas::closed(file).await
    })?;
    let bytes = float(usize::try_from(fs::metadata(file)?.len())?);
    let columns = ["commits", "text", "in the file"];
    let mut table = Table::new("Durable: what is kept of a saga of 8 steps", &columns);
    table.row(
        OURS,
        vec![
            Figure::some(float(kept.commits), Unit::Count),
            Figure::some(float(kept.text), Unit::Bytes),
            Figure::some(bytes / float(sagas), Unit::Bytes),
        ],
    );
    table.note("The text is JSON; the file has keys, times and the state of each saga beside it.");
    Ok(table)
}
