//! What is known about a run: its place, its failures, and what it leaves applied.

pub(crate) mod at_hand;
pub(crate) mod claims;
pub(crate) mod completeness;
pub(crate) mod context;
pub(crate) mod error;
pub(crate) mod failures;
pub(crate) mod item_keys;
pub(crate) mod parked;
pub(crate) mod place;
pub(crate) mod progress;
pub(crate) mod raised;
pub(crate) mod standing;
pub(crate) mod summary;
pub(crate) mod way;
pub(crate) mod why;
