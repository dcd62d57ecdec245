//! Small sagas in few words. The limit of an action is a second, that of `resolve` 300 ms, that of
//! a compensation 400 ms, that of a fallback 200 ms; waits are 10 ms.

use std::time::Duration;

use typed_saga_definition::{
    Backoff, Call, Child, Compensation, Condition, Definition, Group, Kind, Limit, Retry,
    Savepoint, Step, Text, Timing,
};

use crate::{Analysis, Bound};

pub(super) const fn ms(millis: u64) -> Bound {
    Bound::Within(Duration::from_millis(millis))
}

const fn fixed(millis: u64) -> Timing {
    Timing::Fixed(Duration::from_millis(millis))
}

pub(super) fn times(n: u32) -> Retry {
    let wait = fixed(10);
    Retry {
        limit: Limit::Times(n),
        backoff: Backoff {
            base: wait.clone(),
            cap: wait,
            jitter: true,
        }
        .into(),
    }
}

pub(super) fn call(limit: u64, tries: u32) -> Call {
    Call {
        timeout: Some(fixed(limit)),
        retry: Some(times(tries)),
        ..Call::PLAIN
    }
}

fn of(kind: Kind, compensation: Compensation) -> Step {
    Step {
        kind,
        compensation,
        timeout: Some(fixed(1000)),
        ..Step::PLAIN
    }
}

fn undo(by_key: bool) -> Compensation {
    let call = call(400, 1);
    Compensation::Declared { by_key, call }
}

/// `#[idempotent] #[retry(1)]`, with a compensation that is tried once.
pub(super) fn step() -> Step {
    Step {
        idempotent: true,
        retry: Some(times(1)),
        ..of(Kind::Step, undo(false))
    }
}

/// A step with a compensation by key, and nothing else that settles doubt.
pub(super) fn by_key() -> Step {
    of(Kind::Step, undo(true))
}

pub(super) fn asked(tries: u32) -> Step {
    Step {
        resolve: Some(call(300, tries).into()),
        ..of(Kind::Step, undo(false))
    }
}

pub(super) fn lasting() -> Step {
    Step {
        compensation: Compensation::None { again: false },
        ..step()
    }
}

/// A step with `compensate with`.
pub(super) fn with(other: u16) -> Step {
    Step {
        compensation: Compensation::With(other),
        stands_on: vec![other].into(),
        ..step()
    }
}

pub(super) fn read() -> Step {
    of(Kind::Read, Compensation::Absent)
}

pub(super) fn signal() -> Step {
    of(Kind::Signal, Compensation::Absent)
}

pub(super) fn pivot() -> Step {
    Step {
        kind: Kind::Pivot,
        ..last()
    }
}

/// A step after the pivot.
pub(super) fn last() -> Step {
    Step {
        compensation: Compensation::Absent,
        ..step()
    }
}

pub(super) fn named(name: &'static str, step: Step) -> Step {
    Step {
        name: Text::Borrowed(name),
        ..step
    }
}

/// A child saga.
pub(super) fn child(definition: Definition) -> Step {
    let mut child = of(Kind::Step, Compensation::Absent);
    child.timeout = None;
    child.child = Some(Child {
        definition: definition.into(),
        ..Child::PLAIN
    });
    child
}

/// Further parts of a step's declaration.
pub(super) trait More {
    fn on(self, steps: &'static [u16]) -> Self;
    fn when(self) -> Self;
    fn falls_back(self) -> Self;
    fn tried(self, n: u32) -> Self;
    fn late(self, millis: u64) -> Self;
    fn saved(self, turns: u32) -> Self;
}

impl More for Step {
    fn on(mut self, steps: &'static [u16]) -> Self {
        self.stands_on = steps.into();
        self
    }

    fn when(mut self) -> Self {
        self.when = Some([][..].into());
        self
    }

    fn falls_back(mut self) -> Self {
        self.fallback = Some(call(200, 1).into());
        self
    }

    fn tried(mut self, n: u32) -> Self {
        self.retry = Some(times(n));
        self
    }

    fn late(mut self, millis: u64) -> Self {
        self.late = Some(fixed(millis));
        self
    }

    fn saved(mut self, turns: u32) -> Self {
        self.savepoint = Some(Savepoint::of(times(turns)));
        self
    }
}

/// These steps as a block; each awaits the steps on which it depends.
pub(super) fn block(first: u16, steps: impl IntoIterator<Item = Step>) -> Vec<Step> {
    let mut steps: Vec<_> = steps.into_iter().collect();
    let len = u16::try_from(steps.len()).unwrap();
    for step in &mut steps {
        step.group = Some(Group { first, len });
        let awaited = step.stands_on.iter().copied();
        step.awaits = awaited.filter(|&on| on >= first).collect();
    }
    steps
}

pub(super) fn saga(steps: impl IntoIterator<Item = Step>) -> Definition {
    let steps: Vec<_> = steps.into_iter().collect();
    let pivot = steps.iter().position(|step| step.kind == Kind::Pivot);
    let first = steps.iter().position(|step| step.condition.is_some());
    let condition = first.map(|first| Condition {
        first: u16::try_from(first).unwrap(),
        len: 1,
        ..Condition::PLAIN
    });
    Definition {
        classified: true,
        pivot: pivot.map(|at| u16::try_from(at).unwrap()),
        steps: steps.into(),
        conditions: condition.into_iter().collect(),
        ..Definition::EMPTY
    }
}

/// Analyses the saga as it runs in memory.
pub(super) fn of_saga<T>(
    steps: impl IntoIterator<Item = Step>,
    what: impl FnOnce(&Analysis<'_>) -> T,
) -> T {
    what(&Analysis::with_journal(&saga(steps), false))
}

pub(super) fn decided(steps: impl IntoIterator<Item = Step>) -> Bound {
    Analysis::with_journal(&saga(steps), false).decided_within()
}

pub(super) fn ended(steps: impl IntoIterator<Item = Step>) -> Bound {
    Analysis::with_journal(&saga(steps), false).ends_within()
}
