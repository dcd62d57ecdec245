//! Runs the same sagas on two versions of the library, with the same seeds, and compares what comes
//! out: the library of the working tree, and that of a commit, which `twin/freeze COMMIT` copies into
//! `frozen/`: what it was before a change that must change nothing.
//!
//! ```text
//!             ┌─ current (`typed_saga`) ─▶ Seen ─┐
//!  seed ─▶ Course                                ├─▶ difference
//!             └─ frozen  (`twin`) ───────▶ Seen ─┘
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

use std::panic::catch_unwind;

pub use compare::{Found, difference};
pub use course::{Course, Crash, Operator};
pub use seen::{Line, Seen};
pub use soak::{Ends, Tally, seed_of, soak};

/// The version of the working tree.
#[path = "side"]
mod current {
    pub(crate) use typed_saga as lib;
    pub(crate) use typed_saga::engine::{
        for_logs,
        for_stores::{Clock, NewEvent},
    };
    pub(crate) use typed_saga_conformance::Faulty;
    pub(crate) use typed_saga_core::run::seed;

    mod durable;
    mod engine;
    mod follow;
    mod memory;
    pub(crate) mod shapes;
    mod world;
}

/// The version of the commit.
#[path = "side"]
mod frozen {
    pub(crate) use twin as lib;
    pub(crate) use twin::engine::{
        for_logs,
        for_stores::{Clock, NewEvent},
    };
    pub(crate) use twin_conformance::Faulty;
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
    /// The path of a type of the version.
    library: &'static str,
    name: &'static str,
    blocks: bool,
    ways: Vec<Way>,
}

impl Side {
    /// Its name and ways, which both versions have alike.
    fn shown(&self) -> (&'static str, bool, Vec<&'static str>) {
        let ways = self.ways.iter().map(|(how, _)| *how);
        (self.name, self.blocks, ways.collect())
    }
}

/// One saga, on both versions.
pub struct Shape {
    current: Side,
    frozen: Side,
}

/// All of them.
///
/// # Panics
/// If the versions have not the same sagas.
#[must_use]
pub fn shapes() -> Vec<Shape> {
    let (current, frozen) = (current::shapes::all(), frozen::shapes::all());
    let shown = |side: &[Side]| -> Vec<_> { side.iter().map(Side::shown).collect() };
    assert_eq!(shown(&current), shown(&frozen));
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

    /// The libraries of both versions, by the path of one of their types.
    #[must_use]
    pub fn libraries(&self) -> [&'static str; 2] {
        [&self.current, &self.frozen].map(|side| side.library)
    }

    /// Runs the saga on both versions, in each way, on one course. Returns what was seen of each.
    ///
    /// # Errors
    /// What differs first.
    pub fn compare(&self, course: &Course) -> Result<Vec<(&'static str, Seen)>, Found> {
        let ways = self.compare_on([course, course]).into_iter();
        ways.map(|(how, seen)| Ok((how, seen?))).collect()
    }

    /// The same, each version on a course of its own: what was seen in each way, or what differs.
    #[must_use]
    pub fn compare_on(&self, courses: [&Course; 2]) -> Vec<(&'static str, Result<Seen, Found>)> {
        let ways = self.current.ways.iter().zip(&self.frozen.ways);
        ways.map(|((how, current), (_, frozen))| {
            let found = |what| Found {
                saga: self.name(),
                how,
                course: Box::new(courses[0].clone()),
                what,
            };
            let run = |way: fn(&Course) -> Seen, course| {
                let ran = catch_unwind(|| way(course));
                ran.map_err(|_| found("a panic, which is on standard error".to_owned()))
            };
            let compared = run(*current, courses[0]).and_then(|current| {
                let frozen = run(*frozen, courses[1])?;
                match difference(&current, &frozen, self.current.blocks) {
                    None => Ok(current),
                    Some(what) => Err(found(what)),
                }
            });
            (*how, compared)
        })
        .collect()
    }
}
