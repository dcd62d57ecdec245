//! The kernel: a pure state machine, and the only place that decides what happens next.
//!
//! A [`Kernel`] receives [`Event`]s and returns [`Command`]s; it has no clock, no randomness and no
//! I/O. Folding the events of a saga over a new kernel restores its state, so a run in memory and a
//! recovered one cannot behave differently.
//!
//! `states.md` draws the phases of a step, and lists the events that lead from one to another.

mod aftermath;
mod api;
mod back;
mod batch;
mod change;
mod child;
mod command;
mod crash;
mod event;
mod follows;
mod forward;
mod late;
mod looped;
mod losses;
mod part;
mod phase;
mod remnant;
mod rerun;
mod settled;
mod signal;
mod state;
mod step;
mod streak;
mod transition;
mod tries;
mod version;
mod view;

#[cfg(test)]
mod tests;

pub(crate) use aftermath::Aftermath;
pub use api::Kernel;
pub(crate) use batch::is_plain;
pub use change::{CallChange, EffectChange, FailureKind};
pub use child::{ChildEnd, ChildFailure};
pub use command::{Command, End, Lane};
pub use event::{Event, EventKind, Fields, Illegal, Settlement, Verdict};
pub(crate) use looped::{LoopEnd, LoopKernel};
pub(crate) use part::{PartEnd, PartFailed, Parts};
pub use phase::{Cancellation, Direction, Left, Phase};
pub use signal::Hearing;
pub(crate) use view::View;
