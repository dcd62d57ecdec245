//! Runs a saga: asks the kernel what comes next, has the machine perform it, tells the kernel how
//! it went.
//!
//! ```text
//!           next()                       call                      perform
//! kernel ◀─────────── drive / group ───────────▶ machine (macro) ─────────▶ journal
//!        ───────────▶               ◀───────────                 ◀─────────
//!           Command                     Report                     Attempt
//! ```
//!
//! It decides nothing. What it adds to the kernel's decisions is what the kernel cannot have: time,
//! chance, errors by value, and predicates.

mod announce;
mod calls;
mod drive;
mod each;
mod ended;
mod group;
mod items;
mod judge;
mod loop_state;
mod looped;
mod nested;
mod prepared;
mod recovery;
mod rules;
mod run;
mod run_state;
mod signals;
mod straight;
mod tell;
mod wait;

pub(crate) use self::run_state::RunOf;
pub use self::{
    ended::{Ended, Finished, HandOver},
    nested::{
        Nested, NestedItems, Nesting,
        calls::{nest, nest_back},
    },
    prepared::{Cancel, Handle, Prepared, Resumed, Running},
    recovery::{Misfit, Recovery},
};
