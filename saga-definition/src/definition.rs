//! A saga, its steps and their clauses.

use crate::{
    policy::{Retry, Timing},
    text::{List, Text},
};

/// A saga's declaration as data. `BookTrip::DEFINITION` of every saga is one.
#[derive(Clone, Debug)]
pub struct Definition {
    /// The name in keys and records: the type's, or `#[name = "…"]`.
    pub name: Text,
    /// Whether it is declared `durable`.
    pub durable: bool,
    /// Whether it says `#[classify(…)]`; without it every `Err` is `Verdict::Transient`.
    pub classified: bool,
    /// The inputs, in order.
    pub inputs: List<Field>,
    /// The services, in order.
    pub services: List<Field>,
    /// The output's type as written; `_` for the struct of all effects.
    pub output: Text,
    /// The error's type as written.
    pub error: Text,
    /// All steps in order of declaration. A step's index here is what other steps and the kernel
    /// refer to it by.
    pub steps: List<Step>,
    /// The index of the pivot.
    pub pivot: Option<u16>,
    /// The source file of the declaration.
    pub file: Text,
    /// Its line.
    pub line: u32,
}

/// An input or a service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// Its name.
    pub name: Text,
    /// Its type as written.
    pub ty: Text,
}

/// What a step promises (Garcia-Molina and Salem, *Sagas*, 1987; Richardson, *Microservices
/// Patterns*, 2018).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Changes nothing outside.
    Read,
    /// Can be undone; after the pivot: succeeds in the end.
    Step,
    /// The point of no return.
    Pivot,
}

/// One step of a [`Definition`].
#[derive(Clone, Debug)]
pub struct Step {
    /// The name in keys and records: the identifier, or `#[name = "…"]`.
    pub name: Text,
    /// What it promises.
    pub kind: Kind,
    /// The effect's type as written; `()` without one.
    pub effect: Text,
    /// The `concurrent` block that it belongs to.
    pub group: Option<Group>,
    /// The names that its action reads.
    pub reads: List<Text>,
    /// The names that its `when` reads.
    pub when: Option<List<Text>>,
    /// How it is undone.
    pub compensation: Compensation,
    /// How an unknown outcome is asked for.
    pub resolve: Option<Call>,
    /// What takes its place if it fails.
    pub fallback: Option<Call>,
    /// The earlier steps that it depends on: those whose effects its action, `resolve` or
    /// `compensate` read, and `#[after(…)]`.
    pub stands_on: List<u16>,
    /// The siblings that must have committed before it starts; all of them before it.
    pub awaits: List<u16>,
    /// The limit of one attempt, its own or the saga's.
    pub timeout: Option<Timing>,
    /// How often it is attempted, by its own declaration or the saga's.
    pub retry: Option<Retry>,
    /// Whether another attempt under the same key has the effect once and returns the original
    /// result.
    pub idempotent: bool,
    /// How long after an attempt its operation may still arrive.
    pub late: Option<Timing>,
    /// That the saga may compensate back to this step and then run forward again.
    pub savepoint: Option<Retry>,
    /// Whether it says `#[abort(…)]`.
    pub abort: bool,
    /// The line of its declaration.
    pub line: u32,
}

/// A `concurrent` block: `len` steps from index `first` on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Group {
    /// The index of its first step.
    pub first: u16,
    /// How many steps it has.
    pub len: u16,
}

/// How a step is undone.
#[derive(Clone, Debug)]
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
}

/// A clause's reads and policies.
#[derive(Clone, Debug)]
pub struct Call {
    /// The names that it reads.
    pub reads: List<Text>,
    /// The limit of one attempt.
    pub timeout: Option<Timing>,
    /// How often it is attempted.
    pub retry: Option<Retry>,
}

/// Generated code and tests start from these and say only what differs: a saga of 64 steps would
/// say 1000 fields otherwise, each for rustc to check and evaluate.
impl Definition {
    /// A saga without a name or steps; what stands for one that does not compile.
    pub const EMPTY: Self = Self {
        name: Text::Borrowed(""),
        durable: false,
        classified: false,
        inputs: List::Borrowed(&[]),
        services: List::Borrowed(&[]),
        output: Text::Borrowed(""),
        error: Text::Borrowed(""),
        steps: List::Borrowed(&[]),
        pivot: None,
        file: Text::Borrowed(""),
        line: 0,
    };
}

impl Step {
    /// A `step` without a name, attributes or clauses.
    pub const PLAIN: Self = Self {
        name: Text::Borrowed(""),
        kind: Kind::Step,
        effect: Text::Borrowed("()"),
        group: None,
        reads: List::Borrowed(&[]),
        when: None,
        compensation: Compensation::Absent,
        resolve: None,
        fallback: None,
        stands_on: List::Borrowed(&[]),
        awaits: List::Borrowed(&[]),
        timeout: None,
        retry: None,
        idempotent: false,
        late: None,
        savepoint: None,
        abort: false,
        line: 0,
    };

    /// How often its action, `resolve` and compensation are tried, and how often its savepoint
    /// turns the saga forward: the counts that decide what a journal may say.
    #[must_use]
    pub fn retries<'a>(&'a self) -> [Option<&'a Retry>; 4] {
        let Self {
            retry,
            resolve,
            compensation,
            savepoint,
            // Never tried again.
            fallback: _,
            name: _,
            kind: _,
            effect: _,
            group: _,
            reads: _,
            when: _,
            stands_on: _,
            awaits: _,
            timeout: _,
            idempotent: _,
            late: _,
            abort: _,
            line: _,
        } = self;
        let of_call = |call: Option<&'a Call>| call.and_then(|call| call.retry.as_ref());
        let compensation = compensation.declared().map(|(_, call)| call);
        [
            retry.as_ref(),
            of_call(resolve.as_ref()),
            of_call(compensation),
            savepoint.as_ref(),
        ]
    }
}

impl Call {
    /// A clause that reads nothing and has no attributes.
    pub const PLAIN: Self = Self {
        reads: List::Borrowed(&[]),
        timeout: None,
        retry: None,
    };
}

impl Compensation {
    /// The clause, and whether it is `#[by_key]`, if there is one.
    #[must_use]
    pub const fn declared(&self) -> Option<(bool, &Call)> {
        match self {
            Self::Absent | Self::None => None,
            Self::Declared { by_key, call } => Some((*by_key, call)),
        }
    }
}

impl Kind {
    /// All kinds.
    pub const ALL: [Self; 3] = [Self::Read, Self::Step, Self::Pivot];

    /// The keyword of the language: `read`, `step` or `pivot`.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Step => "step",
            Self::Pivot => "pivot",
        }
    }

    /// The kind with this keyword.
    #[must_use]
    pub fn named(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.word() == word)
    }
}
