//! A loop of many items beside as many sagas of one step, and beside loops of fewer items: what an
//! item costs, and that this does not grow with their number.

pub mod sagas;

use crate::{
    durable::Result,
    memory::tables::Allocated,
    report::{Figure, Table, Unit},
    stats::{float, median},
};
use sagas::{
    Desk, DurableEight, DurableEightServices, DurableMany, DurableManyServices, DurableOne,
    DurableOneServices, Eight, Many, One,
};
use std::{
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::{runtime::Runtime, sync::Notify};
use typed_saga::engine::{Engine, Memory, ReadStore, SagaId, Store};

/// How many items each row has in all.
pub const ITEMS: u64 = 10_000;

/// How many a smaller loop has.
pub const FEW: u64 = 1_000;

/// The title of the table of loops in memory.
pub const IN_MEMORY: &str = "Loops in memory";
/// Of the durable one.
pub const DURABLE: &str = "Durable: loops, in a store in memory";

/// The rows of both.
pub const ROWS: [&str; 5] = [
    "10,000 sagas of one step",
    "10 loops of 1,000 items",
    "a loop of 10,000 items",
    "a loop of 10,000 items, 8 at a time",
    "a loop of 10,000 items, the last fails and the others are undone",
];
/// More rows of the durable one.
const TAKEN_UP: [(&str, u64); 2] = [
    ("a loop of 1,000 items is taken up at the last but one", FEW),
    (
        "a loop of 10,000 items is taken up at the last but one",
        ITEMS,
    ),
];

/// How many items a loop of that row has; none where there is no loop.
#[must_use]
pub fn items(row: usize) -> Option<u64> {
    match row {
        0 => None,
        1 => Some(FEW),
        _ => Some(ITEMS),
    }
}

/// Both tables. `live`: bytes per item that were allocated, by title and row.
///
/// # Errors
/// Errors of the engine.
pub fn tables(runtime: &Runtime, rounds: usize, live: &Allocated) -> Result<Vec<Table>> {
    let mut rows: Vec<Row<'_>> = Vec::new();
    for (row, name) in ROWS.into_iter().enumerate() {
        rows.push(Row::new(name, ITEMS, move || {
            let start = Instant::now();
            runtime.block_on(in_memory(row, || ()));
            Ok(start.elapsed())
        }));
    }
    let mut plain = measure(IN_MEMORY, rows, rounds, live)?;
    plain.note(NOTE);

    let mut rows: Vec<Row<'_>> = Vec::new();
    for (row, name) in ROWS.into_iter().enumerate() {
        rows.push(Row::new(name, ITEMS, move || {
            runtime.block_on(durable(Memory::new(), row, || ()))
        }));
    }
    for (name, items) in TAKEN_UP {
        rows.push(Row::new(name, items, move || {
            runtime.block_on(taken_up(Memory::new(), items))
        }));
    }
    let mut kept = measure(DURABLE, rows, rounds, live)?;
    let store = Memory::new();
    runtime.block_on(durable(store.clone(), 2, || ()))?;
    let stored = runtime.block_on(store.load(SagaId::new("DurableMany", "many-0")))?;
    let commits = stored.ok_or("the loop is in the store")?.commits;
    let text: usize = commits.iter().map(|commit| commit.records.len()).sum();
    kept.note(format!(
        "The memory is that of the run and of its journal, which this store keeps in memory: {} \
         commit and {} bytes for each item of a loop, values included.",
        commits.len() / usize::try_from(ITEMS)?,
        text / usize::try_from(ITEMS)?,
    ));
    Ok(vec![plain, kept])
}

const NOTE: &str = "The memory is what is allocated for a loop when its last item begins. Each \
                    item and each effect is a number of 8 bytes.";

/// A row that is timed.
struct Row<'a> {
    name: &'static str,
    items: u64,
    run: Box<dyn FnMut() -> Result<Duration> + 'a>,
    /// Nanoseconds per item, round by round.
    found: Vec<f64>,
}

impl<'a> Row<'a> {
    fn new(name: &'static str, items: u64, run: impl FnMut() -> Result<Duration> + 'a) -> Self {
        Self {
            name,
            items,
            run: Box::new(run),
            found: Vec::new(),
        }
    }
}

