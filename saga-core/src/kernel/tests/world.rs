//! The facts outside, as opposed to what the kernel knows of them: the rules that every run has to
//! keep.

mod aborts;
mod arms;
mod depends;
mod end;
mod flight;
mod mail;
mod turn;
mod version;

use crate::values::call::CallKind;
use std::{
    hash::{Hash, Hasher},
    ops::Range,
};

use super::build::Saga;
use crate::{
    definition::{Compensation, Kind, Step},
    kernel::{Cancellation, Direction, End, Event, Left, Phase, Settlement, Verdict},
};
use depends::is_stood_on;
use flight::Flight;
use mail::Mail;

/// Whether an operation is applied outside, as far as that can be known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Fact {
    No,
    Maybe,
    /// Certainly, but only in part.
    Part,
    Yes,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Untouched,
    Started,
    /// A compensation of it was tried, or the saga went back to a savepoint: the next start is a
    /// new operation.
    Closed,
}

/// The operation of a step's latest round.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Operation {
    round: u32,
    fact: Fact,
    stage: Stage,
    /// It is applied, but only the current process has its effect.
    off_record: bool,
    /// Whether an earlier round remains applied: `compensate none again`.
    earlier: Option<Left>,
    /// An attempt said that the saga is aborted unless the operation has happened.
    aborts: bool,
}

/// All operations of a saga, its signals, the conditions of its `when` blocks since the saga last
/// went forward again before them, and the requests of its steps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct World(Vec<Operation>, Vec<Mail>, [Option<bool>; 3], Vec<Flight>);

/// Hashes only a part: most of the rest follows from the saga's state.
impl Hash for World {
    fn hash<H: Hasher>(&self, hasher: &mut H) {
        let facts = |sum, of: &Operation| sum << 4 | (of.fact as u64) << 2 | of.stage as u64;
        hasher.write_u64(self.0.iter().fold(0, facts));
    }
}

/// Whether the step is undone with another one.
fn is_covered(step: &Step) -> bool {
    matches!(step.compensation, Compensation::With(_))
}

fn is_by_key(step: &Step) -> bool {
    matches!(
        step.compensation,
        Compensation::Declared { by_key: true, .. }
    )
}

impl World {
    pub(super) fn new(steps: usize) -> Self {
        let nothing = Operation {
            round: 0,
            fact: Fact::No,
            stage: Stage::Untouched,
            off_record: false,
            earlier: None,
            aborts: false,
        };
        Self(
            vec![nothing; steps],
            vec![Mail::default(); steps],
            [None; 3],
            vec![Flight::default(); steps],
        )
    }

    /// Applies an event that led from one state of the saga to the other.
    pub(super) fn hear(&mut self, before: &Saga, event: Event, after: &Saga) {
        self.mail(before, event, after);
        self.flight(before, event, after);
        self.aborts(before, event);
        match event {
            Event::Attempting { step } => self.attempting(before, step, after),
            Event::Applied { step } => {
                self.learn(after, step, Fact::Yes);
                self.operation(step).off_record = false;
            }
            Event::Unrecordable { step } => {
                self.learn(after, step, Fact::Yes);
                self.operation(step).off_record = declared(after, step).kind != Kind::Read;
            }
            Event::Rejected {
                step,
                verdict,
                late_passed,
                ..
            } => match verdict {
                Verdict::Unknown => self.learn(after, step, Fact::Maybe),
                Verdict::Partial => self.learn(after, step, Fact::Part),
                Verdict::Refused if declared(after, step).idempotent && late_passed => {
                    self.learn(after, step, Fact::No);
                }
                _ => {}
            },
            Event::TimedOut { step } | Event::Panicked { step } => {
                self.learn(after, step, Fact::Maybe);
            }
            Event::Lost { step, .. } => self.lost(before, step, after),
            Event::Resolving { step } => {
                assert_ne!(self.operation(step).fact, Fact::Part, "asked about a part");
            }
            Event::Resolved { step, happened } => {
                self.learn(after, step, if happened { Fact::Yes } else { Fact::No });
            }
            Event::Compensating { step } => self.compensating(before, step),
            Event::Compensated { step } => self.undone(after, step),
            Event::Turned { step } => self.turned(before, step, after),
            Event::Decided { block, taken } => self.decided(after, block, taken),
            Event::Resumed => self.resumed(before),
            Event::Settled { step, settlement } => self.settled(after, step, settlement),
            _ => {}
        }
        if matches!(event, Event::Resumed | Event::Settled { .. }) {
            let parked = before.end() == Some(End::Parked);
            let pending = after.cancellation() == Cancellation::Pending;
            assert!(!parked || !pending, "the caller heard that it is too late");
        }
        let unrecorded = steps(after).filter(|&step| self.needs_effect(after, step));
        assert!(after.unrecorded().eq(unrecorded), "what lacks its effect");
        if let Some(pivot) = after.definition().pivot {
            let passed = self.operation(pivot).fact == Fact::Yes;
            assert!(
                !passed || after.direction() == Direction::Forward,
                "back after the pivot"
            );
        }
    }

