//! Measures the rows in memory, and makes tables of them.

use super::scenarios::{OURS, all, growth};
use crate::{
    report::{Figure, Plot, Report, Table, Unit},
    rounds::{Effort, Timed, measure},
    stats::{exponent, float},
};
use std::{collections::HashMap, io};
use tokio::runtime::{Builder, Runtime};

/// How often a row allocates, and how many bytes: by title and name.
pub type Allocated = HashMap<(String, String), (f64, f64)>;

/// Both of tokio's runtimes.
///
/// # Errors
/// If the system has no threads.
pub fn runtimes() -> io::Result<[(&'static str, Runtime); 2]> {
    Ok([
        (
            "current_thread",
            Builder::new_current_thread().enable_all().build()?,
        ),
        (
            "multi_thread",
            Builder::new_multi_thread().enable_all().build()?,
        ),
    ])
}

/// Measures everything in memory.
///
/// # Errors
/// As [`runtimes`].
pub fn fill(report: &mut Report, effort: Effort, allocated: &Allocated) -> io::Result<()> {
    for (flavour, runtime) in runtimes()? {
        let _entered = runtime.enter();
        for scenario in all() {
            let timed = measure(&runtime, &scenario, effort);
            let mut table = table(scenario.title, &timed, allocated);
            table.title = format!("{} ({flavour})", table.title);
            println!("{table}");
            report.tables.push(table);
        }
        if flavour == "current_thread" {
            grow(report, &runtime, effort);
        }
    }
    Ok(())
}

fn table(title: &str, timed: &[Timed], allocated: &Allocated) -> Table {
    let columns = ["per saga", "vs. floor", "vs. saga!", "allocations", "bytes"];
    let mut table = Table::new(title, &columns);
    let ours = timed.iter().find(|row| row.name == OURS);
    let ours = ours.map_or(f64::NAN, |row| row.to_floor);
    for row in timed {
        let counted = allocated.get(&(title.to_owned(), row.name.to_owned()));
        let (allocations, bytes) = counted.copied().unwrap_or((f64::NAN, f64::NAN));
        table.row(
            row.name,
            vec![
                Figure::some(row.nanoseconds, Unit::Nanoseconds),
                Figure::some(row.to_floor, Unit::Ratio),
                Figure::some(row.to_floor / ours, Unit::Ratio),
                Figure::some(allocations, Unit::Count),
                Figure::some(bytes, Unit::Bytes),
            ],
        );
    }
    table
}

/// How the time grows with the number of steps.
fn grow(report: &mut Report, runtime: &Runtime, effort: Effort) {
    let mut lines: Vec<(String, Vec<(f64, f64)>)> = Vec::new();
    for (steps, scenario) in growth() {
        for row in measure(runtime, &scenario, effort) {
            let point = (float(steps), row.nanoseconds);
            match lines.iter_mut().find(|(name, _)| name == row.name) {
                Some((_, points)) => points.push(point),
                None => lines.push((row.name.to_owned(), vec![point])),
            }
        }
    }
    let table = growth_table(
        "Growth of the run time (current_thread)",
        &lines,
        Unit::Nanoseconds,
    );
    println!("{table}");
    report.tables.push(table);
    report.plots.push(Plot {
        name: "run",
        title: "Run time of a saga that succeeds",
        unit: Unit::Nanoseconds,
        lines,
    });
}

/// A table of lines: their first and last figures, and the power by which they grow.
#[must_use]
pub fn growth_table(title: &str, lines: &[(String, Vec<(f64, f64)>)], unit: Unit) -> Table {
    let mut table = Table::new(title, &["fewest steps", "most steps", "exponent"]);
    for (name, points) in lines {
        let (Some(first), Some(last)) = (points.first(), points.last()) else {
            continue;
        };
        table.row(
            format!("{name}, {} to {} steps", first.0, last.0),
            vec![
                Figure::some(first.1, unit),
                Figure::some(last.1, unit),
                exponent(points).and_then(|it| Figure::some(it, Unit::Exponent)),
            ],
        );
    }
    table.note(
        "The exponent is the slope of the least-squares line through the logarithms; 1 is \
         linear.",
    );
    table
}
