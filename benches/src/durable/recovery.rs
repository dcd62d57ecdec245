//! How long it takes to recover the sagas of a process that ended half-way.

use super::{
    Result, Size,
    sagas::{self, Booking, Desk, Eight},
};
use crate::{
    report::{Figure, Table, Unit},
    stats::float,
};
use std::{
    path::Path,
    time::{Duration, Instant},
};
use tokio::{runtime::Runtime, time::sleep};
use typed_saga::engine::{Engine, State};

/// The step, out of eight, in which the first process ends.
const HANGS: u64 = 5;

/// Leaves sagas unfinished, and recovers them.
///
/// # Errors
/// Errors of the disk and of an engine.
pub fn table(runtime: &Runtime, folder: &Path, size: Size) -> Result<Table> {
    let (file, sagas) = (folder.join("recovery.db"), size.unfinished);
    runtime.block_on(leave(&file, sagas))?;
    let (taken_up, ended) = runtime.block_on(recover(&file, sagas))?;
    let title = format!("Durable: recovery of {sagas} sagas that stopped in step 5 of 8");
    let mut table = Table::new(title, &["after", "sagas"]);
    for (name, after) in [
        ("all are read and run again", taken_up),
        ("all have completed", ended),
    ] {
        let seconds = after.as_secs_f64();
        table.row(
            name,
            vec![
                Figure::some(seconds, Unit::Seconds),
                Figure::some(float(sagas) / seconds, Unit::PerSecond),
            ],
        );
    }
    table.note(
        "Counted from opening the file. By default an engine recovers at most 1,000 sagas a \
         second; here that limit was lifted.",
    );
    Ok(table)
}

/// Starts an engine that begins sagas, and stops it while all of them are half-way.
async fn leave(file: &Path, sagas: usize) -> Result<()> {
    let desk = Desk::that_hangs(HANGS);
    let engine = sagas::engine(file, &desk, sagas).await?;
    let submitting: Vec<_> = (0..64)
        .map(|task| {
            let engine = engine.clone();
            tokio::spawn(async move {
                for number in (task..sagas).step_by(64) {
                    let first = Booking::NONE;
                    engine
                        .submit(format!("r-{number}"), Eight { first })
                        .await?;
                }
                super::Result::Ok(())
            })
        })
        .collect();
    for task in submitting {
        task.await??;
    }
    until(|| desk.asked(5) == sagas).await;
    engine.shutdown(Duration::ZERO).await;
    drop(engine);
    sagas::closed(file).await
}

/// Opens the file again; returns when each saga was running again, and when it had completed.
async fn recover(file: &Path, sagas: usize) -> Result<(Duration, Duration)> {
    let desk = Desk::default();
    let start = Instant::now();
    let engine = sagas::engine(file, &desk, sagas).await?;
    until(|| desk.asked(5) == sagas).await;
    let taken_up = start.elapsed();
    until(|| desk.asked(8) == sagas).await;
    while in_state(&engine, State::Completed).await? < sagas {
        sleep(Duration::from_millis(5)).await;
    }
    let ended = start.elapsed();
    engine.shutdown(Duration::from_secs(5)).await;
    Ok((taken_up, ended))
}

async fn until(done: impl Fn() -> bool) {
    while !done() {
        sleep(Duration::from_millis(1)).await;
    }
}

/// The number of sagas in a state.
pub(super) async fn in_state(engine: &Engine, state: State) -> Result<usize> {
    let found = engine.stats().await?;
    let found = found.iter().filter(|stat| stat.state == state);
    Ok(usize::try_from(found.map(|stat| stat.count).sum::<u64>())?)
}
