//! The whole state of a saga, to be compared and found again.

use std::hash::{Hash, Hasher};

use super::build::Saga;
use crate::kernel::{
    Cancellation, Direction, Kernel,
    state::{Course, SagaState, StepPhase, StepState},
};

/// Everything that distinguishes states of a saga: all fields of the kernel, except for what is
/// due, which follows from the others.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "as in the kernel")]
pub(super) struct Situation {
    states: Vec<StepState>,
    cursor: u16,
    below: u16,
    course: Course,
    durable: bool,
    direction: Direction,
    requests: [Cancellation; 2],
    aborted: bool,
    arriving: bool,
    turns: u32,
    entered: u16,
    first_failed: Option<u16>,
    recalled: bool,
    refused: bool,
}

impl Situation {
    pub(super) fn of(saga: &Saga) -> Self {
        assert_eq!(saga.due, saga.view().due(), "{saga:?}");
        // Without `..`, so that a new field is compared, too.
        let Kernel {
            saga,
            states,
            due: _,
        } = saga;
        let SagaState {
            definition: _,
            cursor,
            below,
            course,
            durable,
            direction,
            cancellation,
            deadline,
            aborted,
            arriving,
            recalled,
            turns,
            entered,
            first_failed,
            refused,
        } = *saga;
        Self {
            states: states.to_vec(),
            cursor,
            below,
            course,
            durable,
            direction,
            requests: [cancellation, deadline],
            aborted,
            arriving,
            turns,
            entered,
            first_failed,
            recalled,
            refused,
        }
    }
}

/// A number for each phase, in order of declaration; calls and waits have several each.
pub(super) fn phase_number(phase: StepPhase) -> u8 {
    match phase {
        StepPhase::Pending => 0,
        StepPhase::Ready => 1,
        StepPhase::Calling(call) => 2 + call as u8,
        StepPhase::Waiting(call) => 7 + call as u8,
        StepPhase::Doubt => 12,
        StepPhase::UsedUp => 13,
        StepPhase::Failed => 14,
        StepPhase::CrashLoop => 15,
        StepPhase::Barred => 16,
        StepPhase::Applied => 17,
        StepPhase::Unrecorded => 18,
        StepPhase::Skipped => 19,
        StepPhase::Omitted => 20,
        StepPhase::Absent => 21,
        StepPhase::FellBack => 22,
        StepPhase::Undone => 23,
        StepPhase::Uncompensated => 24,
        StepPhase::Kept => 25,
        StepPhase::Unsettled => 26,
        StepPhase::Awaiting => 27,
    }
}

/// Hashes only a part: without optimisation, hashing the whole takes longer than comparing it.
impl Hash for Situation {
    fn hash<H: Hasher>(&self, hasher: &mut H) {
        for state in &self.states {
            let bytes = [
                phase_number(state.at),
                state.cause as u8,
                state.panics,
                state.streak.len() | u8::from(state.flags & 1 << 8 != 0) << 7,
            ];
            let counted = [state.attempts, state.resolve_failures, state.undo_failures];
            let counted = counted.iter().fold(state.round, |sum, n| sum << 4 ^ n);
            hasher.write_u64(u64::from(u32::from_le_bytes(bytes)) << 32 | u64::from(counted));
        }
        let requests = self.requests.map(|request| request as u8);
        let bytes = [
            self.direction as u8,
            u8::from(self.aborted) | u8::from(self.recalled) << 1,
            requests[0],
            requests[1],
        ];
        hasher.write_u64(u64::from(u32::from_le_bytes(bytes)) << 32 | u64::from(self.turns));
    }
}

/// FNV-1a, word by word: without optimisation, the standard hasher takes most of the time.
#[derive(Default)]
pub(super) struct Fnv(u64);

impl Hasher for Fnv {
    fn finish(&self) -> u64 {
        self.0 ^ self.0 >> 32
    }

    fn write(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.write_u64(byte.into());
        }
    }

    fn write_u8(&mut self, byte: u8) {
        self.write_u64(byte.into());
    }

    fn write_u32(&mut self, word: u32) {
        self.write_u64(word.into());
    }

    fn write_u64(&mut self, word: u64) {
        self.0 = (self.0 ^ word).wrapping_mul(0x0100_0000_01b3);
    }

    fn write_usize(&mut self, word: usize) {
        self.write_u64(word as u64);
    }

    fn write_isize(&mut self, word: isize) {
        self.write_usize(word.unsigned_abs());
    }
}
