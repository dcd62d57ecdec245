//! The interface of a child saga to its parent's run.

use crate::{
    history::NestedHistory,
    report::standing::{AnyChild, LeftPaths, UnsettledPaths},
    values::{key_digest::KeyDigest, node::Node},
};
use tokio::time::Instant;

/// A child saga of a running saga, without its types.
#[doc(hidden)]
pub trait RunChild: AnyChild {
    /// Restores the child from its records. `runs`: a call of its step is recorded without an end,
    /// and continues.
    ///
    /// # Errors
    /// The reason why the records cannot be read.
    fn load(&self, recorded: &NestedHistory<Instant>, runs: bool) -> Result<(), String>;
    /// Checks that some JSON is an effect of a step of the child, or of a run that is part of it.
    ///
    /// # Errors
    /// The reason why it is not.
    fn check(&self, nodes: &[Node], step: u16, json: &str) -> Result<(), String>;
    /// The values that serve as keys in the child, at any depth.
    fn keys(&self) -> Vec<KeyDigest>;
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
