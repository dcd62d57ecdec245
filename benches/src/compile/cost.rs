//! What each further saga of a program costs: code, file, time of a release build, and the
//! instructions of `cargo check`.

use super::{
    counted::{Counter, is_installed},
    shapes::Kind,
    workspace::{Command, ROOT, Workspace},
};
use crate::{
    durable::Result,
    report::{Figure, Table, Unit},
    stats::{float, median},
};
use std::{fs, path::Path, process};

/// How many sagas the larger of two programs has more than the smaller, which has one.
const FURTHER: usize = 10;

/// Measures programs with sagas of these kinds, which are generated and built in `folder`. Each
/// release build is timed `rounds` times, and the median counts.
///
/// # Errors
/// Errors of the disk and of cargo.
pub fn table(folder: &Path, kinds: &[Kind], rounds: usize) -> Result<Table> {
    let workspace = Workspace::new(folder.join("cost"), Path::new(ROOT))?.with_engine();
    let counter = Counter::new(folder.join("counted"))?;
    let columns = [
        "code",
        "file",
        "release build",
        "`cargo check`, million instructions",
    ];
    let mut table = Table::new("Each further saga of 8 steps in a program", &columns);
    for kind in kinds {
        eprintln!("measuring: {kind}");
        let figures = figures(&workspace, counter.as_ref(), *kind, rounds)?;
        // The table is there only after all of them.
        let shown: Vec<_> = figures.iter().flatten().map(Figure::to_string).collect();
        eprintln!("  {}", shown.join(", "));
        table.row(kind.to_string(), figures);
    }
    table.note(
        "A tenth of the difference between a program of 11 sagas and one of 1. The code includes \
         constants, the file is stripped, and the time of the build is processor time.",
    );
    table.note("All sagas of a program have the same child saga, so it is not part of a figure.");
    if counter.is_none() {
        table.note("The instructions are left out: valgrind is not installed.");
    }
    if !is_installed("size") {
        table.note("The code is left out: `size`, which binutils has, is not installed.");
    }
    Ok(table)
}

/// A row of the table.
fn figures(
    workspace: &Workspace,
    counter: Option<&Counter>,
    kind: Kind,
    rounds: usize,
) -> Result<Vec<Option<Figure>>> {
    let (one, more) = (kind.program(1), kind.program(1 + FURTHER));
    let each = |one: f64, more: f64| (more - one) / float(FURTHER);
    // The first build also builds what all programs depend on, so it is not timed.
    let small = workspace.program(&one)?;
    let large = workspace.program(&more)?;
    let code = each(code(&small)?, code(&large)?);
    let file = each(length(&small)?, length(&large)?);
    let mut seconds = Vec::new();
    for _ in 0..rounds {
        let small = workspace.run(Command::Release, &one)?;
        let large = workspace.run(Command::Release, &more)?;
        seconds.push(each(small.processor, large.processor));
    }
    let instructions = match counter {
        Some(counter) => each(
            counter.check(workspace, &one)?,
            counter.check(workspace, &more)?,
        ),
        None => f64::NAN,
    };
    Ok(vec![
        Figure::some(code, Unit::Bytes),
        Figure::some(file, Unit::Bytes),
        Figure::some(median(seconds).unwrap_or(f64::NAN), Unit::Seconds),
        Figure::some(instructions / 1e6, Unit::Count),
    ])
}

/// The bytes of a program that are code, or data that never changes; not a number if `size` is not
/// installed.
fn code(program: &Path) -> Result<f64> {
    if !is_installed("size") {
        return Ok(f64::NAN);
    }
    let output = process::Command::new("size").arg(program).output()?;
    let said = String::from_utf8(output.stdout)?;
    // Below the headings; the first column.
    let row = said.lines().nth(1);
    let code = row.and_then(|row| row.split_whitespace().next());
    let code = code.ok_or_else(|| format!("`size` does not know {}", program.display()))?;
    Ok(float(code.parse()?))
}

/// The bytes of a file.
fn length(file: &Path) -> Result<f64> {
    Ok(float(usize::try_from(fs::metadata(file)?.len())?))
}
