//! Runs the same sagas on two versions of the library, with the same seeds, and compares what comes out:
//! the library of the working tree, and `frozen/`, which is what it was before a change that must change
//! nothing.
//!
//! ```text
//!             ┌─ current (`saga`) ─▶ Seen ─┐
//!  seed ─▶ Course                          ├─▶ difference
//!             └─ frozen  (`twin`) ─▶ Seen ─┘
//! ```
//!
//! All that knows one of the two libraries is in `side/`, and is compiled twice: so both declare each saga
//! in the same line of the same file.

mod compare;
mod course;
mod dice;
mod seen;
mod soak;
mod vendor;

pub use compare::{Found, difference};
pub use course::{Course, Crash};
pub use seen::{Line, Seen};
pub use soak::{Ends, Tally, seed_of, soak};

/// The version of the working tree.
#[path = "side"]
mod current {
    pub(crate) use saga as lib;
    pub(crate) use saga_core::run::seed;

    mod durable;
    mod follow;
    mod memory;
    pub(crate) mod shapes;
    mod world;
}

/// The frozen version.
#[path = "side"]
mod frozen {
    pub(crate) use twin as lib;
    pub(crate) use twin_core::run::seed;

    mod durable;
    mod follow;
    mod memory;
    pub(crate) mod shapes;
    mod world;
}

/// One saga, on one version.
#[derive(Clone, Copy)]
struct Side {
    name: &'static str,
    blocks: bool,
    memory: fn(&Course) -> Seen,
    durable: Option<fn(&Course) -> Seen>,
}

/// One saga, on both versions.
#[derive(Clone, Copy)]
pub struct Shape {
    /// The version of the working tree, and the frozen one.
    sides: [Side; 2],
}

/// All of them.
#[must_use]
pub fn shapes() -> Vec<Shape> {
    let (current, frozen) = (current::shapes::all(), frozen::shapes::all());
    let both = current.into_iter().zip(frozen);
    both.map(|(current, frozen)| Shape {
        sides: [current, frozen],
    })
    .collect()
}

impl Shape {
    /// The name of the saga.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.sides[0].name
    }

    /// Runs the saga on both versions, in memory and then durable, on one course.
    ///
    /// # Errors
    /// What differs.
    pub fn compare(&self, course: &Course) -> Result<[Option<Seen>; 2], Found> {
        self.compare_on([course, course])
    }

    /// The same, each version on a course of its own: to see that a difference is found.
    ///
    /// # Errors
    /// What differs.
    pub fn compare_on(&self, courses: [&Course; 2]) -> Result<[Option<Seen>; 2], Found> {
        let [current, frozen] = self.sides;
        let seen = [current.memory, frozen.memory];
        let memory = self.both("in memory", seen, courses)?;
        let durable = match (current.durable, frozen.durable) {
            (Some(current), Some(frozen)) => Some(self.both("durable", [current, frozen], courses)?),
            _ => None,
        };
        Ok([Some(memory), durable])
    }

    fn both(
        &self,
        how: &'static str,
        run: [fn(&Course) -> Seen; 2],
        courses: [&Course; 2],
    ) -> Result<Seen, Found> {
        let current = run[0](courses[0]);
        let frozen = run[1](courses[1]);
        match difference(&current, &frozen, self.sides[0].blocks) {
            None => Ok(current),
            Some(what) => Err(Found {
                saga: self.name(),
                how,
                course: courses[0].clone(),
                what,
            }),
        }
    }
}
