//! Calls that were lost with their process: how many in a row, and how long the next one waits.

use crate::definition::CRASH_LOOP;
use crate::values::call::CallKind;

/// The number of calls of a step, for each kind, that were lost with their process in a row. Any
/// answer of a call ends its row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Losses([u8; 4]);

impl Losses {
    pub(super) const NONE: Self = Self([0; 4]);

    pub(super) const fn of(self, call: CallKind) -> u8 {
        match Self::place(call) {
            Some(at) => self.0[at],
            None => 0,
        }
    }

    /// Whether the call must not be made again.
    pub(super) const fn is_loop(self, call: CallKind) -> bool {
        self.of(call) >= CRASH_LOOP
    }

    pub(super) const fn end(&mut self, call: CallKind) {
        self.set(call, 0);
    }

    pub(super) const fn set(&mut self, call: CallKind, times: u8) {
        if let Some(at) = Self::place(call) {
            self.0[at] = times;
        }
    }

    /// The start of `when` is not recorded, so none is lost.
    const fn place(call: CallKind) -> Option<usize> {
        (call as usize).checked_sub(CallKind::Action as usize)
    }

    /// Counts one more loss.
    pub(super) fn add(&mut self, call: CallKind) {
        self.set(call, CRASH_LOOP.min(self.of(call) + 1));
    }
}

/// The seconds to wait before the next call, after this many losses in a row: none after the first
/// loss, then one, doubled after each further loss, up to five minutes.
pub(super) fn wait_after(losses: u8) -> u16 {
    let doubled = losses.checked_sub(2);
    let seconds = doubled.map_or(0, |times| {
        1u16.checked_shl(times.into()).unwrap_or(u16::MAX)
    });
    seconds.min(300)
}

#[cfg(test)]
mod tests {
    use super::{Losses, wait_after};
    use crate::values::call::CallKind;

    const ALL: [CallKind; 4] = [
        CallKind::Action,
        CallKind::Resolve,
        CallKind::Compensate,
        CallKind::Fallback,
    ];

    #[test]
    fn each_kind_of_call_is_counted_by_itself() {
        for call in ALL {
            let mut losses = Losses::NONE;
            for all in ALL {
                losses.set(all, 5);
            }
            for times in 6..=10 {
                losses.add(call);
                assert_eq!(losses.of(call), times);
            }
            losses.add(call);
            assert!(losses.is_loop(call) && losses.of(call) == 10);
            assert_eq!(
                ALL.iter().filter(|&&other| losses.of(other) == 5).count(),
                3
            );
            losses.end(call);
            assert_eq!(
                ALL.map(|all| u32::from(losses.of(all))).iter().sum::<u32>(),
                15
            );
        }
    }

    #[test]
    fn a04_the_waits_double_from_a_second_up_to_five_minutes() {
        let waits: Vec<_> = (1..=12).map(wait_after).collect();
        assert_eq!(waits, [0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300]);
        assert_eq!(wait_after(u8::MAX), 300);
    }
}
