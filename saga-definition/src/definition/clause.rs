//! The ways to undo a step, and the clauses of a step.

use super::part::{Visit, VisitMut, key, parts};
use crate::{
    policy::{Backoff, Limit, Retry, Timing},
    reference::Ref,
    text::{List, Text},
};

/// How a step is undone.
#[derive(Clone, Debug, PartialEq)]
pub enum Compensation {
    /// Nothing is declared: a `read`, a pivot, or a step after the pivot.
    Absent,
    /// `compensate none`: its effect may remain.
    None {
        /// `compensate none again`: a rerun calls it again, in a new round, and the outcome lists it.
        again: bool,
    },
    /// `compensate(…)`.
    Declared {
        /// Whether it is correct no matter whether the action happened, and stops a request of the
        /// action that arrives late.
        by_key: bool,
        /// The call.
        call: Call,
    },
    /// `compensate with`: the compensation of this earlier step undoes it, too.
    With(u16),
}

parts! {
    /// The reads and policies of a clause.
    pub struct Call;
    /// A clause that reads nothing and has no attributes.
    const PLAIN {
        /// The names that it reads.
        reads: List<Text> = List::Borrowed(&[]) => key("reads").always();
        /// The key in place of `key`, by `#[by_key(by = …)]`; only of a compensation.
        keyed_by: Option<Text> = None => key("keyed_by");
        /// The limit of one attempt.
        timeout: Option<Timing> = None => key("timeout_ms").free();
        /// How often it is attempted.
        retry: Option<Retry> = None => key("retry").free();
        /// Whether it has `#[classify(…)]`: then its errors may say that it is not called again.
        classified: bool = false => key("classified").free();
    }
}

impl Call {
    /// The call that undoes a loop: each item itself declares how often that is tried.
    pub const ONCE: Self = Self {
        retry: Some(Retry {
            limit: Limit::Times(1),
            backoff: Ref::Static(&Backoff::DEFAULT),
        }),
        ..Self::PLAIN
    };
}

impl Compensation {
    /// The word after `compensate none` that lets a rerun call the step again.
    pub const AGAIN: &str = "again";

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
            Self::Absent | Self::None { .. } | Self::With(_) => None,
            Self::Declared { by_key, call } => Some((*by_key, call)),
        }
    }

    /// The other step whose compensation undoes it, if there is one.
    #[must_use]
    pub const fn with(&self) -> Option<u16> {
        match self {
            Self::Absent | Self::None { .. } | Self::Declared { .. } => None,
            Self::With(step) => Some(*step),
        }
    }

    /// Whether a rollback calls nothing for a step that may have happened: its effect may remain,
    /// or the step is undone with another step.
    #[must_use]
    pub const fn is_passed(&self) -> bool {
        match self {
            Self::None { .. } | Self::With(_) => true,
            Self::Absent | Self::Declared { .. } => false,
        }
    }
}
