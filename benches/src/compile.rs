//! Compiling sagas: time, memory, and the size of the result.

pub mod clean;
pub mod cost;
pub mod counted;
pub mod generate;
pub mod shapes;
pub mod workspace;

use crate::{
    durable::Result,
    memory::tables::growth_table,
    report::{Figure, Plot, Report, Table, Unit},
    stats::{float, median},
};
use generate::{Source, by_hand, constructs, empty, many, many_by_hand, saga, sized};
use std::{fs, path::Path, process};
use workspace::{Command, ROOT, Workspace};

/// How often each crate is compiled: the median counts.
const ROUNDS: usize = 3;

/// How much to measure.
#[derive(Clone, Copy, Debug)]
pub struct Size {
    /// Numbers of steps to check, and numbers of steps to build, too.
    check: &'static [usize],
    build: &'static [usize],
    by_hand: &'static [usize],
    clean: bool,
}

impl Size {
    /// A quick run.
    pub const QUICK: Self = Self {
        check: &[8, 16, 32, 64],
        build: &[8],
        by_hand: &[8, 16],
        clean: false,
    };
    /// The full run.
    pub const FULL: Self = Self {
        check: &[8, 16, 32, 64, 128, 256],
        build: &[8, 16, 32, 64, 128, 256],
        by_hand: &[8, 16, 32],
        clean: true,
    };
}

/// Measures everything. Crates are generated and built in `folder`; sagas also with the library in
/// the checkout `before`, in turns.
///
/// # Errors
/// Errors of the disk and of cargo.
pub fn fill(report: &mut Report, folder: &Path, before: Option<&Path>, size: Size) -> Result<()> {
    let workspace = Workspace::new(folder.join("compile"), Path::new(ROOT))?;
    let before = before.map(|library| Workspace::new(folder.join("before"), library));
    let before = before.transpose()?;
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
        }
        if command != Command::Build {
            sources.extend(size.by_hand.iter().map(|steps| by_hand(*steps)));
            sources.push(many_by_hand(10, 8));
        }
        let workspaces = (&workspace, before.as_ref());
        let found = compare(workspaces, command, &sources)?;
        println!("{}", found.table);
        report.tables.push(found.table);
        lines.extend(found.lines);
    }
    let sizes = sizes(&workspace, size)?;
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

/// One crate to compile.
struct Compiled<'a> {
    workspace: &'a Workspace,
    source: &'a Source,
    title: String,
    /// Which of them is the empty one that it is compared with.
    floor: usize,
    /// Whether it is a point of a plot.
    plotted: bool,
}

/// Times a command on an empty crate and on each source, in turns; on sagas also with the library
/// as it was before, over an empty crate that depends on that.
fn compare(
    (workspace, before): (&Workspace, Option<&Workspace>),
    command: Command,
    sources: &[Source],
) -> Result<Compared> {
    let empty = empty();
    let now = std::iter::once(&empty).chain(sources);
    let mut all: Vec<_> = now
        .map(|source| Compiled {
            workspace,
            source,
            title: source.title.clone(),
            floor: 0,
            plotted: true,
        })
        .collect();
    if let Some(workspace) = before {
        let floor = all.len();
        let sagas = sources
            .iter()
            .filter(|source| source.text.contains("typed_saga::saga!"));
        all.extend(std::iter::once(&empty).chain(sagas).map(|source| Compiled {
            workspace,
            source,
            title: format!("{}, before", source.title),
            floor,
            plotted: false,
        }));
    }
    for each in &all {
        each.workspace.put(each.source)?;
    }
    // Builds the dependencies that all of them share.
    for workspace in [Some(workspace), before].into_iter().flatten() {
        workspace.run(command, &empty)?;
    }
    let mut found = vec![(Vec::new(), 0); all.len()];
    for _ in 0..ROUNDS {
        for (each, (seconds, peak)) in all.iter().zip(&mut found) {
            let taken = each.workspace.run(command, each.source)?;
            seconds.push(taken.seconds);
            *peak = taken.peak.max(*peak);
        }
    }
    let found: Vec<_> = found
        .into_iter()
        .map(|(seconds, peak)| (median(seconds).unwrap_or(f64::NAN), peak))
        .collect();
    let columns = ["time", "over empty", "per step", "peak memory"];
    let mut table = Table::new(format!("`{command}` of a crate"), &columns);
    let mut lines: Vec<(String, Vec<(f64, f64)>)> = Vec::new();
    for (each, (seconds, peak)) in all.iter().zip(&found) {
        let (source, floor) = (each.source, found[each.floor].0);
        let over = seconds - floor;
        let steps = float(source.steps);
        table.row(
            each.title.clone(),
            vec![
                Figure::some(*seconds, Unit::Seconds),
                Figure::some(over, Unit::Seconds).filter(|_| source.name != empty.name),
                Figure::some(over / steps, Unit::Seconds).filter(|_| source.steps > 0),
                Figure::some(float(*peak), Unit::Bytes),
            ],
        );
        if let Some(line) = source.line.filter(|_| each.plotted) {
            let name = format!("{line}, `{command}`");
            match lines.iter_mut().find(|(other, _)| *other == name) {
                Some((_, points)) => points.push((steps, over)),
                None => lines.push((name, vec![(steps, over)])),
            }
        }
    }
    table.note(
        "Without incremental compilation, with all dependencies already built. Every crate \
         depends on `typed-saga`.",
    );
    Ok(Compared { table, lines })
}

/// The sizes of futures and programs.
fn sizes(workspace: &Workspace, size: Size) -> Result<Table> {
    let columns = [
        "the future",
        "per step",
        "the program",
        "over empty",
        "per step",
    ];
    let mut table = Table::new("Size of a saga", &columns);
    let length = |source: &Source| {
        let program = workspace.program(source)?;
        Result::Ok(float(usize::try_from(fs::metadata(program)?.len())?))
    };
    let floor = length(&empty())?;
    let mut row = |source: Source, future: Option<f64>| {
        let (steps, length) = (float(source.steps), length(&source)?);
        let over = length - floor;
        let future = [future, future.map(|future| future / steps)];
        let program = [length, over, over / steps].map(Some);
        let figures = future.into_iter().chain(program);
        let figures = figures.map(|bytes| Figure::some(bytes?, Unit::Bytes));
        table.row(source.title, figures.collect());
        Result::Ok(())
    };
    for steps in size.build {
        let program = workspace.program(&sized(*steps))?;
        let said = process::Command::new(program).output()?;
        let future = String::from_utf8(said.stdout)?.trim().parse()?;
        row(saga(*steps), Some(future))?;
    }
    row(many(10, 8), None)?;
    for steps in size.by_hand {
        row(by_hand(*steps), None)?;
    }
    row(many_by_hand(10, 8), None)?;
    table.note(
        "The future is what `.await` boxes. The program is built with `--release` and stripped. \
         Each step has an action, a compensation, and an effect of 8 bytes.",
    );
    Ok(table)
}
