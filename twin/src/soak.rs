//! Many courses for each saga.

use crate::{Course, Found, Seen, Shape, dice};
use std::fmt;

/// How the runs of one saga ended.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// The saga.
    pub name: &'static str,
    /// Of each way to run it.
    pub ends: Vec<(&'static str, Ends)>,
}

/// How many runs ended how.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ends {
    /// With an output.
    pub completed: u64,
    /// Rolled back.
    pub compensated: u64,
    /// Suspended, or otherwise.
    pub others: u64,
    /// How many lines were compared.
    pub lines: usize,
}

/// The seed of one course of a saga.
#[must_use]
pub fn seed_of(seed: u64, saga: &str, number: usize) -> u64 {
    dice::at(seed, &[saga], number)
}

/// Compares a saga on this many courses.
///
/// # Errors
/// The first difference.
pub fn soak(shape: &Shape, runs: usize, seed: u64) -> Result<Tally, Found> {
    let mut tally = Tally {
        name: shape.name(),
        ..Tally::default()
    };
    for number in 0..runs {
        let course = Course::drawn(seed_of(seed, shape.name(), number));
        let found = shape.compare(&course)?;
        for (way, (how, one)) in found.iter().enumerate() {
            if way == tally.ends.len() {
                tally.ends.push((*how, Ends::default()));
            }
            tally.ends[way].1.count(one);
        }
    }
    Ok(tally)
}

impl Ends {
    fn count(&mut self, seen: &Seen) {
        let end = seen.end.first().map_or("", |line| &line.text);
        if end.starts_with("Completed") {
            self.completed += 1;
        } else if end.starts_with("Compensated") {
            self.compensated += 1;
        } else {
            self.others += 1;
        }
        self.lines += seen.lines();
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:15}", self.name)?;
        for (how, ends) in &self.ends {
            let Ends {
                completed,
                compensated,
                others,
                lines,
            } = ends;
            write!(
                f,
                " | {how}: {completed:6} {compensated:6} {others:6}, {lines:9} lines"
            )?;
        }
        Ok(())
    }
}
