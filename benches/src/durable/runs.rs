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
use std::{fs, future::Future, path::Path, sync::Arc, time::Duration};
use tokio::runtime::Runtime;
use typed_saga::engine::Engine;

/// How many sagas are in flight in the rows with many.
const MANY: usize = 64;

const OURS: &str = "typed-saga-sqlite, FULL";

/// The same until its event is delivered.
const TELLING: &str = "typed-saga-sqlite, FULL, and one event";

/// An engine's file, and how many sagas it has.
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

    fn tell(&mut self, sagas: usize, at_once: usize) -> Result<Option<Duration>> {
        let from = advance(&mut self.sagas, sagas);
        let told = sagas::tell(&self.engine, from, sagas, at_once);
        blocking(self.runtime, told)
    }
}

/// Runs a future; the caller measures the time.
fn blocking(
    runtime: &Runtime,
    future: impl Future<Output = Result<()>>,
) -> Result<Option<Duration>> {
    runtime.block_on(future)?;
    Ok(None)
}

/// A file that is written by hand, and how many sagas it has.
struct ByHand<'a> {
    conn: Connection,
    texts: &'a Texts,
    sagas: usize,
}

impl ByHand<'_> {
    fn run(&mut self, sagas: usize, together: usize) -> Result<Option<Duration>> {
        let from = advance(&mut self.sagas, sagas);
        by_hand::looped(&self.conn, self.texts, from, sagas, together)?;
        Ok(None)
    }
}

/// The tables of both, and of the space on disk. `folder` must be on a real disk.
///
/// # Errors
/// Errors of the disk and of an engine.
pub fn tables(runtime: &Runtime, folder: &Path, size: Size) -> Result<Vec<Table>> {
    let file = |name: &str| folder.join(name);
    let texts = sample(runtime, &file("sample.db"))?;
    let kept = texts.kept();
    let (ours_at, desk) = (file("ours.db"), Desk::default());
    let mut ours = Ours {
        engine: runtime.block_on(sagas::engine(&ours_at, &desk, 1024))?,
        runtime,
        sagas: 0,
    };
    let mut telling = Ours {
        engine: runtime.block_on(sagas::engine(&file("telling.db"), &desk, 1024))?,
        runtime,
        sagas: 0,
    };
    let mut loops = ByHand {
        conn: by_hand::open(&file("loop.db"))?,
        texts: &texts,
        sagas: 0,
    };
    let mut durares = durare::start(folder)?;

    // Many in flight come first: they write so much that the logs reach their final length. A
    // commit that lengthens the log takes a disk much more time.
    let engines = [&mut ours, &mut telling];
    let mut many = in_flight(engines, &mut loops, &mut durares, folder, size)?;
    many.note("Sagas that wait at the same time share a commit, and so one wait for the disk.");
    let mut rows = vec![
        Row::new("by hand: rusqlite, the same commits", 4, |sagas| {
            loops.run(sagas, 1)
        }),
        Row::new(OURS, 4, |sagas| ours.run(sagas, 1)),
        Row::new(TELLING, 4, |sagas| telling.tell(sagas, 1)),
    ];
    rows.extend(durares.iter_mut().map(|it| it.row(4, 1)));
    let mut one = measure("Durable: 8 steps, one saga after the other", rows, size)?;
    one.note(format!(
        "Each saga is {} commits and {} bytes of text, by hand and in the engine alike. Each \
         commit waits for the disk. An event is claimed and acknowledged by a commit each.",
        kept.commits, kept.text
    ));
    if !durares.is_empty() {
        one.note(durare::NOTE);
        many.note(durare::NOTE);
    }
    let in_file = on_disk(ours, &ours_at, kept)?;
    Ok(vec![one, many, in_file])
}

/// Many sagas at once.
fn in_flight(
    [ours, telling]: [&mut Ours<'_>; 2],
    loops: &mut ByHand<'_>,
    durares: &mut [durare::Process],
    folder: &Path,
    size: Size,
) -> Result<Table> {
    let (runtime, texts) = (ours.runtime, Arc::new(loops.texts.clone()));
    let shared = Shared::start(by_hand::open(&folder.join("shared.db"))?, texts);
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
            |sagas| loops.run(sagas, MANY),
        ),
        Row::new(OURS, MANY, |sagas| ours.run(sagas, MANY)),
        Row::new(TELLING, MANY, |sagas| telling.tell(sagas, MANY)),
    ];
    rows.extend(durares.iter_mut().map(|it| it.row(MANY, MANY)));
    measure("Durable: 8 steps, 64 sagas in flight", rows, size)
}

/// The journal of such a saga.
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

/// The space that a saga takes in a closed file.
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
    let mut table = Table::new("Durable: what is stored for a saga of 8 steps", &columns);
    table.row(
        OURS,
        vec![
            Figure::some(float(kept.commits), Unit::Count),
            Figure::some(float(kept.text), Unit::Bytes),
            Figure::some(bytes / float(sagas), Unit::Bytes),
        ],
    );
    table.note("The text is JSON; the file also has keys, times and the state of each saga.");
    Ok(table)
}
