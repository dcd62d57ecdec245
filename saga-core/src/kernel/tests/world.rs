//! What is true outside, told apart from what the kernel believes: the rules that every run has to
//! keep.

use std::{
    hash::{Hash, Hasher},
    ops::Range,
};

use super::build::Saga;
use crate::{
    definition::{Compensation, Kind, Step},
    kernel::{
        Direction, End, Event, Left, Phase, Running, Settlement, Verdict, Waiting, state::Course,
    },
};

/// Whether an operation stands outside, as far as anybody can know.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Fact {
    No,
    Maybe,
    Yes,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Untouched,
    Started,
    /// A compensation of it was tried, or the saga turned: what starts next is another one.
    Closed,
}

/// The operation of a step's latest round.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Operation {
    round: u32,
    fact: Fact,
    /// What nobody could settle of an earlier round.
    perhaps_earlier: bool,
    stage: Stage,
    /// It stands, but only the process at hand has its effect.
    off_record: bool,
}

/// All operations of a saga.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct World(Vec<Operation>);

/// Of a part of it: the saga's state tells most of the rest.
impl Hash for World {
    fn hash<H: Hasher>(&self, hasher: &mut H) {
        let facts = |sum, of: &Operation| sum << 4 | (of.fact as u64) << 2 | of.stage as u64;
        hasher.write_u64(self.0.iter().fold(0, facts));
    }
}

