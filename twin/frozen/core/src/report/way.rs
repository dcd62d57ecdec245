//! The link between a run and the runs that are part of it: it tells them that it rolls back, and
//! why, and they report that they have failed. All of them are polled by the same task.

use crate::{
    kernel::{Direction, PartEnd, PartFailed},
    report::why::Why,
};
use std::{
    mem,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

#[derive(Debug, Default)]
pub(crate) struct Way {
    /// The run rolls back.
    back: AtomicBool,
    /// Why it does.
    why: Mutex<Option<Arc<Why>>>,
    /// The part that was polled last has failed for good.
    failed: AtomicBool,
    /// Its failure is a refusal by a service.
    refused: AtomicBool,
    /// It is a child saga that is aborted.
    aborted: AtomicBool,
    /// Its failure.
    failure: Mutex<Option<Why>>,
    /// What the ends of calls of child sagas mean that have just ended, by step: a batch calls several.
    ended: Mutex<Vec<(u16, PartEnd)>>,
}

impl Way {
    pub(crate) fn tell(&self, direction: Direction) {
        let back = direction == Direction::Compensating;
        if self.is_back() != back {
            self.back.store(back, Ordering::Relaxed);
            self.forget_why();
        }
    }

    /// The run rolls back for this reason, if the reason is not known yet.
    pub(crate) fn because(&self, why: impl FnOnce() -> Option<Why>) {
        let mut known = locked(&self.why);
        if self.is_back() && known.is_none() {
            *known = why().map(Arc::new);
        }
    }

    pub(crate) fn is_back(&self) -> bool {
        self.back.load(Ordering::Relaxed)
    }

    /// Why the run rolls back.
    pub(crate) fn why(&self) -> Option<Arc<Why>> {
        locked(&self.why).clone()
    }

    pub(crate) fn forget_why(&self) {
        *locked(&self.why) = None;
    }

    /// A part of the run has failed for good. `why` is asked only if the run may roll back because
    /// of that.
    pub(crate) fn fail(&self, part: PartFailed, why: impl FnOnce() -> Option<Why>) {
        let PartFailed { refused, aborted } = part;
        self.failed.store(true, Ordering::Relaxed);
        self.refused.store(refused, Ordering::Relaxed);
        self.aborted.store(aborted, Ordering::Relaxed);
        if !self.is_back() {
            *locked(&self.failure) = why();
        }
    }

    /// The call of the child saga of a step ends.
    pub(crate) fn end(&self, step: u16, end: PartEnd) {
        locked(&self.ended).push((step, end));
    }

    /// Returns what the ends of calls of child sagas mean that have just ended, by step.
    pub(crate) fn take_ended(&self) -> Vec<(u16, PartEnd)> {
        mem::take(&mut *locked(&self.ended))
    }

    /// Returns whether the part that was just polled has failed for good, and if so, how and why.
    pub(crate) fn take_failed(&self) -> Option<(PartFailed, Option<Why>)> {
        if !self.failed.swap(false, Ordering::Relaxed) {
            return None;
        }
        let part = PartFailed {
            refused: self.refused.load(Ordering::Relaxed),
            aborted: self.aborted.load(Ordering::Relaxed),
        };
        Some((part, locked(&self.failure).take()))
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