    fn operation(&mut self, step: u16) -> &mut Operation {
        &mut self.0[usize::from(step)]
    }

    /// Whether it may be applied: from the start of an attempt until it is known that it is not.
    pub(super) fn may_stand(&self, saga: &Saga, step: u16) -> bool {
        self.is_open(saga, step) || self.0[usize::from(step)].earlier.is_some()
    }

    /// Whether the operation of the latest round alone may be applied.
    pub(super) fn is_open(&self, saga: &Saga, step: u16) -> bool {
        let attempted = saga.phase(step) == Phase::Running(CallKind::Action);
        attempted || self.0[usize::from(step)].fact != Fact::No
    }

    /// Whether it is certainly applied, in its latest round or in an earlier one.
    pub(super) fn stands(&self, step: u16) -> bool {
        self.has_happened(step) || self.0[usize::from(step)].earlier == Some(Left::Certain)
    }

    /// Whether the operation of the latest round is certainly applied.
    pub(super) fn has_happened(&self, step: u16) -> bool {
        self.0[usize::from(step)].fact == Fact::Yes
    }

    /// An effect that remains by declaration does not disappear by the answer to another attempt,
    /// nor does a part of an operation.
    fn learn(&mut self, saga: &Saga, step: u16, fact: Fact) {
        let operation = self.operation(step);
        let acts = matches!(declared(saga, step).kind, Kind::Step | Kind::Pivot);
        let stays = match operation.fact {
            Fact::No | Fact::Maybe => false,
            Fact::Part => fact != Fact::Yes,
            Fact::Yes => true,
        };
        if acts && !stays {
            operation.fact = fact;
        }
    }

    /// The running call is lost, or else the effect.
    fn lost(&mut self, before: &Saga, step: u16, after: &Saga) {
        match before.running().find(|&(runs, _)| runs == step) {
            Some((_, CallKind::Action)) => self.learn(after, step, Fact::Maybe),
            Some(_) => {}
            None => self.forget(after, step),
        }
    }

    /// The effect of the step is lost. It is still known to be applied, unless a compensation was
    /// tried, or nothing can settle it.
    fn forget(&mut self, saga: &Saga, step: u16) {
        let declared = declared(saga, step);
        let operation = self.operation(step);
        operation.off_record = false;
        if operation.stage == Stage::Closed || !can_be_settled(declared) {
            operation.fact = Fact::Maybe;
        }
    }

    /// The step is undone, with all steps that its compensation covers.
    fn undone(&mut self, saga: &Saga, step: u16) {
        let covered = |&other: &u16| declared(saga, other).compensation.with() == Some(step);
        for gone in steps(saga).filter(covered).chain([step]) {
            let operation = self.operation(gone);
            operation.fact = Fact::No;
            operation.off_record = false;
        }
    }

    fn resumed(&mut self, before: &Saga) {
        for step in steps(before) {
            if self.operation(step).off_record && !is_left_behind(before, step) {
                self.forget(before, step);
            }
        }
    }

    fn settled(&mut self, saga: &Saga, step: u16, settlement: Settlement) {
        self.undone(saga, step);
        let operation = self.operation(step);
        match settlement {
            Settlement::Applied => operation.fact = Fact::Yes,
            Settlement::NotApplied => {}
            Settlement::Undone => operation.stage = Stage::Closed,
        }
    }

