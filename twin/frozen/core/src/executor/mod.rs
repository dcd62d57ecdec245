//! Runs a saga: asks the kernel for the next command, has the machine perform it, and reports the
//! result to the kernel.
//!
//! ```text
//!           next()                       call                      perform
//! kernel ◀─────────── drive / group ───────────▶ machine (macro) ─────────▶ journal
//!        ───────────▶               ◀───────────                 ◀─────────
//!           Command                     Report                     Result
//! ```
//!
//! The executor decides nothing. It adds what the kernel cannot have: time, randomness, errors by
//! value, and predicates.

pub(crate) mod acquire;
pub(crate) mod batch;
mod calls;
mod child_ended;
mod drive;
pub(crate) mod driven;
pub(crate) mod group;
pub(crate) mod items;
pub(crate) mod judge;
pub(crate) mod loop_state;
pub(crate) mod looped;
pub(crate) mod object;
pub(crate) mod parts;
pub(crate) mod places;
pub(crate) mod read_back;
pub(crate) mod rerun;
pub(crate) mod rules;
pub(crate) mod run_state;
pub(crate) mod signals;
pub(crate) mod tell;
pub(crate) mod wait;

pub(crate) use run_state::RunState;
