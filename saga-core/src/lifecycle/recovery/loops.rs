//! Restores loops and their items from their records.

use super::{Misfit, Recovery};
use crate::{
    calls::loops::{GoesOn, LoopState, Looping, RecordedEffect, RecordedItems},
    definition::{Items, Text},
    executor::run_state::RunState,
    generated::machine::{Machine, clear},
    history::{LoopHistory, RunHistory, Slot},
    kernel::Phase,
    report::{item_keys::ItemKeys, progress::StepProgress, raised::Raised, why::Why},
    values::{
        key_digest::KeyDigest,
        node::Node,
        written::{ReadError, Written},
    },
};
use std::{convert, sync::Arc};
use tokio::time::Instant;

impl<M: Machine> Recovery<M> {
    /// Restores the loops, each up to the end of its records.
    pub(super) fn load_loops(&mut self, history: &RunHistory<Instant>) -> Result<(), Misfit> {
        let read = self.durable.run.rules.read_error;
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
            let keys = ItemKeys::default();
            for (index, key) in (0..).zip(items.iter().flat_map(|items| &items.keys)) {
                keys.add(index, [*key]);
            }
            if M::NESTS {
                for (index, item) in (0..).zip(&looped.items) {
                    let (item, node) = ((item, Items::STEP), Node::item(step, index));
                    self.load_child(item, node)?;
                    if let Some(child) = M::child(&self.slots, node) {
                        keys.add(index, child.keys());
                    }
                }
            }
            let kernels = looped.items.iter().map(|item| &item.kernel);
            let lost = (0..).zip(&looped.items).filter_map(|(index, item)| {
                let at = item.steps[usize::from(Items::STEP)].lost_at?;
                Some((index, at))
            });
            let runs = matches!(history.kernel.phase(step), Phase::Running(_));
            let state = LoopState {
                kernels: kernels.cloned().collect(),
                count: looped.count,
                lost: lost.collect(),
                items: items.map(|items| items.items),
                listed: None,
                keys: Some(Arc::new(keys)),
                why: looped.recalled_for(M::DEFINITION.name.clone()),
                goes_on: runs.then(|| Box::new(looped.goes_on(read))),
            };
            let loops = &mut self.durable.run.aside.get_or_insert_default().loops;
            loops.push(Looping { step, state });
        }
        Ok(())
    }
}

/// The values that serve as keys in the child sagas and loops of a run that was restored.
pub(in crate::lifecycle) fn keys_inside<M: Machine>(
    run: &RunState,
    slots: &M::Slots,
) -> Vec<KeyDigest> {
    let mut keys = Vec::new();
    let children = M::DEFINITION.steps.iter().filter(|_| M::NESTS);
    for (step, declared) in (0..).zip(children) {
        if let Some(child) = M::child(slots, Node::child(step)) {
            keys.extend(child.keys().iter().map(|key| key.under(&declared.name)));
        }
    }
    for Looping { step, state } in run.aside.iter().flat_map(|aside| &aside.loops) {
        let name = &M::DEFINITION.steps[usize::from(*step)].name;
        let items = state.keys.iter().flat_map(|keys| keys.all());
        keys.extend(items.map(|key| key.under(name)));
    }
    keys
}

impl LoopHistory<Instant> {
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

    fn goes_on(&self, read: ReadError<Raised>) -> GoesOn {
        let lanes = (0..).zip(&self.items[..self.count]);
        let lane = |item| lane(item, self.step, read);
        let lanes = lanes.filter_map(|(index, item)| Some((index, lane(item)?)));
        GoesOn {
            lanes: lanes.collect(),
            failures: self.failures.map_ref(|own| own.read(read)),
            kernel: self.kernel,
        }
    }

    /// Why the loop rolls back, as its items know it.
    fn recalled_for(&self, saga: Text) -> Option<Box<Why>> {
        let parent = self
            .now()
            .find_map(|(_, item)| item.failures.parent.clone())?;
        Some(Box::new(Why::of_parent(saga, parent)))
    }
}

/// The progress of an item that has begun, of the loop at this step.
fn lane(item: &RunHistory<Instant>, step: u16, read: ReadError<Raised>) -> Option<StepProgress> {
    let wait = item.waiting(Items::STEP);
    if !item.at_hand.progress.used && wait.is_none() {
        return None;
    }
    let error = |own: &Written| own.clone().of_item(step).read(read);
    let mut progress = item.at_hand.progress.map_ref(convert::identity, error);
    progress.step = Items::STEP;
    progress.used = true;
    progress.wait = wait;
    Some(progress)
}
