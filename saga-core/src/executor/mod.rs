//! Runs a saga: asks the kernel what comes next, has the machine perform it, tells the kernel how it went.
//!
//! ```text
//!           next()                       call                      perform
//! kernel ◀─────────── drive / group ───────────▶ machine (macro) ─────────▶ journal
//!        ───────────▶               ◀───────────                 ◀─────────
//!           Command                     Report                     Attempt
//! ```
//!
//! It decides nothing. What it adds to the kernel's decisions is what the kernel cannot have: time, chance, errors by value, and predicates.

mod control;
mod core;
mod drain;
mod drive;
mod ended;
mod failures;
mod finish;
mod group;
mod handle;
mod prepared;
mod recovery;
mod straight;
mod tell;
mod track;
mod watch;

pub use self::control::Control;
pub(crate) use self::{
    core::Core,
    drive::drive,
    finish::{Begin, execute},
    straight::{goes_straight, straight},
    watch::{Settings, Watch},
};
pub use self::{
    drain::drain,
    ended::{Ended, Finished},
    group::{Lanes, lane},
    handle::{Cancel, Handle},
    prepared::{Prepared, Running},
    recovery::{Conduct, Recovery},
};
