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

mod drive;
mod ended;
mod group;
mod prepared;
mod recovery;
mod run;
mod run_state;
mod signals;
mod wait;

pub(crate) use self::run_state::RunState;
pub use self::{
    ended::{Ended, Finished},
    prepared::{Cancel, Handle, Prepared, Resumed, Running},
    recovery::{Misfit, Recovery},
};
