//! Wrong clocks: `libfaketime` tells a process another time of day. Its monotonic clock goes on as
//! it is, as it does on a machine whose clock was set wrong.
//!
//! Where it is not installed, all workers have the clock of this machine.

use crate::fleet::{line, random::Random};
use std::{collections::HashSet, path::PathBuf, process::Command};

/// The most seconds that a clock is off, to either side: three days.
const FURTHEST: u64 = 3 * 24 * 60 * 60;

pub(crate) struct Clocks {
    library: Option<PathBuf>,
    random: Random,
    /// Whole hours, as workers told them, by which their clocks were off.
    seen: HashSet<i64>,
}

impl Clocks {
    pub(crate) fn new(random: Random) -> Self {
        Self {
            library: saga_tests::faketime(),
            random,
            seen: HashSet::new(),
        }
    }

    /// Gives a process a clock that is off by up to three days, to either side.
    pub(crate) fn set(&mut self, process: &mut Command) {
        let Some(library) = &self.library else { return };
        let apart = i128::from(self.random.below(2 * FURTHEST)) - i128::from(FURTHEST);
        process
            .env("LD_PRELOAD", library)
            .env("FAKETIME", format!("{apart:+}"))
            .env("FAKETIME_DONT_FAKE_MONOTONIC", "1");
    }

    /// A worker has told what its clock shows, in milliseconds.
    pub(crate) fn told(&mut self, millis: &str) {
        let told: i64 = millis.parse().expect("milliseconds");
        let here = i64::try_from(line::now()).expect("not that late");
        self.seen.insert((told - here) / 3_600_000);
    }

    /// # Panics
    /// If the clocks were to be apart, and were not.
    pub(crate) fn were_apart(&self) {
        let hours = self.seen.iter().max().zip(self.seen.iter().min());
        let apart = hours.map_or(0, |(first, last)| first - last);
        println!("the clocks of workers were up to {apart} hours apart");
        assert!(self.library.is_none() || apart > 24, "{:?}", self.seen);
    }
}
