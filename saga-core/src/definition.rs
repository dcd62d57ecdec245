//! What a saga is, as const data: the macro writes it, the kernel decides by it, people and tools read it.

use crate::policy::{Retry, Timing};

/// A saga's declaration as data. `BookTrip::DEFINITION` of every saga is one.
#[derive(Clone, Copy, Debug)]
pub struct Definition {
    /// The name in keys and records: the type's, or `#[name = "…"]`.
    pub name: &'static str,
    /// Whether it is declared `durable`.
    pub durable: bool,
    /// Whether it says `#[classify(…)]`; without it every `Err` is [`Verdict::Transient`](crate::Verdict).
    pub classified: bool,
    /// The inputs, in order.
    pub inputs: &'static [Field],
    /// The services, in order.
    pub services: &'static [Field],
    /// The output's type as written; `_` for the struct of all effects.
    pub output: &'static str,
    /// The error's type as written.
    pub error: &'static str,
    /// All steps in order of declaration; a step's index in records of this process is its index here.
    pub steps: &'static [Step],
    /// The index of the pivot.
    pub pivot: Option<u16>,
    /// The source file of the declaration.
    pub file: &'static str,
    /// Its line.
    pub line: u32,
}

/// An input or a service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Field {
    /// Its name.
    pub name: &'static str,
    /// Its type as written.
    pub ty: &'static str,
}

/// What a step promises (Garcia-Molina and Salem, *Sagas*, 1987; Richardson, *Microservices Patterns*, 2018).
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
#[derive(Clone, Copy, Debug)]
pub struct Step {
    /// The name in keys and records: the identifier, or `#[name = "…"]`.
    pub name: &'static str,
    /// What it promises.
    pub kind: Kind,
    /// The effect's type as written; `()` without one.
    pub effect: &'static str,
    /// The `concurrent` block that it belongs to.
    pub group: Option<Group>,
    /// The names that its action reads.
    pub reads: &'static [&'static str],
    /// The names that its `when` reads.
    pub when: Option<&'static [&'static str]>,
    /// How it is undone.
    pub compensation: Compensation,
    /// How an unknown outcome is asked for.
    pub resolve: Option<Call>,
    /// What takes its place if it fails.
    pub fallback: Option<Call>,
    /// The earlier steps that it stands on: those whose effects its action, `resolve` or `compensate` read, and `#[after(…)]`.
    pub stands_on: &'static [u16],
    /// The siblings that must have committed before it starts.
    pub awaits: &'static [u16],
    /// The limit of one attempt, own or by default.
    pub timeout: Option<Timing>,
    /// How often it is attempted, own or by default.
    pub retry: Option<Retry>,
    /// Whether another attempt under the same key has the effect once and gives it back.
    pub idempotent: bool,
    /// How long after an attempt its operation may still arrive.
    pub late: Option<Timing>,
    /// Where the way back may turn forward again.
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
#[derive(Clone, Copy, Debug)]
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
#[derive(Clone, Copy, Debug)]
pub struct Call {
    /// The names that it reads.
    pub reads: &'static [&'static str],
    /// The limit of one attempt.
    pub timeout: Option<Timing>,
    /// How often it is attempted.
    pub retry: Option<Retry>,
}
