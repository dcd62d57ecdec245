//! Where a run stands with its locks.

use crate::calls::lock_table::LockPlace;

/// The keys of a run.
#[derive(Default)]
pub(crate) struct Places {
    /// The lock at hand, whose keys the run may have to wait for.
    pub(super) requested: Option<(u16, LockAt)>,
    pub(super) held: Vec<LockPlace>,
}

/// Who knows the place of a run in the queues of its keys.
pub(super) enum LockAt {
    Table(LockPlace),
    /// What the run is recorded in, which knows what the run has, too.
    Journal,
}
