//! The memory of sleeping sagas, measured in processes of their own so that nothing else counts.

use super::{
    Result, Size,
    recovery::in_state,
    sagas::{self, Booking, Desk, Waiting, WaitingServices},
};
use crate::{
    report::{Figure, Table, Unit},
    stats::float,
};
use std::{
    env, fs,
    path::Path,
    process::Command,
    time::{Duration, Instant},
};
use tokio::{runtime::Runtime, time::sleep};
use typed_saga::engine::{SagaType, State, fits};
use typed_saga::sqlite::Sqlite;

/// The argument with which this program runs itself for this.
pub const CHILD: &str = "--child-with-sagas-that-sleep";

/// Starts a process that begins the sagas, and another one that recovers them; then reads them with
/// `fits`.
///
/// # Errors
/// Errors of the disk and of an engine.
pub fn table(runtime: &Runtime, folder: &Path, size: Size) -> Result<Table> {
    let (file, sagas) = (folder.join("sleeping.db"), size.sleeping);
    let title = format!("Durable: memory with {sagas} sagas that sleep");
    let columns = ["before", "with them", "per saga"];
    let mut table = Table::new(title, &columns);
    for name in [
        "the process that began them",
        "a process that recovered them",
    ] {
        let output = Command::new(env::current_exe()?)
            .args([CHILD, &sagas.to_string()])
            .arg(&file)
            .output()?;
        if !output.status.success() {
            return Err(String::from_utf8_lossy(&output.stderr).into());
        }
        let said = String::from_utf8(output.stdout)?;
        let sizes = said.split_whitespace().map(str::parse);
        let [before, with] = sizes.collect::<std::result::Result<Vec<usize>, _>>()?[..] else {
            return Err(format!("expected two sizes: {said}").into());
        };
        let more = float(with.saturating_sub(before));
        table.row(
            name,
            vec![
                Figure::some(float(before), Unit::Bytes),
                Figure::some(float(with), Unit::Bytes),
                Figure::some(more / float(sagas), Unit::Bytes),
            ],
        );
    }
    table.note(
        "Resident memory of the process with the engine running, including the caches of SQLite \
         and of the allocator. A sleeping saga is only a row in the file.",
    );
    let begun = Instant::now();
    let store = Sqlite::open(&file)?;
    let fits = runtime.block_on(fits(&store, [SagaType::of::<Waiting, WaitingServices>()]))?;
    let seconds = begun.elapsed().as_secs_f64();
    if fits.fit != u64::try_from(sagas)? {
        return Err(format!("they do not fit: {:?}", fits.unfit.first()).into());
    }
    table.note(format!(
        "`fits` says of each whether it fits the program, in {seconds:.1} s for all."
    ));
    Ok(table)
}

/// In a process of its own: begins this many sagas unless the file has them, and prints its memory
/// before it opens the file and with all of them.
///
/// # Errors
/// Errors of the disk and of an engine.
pub fn child(runtime: &Runtime, sagas: usize, file: &Path) -> Result<()> {
    runtime.block_on(async {
        let before = resident()?;
        let engine = sagas::engine(file, &Desk::default(), 1024).await?;
        let found = in_state(&engine, State::Waiting).await?;
        let submitting: Vec<_> = (0..64)
            .map(|task| {
                let engine = engine.clone();
                tokio::spawn(async move {
                    for number in (found + task..sagas).step_by(64) {
                        let first = Booking::NONE;
                        engine
                            .submit(format!("w-{number}"), Waiting { first })
                            .await?;
                    }
                    super::Result::Ok(())
                })
            })
            .collect();
        for task in submitting {
            task.await??;
        }
        while in_state(&engine, State::Waiting).await? < sagas {
            sleep(Duration::from_millis(10)).await;
        }
        // Gives the engine time to look for due sagas and for requests.
        sleep(Duration::from_secs(1)).await;
        println!("{before} {}", resident()?);
        Ok(())
    })
}

/// The resident memory of this process, in bytes.
fn resident() -> Result<usize> {
    let status = fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kilobytes = line.ok_or("no VmRSS")?.trim().trim_end_matches(" kB");
    Ok(kilobytes.parse::<usize>()? * 1024)
}
