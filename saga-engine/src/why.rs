//! Why a saga is where it is, in one sentence.

use std::fmt::Display;

use crate::{
    fold::Folded,
    store::{Row, Time},
};

/// Why the saga does not move, or what it does, in one sentence without a full stop.
///
/// `folded` is its journal, or why it cannot be read. `runs` says whether an engine has it at hand at `now`.
#[must_use]
pub fn why(row: &Row, folded: Result<&Folded, &dyn Display>, now: Time, runs: bool) -> String {
    let _ = (folded, now, runs);
    row.state.to_string()
}
