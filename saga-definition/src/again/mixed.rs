//! Values of several rounds that meet in one piece of code.

use std::collections::BTreeSet;

use super::{
    obstacles::Why,
    renewal::{Begin, Renewal},
};
use crate::{
    definition::{Rerun, Step},
    order::Side,
    text::Text,
};

/// The rounds that a value is of.
#[derive(Clone, Default)]
struct Rounds {
    /// It is made anew in each.
    anew: bool,
    /// It is made of the effects that these steps have from the round in which they were applied.
    kept: BTreeSet<u16>,
}

impl Rounds {
    fn add(&mut self, other: &Self) {
        self.anew |= other.anew;
        self.kept.extend(&other.kept);
    }

    fn are_all(&self) -> bool {
        !self.anew && self.kept.is_empty()
    }
}

impl Renewal<'_> {
    /// Whether code of this step, which may come after the pivot, reads the effect of another step
    /// that may be of an earlier round, or what is made of it, together with a value of another round.
    pub(super) fn mixed(&self, step: u16) -> Option<Why> {
        let is_kept = |step: &u16| self.keeps(*step);
        let mut kept = self.renewed().take_while(|other| *other < step);
        kept.find(is_kept)?;
        let rounds = self.rounds();
        let declared = self.step(step);
        let own = declared.read_as();
        let mut code = self.code(step).into_iter();
        code.find_map(|reads| {
            let reads = reads.into_iter().filter(|read| **read != *own);
            let reads: Vec<_> = reads
                .map(|read| (read, self.rounds_of(&rounds, step, read)))
                .collect();
            self.clash(&reads)
        })
    }

    /// Two reads that are not of the same round.
    fn clash(&self, reads: &[(&Text, Rounds)]) -> Option<Why> {
        let clash = |kept: u16, read: &Text, with: &Text| Why::Mixed {
            kept,
            read: read.clone(),
            with: with.clone(),
        };
        let pairs = || {
            reads.iter().flat_map(|one| {
                let others = reads.iter().filter(|other| other.0 != one.0);
                let others = others.filter(|other| !self.exclude(one.0, other.0));
                others.map(move |other| (one, other))
            })
        };
        let direct = pairs().find_map(|((read, _), (with, other))| {
            let kept = self.saga.effect(read).filter(|step| self.keeps(*step))?;
            other.anew.then(|| clash(kept, read, with))
        });
        direct.or_else(|| {
            pairs().find_map(|((read, rounds), (with, other))| {
                let mut kept = rounds.kept.difference(&other.kept);
                let kept = kept.next().filter(|_| !other.are_all())?;
                Some(clash(*kept, read, with))
            })
        })
    }

    /// Whether these are effects of two arms, of which only one exists.
    fn exclude(&self, one: &str, other: &str) -> bool {
        let both = self.saga.effect(one).zip(self.saga.effect(other));
        both.is_some_and(|(one, other)| self.saga.excludes(one, other))
    }

    /// Whether the step may have the effect of an earlier round after the rerun: it is kept, or
    /// `resolve` returns it.
    fn keeps(&self, step: u16) -> bool {
        let declared = self.step(step);
        let is_kept = match (self.rerun_of(step), self.begin) {
            (Some(Rerun::Once), _) => true,
            (Some(Rerun::Undeclared), Begin::Savepoint(_)) => declared.acting().resolve.is_some(),
            _ => false,
        };
        is_kept && step >= self.from() && has_value(declared)
    }

    /// The rounds of the effect of each step.
    fn rounds(&self) -> Vec<Rounds> {
        let mut all: Vec<Rounds> = Vec::new();
        for step in self.steps() {
            let declared = self.step(step);
            let mut rounds = Rounds::default();
            if step < self.from() {
                all.push(rounds);
                continue;
            }
            if !has_value(declared) {
                let is_same = match declared.items {
                    // Of a loop, there is one for each item.
                    Some(_) => self.keeps_list(step) && self.anew_in_conditions(step).is_none(),
                    // If it may be skipped, whether it was is read as an `Option`.
                    None => self.retains_effect(step),
                };
                rounds.anew = !is_same && self.saga.side(step) != Side::AfterPivot;
                all.push(rounds);
                continue;
            }
            for read in &*declared.acting().reads {
                rounds.add(&self.rounds_of(&all, step, read));
            }
            let items = declared.items.iter().flat_map(|items| items.reads.iter());
            for read in items {
                rounds.add(&self.rounds_of(&all, step, read));
            }
            let retained = self.retains_effect(step);
            if self.keeps(step) && (rounds.anew || !retained) {
                // It was made of the values of one round. A fallback may take its place in the next.
                rounds = Rounds {
                    anew: !retained,
                    kept: BTreeSet::from([step]),
                };
            } else if self.saga.side(step) != Side::AfterPivot {
                rounds.anew |= !retained;
            }
            all.push(rounds);
        }
        all
    }

    /// The rounds of what a step reads under this name.
    fn rounds_of(&self, effects: &[Rounds], step: u16, read: &str) -> Rounds {
        let mut rounds = Rounds::default();
        let items = self.step(step).items.as_ref();
        if let Some(items) = items.filter(|items| items.item == *read) {
            for read in &*items.reads {
                rounds.add(&self.rounds_of(effects, step, read));
            }
            return rounds;
        }
        if let Some(effect) = self.saga.effect(read) {
            let effect = effects.get(usize::from(effect));
            return effect.cloned().unwrap_or_default();
        }
        let is_input = self.saga.inputs.iter().any(|input| input.name == *read);
        rounds.anew = is_input && !self.is_same(step, read);
        rounds
    }

    /// What each piece of code of the step reads.
    fn code(&self, step: u16) -> Vec<Vec<&Text>> {
        let declared = self.step(step);
        let acting = declared.acting();
        let items = declared.items.as_ref();
        let undone = acting.compensation.declared().map(|(_, call)| call);
        let clauses = [
            acting.resolve.as_deref(),
            undone,
            acting.fallback.as_deref(),
        ];
        let block = declared.condition.map(usize::from);
        let block = block.and_then(|block| self.saga.conditions.get(block));
        let block = block.filter(|block| block.first == step);
        let all = [
            Some(&acting.reads),
            items.map(|items| &items.reads),
            declared.own_when(),
            items.and(acting.when.as_ref()),
            block.map(|block| &block.reads),
        ];
        let clauses = clauses.into_iter().flatten().map(|call| &call.reads);
        let all = all.into_iter().flatten().chain(clauses);
        all.map(|reads| reads.iter().collect()).collect()
    }
}

fn has_value(step: &Step) -> bool {
    step.effect != "()"
}
