//! Durable sagas in a SQLite file, with `synchronous = FULL`: every commit waits for the disk.

pub mod by_hand;
pub mod durare;
pub mod recovery;
pub mod runs;
pub mod sagas;
pub mod sleeping;
pub mod turns;

use std::{error::Error, time::Duration};

/// Any error of a disk or an engine; it ends the benchmark.
pub type Result<T> = std::result::Result<T, Box<dyn Error + Send + Sync>>;

/// How much to measure.
#[derive(Clone, Copy, Debug)]
pub struct Size {
    /// How often to time each row.
    pub rounds: usize,
    /// About how long each time.
    pub span: Duration,
    /// How many sagas to recover.
    pub unfinished: usize,
    /// How many sleeping sagas.
    pub sleeping: usize,
}
