//! Short functions for building small sagas and applying events to them.

use crate::values::call::CallKind;
use std::time::Duration;

use crate::{
    definition::{
        Arm, Backoff, Call, Child, Compensation, Condition, Definition, DefinitionRef, Group, Kind,
        Limit, Retry, Savepoint, Step, Timing,
    },
    kernel::{Command, Event, Kernel, Lane},
};

pub(super) use super::events::*;

pub(super) fn times(n: u32) -> Retry {
    Retry {
        limit: Limit::Times(n),
        backoff: Backoff {
            base: Timing::Fixed(Duration::from_millis(7)),
            cap: Timing::Fixed(Duration::from_millis(70)),
            jitter: false,
        }
        .into(),
    }
}

/// What the errors of a step may say besides what happened. No definition knows it: the tests note it
/// in the type of the effect, which no rule reads.
pub(super) const MAY_ABORT: &str = "may abort";
pub(super) const MAY_BE_FINAL: &str = "may be final";

fn of_kind(kind: Kind, compensation: Compensation) -> Step {
    Step {
        name: "step".into(),
        kind,
        compensation,
        ..Step::PLAIN
    }
}

fn declared(by_key: bool) -> Compensation {
    let call = Call::PLAIN;
    Compensation::Declared { by_key, call }
}

/// A step with a plain compensation.
pub(super) fn step() -> Step {
    of_kind(Kind::Step, declared(false))
}

/// A step with `compensate none`.
pub(super) fn lasting() -> Step {
    of_kind(Kind::Step, Compensation::None { again: false })
}

/// A step with `compensate none again`.
pub(super) fn again() -> Step {
    of_kind(Kind::Step, Compensation::None { again: true })
}

/// A step that is undone with this earlier step.
pub(super) fn covered(by: u16) -> Step {
    let mut step = of_kind(Kind::Step, Compensation::With(by));
    step.stands_on = vec![by].into();
    step
}

/// A child saga.
pub(super) fn child() -> Step {
    let mut step = of_kind(Kind::Step, Compensation::Absent);
    step.child = Some(Child {
        definition: definition([step.clone()]).into(),
        ..Child::PLAIN
    });
    step
}

/// A child saga of these steps.
pub(super) fn nesting(steps: impl IntoIterator<Item = Step>) -> Step {
    let mut step = child();
    step.child = Some(Child {
        definition: definition(steps).into(),
        ..Child::PLAIN
    });
    step
}

/// The step with `compensate none`.
pub(super) fn stays(step: Step) -> Step {
    Step {
        compensation: Compensation::None { again: false },
        ..step
    }
}

/// An idempotent step after the pivot.
pub(super) fn last() -> Step {
    of_kind(Kind::Step, Compensation::Absent).idempotent()
}

pub(super) fn read() -> Step {
    of_kind(Kind::Read, Compensation::Absent)
}

pub(super) fn signal() -> Step {
    of_kind(Kind::Signal, Compensation::Absent)
}

pub(super) fn sleep() -> Step {
    of_kind(Kind::Sleep, Compensation::Absent)
}

pub(super) fn lock() -> Step {
    of_kind(Kind::Lock, Compensation::Absent)
}

/// An idempotent pivot.
pub(super) fn pivot() -> Step {
    of_kind(Kind::Pivot, Compensation::Absent).idempotent()
}