fn may_stay(step: &Step) -> bool {
    matches!(step.compensation, Compensation::None)
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
            perhaps_earlier: false,
            stage: Stage::Untouched,
            off_record: false,
        };
        Self(vec![nothing; steps])
    }

    /// The event led from one state of the saga to the other.
    pub(super) fn hear(&mut self, before: &Saga, event: Event, after: &Saga) {
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
                Verdict::Refused if declared(after, step).idempotent && late_passed => {
                    self.learn(after, step, Fact::No);
                }
                Verdict::Refused | Verdict::Transient => {}
            },
            Event::TimedOut { step } | Event::Panicked { step } => {
                self.learn(after, step, Fact::Maybe);
            }
            Event::Lost { step, .. } => self.lost(before, step, after),
            Event::Resolved { step, happened } => {
                let fact = if happened { Fact::Yes } else { Fact::No };
                self.learn(after, step, fact);
            }
            Event::Compensating { step } => self.compensating(before, step),
            Event::Compensated { step } => self.undone(step),
            Event::Turned { step } => self.turned(before, step, after),
            Event::Resumed => self.resumed(before),
            Event::Settled { step, settlement } => self.settled(step, settlement),
            _ => {}
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

    /// What stands by declaration does not go away by an answer to another attempt.
    fn learn(&mut self, saga: &Saga, step: u16, fact: Fact) {
        let operation = self.operation(step);
        if declared(saga, step).kind != Kind::Read && operation.fact != Fact::Yes {
            operation.fact = fact;
        }
    }

    /// A call that ran, or else an effect.
    fn lost(&mut self, before: &Saga, step: u16, after: &Saga) {
        match before.running().find(|&(runs, _)| runs == step) {
            Some((_, Running::Action)) => self.learn(after, step, Fact::Maybe),
            Some(_) => {}
            None => self.forget(after, step),
        }
    }

    /// Nobody has its effect any more. That it stands is still known, unless somebody tried to undo
    /// it, or nobody can ask.
    fn forget(&mut self, saga: &Saga, step: u16) {
        let declared = declared(saga, step);
        let operation = self.operation(step);
        operation.off_record = false;
        if operation.stage == Stage::Closed || !can_be_settled(declared) {
            operation.fact = Fact::Maybe;
        }
    }

    fn undone(&mut self, step: u16) {
        let operation = self.operation(step);
        operation.fact = Fact::No;
        operation.off_record = false;
    }

    fn resumed(&mut self, before: &Saga) {
        for step in steps(before) {
            if self.operation(step).off_record && !is_left_behind(before, step) {
                self.forget(before, step);
            }
        }
    }

    fn settled(&mut self, step: u16, settlement: Settlement) {
        self.undone(step);
        let operation = self.operation(step);
        match settlement {
            Settlement::Applied => operation.fact = Fact::Yes,
            Settlement::NotApplied => {}
            Settlement::Undone => operation.stage = Stage::Closed,
        }
    }

    /// Whether the way back has still to undo it, with an effect that only the process at hand has.
    fn needs_effect(&self, saga: &Saga, step: u16) -> bool {
        let phase = saga.phase(step);
        self.0[usize::from(step)].off_record
            && saga.direction() == Direction::Back
            && !is_left_behind(saga, step)
            && matches!(phase, Phase::Applied | Phase::Waiting(Waiting::Compensate))
    }

    /// Whether it can be heard, if all keep to what they promise, and people to the truth.
    pub(super) fn allows(&self, saga: &Saga, event: Event) -> bool {
        let fact = |step: u16| self.0.get(usize::from(step)).map_or(Fact::No, |of| of.fact);
        match event {
            Event::Settled { step, settlement } => match settlement {
                Settlement::Applied => fact(step) != Fact::No,
                Settlement::NotApplied => fact(step) != Fact::Yes,
                Settlement::Undone => true,
            },
            Event::Resolved { step, happened } => {
                happened || fact(step) != Fact::Yes || may_stay(declared(saga, step))
            }
            Event::Rejected {
                step,
                verdict: Verdict::Refused,
                late_passed: true,
                ..
            } => {
                let stays = |declared: &Step| !declared.idempotent || may_stay(declared);
                fact(step) != Fact::Yes || stays(declared(saga, step))
            }
            _ => true,
        }
    }

    fn attempting(&mut self, before: &Saga, step: u16, after: &Saga) {
        let declared = declared(after, step);
        let (stays, round) = (may_stay(declared), after.round(step));
        let operation = self.operation(step);
        let asks = operation.fact == Fact::Yes && before.is_in_doubt(step) && declared.idempotent;
        let settles = (operation.fact == Fact::Maybe || asks) && operation.round == round;
        assert!(
            before.direction() == Direction::Forward || settles,
            "an attempt on the way back"
        );
        assert!(
            operation.fact != Fact::Yes || stays || settles,
            "applied twice"
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
            Fact::Maybe => assert!(is_by_key(declared(before, step)), "compensated in doubt"),
            Fact::Yes => {
                assert_eq!(before.direction(), Direction::Back);
                assert!(!is_stood_on(before, step), "something stands on it");
            }
        }
    }

    fn turned(&mut self, before: &Saga, step: u16, after: &Saga) {
        let limits = after
            .definition()
            .steps
            .iter()
            .filter_map(|step| step.savepoint.as_ref());
        assert!(
            limits
                .into_iter()
                .any(|savepoint| savepoint.limit.allows(after.turns() - 1))
        );
        for again in step..steps(before).end {
            let declared = declared(before, again);
            let left = before.left().any(|(left, _)| left == again);
            let operation = self.operation(again);
            operation.off_record = false;
            if may_stay(declared) {
                continue;
            }
            assert!(operation.fact == Fact::No || left, "turned on something");
            operation.perhaps_earlier |= operation.fact == Fact::Maybe;
            operation.fact = Fact::No;
            if operation.stage == Stage::Started {
                operation.stage = Stage::Closed;
            }
        }
    }

    /// It has ended: what may stand is on one of the lists.
    pub(super) fn end(&self, saga: &Saga, end: End) {
        assert_eq!(saga.running().count(), 0);
        let mut unfinished = saga
            .unfinished()
            .chain(saga.standing())
            .chain(saga.in_doubt());
        assert!(
            end != End::Parked || unfinished.next().is_some() || saga.saga.course == Course::Halted,
            "parked for nothing"
        );
        for (step, operation) in (0..).zip(&self.0) {
            let left = saga
                .left()
                .find(|&(left, _)| left == step)
                .map(|(_, left)| left);
            let stands = saga.standing().any(|standing| standing == step);
            let doubt = saga.in_doubt().any(|doubt| doubt == step);
            let committed = matches!(
                saga.phase(step),
                Phase::Applied | Phase::Skipped | Phase::FellBack
            );
            let listed = match operation.fact {
                Fact::Yes if end == End::Completed => committed || left.is_some(),
                Fact::Yes if declared(saga, step).kind == Kind::Read => true,
                Fact::Yes => (stands || doubt) && end == End::Parked || left == Some(Left::Certain),
                Fact::Maybe => doubt && end == End::Parked || left.is_some(),
                Fact::No => !stands && !doubt && left.is_none_or(|_| operation.perhaps_earlier),
            };
            assert!(listed, "{step} is not where it should be");
            assert!(!operation.perhaps_earlier || left.is_some());
            assert!(!operation.off_record || end == End::Parked || left.is_some());
            let unfinished = saga.unfinished().any(|unfinished| unfinished == step);
            let done = match end {
                End::Completed => committed,
                End::Compensated => !unfinished && saga.direction() == Direction::Back,
                End::Parked if saga.direction() == Direction::Back => !unfinished,
                End::Parked => committed || unfinished || doubt || stands,
            };
            assert!(done, "{step} is not done");
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
    saga.direction() == Direction::Back && may_stay(declared(saga, step))
}

pub(super) fn declared(saga: &Saga, step: u16) -> &Step {
    &saga.definition().steps[usize::from(step)]
}

/// Whether something that resists stands on the step, directly or through others.
fn is_stood_on(saga: &Saga, step: u16) -> bool {
    let mut above = step + 1..steps(saga).end;
    above.any(|upper| {
        let phase = saga.phase(upper);
        let resists = matches!(phase, Phase::Standing | Phase::Kept | Phase::Unsettled);
        declared(saga, upper).stands_on.contains(&step)
            && phase != Phase::Skipped
            && (resists || is_stood_on(saga, upper))
    })
}
