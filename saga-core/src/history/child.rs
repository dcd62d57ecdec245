//! A saga that is a step of one that is run, as the latter sees it.

use crate::{
    history::NestedHistory,
    report::standing::{AnyChild, LeftPaths, UnsettledPaths},
    values::node::Node,
};
use tokio::time::Instant;

/// A saga that is a step of one that is run, without its types.
pub trait RunChild: AnyChild {
    /// Makes it again from what is on record; `runs`: a call of its step is on record without an
    /// end, which goes on.
    ///
    /// # Errors
    /// Why it cannot be read.
    fn load(&self, recorded: &NestedHistory<Instant>, runs: bool) -> Result<(), String>;
    /// Whether some JSON is an effect of a step of it, or of a run that is part of it.
    ///
    /// # Errors
    /// Why it is none.
    fn check(&self, nodes: &[Node], step: u16, json: &str) -> Result<(), String>;
    /// This was left by earlier rounds.
    fn keep(&self, left: LeftPaths);
}

pub(crate) fn boxed<'c>(child: Option<Box<dyn RunChild + 'c>>) -> Option<Box<dyn AnyChild + 'c>> {
    child.map(|child| Box::new(child) as Box<dyn AnyChild>)
}

impl AnyChild for Box<dyn RunChild + '_> {
    fn left(&self, passed: bool) -> LeftPaths {
        (**self).left(passed)
    }

    fn unsettled(&self) -> UnsettledPaths {
        (**self).unsettled()
    }
}
