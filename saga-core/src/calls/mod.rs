//! The layers of one call of the user's code: its journal, its timeout, its panics, its report.

pub(crate) mod attached;
pub(crate) mod attempt;
pub(crate) mod events;
pub(crate) mod journal;
pub(crate) mod lane;
pub(crate) mod link;
pub(crate) mod lock_table;
pub(crate) mod locks;
pub(crate) mod loops;
pub(crate) mod mail;
pub(crate) mod perform;
pub(crate) mod received;
pub(crate) mod report;
pub(crate) mod tray;
pub(crate) mod watch;
