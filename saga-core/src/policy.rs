//! How long, how often, how far apart: the parts of a [`Definition`](crate::Definition) that are numbers.

use std::{fmt, time::Duration};

/// A duration of a declaration. It is computed when it is needed, since it may be any expression.
#[derive(Clone, Copy)]
pub struct Timing(fn() -> Duration);

impl Timing {
    /// The duration that `f` returns.
    #[must_use]
    pub const fn new(f: fn() -> Duration) -> Self {
        Self(f)
    }

    /// The duration now.
    #[must_use]
    pub fn get(self) -> Duration {
        (self.0)()
    }
}

impl fmt::Debug for Timing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.get().fmt(f)
    }
}

/// How often something may be tried in all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limit {
    /// This many times, the first one included.
    Times(u32),
    /// Until it succeeds.
    Forever,
}

impl Limit {
    /// Whether one more may follow after `done`.
    #[must_use]
    pub const fn allows(self, done: u32) -> bool {
        match self {
            Self::Times(n) => done < n,
            Self::Forever => true,
        }
    }
}

/// The wait before the next try: `min(cap, base * 2^k)` after the failure number `k` (from 0), drawn evenly from
/// `0..=that` with jitter ("full jitter", AWS Architecture Blog, *Exponential Backoff And Jitter*, 2015).
#[derive(Clone, Copy, Debug)]
pub struct Backoff {
    /// The first wait's upper end.
    pub base: Timing,
    /// No wait is longer.
    pub cap: Timing,
    /// Whether the wait is drawn at random up to its upper end.
    pub jitter: bool,
}

impl Backoff {
    /// The wait after failure number `failure` (from 0); `random` is an even draw from all of `u64`. Saturating, never a panic.
    #[must_use]
    pub fn wait(&self, failure: u32, random: u64) -> Duration {
        let factor = 1u32.checked_shl(failure).unwrap_or(u32::MAX);
        let upper = self.base.get().saturating_mul(factor).min(self.cap.get());
        if !self.jitter {
            return upper;
        }
        // Nanoseconds fit u128; the product of two u64-sized numbers does, too, after the division of the longer one.
        let nanos = upper.as_nanos().min(u128::from(u64::MAX));
        let drawn = (nanos * u128::from(random)) >> 64;
        Duration::from_nanos(u64::try_from(drawn).unwrap_or(u64::MAX))
    }
}

/// `#[retry(…)]` or `#[savepoint(…)]`.
#[derive(Clone, Copy, Debug)]
pub struct Retry {
    /// For a retry: attempts in all. For a savepoint: turns.
    pub limit: Limit,
    /// The waits between.
    pub backoff: Backoff,
    /// Whether it says `if = …`.
    pub conditional: bool,
}
