//! The locks of a run.

use crate::calls::lock_table::LockPlace;

/// The keys of a run.
#[derive(Default)]
pub(crate) struct Places {
    /// The current lock, whose keys the run may have to wait for.
    pub(super) requested: Option<(u16, LockAt)>,
    pub(super) held: Vec<LockPlace>,
}

/// The place of a run in the queues of its keys.
pub(super) enum LockAt {
    Table(LockPlace),
    /// Known to the run's journal, as are the keys that the run has.
    Journal,
}
