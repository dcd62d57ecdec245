//! The numbers of a definition: time limits, counts, backoffs.

use std::{fmt, time::Duration};

use crate::{
    reference::Ref,
    text::{List, Text},
};

/// A duration of a declaration. The expressions are pointers, so that it is as small as a
/// [`Duration`]: a step has three of them.
#[derive(Clone)]
pub enum Timing {
    /// A literal, or a duration that was read from JSON.
    Fixed(Duration),
    /// Any other expression of the program. It is evaluated each time the duration is needed.
    Computed(&'static Computed),
    /// An expression without code.
    Written(Box<Written>),
}

/// An expression of the program.
#[derive(Clone, Copy, Debug)]
pub struct Computed {
    /// The expression as written.
    pub source: &'static str,
    /// The expression as code. `None` for an expression that only a run can evaluate.
    pub value: Option<fn() -> Duration>,
}

/// An expression that was read from JSON, or one within the macro, which describes a program that is
/// not compiled yet.
#[derive(Clone, Debug)]
pub struct Written {
    /// The expression as written.
    pub source: Text,
    /// The index of the expression among those of the macro, if it has code there.
    #[doc(hidden)]
    pub number: Option<usize>,
}

impl Timing {
    /// An expression without code.
    #[must_use]
    pub fn written(source: impl Into<Text>) -> Self {
        let (source, number) = (source.into(), None);
        Self::Written(Box::new(Written { source, number }))
    }

    /// The text of the expression, if it is one.
    fn source(&self) -> Option<&str> {
        match self {
            Self::Fixed(_) => None,
            Self::Computed(computed) => Some(computed.source),
            Self::Written(written) => Some(&written.source),
        }
    }

    /// The text of the expression, if it has no value outside of a run.
    pub(crate) fn unknown(&self) -> Option<&str> {
        match self {
            Self::Computed(Computed { value: Some(_), .. }) => None,
            Self::Fixed(_) | Self::Computed(_) | Self::Written(_) => self.source(),
        }
    }

    /// Evaluates the duration.
    ///
    /// # Panics
    ///
    /// If the expression panics, or there is no code for it.
    #[must_use]
    pub fn get(&self) -> Duration {
        match self {
            Self::Fixed(duration) => *duration,
            Self::Computed(computed) => computed.value.expect("the program can evaluate it")(),
            Self::Written(written) => panic!("there is no code for `{}`", written.source),
        }
    }
}

/// Expressions are equal if they are written the same.
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
            Self::Computed(computed) => f.write_str(computed.source),
            Self::Written(written) => f.write_str(&written.source),
        }
    }
}

/// How often something may be tried in all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Limit {
    /// This many times, the first one included.
    Times(u32),
    /// Until it succeeds.
    Forever,
}

impl Limit {
    /// Whether another try may follow after `done` tries.
    #[must_use]
    pub const fn allows(self, done: u32) -> bool {
        match self {
            Self::Times(n) => done < n,
            Self::Forever => true,
        }
    }
}

/// The wait before the next try: `min(cap, base * 2^k)` after failure number `k` (from 0). With
/// jitter, it is drawn uniformly from zero to that ("full jitter", AWS Architecture Blog,
/// *Exponential Backoff And Jitter*, 2015).
#[derive(Clone, Debug, PartialEq)]
pub struct Backoff {
    /// The upper bound of the first wait.
    pub base: Timing,
    /// The upper bound of all waits.
    pub cap: Timing,
    /// Whether the wait is drawn at random up to its upper bound.
    pub jitter: bool,
}

impl Backoff {
    /// The waits of a `#[retry(n)]` that does not declare any: 50 ms to 2 s, with jitter.
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

    /// The wait after failure number `failure` (from 0); `random` is a uniform random `u64`. It
    /// saturates instead of overflowing.
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
        // Nanoseconds fit a u128. Limited to a u64 first, so that their product with `random` does,
        // too.
        let nanos = upper.as_nanos().min(u128::from(u64::MAX));
        let drawn = (nanos * u128::from(random)) >> 64;
        Duration::from_nanos(u64::try_from(drawn).unwrap_or(u64::MAX))
    }
}

/// The default of how often something is tried, unless it is tried forever.
pub const ATTEMPTS: u32 = 5;

/// `#[retry(…)]`.
#[derive(Clone, Debug, PartialEq)]
pub struct Retry {
    /// The total number of attempts.
    pub limit: Limit,
    /// The waits between.
    pub backoff: Ref<Backoff>,
}

/// `#[savepoint(…)]`.
#[derive(Clone, Debug, PartialEq)]
pub struct Savepoint {
    /// The number of times that the saga may go forward again.
    pub limit: Limit,
    /// The waits before that.
    pub backoff: Ref<Backoff>,
    /// The steps after whose failure it may, by `on(…)`: this step, or later ones. `None`: any.
    pub on: Option<List<u16>>,
    /// Whether it has `if = …`.
    pub conditional: bool,
}

impl Savepoint {
    /// A savepoint without conditions, with the limit and the waits of a retry.
    #[must_use]
    pub fn of(retry: Retry) -> Self {
        let Retry { limit, backoff } = retry;
        Self {
            limit,
            backoff,
            on: None,
            conditional: false,
        }
    }

    /// Whether `on(…)` names the step whose failure is reported. (That of none, only without `on`.)
    #[must_use]
    pub fn is_for(&self, failed: Option<u16>) -> bool {
        let named = |on: &List<u16>| failed.is_some_and(|failed| on.contains(&failed));
        self.on.as_ref().is_none_or(named)
    }
}
