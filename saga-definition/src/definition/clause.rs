//! How a step is undone, and the clauses of a step.

use super::part::{Visit, VisitMut, key, parts};
use crate::{
    policy::{Backoff, Limit, Retry, Timing},
    text::{List, Text},
};

/// How a step is undone.
#[derive(Clone, Debug, PartialEq)]
pub enum Compensation {
    /// It says nothing: a `read`, a pivot, or a step after the pivot.
    Absent,
    /// `compensate none`: it may be left standing.
    None,
    /// `compensate(…)`.
    Declared {
        /// Whether it is right no matter if the action happened, and stops a late one.
        by_key: bool,
        /// The call.
        call: Call,
    },
    /// `compensate with`: the compensation of this earlier step covers it.
    With(u16),
}

parts! {
    /// A clause's reads and policies.
    pub struct Call;
    /// A clause that reads nothing and has no attributes.
    const PLAIN {
        /// The names that it reads.
        reads: List<Text> = List::Borrowed(&[]) => key("reads").always();
        /// What serves as its key in place of `key`, by `#[by_key(by = …)]`; only of a compensation.
        keyed_by: Option<Text> = None => key("keyed_by");
        /// The limit of one attempt.
        timeout: Option<Timing> = None => key("timeout_ms").free();
        /// How often it is attempted.
        retry: Option<Retry> = None => key("retry").free();
    }
}

impl Call {
    /// What undoes a loop: how often it is tried, each item says itself.
    pub const ONCE: Self = Self {
        retry: Some(Retry {
            limit: Limit::Times(1),
            backoff: Backoff::DEFAULT,
            conditional: false,
        }),
        ..Self::PLAIN
    };
}

impl Compensation {
    /// A clause without attributes.
    #[must_use]
    pub const fn simple(reads: &'static [Text]) -> Self {
        Self::Declared {
            by_key: false,
            call: Call {
                reads: List::Borrowed(reads),
                ..Call::PLAIN
            },
        }
    }

    /// The clause, and whether it is `#[by_key]`, if there is one.
    #[must_use]
    pub const fn declared(&self) -> Option<(bool, &Call)> {
        match self {
            Self::Absent | Self::None | Self::With(_) => None,
            Self::Declared { by_key, call } => Some((*by_key, call)),
        }
    }

    /// The step that it is undone with, if that is another one.
    #[must_use]
    pub const fn with(&self) -> Option<u16> {
        match self {
            Self::Absent | Self::None | Self::Declared { .. } => None,
            Self::With(step) => Some(*step),
        }
    }

    /// Whether a rollback calls nothing for a step that may have happened: it may be left applied,
    /// or is undone with another step.
    #[must_use]
    pub const fn is_passed(&self) -> bool {
        match self {
            Self::None | Self::With(_) => true,
            Self::Absent | Self::Declared { .. } => false,
        }
    }
}
