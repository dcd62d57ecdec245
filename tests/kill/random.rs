//! Choices from a seed that is told.

use std::{ops::Range, time::Duration};

/// splitmix64: Steele, Lea, Flood, "Fast splittable pseudorandom number generators", 2014.
#[derive(Clone, Debug)]
pub(crate) struct Random(u64);

impl Random {
    /// From the seed of all tests.
    pub(crate) fn drawn() -> Self {
        Self(saga_tests::seed())
    }

    pub(crate) fn of(seed: u64) -> Self {
        Self(seed)
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    pub(crate) fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }

    pub(crate) fn shuffled<T>(&mut self, of: impl Iterator<Item = T>) -> Vec<T> {
        let mut shuffled: Vec<_> = of.collect();
        for left in (1..=shuffled.len()).rev() {
            let drawn = usize::try_from(self.below(left as u64)).expect("it is an index");
            shuffled.swap(drawn, left - 1);
        }
        shuffled
    }

    /// Some milliseconds, to the microsecond.
    pub(crate) fn millis(&mut self, range: Range<u64>) -> Duration {
        let micros = range.start * 1000..range.end * 1000;
        Duration::from_micros(micros.start + self.below(micros.end - micros.start))
    }
}
