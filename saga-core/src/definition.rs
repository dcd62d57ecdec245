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

impl Definition {
    /// A number that differs, in all likelihood, when a run of one definition could not be read by the other: names, order, blocks and kinds of
    /// steps, their effects' types as written, and what their compensations read. Bodies, policies and docs do not count.
    ///
    /// FNV-1a, 64 bits (Fowler, Noll, Vo; RFC 9923): it tells versions apart, and is no protection against malice.
    #[must_use]
    pub const fn fingerprint(&self) -> u64 {
        let mut hash = text(0xcbf2_9ce4_8422_2325, self.name);
        let mut k = 0;
        while k < self.steps.len() {
            hash = step(hash, &self.steps[k]);
            k += 1;
        }
        hash
    }
}

const fn step(hash: u64, step: &Step) -> u64 {
    let hash = text(text(hash, step.name), step.effect);
    let hash = byte(hash, step.kind as u8);
    let hash = match step.group {
        Some(Group { first, len }) => byte(byte(number(number(hash, first), len), 1), 0),
        None => byte(hash, 0),
    };
    match &step.compensation {
        Compensation::Absent => byte(hash, 0),
        Compensation::None => byte(hash, 1),
        Compensation::Declared { call, .. } => {
            let mut hash = byte(hash, 2);
            let mut k = 0;
            while k < call.reads.len() {
                hash = text(hash, call.reads[k]);
                k += 1;
            }
            hash
        }
    }
}

/// With its end, so that no two different lists of texts are the same bytes: 0xff is in no UTF-8.
const fn text(mut hash: u64, text: &str) -> u64 {
    let bytes = text.as_bytes();
    let mut k = 0;
    while k < bytes.len() {
        hash = byte(hash, bytes[k]);
        k += 1;
    }
    byte(hash, 0xff)
}

const fn number(hash: u64, number: u16) -> u64 {
    let [low, high] = number.to_le_bytes();
    byte(byte(hash, low), high)
}

const fn byte(hash: u64, byte: u8) -> u64 {
    (hash ^ byte as u64).wrapping_mul(0x0100_0000_01b3)
}

#[cfg(test)]
mod tests {
    use super::{byte, text};

    /// Test vectors of the authors, for the bytes themselves.
    #[test]
    fn hashes_as_its_authors_do() {
        let offset = 0xcbf2_9ce4_8422_2325;
        assert_eq!(byte(offset, b'a'), 0xaf63_dc4c_8601_ec8c);
        let foobar = b"foobar"
            .iter()
            .fold(offset, |hash, each| byte(hash, *each));
        assert_eq!(foobar, 0x8594_4171_f739_67e8);
    }

    #[test]
    fn lists_of_texts_do_not_run_together() {
        assert_ne!(text(text(0, "ab"), "c"), text(text(0, "a"), "bc"));
    }
}
