//! The rules of a loop: when no further item begins, when the loop rolls back, and what its end
//! means for the step.
//!
//! Each item has a kernel of its own. The little that a loop remembers besides is here, and both
//! the executor and the fold of a journal use it: so they cannot disagree.

use super::{
    api::Kernel,
    command::{Command, End},
    event::{Event, Verdict},
    phase::Direction,
};
use crate::{definition::Items, values::call::CallKind};

/// What one call of a loop remembers of its items, besides their kernels.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct LoopKernel {
    stop: Option<Stop>,
    failed: Option<Failed>,
    /// Calls of an item were lost too often: no further item begins.
    crash_loop: bool,
}

/// The reason why a loop rolls back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stop {
    /// An item has failed before the pivot.
    Failed,
    /// The saga that contains the loop rolls back.
    Recalled,
}

/// The item that failed first.
#[derive(Clone, Copy, Debug)]
struct Failed {
    /// Whether a service refused.
    refused: bool,
}

/// How the call of a loop ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LoopEnd {
    /// Each item is applied, skipped or replaced by its fallback.
    Applied,
    /// Nothing of the loop remains applied.
    Undone { refused: bool, aborted: bool },
    /// Something of the loop remains applied, or is in doubt.
    Stands { aborted: bool },
    /// The loop is after the pivot, and some items did not succeed.
    Unfinished { refused: bool },
    /// The loop is before the pivot, and calls of an item were lost too often.
    CrashLoop,
}

impl LoopKernel {
    /// The state of a loop when this call of it begins.
    pub(crate) fn of(call: CallKind) -> Self {
        Self {
            stop: (call == CallKind::Compensate).then_some(Stop::Recalled),
            ..Self::default()
        }
    }

    /// The reason why no item goes forward, if there is one.
    pub(crate) fn stop(self) -> Option<Stop> {
        self.stop
    }

    /// If the loop rolls back because an item failed: whether a service refused.
    pub(crate) fn failed(self) -> Option<bool> {
        let failed = self.failed.filter(|_| self.stop == Some(Stop::Failed));
        failed.map(|failed| failed.refused)
    }

    /// Whether an item that has not begun may begin.
    pub(crate) fn may_begin(self) -> bool {
        self.stop.is_none() && !self.crash_loop
    }

    /// The saga rolls back. Returns whether that stops the loop now.
    pub(crate) fn recalled(&mut self) -> bool {
        let stops = self.stop.is_none();
        self.stop.get_or_insert(Stop::Recalled);
        stops
    }

    /// An item has changed its state. Returns whether that stops the loop.
    pub(crate) fn moved(&mut self, item: &Kernel) -> bool {
        if self.failed.is_none() && item.first_failed().is_some() {
            let refused = item.is_refused();
            self.failed = Some(Failed { refused });
        }
        self.crash_loop |= is_crash_loop(item);
        let stops = self.stop.is_none() && item.direction() == Direction::Compensating;
        if stops {
            self.stop = Some(Stop::Failed);
        }
        stops
    }

    /// How the call has ended, once no item has anything left to do.
    pub(crate) fn end(self, items: &[Kernel]) -> LoopEnd {
        let parked = items.iter().any(|item| item.end() == Some(End::Parked));
        let refused = self.failed.is_some_and(|failed| failed.refused);
        // An abort of any item counts.
        let aborted = items.iter().any(Kernel::aborted);
        match self.stop {
            None if self.crash_loop => LoopEnd::CrashLoop,
            None if parked => LoopEnd::Unfinished { refused },
            None => LoopEnd::Applied,
            Some(_) if parked => LoopEnd::Stands { aborted },
            Some(_) => LoopEnd::Undone { refused, aborted },
        }
    }
}

impl LoopEnd {
    /// Returns the event that reports this end to the step whose call has ended.
    pub(crate) fn event(self, step: u16, call: CallKind) -> Event {
        let rejected = |verdict, abort| Event::Rejected {
            step,
            verdict,
            abort,
            // Each item has already been tried as often as declared.
            again: false,
            late_passed: true,
        };
        let verdict = |refused| {
            if refused {
                Verdict::Refused
            } else {
                Verdict::Transient
            }
        };
        match (call, self) {
            (CallKind::Compensate, Self::Undone { .. }) => Event::Compensated { step },
            (CallKind::Compensate, _) => Event::CompensationFailed {
                step,
                refused: false,
            },
            (_, Self::Applied) => Event::Applied { step },
            (_, Self::Stands { aborted }) => rejected(Verdict::Unknown, aborted),
            (_, Self::Undone { refused, aborted }) => rejected(verdict(refused), aborted),
            (_, Self::Unfinished { refused }) => rejected(verdict(refused), false),
            (_, Self::CrashLoop) => Event::Lost { step },
        }
    }
}

impl Kernel {
    /// Advances a new kernel of an item to the point where the item begins.
    pub(crate) fn into_item(mut self) -> Self {
        for event in [Event::Attempting { step: 0 }, Event::Applied { step: 0 }] {
            let applied = self.apply(event);
            debug_assert!(applied.is_ok(), "what is before an item is over");
        }
        self
    }

    /// Whether the command undoes an applied item. Undoing waits until no item goes forward any
    /// more; then items are undone in reverse order.
    pub(crate) fn undoes_item(&self, command: Command) -> bool {
        let undoes = match command {
            Command::Call { call, .. }
            | Command::AwaitLate { call, .. }
            | Command::Backoff { call, .. }
            | Command::AfterLoss { call, .. } => call == CallKind::Compensate,
            _ => false,
        };
        undoes && !self.is_in_doubt(Items::STEP)
    }
}

/// Whether the item has parked while going forward, in a loop before the pivot, where a failure
/// would have rolled it back.
fn is_crash_loop(item: &Kernel) -> bool {
    item.direction() == Direction::Forward
        && item.definition().pivot.is_none()
        && item.end() == Some(End::Parked)
}
