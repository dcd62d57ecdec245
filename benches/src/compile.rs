//! Compiling sagas: time, memory, and the size of the result.

pub mod clean;
pub mod generate;
pub mod workspace;

use crate::{
    durable::Result,
    memory::tables::growth_table,
    report::{Figure, Plot, Report, Table, Unit},
    stats::{float, median},
};
use generate::{Source, by_hand, constructs, empty, many, saga, sized};
use std::{fs, path::Path, process};
use workspace::{Command, Workspace};

/// How much to measure.
#[derive(Clone, Copy, Debug)]
pub struct Size {
    rounds: usize,
    /// Numbers of steps to check, and numbers of steps to build, too.
    check: &'static [usize],
    build: &'static [usize],
    by_hand: &'static [usize],
    clean: bool,
}

impl Size {
    /// A quick run.
    pub const QUICK: Self = Self {
        rounds: 1,
        check: &[8, 16, 32, 64],
        build: &[8],
        by_hand: &[8, 16],
        clean: false,
    };
    /// The full run.
    pub const FULL: Self = Self {
        rounds: 3,
        check: &[8, 16, 32, 64, 128, 256],
        build: &[8, 16, 32, 64, 128, 256],
        by_hand: &[8, 16, 32],
        clean: true,
    };
}

/// Measures everything. Crates are generated and built in `folder`.
///
/// # Errors
/// Errors of the disk and of cargo.
pub fn fill(report: &mut Report, folder: &Path, size: Size) -> Result<()> {
    let workspace = Workspace::new(folder.join("compile"))?;
    let mut lines = Vec::new();
    for (command, sizes) in [
        (Command::Check, size.check),
        (Command::Build, size.build),
        (Command::Release, size.build),
    ] {
        let mut sources: Vec<_> = sizes.iter().map(|steps| saga(*steps)).collect();
        sources.push(many(10, 8));
        if command == Command::Check {
            sources.extend([constructs(false), constructs(true)]);
            sources.extend(size.by_hand.iter().map(|steps| by_hand(*steps)));
        }
        let found = compare(&workspace, command, &sources, size.rounds)?;
        println!("{}", found.table);
        report.tables.push(found.table);
        lines.extend(found.lines);
    }
    let sizes = sizes(&workspace, size.build)?;
    println!("{sizes}");
    report.tables.push(sizes);
    lines.retain(|(_, points): &(String, Vec<_>)| points.len() > 1);
    let growth = growth_table(
        "Growth of the compile time, over an empty crate",
        &lines,
        Unit::Seconds,
    );
    println!("{growth}");
    report.tables.push(growth);
    report.plots.push(Plot {
        name: "compile",
        title: "Compile time of a crate with a saga, over an empty one",
        unit: Unit::Seconds,
        lines,
    });
    if size.clean {
        let clean = clean::table(folder)?;
        println!("{clean}");
        report.tables.push(clean);
    }
    Ok(())
}

struct Compared {
    table: Table,
    lines: Vec<(String, Vec<(f64, f64)>)>,
}

/// Times a command on an empty crate and on each source, in turns.
fn compare(
    workspace: &Workspace,
    command: Command,
    sources: &[Source],
    rounds: usize,
) -> Result<Compared> {
    let empty = empty();
    let all: Vec<_> = std::iter::once(&empty).chain(sources).collect();
    for source in &all {
        workspace.put(source)?;
    }
    // Builds the dependencies that all of them share.
    workspace.run(command, &empty)?;
    let mut found = vec![(Vec::new(), 0); all.len()];
    for _ in 0..rounds {
        for (source, (seconds, peak)) in all.iter().zip(&mut found) {
            let taken = workspace.run(command, source)?;
            seconds.push(taken.seconds);
            *peak = taken.peak.max(*peak);
        }
    }
    let found: Vec<_> = found
        .into_iter()
        .map(|(seconds, peak)| (median(seconds).unwrap_or(f64::NAN), peak))
        .collect();
    let floor = found[0].0;
    let columns = ["time", "over empty", "per step", "peak memory"];
    let mut table = Table::new(format!("`{command}` of a crate"), &columns);
    let mut lines: Vec<(String, Vec<(f64, f64)>)> = Vec::new();
    for (source, (seconds, peak)) in all.iter().zip(found) {
        let over = seconds - floor;
        let steps = float(source.steps);
        table.row(
            source.title.clone(),
            vec![
                Figure::some(seconds, Unit::Seconds),
                Figure::some(over, Unit::Seconds).filter(|_| source.name != empty.name),
                Figure::some(over / steps, Unit::Seconds).filter(|_| source.steps > 0),
                Figure::some(float(peak), Unit::Bytes),
            ],
        );
        if let Some(line) = source.line {
            let name = format!("{line}, `{command}`");
            match lines.iter_mut().find(|(other, _)| *other == name) {
                Some((_, points)) => points.push((steps, over)),
                None => lines.push((name, vec![(steps, over)])),
            }
        }
    }
    table.note(
        "Without incremental compilation, with all dependencies already built. Every crate \
         depends on `saga`.",
    );
    Ok(Compared { table, lines })
}

/// The sizes of futures and programs.
fn sizes(workspace: &Workspace, steps: &[usize]) -> Result<Table> {
    let columns = [
        "the future",
        "per step",
        "the program",
        "over empty",
        "per step",
    ];
    let mut table = Table::new("Size of a saga", &columns);
    let length = |source| {
        let program = workspace.program(&source)?;
        Result::Ok(float(usize::try_from(fs::metadata(program)?.len())?))
    };
    let floor = length(empty())?;
    for steps in steps {
        let program = workspace.program(&sized(*steps))?;
        let said = process::Command::new(program).output()?;
        let future: f64 = String::from_utf8(said.stdout)?.trim().parse()?;
        let source = saga(*steps);
        let title = source.title.clone();
        let (steps, length) = (float(*steps), length(source)?);
        let figures = [
            future,
            future / steps,
            length,
            length - floor,
            (length - floor) / steps,
        ];
        let figures = figures.map(|bytes| Figure::some(bytes, Unit::Bytes));
        table.row(title, figures.to_vec());
    }
    table.note(
        "The future is what `.await` boxes. The program is built with `--release` and stripped. \
         Each step has an action, a compensation, and an effect of 8 bytes.",
    );
    Ok(table)
}
