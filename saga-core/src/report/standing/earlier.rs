//! What the earlier rounds of a child saga left behind. Rounds with the same key are one operation,
//! and all others are operations of their own.

use super::{LeftPaths, Path, Remains, Rounds, UnsettledPaths};
use crate::{
    definition::{Definition, Places, Rerun},
    kernel::{Direction, End, Kernel},
    values::node::Node,
};

/// A round of a child saga: one that runs, or its records.
pub(crate) trait ChildRound {
    fn round(&self) -> u32;

    fn kernel(&self) -> &Kernel;

    /// Collects its steps, and those of the runs that are part of it.
    fn remains<R: Remains>(&self) -> R;
}

/// The steps of a child saga that an operator must look after, unless the child was compensated.
pub(crate) fn to_look_after(now: Option<&impl ChildRound>) -> UnsettledPaths {
    let now = now.filter(|now| now.kernel().end() != Some(End::Compensated));
    now.map_or_else(UnsettledPaths::default, ChildRound::remains)
}

/// What the earlier rounds of a child saga left behind, and the last of these rounds.
#[derive(Clone, Debug, Default)]
pub struct Earlier {
    left: LeftPaths,
    round: Option<u32>,
}

impl Earlier {
    /// Adds what this round leaves behind. If its parent leaves the child behind (`passed`), that is
    /// all that remains, or may remain, applied.
    pub(crate) fn add(&mut self, child: &impl ChildRound, passed: bool) {
        let (kernel, round) = (child.kernel(), child.round());
        let mut left = match kernel.direction() {
            Direction::Compensating => child.remains(),
            Direction::Forward => LeftPaths::default(),
        };
        if passed {
            left.strand(child.remains());
        }
        let new_round = self.round.is_some_and(|last| last != round);
        self.left.then(kernel.definition(), left, new_round);
        self.round = Some(round);
    }

    /// What these rounds and the current one leave behind, if there is one.
    pub(crate) fn and(mut self, now: Option<&impl ChildRound>, passed: bool) -> LeftPaths {
        if let Some(now) = now {
            self.add(now, passed);
        }
        self.left
    }

    /// The same, of a child saga that continues under another version of its definition.
    pub(crate) fn carried(&self, old: &Definition, new: &Definition) -> Self {
        let left = self.left.0.iter();
        let left = left.map(|(path, rounds)| (carried(path, old, new), *rounds));
        Self {
            left: LeftPaths(left.collect()),
            round: self.round,
        }
    }
}

/// The path in `new`, where a step has another place.
fn carried(path: &[Node], old: &Definition, new: &Definition) -> Path {
    let [node, below @ ..] = path else {
        return Path::new();
    };
    // What is left was called, and no version goes on without that.
    let step = Places::of(old, new).now(node.step).unwrap_or(node.step);
    let child = |of: &Definition, step| {
        let step = of.steps.get(usize::from(step))?;
        Some(step.saga()?.definition.clone())
    };
    let below = match (child(old, node.step), child(new, step)) {
        (Some(old), Some(new)) => carried(below, &old, &new),
        _ => below.to_vec(),
    };
    [vec![Node { step, ..*node }], below].concat()
}

impl LeftPaths {
    /// Adds what a child saga leaves behind that has replaced the one before. `new_round`: its keys
    /// are others, except for those of steps that a rerun calls again under their old keys.
    fn then(&mut self, child: &Definition, later: Self, new_round: bool) {
        for (path, rounds) in later.0 {
            let own = has_own_key(child, &path, new_round);
            let known = self.0.entry(path).or_default();
            *known = if own {
                known.and(rounds)
            } else {
                known.merge(rounds)
            };
        }
    }
}

impl Rounds {
    /// Rounds with keys of their own: each is another operation.
    pub(super) fn and(self, other: Self) -> Self {
        Self {
            certain: self.certain.saturating_add(other.certain),
            perhaps: self.perhaps || other.perhaps,
        }
    }
}

/// Whether a step of a child saga has another key when the child begins again.
fn has_own_key(child: &Definition, path: &[Node], new_round: bool) -> bool {
    let [node, below @ ..] = path else {
        return new_round;
    };
    let step = &child.steps[usize::from(node.step)];
    match (step.saga(), step.keyed_as()) {
        (Some(child), _) if !below.is_empty() => has_own_key(&child.definition, below, new_round),
        (_, Some(Rerun::Undeclared | Rerun::Once)) => false,
        _ => new_round,
    }
}
