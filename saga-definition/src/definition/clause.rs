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
    None(Rerun),
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

/// What a rerun from a savepoint, or of a child saga, means for a step whose effect remains.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rerun {
    /// `compensate none`: the rerun calls the step again under its old key if it is
    /// `#[idempotent]`, and asks first if it has `resolve`. Otherwise its effect forbids the rerun.
    Undeclared,
    /// `compensate none once`: what was applied stays, and the rerun does not call it.
    Once,
    /// `compensate none again`: each rerun is a new round, with a key of its own.
    Again,
}

impl Rerun {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Undeclared, Self::Once, Self::Again];

    /// The word after `compensate none`, if there is one.
    #[must_use]
    pub const fn word(self) -> Option<&'static str> {
        match self {
            Self::Undeclared => None,
            Self::Once => Some("once"),
            Self::Again => Some("again"),
        }
    }

    /// What `compensate none` says with this word after it.
    #[must_use]
    pub fn of_word(word: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|rerun| rerun.word() == Some(word))
    }

    /// The words of the clause.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Undeclared => "none",
            Self::Once => "none once",
            Self::Again => "none again",
        }
    }

    /// The value with these words.
    #[must_use]
    pub fn named(words: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|rerun| rerun.words() == words)
    }
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
            Self::Absent | Self::None(_) | Self::With(_) => None,
            Self::Declared { by_key, call } => Some((*by_key, call)),
        }
    }

    /// The other step whose compensation undoes it, if there is one.
    #[must_use]
    pub const fn with(&self) -> Option<u16> {
        match self {
            Self::Absent | Self::None(_) | Self::Declared { .. } => None,
            Self::With(step) => Some(*step),
        }
    }

    /// Whether a rollback calls nothing for a step that may have happened: its effect may remain,
    /// or the step is undone with another step.
    #[must_use]
    pub const fn is_passed(&self) -> bool {
        match self {
            Self::None(_) | Self::With(_) => true,
            Self::Absent | Self::Declared { .. } => false,
        }
    }
}
