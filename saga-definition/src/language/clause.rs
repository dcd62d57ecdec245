//! The clauses.

use super::table::table;

/// The result of a clause, and when it runs.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ClauseEntry {
    /// Its keyword.
    pub name: &'static str,
    /// Whether it belongs to a step; otherwise it belongs to the saga.
    pub is_of_step: bool,
    /// The type of the result of its code.
    pub gives: &'static str,
    /// When it runs, and what it may read, as Markdown.
    pub meaning: &'static str,
}

table! {
    /// A clause of a step, or of the saga.
    Clause of ClauseEntry:
    Compensate {
        name: "compensate",
        is_of_step: true,
        gives: "Result<(), Error>",
        meaning: "Undoes the step if it was applied; under `#[by_key]` also if that is unknown. \
            With `compensate none`, its effect may remain; with `compensate none again`, a rerun calls \
            the step once more. With `compensate with record`, it is undone when the earlier step \
            `record` is undone.",
    }
    Resolve {
        name: "resolve",
        is_of_step: true,
        gives: "Result<Option<Effect>, Error>",
        meaning: "Runs when it is unknown whether the step happened. It returns the effect, or \
            `None` if the step did not happen and no longer can.",
    }
    Fallback {
        name: "fallback",
        is_of_step: true,
        gives: "Result<Effect, Error>",
        meaning: "Runs when the attempts of the step, or the time of the signal, are used up. The \
            fallback of a `step` cannot read services.",
    }
    Publish {
        name: "publish",
        is_of_step: false,
        gives: "Result<(), Error>",
        meaning: "Delivers one event, once the saga has ended and the event before it has been \
            delivered. It reads services, `event` and `key`.",
    }
    Finally {
        name: "finally",
        is_of_step: false,
        gives: "()",
        meaning: "Runs once the saga has completed, was compensated or has parked. It reads inputs, \
            services, `outcome` and `ctx`, and does not change the outcome. While the saga is a \
            child, its `finally` does not run.",
    }
}

impl Clause {
    /// The clauses of a step.
    pub fn of_step() -> impl Iterator<Item = Self> {
        let all = Self::ALL.iter().copied();
        all.filter(|clause| clause.entry().is_of_step)
    }
}
