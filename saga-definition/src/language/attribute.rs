//! The attributes.

use super::{clause::Clause, place::Place, table::table};
use crate::definition::Kind;

/// The arguments of an attribute.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Arguments {
    /// None.
    Nothing,
    /// None, or the key.
    Key,
    /// A duration.
    Duration,
    /// A count, a backoff, its jitter, and perhaps a predicate.
    Repetition,
    /// Reads, `=>`, and an expression that uses them.
    Condition,
    /// Names of steps.
    Steps,
    /// A duration, and the name of a step.
    Hold,
    /// A number.
    Count,
    /// The path of a function.
    Function,
    /// `= "…"`.
    Text,
}

/// Where an attribute may be written, its arguments and its meaning.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Entry {
    /// Its name.
    pub name: &'static str,
    /// Its arguments.
    pub arguments: Arguments,
    /// Its accepted form.
    pub form: &'static str,
    /// A correct example.
    pub sample: &'static str,
    /// The places where it may be written.
    pub places: &'static [Place],
    /// The kinds of step on which it is refused.
    pub refusals: &'static [Refusal],
    /// Whether it is about how a call is made: several of these share a line.
    pub is_policy: bool,
    /// Its meaning, and the limits of its arguments, as Markdown.
    pub meaning: &'static str,
    /// The default without it, as Markdown, if that is not obvious.
    pub default: Option<&'static str>,
}

/// The reason why an attribute is refused on a kind of step.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Refusal {
    /// The kind.
    pub kind: Kind,
    /// The error.
    pub what: &'static str,
    /// The reason for the error.
    pub why: &'static str,
    /// How to fix it.
    pub help: &'static str,
}

const COMPENSATE: Place = Place::Clause(Clause::Compensate);
const RESOLVE: Place = Place::Clause(Clause::Resolve);
const PUBLISH: Place = Place::Clause(Clause::Publish);

