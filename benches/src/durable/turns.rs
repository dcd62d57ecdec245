//! Rows that are timed in turns, on a disk: a slow phase is slow for all of them.

use super::{Result, Size};
use crate::{
    report::{Figure, Table, Unit},
    stats::{float, median},
};
use std::time::{Duration, Instant};

/// Runs this many sagas; returns `Some` if it measured the time itself.
pub type Run<'a> = Box<dyn FnMut(usize) -> Result<Option<Duration>> + 'a>;

/// A row.
pub struct Row<'a> {
    /// Its name.
    pub name: &'static str,
    run: Run<'a>,
    /// Sagas in each round.
    sagas: usize,
    /// Seconds per saga, round by round.
    found: Vec<f64>,
}

impl<'a> Row<'a> {
    /// A row that runs at least this many sagas at a time.
    pub fn new(
        name: &'static str,
        least: usize,
        run: impl FnMut(usize) -> Result<Option<Duration>> + 'a,
    ) -> Self {
        Self {
            name,
            run: Box::new(run),
            sagas: least,
            found: Vec::new(),
        }
    }

    fn timed(&mut self) -> Result<Duration> {
        let start = Instant::now();
        let said = (self.run)(self.sagas)?;
        Ok(said.unwrap_or_else(|| start.elapsed()))
    }

    /// The number of sagas that take about that long.
    fn calibrate(&mut self, span: Duration) -> Result<()> {
        while self.timed()? < span / 2 {
            self.sagas *= 2;
        }
        Ok(())
    }
}

/// Adds to the count; returns the count before.
pub fn advance(count: &mut usize, more: usize) -> usize {
    let before = *count;
    *count += more;
    before
}

/// Times all rows and makes a table of them; the first is the floor.
///
/// # Errors
/// Errors of the rows.
pub fn measure(title: &str, mut rows: Vec<Row<'_>>, size: Size) -> Result<Table> {
    for row in &mut rows {
        row.calibrate(size.span)?;
    }
    for _ in 0..size.rounds {
        for row in &mut rows {
            let each = row.timed()?.as_secs_f64() / float(row.sagas);
            row.found.push(each);
        }
    }
    let columns = ["per saga", "vs. floor", "sagas"];
    let mut table = Table::new(title, &columns);
    let floor = rows
        .first()
        .map(|row| row.found.clone())
        .unwrap_or_default();
    for row in rows {
        let ratios = row.found.iter().zip(&floor).map(|(it, floor)| it / floor);
        let ratio = median(ratios.collect());
        let each = median(row.found).unwrap_or(f64::NAN);
        table.row(
            row.name,
            vec![
                Figure::some(each, Unit::Seconds),
                ratio.and_then(|ratio| Figure::some(ratio, Unit::Ratio)),
                Figure::some(1.0 / each, Unit::PerSecond),
            ],
        );
    }
    Ok(table)
}
