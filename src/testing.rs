//! Runs a saga through everything that can go wrong with its calls, against fakes of its services,
//! and finds broken contracts.
//!
//! The compiler checks that a step declares how it is undone, and how doubt is settled. It cannot
//! check whether a `resolve` tells the truth, an `#[idempotent]` action is idempotent, or a
//! compensation can be run twice. [`explore`] tests these contracts; the page
//! [`guide::testing`](crate::guide::testing) has an example. [`Explorer::beside`] plays two sagas against
//! each other, and finds results that neither serial order has.
//!
//! Needs the feature `testing`, in `[dev-dependencies]`.

mod again;
mod anew;
mod audit;
mod awaited;
mod beside;
mod cast;
mod changed;
mod compare;
mod contract;
mod diagram;
mod explore;
mod fault;
mod gate;
mod identified;
mod identity;
mod interplay;
mod journal;
mod known;
mod ledger;
mod left;
mod lines;
mod locks;
mod order;
mod pair;
mod path;
mod plans;
mod report;
mod run;
mod schedule;
mod search;
mod stage;
mod standing;
mod state;
mod story;
mod walk;

pub use beside::{Beside, WithoutState};
pub use contract::Contract;
pub use diagram::diagram_matches;
pub use explore::{Explorer, explore};
pub use fault::Fault;
pub use interplay::{Interference, Interplay};
pub use ledger::Effect;
pub use order::assert_order;
pub use report::{Finding, Report};
