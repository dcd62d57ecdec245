//! What the program prints.

use std::time::Duration;

use crate::audit::Audit;
use crate::outcome::Outcome;
use crate::requests::Request;
use crate::vendors::{Books, Deed};

/// One trip that was attempted.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) request: Request,
    pub(crate) outcome: Outcome,
    pub(crate) took: Duration,
}

/// Reports what an earlier process left: how many trips it began, and how many of them ended.
pub(crate) fn print_found((begun, ended): (usize, usize)) {
    if begun > 0 {
        let under_way = begun - ended;
        println!("found {begun} trips: {ended} have ended, {under_way} are under way");
    }
}

/// A line for a trip that has just ended.
pub(crate) fn print_progress(run: &Run) {
    let (trip, outcome) = (&run.request.trip, &run.outcome);
    println!("  {} {}: {}", trip.id, outcome.ending(), outcome.details());
}

/// A table of all trips, with how many effects the vendors made for each, and how many of them are
/// undone.
///
/// Only its last column differs from run to run.
pub(crate) fn print_table(runs: &[Run], books: &Books) {
    let details: Vec<String> = runs.iter().map(|run| run.outcome.details()).collect();
    let ids = runs.iter().map(|run| run.request.trip.id.0.as_str());
    let (id, detail) = (
        widest(ids.chain(["trip"])),
        widest(details.iter().map(String::as_str).chain(["details"])),
    );
    println!();
    println!(
        "{:id$}  {:7}  {:>4}  {:>6}  {:detail$}  {:>7}",
        "trip", "outcome", "done", "undone", "details", "time"
    );
    for (run, details) in runs.iter().zip(&details) {
        let deeds: Vec<Deed<'_>> = books.deeds_for(&run.request.trip.id).collect();
        println!(
            "{:id$}  {:7}  {:>4}  {:>6}  {details:detail$}  {:>5} ms",
            run.request.trip.id,
            run.outcome.ending(),
            deeds.len(),
            deeds.iter().filter(|deed| !deed.stands).count(),
            run.took.as_millis(),
        );
    }
    println!();
}

fn widest<'a>(texts: impl Iterator<Item = &'a str>) -> usize {
    texts.map(|text| text.chars().count()).max().unwrap_or(0)
}

/// Reports each trip that did not end as its request says; true if there is none.
pub(crate) fn print_unexpected(runs: &[Run]) -> bool {
    let mut none = true;
    for run in runs {
        let ending = run.outcome.ending();
        if let Some(expected) = run.request.expect.filter(|expected| *expected != ending) {
            println!(
                "unexpected: {} {ending} instead of {expected}",
                run.request.trip.id
            );
            none = false;
        }
    }
    none
}

/// Reports how many entries were not trips; true if there were none.
pub(crate) fn print_skipped(bad: usize) -> bool {
    if bad > 0 {
        println!("skipped: {bad} entries of the file are no trips (see the errors)");
    }
    bad == 0
}

/// Reports the result of the audit; true if it passed.
pub(crate) fn print_audit(audit: &Audit) -> bool {
    for discrepancy in &audit.discrepancies {
        println!("discrepancy: {discrepancy}");
    }
    let passed = audit.discrepancies.is_empty();
    let verdict = if passed { "passed" } else { "failed" };
    println!("audit {verdict}: {}", audit.figures);
    passed
}
