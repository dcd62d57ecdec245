//! A run from its beginning to its end: prepared, executed in memory, recovered from a journal, nested
//! in another one, ended.

mod announce;
mod durable_run;
mod ended;
mod execute;
pub(crate) mod nestable;
mod nested;
pub(crate) mod outcome;
mod prepared;
mod recovery;
mod started;
mod straight;
mod walked;

pub use ended::{Ended, Finished, HandOver};
pub use nested::{
    Nested, NestedItems, Nesting,
    calls::{nest, nest_back},
};
pub use prepared::{Prepared, Resumed, Running};
pub use recovery::{Misfit, Recovery};
pub use started::{Cancel, Started};
pub use walked::{Walked, by_hand, child_happens, instead, undo_by_hand};
