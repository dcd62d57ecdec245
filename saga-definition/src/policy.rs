//! The parts of a definition that are numbers: how long, how often, how far apart.

use std::{fmt, time::Duration};

use crate::text::Text;

/// A duration of a declaration.
#[derive(Clone)]
pub enum Timing {
    /// A literal, or what was read back from JSON.
    Fixed(Duration),
    /// Any other expression. It is evaluated each time the duration is needed.
    Computed {
        /// The expression as written.
        source: Text,
        /// The expression as code. There is none outside of the program, nor of what only a run can
        /// say.
        value: Option<fn() -> Duration>,
    },
    /// The same within the macro, which describes a program that is not compiled yet.
    #[doc(hidden)]
    Uncompiled {
        source: Text,
        /// Which of the macro's expressions it is.
        number: usize,
    },
}

impl Timing {
    /// The expression as written, if it is one.
    pub(crate) const fn source(&self) -> Option<&Text> {
        match self {
            Self::Fixed(_) => None,
            Self::Computed { source, .. } | Self::Uncompiled { source, .. } => Some(source),
        }
    }

    /// The duration now.
    ///
    /// # Panics
    ///
    /// If the expression of the declaration does, or there is no code for it.
    #[must_use]
    pub fn get(&self) -> Duration {
        match self {
            Self::Fixed(duration) => *duration,
            Self::Computed { value, .. } => value.expect("the program has been compiled")(),
            Self::Uncompiled { .. } => unreachable!("the macro evaluates nothing"),
        }
    }
}

/// Expressions are the same if they are written the same.
impl PartialEq for Timing {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Fixed(one), Self::Fixed(other)) => one == other,
            (one, other) => one.source().is_some() && one.source() == other.source(),
        }
    }
}

impl fmt::Debug for Timing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fixed(duration) => duration.fmt(f),
            Self::Computed { source, .. } | Self::Uncompiled { source, .. } => f.write_str(source),
        }
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

/// The wait before the next try: `min(cap, base * 2^k)` after failure number `k` (from 0), drawn
/// evenly from `0..=that` with jitter ("full jitter", AWS Architecture Blog, *Exponential Backoff
/// And Jitter*, 2015).
#[derive(Clone, Debug, PartialEq)]
pub struct Backoff {
    /// The upper bound of the first wait.
    pub base: Timing,
    /// No wait is longer.
    pub cap: Timing,
    /// Whether the wait is drawn at random up to its upper bound.
    pub jitter: bool,
}

impl Backoff {
    /// The waits of a `#[retry(n)]` that does not say any: 50 ms to 2 s, with jitter.
    pub const DEFAULT: Self = Self {
        base: Timing::Fixed(Duration::from_millis(50)),
        cap: Timing::Fixed(Duration::from_secs(2)),
        jitter: true,
    };

    /// Waits from `base` to `cap`, with jitter.
    #[must_use]
    pub const fn between(base: Duration, cap: Duration) -> Self {
        Self {
            base: Timing::Fixed(base),
            cap: Timing::Fixed(cap),
            jitter: true,
        }
    }

    /// The wait after failure number `failure` (from 0); `random` is an even draw from all of
    /// `u64`. It saturates where it would overflow.
    ///
    /// # Panics
    ///
    /// If [`Timing::get`] does.
    #[must_use]
    pub fn wait(&self, failure: u32, random: u64) -> Duration {
        let factor = 1u32.checked_shl(failure).unwrap_or(u32::MAX);
        let upper = self.base.get().saturating_mul(factor).min(self.cap.get());
        if !self.jitter {
            return upper;
        }
        // Nanoseconds fit u128. Cut to u64 first, so that their product with `random` does, too.
        let nanos = upper.as_nanos().min(u128::from(u64::MAX));
        let drawn = (nanos * u128::from(random)) >> 64;
        Duration::from_nanos(u64::try_from(drawn).unwrap_or(u64::MAX))
    }
}

/// How often something is tried that says nothing of that, unless it is tried for ever.
pub const ATTEMPTS: u32 = 5;

/// `#[retry(…)]` or `#[savepoint(…)]`.
#[derive(Clone, Debug, PartialEq)]
pub struct Retry {
    /// For a retry: attempts in all. For a savepoint: turns.
    pub limit: Limit,
    /// The waits between.
    pub backoff: Backoff,
    /// Whether it says `if = …`.
    pub conditional: bool,
}
