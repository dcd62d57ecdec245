//! Rows that are timed in turns, on a disk: what is slow for a while is slow for all of them.

use super::{Result, Size};
use crate::{
    report::{Figure, Table, Unit},
    stats::{float, median},
};
use std::time::{Duration, Instant};

/// Does so many sagas; `Some` if it knows better than the clock here how long that took.
pub type Run<'a> = Box<dyn FnMut(usize) -> Result<Option<Duration>> + 'a>;

/// A row.
pub struct Row<'a> {
    /// What it is called.
    pub name: &'static str,
    run: Run<'a>,
    /// Sagas in each round.
    sagas: usize,
    /// Seconds for each saga, round by round.
    found: Vec<f64>,
}

impl<'a> Row<'a> {
    /// A row that runs at least so many sagas at a time.
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

    /// So many sagas that they take about that long.
    fn calibrate(&mut self, span: Duration) -> Result<()> {
        while self.timed()? < span / 2 {
            self.sagas *= 2;
        }
        Ok(())
    }
}

/// Counts so many more; gives how many there were.
pub fn advance(count: &mut usize, more: usize) -> usize {
    let before = *count;
    *count += more;
    before
}

/// Times all rows, and makes a table of them; the first is the floor.
///
/// # Errors
/// Those of the rows.
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