/// Times the rows in turns; the first is what the others are compared with.
fn measure(title: &str, mut rows: Vec<Row<'_>>, rounds: usize, live: &Allocated) -> Result<Table> {
    for row in &mut rows {
        (row.run)()?;
    }
    for _ in 0..rounds {
        for row in &mut rows {
            let took = (row.run)()?.as_secs_f64() * 1e9;
            row.found.push(took / float(usize::try_from(row.items)?));
        }
    }
    let mut table = Table::new(title, &["per item", "vs. sagas", "memory per item"]);
    let sagas = rows[0].found.clone();
    for row in rows {
        let ratios = row.found.iter().zip(&sagas).map(|(it, saga)| it / saga);
        let ratio = median(ratios.collect()).unwrap_or(f64::NAN);
        let each = median(row.found).unwrap_or(f64::NAN);
        let live = live.get(&(title.to_owned(), row.name.to_owned()));
        table.row(
            row.name,
            vec![
                Figure::some(each, Unit::Nanoseconds),
                Figure::some(ratio, Unit::Ratio),
                live.and_then(|(_, bytes)| Figure::some(*bytes, Unit::Bytes)),
            ],
        );
    }
    Ok(table)
}

/// Runs one row in memory.
///
/// # Panics
/// If a saga does not end as it should.
pub async fn in_memory(row: usize, probe: fn()) {
    let desk = |items| Desk::new(items).with_probe(probe);
    match row {
        0 => {
            for n in 0..ITEMS {
                assert!(One { n }.with(desk(ITEMS)).await.is_ok());
            }
        }
        1 => {
            for _ in 0..ITEMS / FEW {
                assert!(Many { count: FEW }.with(desk(FEW)).await.is_ok());
            }
        }
        2 => assert!(Many { count: ITEMS }.with(desk(ITEMS)).await.is_ok()),
        3 => assert!(Eight { count: ITEMS }.with(desk(ITEMS)).await.is_ok()),
        _ => {
            let desk = desk(ITEMS).that_refuses();
            assert!(Many { count: ITEMS }.with(desk).await.is_err());
        }
    }
}

/// An engine for all sagas of the rows.
async fn engine(store: impl Store, desk: &Desk) -> Result<Engine> {
    let builder = Engine::builder(store)
        .register::<DurableOne>(DurableOneServices { desk: desk.clone() })
        .register::<DurableMany>(DurableManyServices { desk: desk.clone() })
        .register::<DurableEight>(DurableEightServices { desk: desk.clone() });
    Ok(builder.start().await?)
}

/// Runs one row on an engine over a new store.
///
/// # Errors
/// Errors of the engine.
///
/// # Panics
/// If a saga does not end as it should.
pub async fn durable(store: impl Store, row: usize, probe: fn()) -> Result<Duration> {
    let items = if row == 1 { FEW } else { ITEMS };
    let desk = Desk::new(items).with_probe(probe);
    let desk = if row == 4 { desk.that_refuses() } else { desk };
    let engine = engine(store, &desk).await?;
    let start = Instant::now();
    match row {
        0 => {
            for n in 0..ITEMS {
                let handle = engine.submit(format!("one-{n}"), DurableOne { n }).await?;
                assert!(handle.outcome().await?.into_result().is_ok());
            }
        }
        3 => {
            let handle = engine
                .submit("eight", DurableEight { count: ITEMS })
                .await?;
            assert!(handle.outcome().await?.into_result().is_ok());
        }
        _ => {
            for n in 0..ITEMS / items {
                let saga = DurableMany { count: items };
                let handle = engine.submit(format!("many-{n}"), saga).await?;
                assert_eq!(handle.outcome().await?.into_result().is_ok(), row != 4);
            }
        }
    }
    let took = start.elapsed();
    engine.shutdown(Duration::from_secs(5)).await;
    Ok(took)
}

/// Leaves a loop at its last item but one, and takes it up again.
async fn taken_up(store: impl Store + Clone, items: u64) -> Result<Duration> {
    let asked = Arc::new(Notify::new());
    let desk = Desk::new(items).that_hangs(items - 2, Arc::clone(&asked));
    let before = engine(store.clone(), &desk).await?;
    before.submit("many", DurableMany { count: items }).await?;
    asked.notified().await;
    before.shutdown(Duration::ZERO).await;
    drop(before);
    let start = Instant::now();
    let engine = engine(store, &Desk::new(items)).await?;
    let handle = engine.submit("many", DurableMany { count: items }).await?;
    assert!(handle.outcome().await?.into_result().is_ok());
    let took = start.elapsed();
    engine.shutdown(Duration::from_secs(5)).await;
    Ok(took)
}

#[cfg(test)]
mod tests {
    use super::{ROWS, durable, in_memory, taken_up};
    use tokio::runtime::Builder;
    use typed_saga::engine::Memory;

    #[test]
    fn every_row_ends_as_it_should() {
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            for row in 0..ROWS.len() {
                in_memory(row, || ()).await;
                durable(Memory::new(), row, || ()).await.unwrap();
            }
            taken_up(Memory::new(), 10).await.unwrap();
        });
    }
}
