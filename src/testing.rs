//! Runs a saga through everything that can go wrong with its calls, against fakes of its services,
//! and finds contracts that are broken.
//!
//! The compiler checks that a step declares how it is undone, and how doubt is settled. It cannot
//! check whether a `resolve` tells the truth, an `#[idempotent]` action is idempotent, or a
//! compensation can be run twice. [`explore`] tests these contracts; the page
//! [`guide::testing`](crate::guide::testing) has an example.
//!
//! Needs the feature `testing`, in `[dev-dependencies]`.

mod audit;
mod awaited;
mod cast;
mod contract;
mod diagram;
mod explore;
mod fault;
mod journal;
mod known;
mod ledger;
mod order;
mod path;
mod report;
mod run;
mod stage;
mod state;
mod story;

pub use contract::Contract;
pub use diagram::diagram_matches;
pub use explore::{Explorer, explore};
pub use fault::Fault;
pub use ledger::Effect;
pub use order::assert_order;
pub use report::{Finding, Report};
