//! Restores loops and their items from their records.

use super::{Misfit, Recovery};
use crate::{
    calls::loops::{GoesOn, LoopState, Looping, RecordedEffect, RecordedItems},
    definition::Items,
    generated::machine::{Machine, clear},
    history::{LoopHistory, RunHistory, Slot},
    kernel::{Phase, StepState},
    observers::Before,
    report::progress::StepProgress,
    values::node::Node,
};
use std::convert::Infallible;
use tokio::time::Instant;

impl<M: Machine> Recovery<M> {
    /// Restores the loops, each up to the end of its records.
    pub(super) fn load_loops<T: Copy>(
        &mut self,
        history: &RunHistory<T>,
        past: &impl Fn(T) -> Instant,
        moment: &impl Fn(T) -> Option<Instant>,
    ) -> Result<(), Misfit> {
        for looped in &history.loops {
            let step = looped.step;
            let whole = history.steps[usize::from(step)].slot == Slot::Filled;
            let items = looped.recorded(whole);
            let items = items.map(|recorded| M::load_items(step, &recorded));
            let items = match items.transpose() {
                Ok(items) => items,
                Err(why) => {
                    clear::<M>(&mut self.slots);
                    return Err(Misfit { step, why });
                }
            };
            if M::NESTS {
                for (index, item) in (0..).zip(&looped.items) {
                    let (item, node) = ((item, Items::STEP), Node::item(step, index));
                    self.load_child(item, node, past, moment)?;
                }
            }
            let kernels = looped.items.iter().map(|item| &item.kernel);
            let runs = matches!(history.kernel.phase(step), Phase::Running(_));
            let state = LoopState {
                kernels: kernels
                    .map(|kernel| kernel.stored_in([StepState::NEW; 2]))
                    .collect(),
                count: looped.count,
                items,
                goes_on: runs.then(|| Box::new(looped.goes_on(past, moment))),
            };
            let loops = &mut self.run.aside.get_or_insert_default().loops;
            loops.push(Looping { step, state });
        }
        Ok(())
    }
}

impl<T: Copy> LoopHistory<T> {
    /// The items, and their effects unless the effect of the loop exists (`whole`).
    fn recorded(&self, whole: bool) -> Option<RecordedItems<'_>> {
        let items = self.values.as_deref()?;
        let effects = self.now().filter(|_| !whole);
        let effects = effects.map(|(_, item)| {
            let own = &item.steps[usize::from(Items::STEP)];
            match own.slot {
                Slot::Empty => RecordedEffect::Missing,
                Slot::Skipped => RecordedEffect::Skipped,
                Slot::Filled => RecordedEffect::Made(own.value.as_deref().unwrap_or("null")),
            }
        });
        Some(RecordedItems {
            items,
            effects: effects.collect(),
        })
    }

    fn goes_on(
        &self,
        past: &impl Fn(T) -> Instant,
        moment: &impl Fn(T) -> Option<Instant>,
    ) -> GoesOn {
        let lanes = (0..).zip(&self.items[..self.count]);
        let lanes = lanes.filter_map(|(index, item)| Some((index, lane(item, past, moment)?)));
        GoesOn {
            lanes: lanes.collect(),
            failures: self.failures.recorded(),
            kernel: self.kernel,
        }
    }
}

/// The progress of an item that has begun.
fn lane<T: Copy>(
    item: &RunHistory<T>,
    past: &impl Fn(T) -> Instant,
    moment: &impl Fn(T) -> Option<Instant>,
) -> Option<StepProgress<Infallible>> {
    let wait = item.steps[usize::from(Items::STEP)].wait;
    let due = wait.and_then(|wait| moment(wait.until));
    let wait = due.and_then(|due| {
        let command = item.kernel.next();
        Before::of(command).is_some().then_some((command, due))
    });
    if !item.progress.used && wait.is_none() {
        return None;
    }
    let mut progress = item.progress.recorded(past);
    progress.step = Items::STEP;
    progress.used = true;
    progress.wait = wait;
    Some(progress)
}
