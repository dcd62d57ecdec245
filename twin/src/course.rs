//! What happens to a saga from outside, drawn from a seed.

use crate::dice;
use std::time::Duration;

/// One run: how often its vendors fail, when it is cancelled, when its process dies.
#[derive(Clone, Debug)]
pub struct Course {
    /// All that is drawn follows from it.
    pub seed: u64,
    /// How many of 16 calls do not go well.
    pub wrong: u64,
    /// Whether it has an id that was given to it, instead of a drawn one.
    pub named: bool,
    /// Whether its waits are drawn from a seed of its own.
    pub seeded: bool,
    /// It is cancelled in the call of this number.
    pub cancel: Option<usize>,
    /// It rolls back if it has not passed its pivot by then.
    pub deadline: Option<Duration>,
    /// Whether the signal that it waits for is sent.
    pub signalled: bool,
    /// How long it waits in memory.
    pub nap: Duration,
    /// How its processes die, one after the other.
    pub crashes: Vec<Crash>,
    /// What an operator does once it is parked.
    pub operator: Operator,
    /// The call of this number is answered in another way: for tests of the comparison itself.
    pub planted: Option<usize>,
}

/// How a process dies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Crash {
    /// Before the commit of this number is recorded.
    Before(usize),
    /// After it was recorded, before its calls.
    After(usize),
    /// In the call of this number.
    During(usize),
}

/// What an operator does with a saga that is parked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operator {
    /// Resumes it.
    Resumes,
    /// Says of each of its steps that it is undone, which is refused for most of them; then resumes it.
    SettlesAndResumes,
    /// Gives it up.
    Abandons,
}

impl Course {
    /// The course of this seed.
    #[must_use]
    pub fn drawn(seed: u64) -> Self {
        let of = |what, sides| dice::at(seed, &["course", what], 0) % sides;
        let number = |what, sides| usize::try_from(of(what, sides)).unwrap_or(0);
        let crash = |what| {
            let at = number(what, 14);
            match dice::at(seed, &["course", "dies", what], 0) % 3 {
                0 => Crash::Before(at),
                1 => Crash::After(at),
                _ => Crash::During(at),
            }
        };
        let crashes = ["first", "second", "third"];
        Self {
            seed,
            wrong: [0, 1, 2, 4, 6, 9][number("wrong", 6)],
            named: of("named", 2) == 0,
            seeded: of("seeded", 4) == 0,
            cancel: (of("cancelled", 4) == 0).then(|| number("cancel", 12)),
            deadline: (of("limited", 6) == 0).then(|| Duration::from_millis(of("deadline", 3_000))),
            signalled: of("signalled", 4) > 0,
            nap: Duration::from_millis([0, 20, 10_000][number("nap", 3)]),
            crashes: crashes[..number("crashes", 4)]
                .iter()
                .map(|which| crash(which))
                .collect(),
            operator: match of("operator", 4) {
                0 => Operator::SettlesAndResumes,
                1 => Operator::Abandons,
                _ => Operator::Resumes,
            },
            planted: None,
        }
    }
}