/// The other declarations of a step.
pub(super) trait Declare {
    fn idempotent(self) -> Self;
    /// Its compensation settles doubt.
    fn by_key(self) -> Self;
    /// Sets how often its compensation is tried.
    fn undo(self, n: u32) -> Self;
    fn resolve(self) -> Self;
    fn resolve_times(self, n: u32) -> Self;
    /// The `#[late]` of the saga.
    fn late(self) -> Self;
    /// `#[late]` on the step itself: a compensation waits for it, too.
    fn own_late(self) -> Self;
    fn retry(self, n: u32) -> Self;
    /// Its `resolve` and its compensation have a `#[classify]`.
    fn judged(self) -> Self;
    fn fallback(self) -> Self;
    fn when(self) -> Self;
    fn savepoint(self, n: u32) -> Self;
    /// Its savepoint is for failures of these steps.
    fn for_failures_of(self, steps: &'static [u16]) -> Self;
    /// It reads the effects of these steps.
    fn on(self, steps: &'static [u16]) -> Self;
    /// It reads the effects of these siblings.
    fn awaits(self, siblings: &'static [u16]) -> Self;
}

impl Declare for Step {
    fn idempotent(mut self) -> Self {
        self.idempotent = true;
        self
    }

    fn by_key(mut self) -> Self {
        self.compensation = declared(true);
        self
    }

    fn undo(mut self, n: u32) -> Self {
        if let Compensation::Declared { call, .. } = &mut self.compensation {
            call.retry = Some(times(n));
        }
        self
    }

    fn resolve(mut self) -> Self {
        self.resolve = Some(Call::PLAIN.into());
        self
    }

    fn resolve_times(mut self, n: u32) -> Self {
        let resolve = Call {
            retry: Some(times(n)),
            ..Call::PLAIN
        };
        self.resolve = Some(resolve.into());
        self
    }

    fn late(mut self) -> Self {
        self.late = Some(Timing::Fixed(Duration::from_secs(30)));
        self
    }

    fn own_late(mut self) -> Self {
        self.late_undo = !self.is_by_key();
        self.late()
    }

    fn retry(mut self, n: u32) -> Self {
        self.retry = Some(times(n));
        self
    }

    fn judged(mut self) -> Self {
        if let Some(resolve) = &mut self.resolve {
            resolve.classified = true;
        }
        if let Compensation::Declared { call, .. } = &mut self.compensation {
            call.classified = true;
        }
        self
    }

    fn fallback(mut self) -> Self {
        self.fallback = Some(Call::PLAIN.into());
        self
    }

    fn when(mut self) -> Self {
        self.when = Some([][..].into());
        self
    }

    fn savepoint(mut self, n: u32) -> Self {
        self.savepoint = Some(Savepoint::of(times(n)));
        self
    }

    fn for_failures_of(mut self, steps: &'static [u16]) -> Self {
        let savepoint = self.savepoint.as_mut().expect("it is a savepoint");
        savepoint.on = Some(steps.into());
        self
    }

    fn on(mut self, steps: &'static [u16]) -> Self {
        self.stands_on = steps.into();
        self
    }

    fn awaits(mut self, siblings: &'static [u16]) -> Self {
        self.awaits = siblings.into();
        self.on(siblings)
    }
}

/// The steps as one block, which begins at index `first`.
pub(super) fn group(first: u16, steps: impl IntoIterator<Item = Step>) -> Vec<Step> {
    let mut steps: Vec<_> = steps.into_iter().collect();
    let len = u16::try_from(steps.len()).unwrap();
    for step in &mut steps {
        step.group = Some(Group { first, len });
    }
    steps
}

/// The steps as the `when` block with this index, which begins with the first of them.
pub(super) fn governed(block: u16, steps: impl IntoIterator<Item = Step>) -> Vec<Step> {
    let steps = steps.into_iter().map(|step| Step {
        condition: Some(block),
        ..step
    });
    steps.collect()
}

/// The steps as a block that is this arm of a `when`; its index is `block`. The arm is written next to the
/// index until [`definition`] reads both.
pub(super) fn arm(arm: Arm, block: u16, steps: impl IntoIterator<Item = Step>) -> Vec<Step> {
    governed(ARMS * (arm as u16) + block, steps)
}

/// A larger number than there are blocks.
const ARMS: u16 = 100;

pub(super) fn definition(steps: impl IntoIterator<Item = Step>) -> Definition {
    let mut steps: Vec<_> = steps.into_iter().collect();
    let pivot = steps.iter().position(|step| step.kind == Kind::Pivot);
    let mut conditions: Vec<Condition> = Vec::new();
    for (index, step) in (0..).zip(&mut steps) {
        let Some(block) = &mut step.condition else {
            continue;
        };
        let arm = Arm::ALL[usize::from(*block / ARMS)];
        *block %= ARMS;
        match conditions.get_mut(usize::from(*block)) {
            Some(condition) => condition.len = index + 1 - condition.first,
            None => conditions.push(Condition {
                first: index,
                len: 1,
                arm,
                ..Condition::PLAIN
            }),
        }
    }
    Definition {
        name: "Test".into(),
        classified: true,
        output: "()".into(),
        error: "()".into(),
        steps: steps.into(),
        conditions: conditions.into(),
        pivot: pivot.map(|at| u16::try_from(at).unwrap()),
        ..Definition::EMPTY
    }
}

pub(super) type Saga = Kernel;

pub(super) fn memory(steps: impl IntoIterator<Item = Step>) -> Saga {
    saga(definition(steps), false)
}

pub(super) fn durable(steps: impl IntoIterator<Item = Step>) -> Saga {
    saga(definition(steps), true)
}

pub(super) fn saga(definition: impl Into<DefinitionRef>, durable: bool) -> Saga {
    Kernel::new(definition, durable)
}

impl Saga {
    /// Applies the event, which must fit.
    pub(super) fn hear(&mut self, event: Event) -> &mut Self {
        if let Err(illegal) = self.apply(event) {
            panic!("{illegal}: {self:?}");
        }
        self
    }

    /// Makes an attempt of the step, which ends with this event.
    pub(super) fn act(&mut self, step: u16, report: fn(u16) -> Event) -> &mut Self {
        self.hear(Event::Attempting { step }).hear(report(step))
    }

    /// Applies these steps at their first attempts.
    pub(super) fn apply_all(&mut self, steps: impl IntoIterator<Item = u16>) -> &mut Self {
        for step in steps {
            self.act(step, applied);
        }
        self
    }

    pub(super) fn resolve(&mut self, step: u16, answer: fn(u16) -> Event) -> &mut Self {
        self.hear(Event::Resolving { step }).hear(answer(step))
    }

    pub(super) fn compensate(&mut self, step: u16, report: fn(u16) -> Event) -> &mut Self {
        self.hear(Event::Compensating { step }).hear(report(step))
    }

    pub(super) fn fall_back(&mut self, step: u16, report: fn(u16) -> Event) -> &mut Self {
        self.hear(Event::FallingBack { step }).hear(report(step))
    }

    pub(super) fn wait(&mut self, step: u16) -> &mut Self {
        self.hear(Event::Waited { step })
    }

    /// Loses the call this many times in a row, and makes it again each time but the last.
    pub(super) fn lose(&mut self, step: u16, begin: fn(u16) -> Event, times: usize) -> &mut Self {
        for time in 0..times {
            if time > 1 {
                self.wait(step);
            }
            self.hear(begin(step)).hear(lost(step));
        }
        self
    }

    pub(super) fn is_compensating(&self, step: u16) -> bool {
        self.next() == Command::call(step, CallKind::Compensate)
    }

    pub(super) fn is_attempting(&self, step: u16) -> bool {
        self.next() == Command::call(step, CallKind::Action)
    }
}

pub(super) const fn backoff(step: u16, call: CallKind, failure: u32) -> Command {
    Command::Backoff {
        step,
        call,
        failure,
    }
}

/// The wait for late requests before this call.
pub(super) const fn await_late(step: u16, call: CallKind) -> Command {
    Command::AwaitLate { step, call }
}

/// The wait of a call that was lost several times in a row.
pub(super) const fn after_loss(step: u16, call: CallKind, seconds: u16) -> Command {
    Command::AfterLoss {
        step,
        call,
        seconds,
    }
}

pub(super) const fn run(command: Command) -> Lane {
    Lane::Run(command)
}
