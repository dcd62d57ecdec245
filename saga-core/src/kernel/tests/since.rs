//! What follows from the rule for a run that was continued, by the calls that were made alone.

use super::build::Saga;
use crate::{
    definition::{Definition, Limit, Step},
    kernel::{Direction, Event, state::Flag},
    values::call::CallKind,
};

/// What follows from the rule for a run since it was continued, by the calls that were made alone.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Since {
    /// For each step, how often its action, its `resolve` and its compensation have failed or run
    /// since they were counted from zero.
    tries: Vec<[u32; 3]>,
    /// How often each of them may at most be tried until it is counted from zero; `None` where that
    /// is not declared.
    most: Vec<[Option<u32>; 3]>,
    /// The steps with savepoints that the rollback in progress must not use.
    added: Vec<bool>,
    /// How often it has gone forward again.
    turns: u32,
}

const CALLS: [CallKind; 3] = [CallKind::Action, CallKind::Resolve, CallKind::Compensate];

fn counts(step: &Step) -> [Option<u32>; 3] {
    let [action, resolve, undo, _] = step.limits().map(|limit| match limit? {
        Limit::Times(most) => Some(most),
        Limit::Forever => None,
    });
    [action, resolve, undo]
}

impl Since {
    pub(super) fn of(definition: &Definition) -> Self {
        let steps = definition.steps.iter();
        Self {
            tries: vec![[0; 3]; definition.steps.len()],
            most: steps.map(counts).collect(),
            added: vec![false; definition.steps.len()],
            turns: 0,
        }
    }

    /// From here on under another version; `back`: it rolls back.
    pub(super) fn continued(&self, old: &Definition, new: &Definition, back: bool) -> Self {
        let mut since = Self {
            turns: self.turns,
            ..Self::of(new)
        };
        for (step, is) in new.steps.iter().enumerate() {
            let was = old.steps.get(step);
            let had = was.is_some_and(|was| was.savepoint.is_some());
            since.added[step] = back && is.savepoint.is_some() && !had
                || back && self.added.get(step) == Some(&true);
            let Some(tries) = self.tries.get(step) else {
                continue;
            };
            since.tries[step] = *tries;
            for (call, most) in since.most[step].iter_mut().enumerate() {
                // One more than there were, if there were more than it allows.
                *most = most.map(|most| most.max(tries[call] + 1));
            }
        }
        since
    }

    fn zero(&mut self, definition: &Definition, step: u16) {
        self.tries[usize::from(step)] = [0; 3];
        self.most[usize::from(step)] = counts(&definition.steps[usize::from(step)]);
    }

    pub(super) fn hear(&mut self, before: &Saga, event: Event, after: &Saga) {
        let definition = after.definition();
        let all = 0..u16::try_from(definition.steps.len()).unwrap();
        match event {
            Event::Attempting { step } => {
                // One more than declared makes a refusal count that came too early.
                let early = before.states[usize::from(step)].has(Flag::Early);
                self.tried(step, 0, early.into());
            }
            Event::ResolveFailed { step, .. } => self.tried(step, 1, 0),
            Event::CompensationFailed { step, .. } => self.tried(step, 2, 0),
            Event::Lost { step, .. } => {
                let mut running = before.running();
                let action = (step, CallKind::Action);
                if running.any(|running| running == action) {
                    self.tries[usize::from(step)][0] -= 1;
                }
            }
            Event::Turned { step } => {
                assert!(!self.added[usize::from(step)], "it was not there");
                let savepoint = definition.steps[usize::from(step)].savepoint.as_ref();
                let Limit::Times(most) = savepoint.unwrap().limit else {
                    panic!("it has a count");
                };
                self.turns += 1;
                assert!(self.turns <= most, "{} turns of {most}", self.turns);
                (step..all.end).for_each(|step| self.zero(definition, step));
            }
            Event::Resumed => all.for_each(|step| self.zero(definition, step)),
            Event::Settled { step, .. } => self.zero(definition, step),
            _ => {}
        }
        if after.direction() == Direction::Forward {
            self.added.fill(false);
        }
    }

    fn tried(&mut self, step: u16, call: usize, one_more: u32) {
        let step = usize::from(step);
        self.tries[step][call] += 1;
        let (tries, most) = (self.tries[step][call], self.most[step][call]);
        assert!(
            most.is_none_or(|most| tries <= most + one_more),
            "{:?} of {step} was tried {tries} times, not {most:?}",
            CALLS[call]
        );
    }
}