    /// Whether the rollback has still to undo it, with an effect that only the current process has.
    fn needs_effect(&self, saga: &Saga, step: u16) -> bool {
        let phase = saga.phase(step);
        self.0[usize::from(step)].off_record
            && saga.direction() == Direction::Compensating
            && !is_left_behind(saga, step)
            && matches!(phase, Phase::Applied | Phase::Waiting(CallKind::Compensate))
    }

    /// Whether the event may occur, if all services keep their promises and operators tell the
    /// truth.
    pub(super) fn allows(&self, saga: &Saga, event: Event) -> bool {
        let fact = |step: u16| self.0.get(usize::from(step)).map_or(Fact::No, |of| of.fact);
        match event {
            Event::Settled { step, settlement } => match settlement {
                // It may also have been done by hand since.
                Settlement::Applied => {
                    let is_there = usize::from(step) < saga.states.len();
                    fact(step) != Fact::No || is_there && saga.phase(step) == Phase::Failed
                }
                Settlement::NotApplied => !matches!(fact(step), Fact::Part | Fact::Yes),
                Settlement::Undone => true,
            },
            Event::Resolved { step, happened } => happened || fact(step) != Fact::Yes,
            Event::Rejected {
                step,
                verdict: Verdict::Refused,
                late_passed: true,
                ..
            } => fact(step) != Fact::Yes || !declared(saga, step).idempotent,
            Event::Rejected {
                step,
                late_passed: false,
                ..
            } => self.may_be_early(step),
            _ => true,
        }
    }

    fn attempting(&mut self, before: &Saga, step: u16, after: &Saga) {
        let declared = declared(after, step);
        let taken = |block| self.is_taken(after, block);
        assert!(declared.condition.is_none_or(taken), "it is not to happen");
        let round = after.round(step);
        let operation = self.operation(step);
        let asks = operation.fact == Fact::Yes && before.is_in_doubt(step) && declared.idempotent;
        let open = matches!(operation.fact, Fact::Maybe | Fact::Part);
        let settles = (open || asks) && operation.round == round;
        assert!(
            before.direction() == Direction::Forward || settles,
            "an attempt on the way back"
        );
        assert!(
            operation.fact == Fact::No || settles,
            "what may have happened is called again"
        );
        let closed = operation.stage == Stage::Closed;
        if closed && !settles {
            assert_ne!(operation.round, round, "two operations under one key");
        } else if operation.stage != Stage::Untouched {
            assert_eq!(operation.round, round, "one operation under two keys");
        }
        if operation.round != round {
            assert_eq!(operation.fact, Fact::No, "an operation was forgotten");
        }
        *operation = Operation {
            round,
            stage: if closed && settles {
                Stage::Closed
            } else {
                Stage::Started
            },
            ..*operation
        };
        for &on in declared.stands_on.iter() {
            assert!(
                !self.operation(on).off_record,
                "an attempt on what is not on record"
            );
            let committed = matches!(
                before.phase(on),
                Phase::Applied | Phase::Skipped | Phase::FellBack
            );
            assert!(committed || settles, "an attempt on nothing");
        }
    }

    fn compensating(&mut self, before: &Saga, step: u16) {
        let operation = self.operation(step);
        operation.stage = Stage::Closed;
        match operation.fact {
            Fact::No => panic!("nothing to compensate"),
            Fact::Maybe | Fact::Part => {
                assert!(is_by_key(declared(before, step)), "compensated in doubt");
            }
            Fact::Yes => {
                assert_eq!(before.direction(), Direction::Compensating);
                assert!(!is_stood_on(before, step), "something stands on it");
            }
        }
    }
}

pub(super) fn steps(saga: &Saga) -> Range<u16> {
    0..u16::try_from(saga.states.len()).unwrap()
}

fn can_be_settled(step: &Step) -> bool {
    step.resolve.is_some() || step.idempotent || is_by_key(step)
}

pub(super) fn is_left_behind(saga: &Saga, step: u16) -> bool {
    saga.direction() == Direction::Compensating && declared(saga, step).compensation.is_passed()
}

pub(super) fn declared(saga: &Saga, step: u16) -> &Step {
    &saga.definition().steps[usize::from(step)]
}
