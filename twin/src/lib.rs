//! Runs the same sagas on two versions of the library, with the same seeds, and compares what comes
//! out: the library of the working tree, and `frozen/`, which is what it was before a change that
//! must change nothing.
//!
//! ```text
//!             ┌─ current (`saga`) ─▶ Seen ─┐
//!  seed ─▶ Course                          ├─▶ difference
//!             └─ frozen  (`twin`) ─▶ Seen ─┘
//! ```
//!
//! All that knows one of the two libraries is in `side/`, and is compiled twice: so both declare each
//! saga in the same line of the same file.

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
    mod engine;
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
    mod engine;
    mod follow;
    mod memory;
    pub(crate) mod shapes;
    mod world;
}

/// A way to run a saga, and its name.
type Way = (&'static str, fn(&Course) -> Seen);

/// One saga, on one version.
struct Side {
    name: &'static str,
    blocks: bool,
    ways: Vec<Way>,
}

/// One saga, on both versions.
pub struct Shape {
    current: Side,
    frozen: Side,
}

/// All of them.
#[must_use]
pub fn shapes() -> Vec<Shape> {
    let (current, frozen) = (current::shapes::all(), frozen::shapes::all());
    let both = current.into_iter().zip(frozen);
    both.map(|(current, frozen)| Shape { current, frozen })
        .collect()
}

impl Shape {
    /// The name of the saga.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.current.name
    }

    /// Runs the saga on both versions, in each way, on one course. Returns what was seen of each.
    ///
    /// # Errors
    /// What differs.
    pub fn compare(&self, course: &Course) -> Result<Vec<(&'static str, Seen)>, Found> {
        self.compare_on([course, course])
    }

    /// The same, each version on a course of its own: to see that a difference is found.
    ///
    /// # Errors
    /// What differs.
    pub fn compare_on(&self, courses: [&Course; 2]) -> Result<Vec<(&'static str, Seen)>, Found> {
        let ways = self.current.ways.iter().zip(&self.frozen.ways);
        ways.map(|((how, current), (_, frozen))| {
            let [current, frozen] = [current(courses[0]), frozen(courses[1])];
            match difference(&current, &frozen, self.current.blocks) {
                None => Ok((*how, current)),
                Some(what) => Err(Found {
                    saga: self.name(),
                    how: *how,
                    course: Box::new(courses[0].clone()),
                    what,
                }),
            }
        })
        .collect()
    }
}
