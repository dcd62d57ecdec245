//! Runs a saga through everything that can go wrong with its calls, against fakes of its services, and finds the promises that are broken.
//!
//! The compiler sees that a step says how it is undone and how doubt is settled. It cannot see whether a `resolve` tells the truth, an
//! `#[idempotent]` action is idempotent, a compensation can be run twice. [`explore`] shows it, by what happens when it is put to the test; the
//! chapter [`guide::testing`](crate::guide::testing) has it with an example.
//!
//! Needs the feature `testing`, in `[dev-dependencies]`.

mod audit;
mod diagram;
mod explore;
mod journal;
mod ledger;
mod order;
mod path;
mod promise;
mod report;
mod run;
mod stage;
mod story;
mod trouble;

pub use diagram::diagram_matches;
pub use explore::{Explorer, explore};
pub use ledger::Effect;
pub use order::assert_order;
pub use promise::Promise;
pub use report::{Finding, Report};
pub use trouble::Trouble;
