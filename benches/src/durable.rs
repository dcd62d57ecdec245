//! Durable sagas in a SQLite file, with `synchronous = FULL`: every commit waits for the disk.

pub mod by_hand;
pub mod durare;
pub mod recovery;
pub mod runs;
pub mod sagas;
pub mod sleeping;
pub mod turns;

use std::{error::Error, time::Duration};

/// Whatever a disk or an engine may say: a benchmark ends with it.
pub type Result<T> = std::result::Result<T, Box<dyn Error + Send + Sync>>;

/// How much is measured.
#[derive(Clone, Copy, Debug)]
pub struct Size {
    /// How often each row is timed.
    pub rounds: usize,
    /// For about how long each time.
    pub span: Duration,
    /// How many sagas are recovered.
    pub unfinished: usize,
    /// How many sagas sleep.
    pub sleeping: usize,
}