table! {
    /// An attribute of the language.
    Attribute of Entry:
    Timeout {
        name: "timeout",
        arguments: Arguments::Duration,
        form: "#[timeout(d)]",
        sample: "#[timeout(10s)]",
        places: &[
            Place::Saga,
            Place::Step,
            Place::Signal,
            Place::Lock,
            COMPENSATE,
            RESOLVE,
            PUBLISH,
        ],
        refusals: &[],
        is_policy: true,
        meaning: "Gives up an attempt after `d`. On a saga: the default of its steps (but not of \
            child sagas, signals and locks) and of their clauses. In a `durable saga`, a clause \
            without one has its step's. On a signal or a lock: how long the saga waits. Only there, \
            you may write `never`; on a signal, also `reads => d`.",
        default: Some(
            "an attempt may take any time, but a `durable saga` does not compile",
        ),
    }
    Retry {
        name: "retry",
        arguments: Arguments::Repetition,
        form: "#[retry(n | forever, base..cap, jitter = bool)]",
        sample: "#[retry(3, 100ms..2s)]",
        places: &[Place::Saga, Place::Step, COMPENSATE, RESOLVE, PUBLISH],
        refusals: &[],
        is_policy: true,
        meaning: "Makes up to `n` attempts, the first one included: again after a timeout, and \
            after an `Err` whose verdict leaves room for another attempt. On a saga: the default \
            of its steps, but not of their clauses. After the pivot, where nothing is undone, \
            this default never lowers the number of attempts. Only `n` or `forever` must be written.",
        default: Some(
            "see [Defaults][defaults]",
        ),
    }
    Idempotent {
        name: "idempotent",
        arguments: Arguments::Key,
        form: "#[idempotent]",
        sample: "#[idempotent]",
        places: &[Place::Step],
        refusals: &[Refusal {
            kind: Kind::Read,
            what: "`#[idempotent]` is redundant on a `read`",
            why: "a `read` changes nothing outside the saga, so it may always be repeated",
            help: "remove `#[idempotent]`",
        }],
        is_policy: true,
        meaning: "Another attempt under the same `key` takes effect once and returns the \
            original result. The action reads `key`, or `#[idempotent(by = name)]` names the input \
            or earlier effect that serves as the key.",
        default: None,
    }
    Late {
        name: "late",
        arguments: Arguments::Duration,
        form: "#[late(d)]",
        sample: "#[late(30s)]",
        places: &[Place::Saga, Place::Step],
        refusals: &[Refusal {
            kind: Kind::Read,
            what: "`#[late]` does nothing on a `read`",
            why: "a `read` changes nothing outside the saga, so it does not matter when it arrives",
            help: "remove `#[late]`",
        }],
        is_policy: true,
        meaning: "The request of an unconfirmed attempt may still arrive for `d`: `resolve` waits \
            that long, as does the attempt after a refusal that came too early to count. On \
            a step, the compensation that undoes it waits, too, unless that is its own \
            `#[by_key]`. On a saga: the default of its steps, but it delays no compensation.",
        default: Some(
            "`0s`, but a `durable saga` with a `resolve` does not compile unless the step is \
                `#[idempotent]`",
        ),
    }
    Savepoint {
        name: "savepoint",
        arguments: Arguments::Repetition,
        form: "#[savepoint(n, base..cap, jitter = bool, on(step, …), if = predicate)]",
        sample: "#[savepoint(5, 10ms..30s)]",
        places: &[Place::Step],
        refusals: &[Refusal {
            kind: Kind::Pivot,
            what: "the pivot cannot be a savepoint",
            why: "after the pivot nothing is compensated, so the saga never rolls back to it",
            help: "put `#[savepoint]` on a step before the pivot, or use `#[retry]`",
        }],
        is_policy: true,
        meaning: "When this step or a later one fails (with `on`: one of these that it names), and \
            `if` accepts the `typed_saga::Failure`: compensate back to this step, then rerun from it, up \
            to `n` times (only `n` must be written). What may remain applied then \
            (`compensate none`) says `again` ([Reruns][reruns]).",
        default: None,
    }
    When {
        name: "when",
        arguments: Arguments::Condition,
        form: "#[when(reads => condition)]",
        sample: "#[when(trip => trip.wants_car)]",
        places: &[Place::Step, Place::Signal, Place::Sleep, Place::Lock],
        refusals: &[],
        is_policy: false,
        meaning: "Skips the step if the condition is false. All that read its effect see an \
            `Option`, except its own `compensate`.",
        default: None,
    }
    After {
        name: "after",
        arguments: Arguments::Steps,
        form: "#[after(a, b)]",
        sample: "#[after(hotel)]",
        places: &[Place::Step, Place::Signal, Place::Sleep, Place::Lock],
        refusals: &[],
        is_policy: false,
        meaning: "The step depends on these earlier steps, or siblings, without reading them.",
        default: None,
    }
    Within {
        name: "within",
        arguments: Arguments::Duration,
        form: "#[within(d)]",
        sample: "#[within(2m)]",
        places: &[Place::Saga],
        refusals: &[],
        is_policy: true,
        meaning: "Promises that `d` after its start the saga has passed its pivot, rolls back for \
            good, or is parked: a deadline of `d`, less what the pivot may take to settle. Without \
            a pivot, the deadline is `d`. Compensations are not part of `d`. For a child saga, the \
            earlier of `d` and its step's `#[timeout]` counts.",
        default: None,
    }
    Holds {
        name: "holds",
        arguments: Arguments::Hold,
        form: "#[holds(d, until = step)]",
        sample: "#[holds(15m)]",
        places: &[Place::Step],
        refusals: &[Refusal {
            kind: Kind::Read,
            what: "`#[holds]` does nothing on a `read`",
            why: "a `read` changes nothing outside the saga, so there is nothing that could lapse",
            help: "remove `#[holds]`, or put it on the step that reserves something",
        }],
        is_policy: false,
        meaning: "The effect lapses `d` after the start of the attempt that applied the step. \
            [Checked][analysis] when the saga is compiled: `step` is applied by then, at the latest. \
            Without `until`: the pivot, which must then come later.",
        default: None,
    }
    Retired {
        name: "retired",
        arguments: Arguments::Nothing,
        form: "#[retired]",
        sample: "#[retired]",
        places: &[Place::Step],
        refusals: &[Refusal {
            kind: Kind::Pivot,
            what: "the pivot cannot be retired",
            why: "a run that has not reached the pivot yet would continue without a point of no return",
            help: "keep the pivot until no run is in flight, or rename the saga",
        }],
        is_policy: false,
        meaning: "The step is on its way out: the saga skips it, unless it had started the step \
            before; then it carries the step to its end. All that read its effect see an `Option`, \
            except its own `compensate`.",
        default: None,
    }
    Introduced {
        name: "introduced",
        arguments: Arguments::Nothing,
        form: "#[introduced]",
        sample: "#[introduced]",
        places: &[Place::Step, Place::Signal, Place::Sleep, Place::Lock],
        refusals: &[Refusal {
            kind: Kind::Pivot,
            what: "the pivot cannot be introduced",
            why: "a run that is already past this point would never reach its point of no return",
            help: "remove `#[introduced]`, and rename the saga or wait until no run is in flight",
        }],
        is_policy: false,
        meaning: "The step is new between others: a run that had passed its place continues without \
            it, and all others run it. All that read its effect see an `Option`, except its own \
            `compensate`. It is in no block.",
        default: None,
    }
    Concurrent {
        name: "concurrent",
        arguments: Arguments::Count,
        form: "#[concurrent(n)]",
        sample: "#[concurrent(8)]",
        places: &[Place::Loop],
        refusals: &[],
        is_policy: true,
        meaning: "Up to `n` items of the loop run at a time.",
        default: Some("one after the other"),
    }
    ByKey {
        name: "by_key",
        arguments: Arguments::Key,
        form: "#[by_key]",
        sample: "#[by_key]",
        places: &[COMPENSATE],
        refusals: &[],
        is_policy: true,
        meaning: "The compensation reads `key`, or what `#[by_key(by = name)]` names, and not the \
            effect of its step. It is right whether or not the step happened, and stops a \
            request that is still on its way.",
        default: None,
    }
    Name {
        name: "name",
        arguments: Arguments::Text,
        form: "#[name = \"…\"]",
        sample: "#[name = \"hotel\"]",
        places: &[
            Place::Saga,
            Place::Step,
            Place::Signal,
            Place::Sleep,
            Place::Lock,
        ],
        refusals: &[],
        is_policy: false,
        meaning: "The name in keys and journals, of letters, digits, `_`, `-` and `.`, so that you can \
            rename a saga or a step.",
        default: Some(
            "the name of the saga or the step",
        ),
    }
    Classify {
        name: "classify",
        arguments: Arguments::Function,
        form: "#[classify(path)]",
        sample: "#[classify(Error::verdict)]",
        places: &[Place::Saga, Place::Step, COMPENSATE, RESOLVE, PUBLISH],
        refusals: &[],
        is_policy: false,
        meaning: "The path of a `fn(&Error) -> typed_saga::Verdict` that says what an `Err` means: what \
            happened (`Refused`, `Transient`, `Unknown`, `Partial`), and what follows, if it is not what \
            the step declares: after `.once()` no further attempt, after `.abort()` no attempt, \
            fallback, or rerun. Both wait until it is settled whether the attempt had an effect. \
            `Refused` is `.once()` by itself. On a step: instead of the saga's. On a clause, where \
            the saga's and the step's do not count: after `Refused`, `.once()` or `.abort()`, the \
            call is given up; after any other error, it is made again.",
        default: None,
    }
}

impl Place {
    /// The attributes of this language that may be written here.
    pub fn attributes(self) -> impl Iterator<Item = Attribute> {
        let all = Attribute::ALL.iter().copied();
        all.filter(move |attribute| self.takes(*attribute))
    }

    /// Whether this attribute may be written here.
    #[must_use]
    pub fn takes(self, attribute: Attribute) -> bool {
        let places = attribute.entry().places;
        let step = self == Self::Loop && places.contains(&Self::Step);
        step || places.contains(&self)
    }
}
