//! The longest time that something takes, or the reason why that has no bound.

use std::{cmp::Ordering, iter::Sum, ops::Add, time::Duration};

use typed_saga_definition::{Backoff, CallKind, Limit, Timing};

/// The longest time that something takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bound {
    /// At most this long.
    Within(Duration),
    /// There is no bound.
    Endless(Endless),
}

/// The reason why a time has no bound: the first one in order of declaration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Endless {
    /// The index of the step; for a step of a child saga, the index of the child saga.
    pub step: u16,
    /// The call of the step.
    pub call: CallKind,
    /// The reason.
    pub why: Why,
}

/// Why a time has no bound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// One call may take any time: `#[timeout(d)]` would bound it.
    NoTimeout,
    /// The call is made until it succeeds: `#[retry(n)]` would bound it.
    Forever,
    /// The duration is an expression, whose value only the program knows.
    Computed,
    /// The number of items is that of the loop's expression, whose value only a run knows.
    Items,
    /// The definition of the child saga is not known here.
    UnknownSaga,
}

impl Bound {
    /// No time.
    pub const ZERO: Self = Self::Within(Duration::ZERO);

    /// The time, if there is a bound.
    #[must_use]
    pub const fn within(self) -> Option<Duration> {
        match self {
            Self::Within(time) => Some(time),
            Self::Endless(_) => None,
        }
    }

    /// This time multiplied by a number. Zero times any bound is no time, even if there is none.
    #[must_use]
    pub fn times(self, times: u32) -> Self {
        match self {
            _ if times == 0 => Self::ZERO,
            Self::Within(time) => Self::Within(time.saturating_mul(times)),
            endless @ Self::Endless(_) => endless,
        }
    }

    /// The longer of two times; the first one if both have no bound.
    #[must_use]
    pub fn max(self, other: Self) -> Self {
        if self < other { other } else { self }
    }

    /// The shorter of two times; the second one if both have no bound.
    #[must_use]
    pub fn min(self, other: Self) -> Self {
        if self < other { self } else { other }
    }
}

impl PartialOrd for Bound {
    /// Two times without a bound cannot be compared.
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        match (self, other) {
            (Self::Within(one), Self::Within(other)) => one.partial_cmp(other),
            (Self::Within(_), Self::Endless(_)) => Some(Ordering::Less),
            (Self::Endless(_), Self::Within(_)) => Some(Ordering::Greater),
            (one, other) => (one == other).then_some(Ordering::Equal),
        }
    }
}

impl Add for Bound {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        match (self, other) {
            (Self::Within(one), Self::Within(other)) => Self::Within(one.saturating_add(other)),
            (endless @ Self::Endless(_), _) | (_, endless) => endless,
        }
    }
}

impl Sum for Bound {
    fn sum<I: Iterator<Item = Self>>(parts: I) -> Self {
        parts.fold(Self::ZERO, Add::add)
    }
}

/// The call of a step whose bound is computed.
#[derive(Clone, Copy)]
pub(crate) struct Of {
    pub(crate) step: u16,
    pub(crate) call: CallKind,
}

pub(crate) const fn of(step: u16, call: CallKind) -> Of {
    Of { step, call }
}

impl Of {
    pub(crate) const fn endless(self, why: Why) -> Bound {
        let Self { step, call } = self;
        Bound::Endless(Endless { step, call, why })
    }

    pub(crate) fn timing(self, timing: Option<&Timing>) -> Bound {
        match timing {
            None => self.endless(Why::NoTimeout),
            Some(Timing::Fixed(time)) => Bound::Within(*time),
            Some(_) => self.endless(Why::Computed),
        }
    }

    /// The time of `times` calls of this length.
    pub(crate) fn calls(self, length: Bound, times: Limit) -> Bound {
        match times {
            Limit::Times(times) => length.times(times),
            Limit::Forever => self.endless(Why::Forever),
        }
    }

    /// The time of the waits between `calls` calls.
    pub(crate) fn waits(self, backoff: &Backoff, calls: Limit) -> Bound {
        let Limit::Times(calls) = calls else {
            return self.endless(Why::Forever);
        };
        let failures = calls.saturating_sub(1);
        // After that many failures, every wait is the longest one.
        let differ = failures.min(32);
        let waits = (0..differ).map(|failure| self.wait(backoff, failure));
        waits.sum::<Bound>() + self.wait(backoff, differ).times(failures - differ)
    }

    /// The longest wait after failure number `failure`, counted from 0.
    pub(crate) fn wait(self, backoff: &Backoff, failure: u32) -> Bound {
        let factor = 1_u32.checked_shl(failure).unwrap_or(u32::MAX);
        let base = self.timing(Some(&backoff.base)).times(factor);
        let cap = self.timing(Some(&backoff.cap));
        // If one of the two has no bound, the other one still bounds the wait.
        base.min(cap)
    }
}

/// The sum of two numbers.
pub(crate) fn plus(one: Limit, other: Limit) -> Limit {
    match (one, other) {
        (Limit::Times(one), Limit::Times(other)) => Limit::Times(one.saturating_add(other)),
        _ => Limit::Forever,
    }
}

/// The product of two numbers.
pub(crate) fn multiplied(one: Limit, other: Limit) -> Limit {
    match (one, other) {
        (Limit::Times(0), _) | (_, Limit::Times(0)) => Limit::Times(0),
        (Limit::Times(one), Limit::Times(other)) => Limit::Times(one.saturating_mul(other)),
        _ => Limit::Forever,
    }
}
