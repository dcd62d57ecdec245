//! A child saga, stored in its parent until the parent ends.

use super::recovery::{Recovery, keys_inside};
use crate::executor::run_state::RunState;
use crate::{
    basics::discard::{discard, quietly},
    calls::{
        events::{EventFrom, Events},
        watch::RunOptions,
    },
    generated::{
        machine::{EventOf, Machine, clear},
        object::children,
    },
    history::{NestedHistory, child::RunChild},
    kernel::{End, Kernel},
    lifecycle::nestable::Nest,
    report::{
        at_hand::AtHand,
        standing::{
            AnyChild, ChildRun, LeftPaths, Remains, UnsettledPaths, left_behind, to_look_after,
        },
    },
    values::{id::Id, key_digest::KeyDigest, node::Node},
};
use std::{
    any::Any,
    marker::PhantomData,
    ops::Deref,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::time::Instant;

pub(super) mod calls;
mod ends;

/// Stores a child saga from the first attempt of its step until its parent ends, because the
/// parent's rollback may have to undo the child after it has completed.
pub struct Nested<I: Nest<V>, V> {
    kept: Mutex<Kept>,
    child: PhantomData<fn() -> (I, V)>,
}

/// The child saga, if it has begun and no call of its step runs.
#[derive(Default)]
struct Kept {
    /// A [`Live`]. If the slots of the parent named its type, rustc would prove `Send` through all
    /// levels of children at once, and twelve levels would exceed its recursion limit.
    live: Option<Box<dyn Any + Send>>,
}

/// Why a downcast of the stored child succeeds.
const OF_THIS_TYPE: &str = "a child is stored as what its step declares";

impl Kept {
    fn live<I: Nest<V>, V: 'static>(&mut self) -> Option<&mut Live<I, V>> {
        let live = self.live.as_deref_mut()?;
        Some(live.downcast_mut().expect(OF_THIS_TYPE))
    }
}

/// A child saga that has begun.
struct Live<I: Nest<V>, V> {
    round: u32,
    /// `None` while [`recorded`](Self::recorded) has no services.
    machine: Option<I::Machine>,
    /// The inputs, if it was restored from its records and has not been given its services.
    recorded: Option<I>,
    slots: <I::Machine as Machine>::Slots,
    run: RunState,
    /// The progress of its current steps, if it was restored from records.
    at_hand: Option<AtHand>,
    deadline: Option<Instant>,
    /// A call of its step is recorded without an end, and continues in the current state.
    continues: bool,
}

/// The declaration of a step that is a child saga.
#[derive(Clone, Copy)]
pub struct Nesting {
    /// The name of its parent.
    pub saga: &'static str,
    /// The step's name.
    pub step: &'static str,
    /// The time limit of the child.
    pub limit: Option<fn() -> Duration>,
}

impl<I: Nest<V>, V> Default for Nested<I, V> {
    fn default() -> Self {
        Self {
            kept: Mutex::default(),
            child: PhantomData,
        }
    }
}

impl<I: Nest<V>, V: 'static> Nested<I, V> {
    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes the child for a call of its step.
    fn take(&self) -> Option<Box<Live<I, V>>> {
        let live = self.kept().live.take()?;
        Some(live.downcast().expect(OF_THIS_TYPE))
    }

    fn put(&self, live: Box<Live<I, V>>)
    where
        I: Send,
    {
        self.kept().live = Some(live);
    }

    /// Drops the child: another run of it follows.
    pub fn forget(&self) {
        if let Some(live) = self.take() {
            (*live).discard();
        }
    }

    /// Gives the child its services, and those below it theirs, if it was restored from its records.
    pub fn give(&self, services: impl FnOnce() -> V) {
        if let Some(live) = self.kept().live::<I, V>() {
            live.give(services);
        }
    }

    /// The events of the child, converted to those of its parent, which has completed.
    #[must_use]
    pub fn events<E>(&self) -> Vec<E>
    where
        E: EventFrom<EventOf<I::Machine>, <<I::Machine as Machine>::Events as Events>::How>,
    {
        if !<I::Machine as Machine>::Events::EMITS {
            return Vec::new();
        }
        let mut kept = self.kept();
        let events = kept.live::<I, V>().map(|live| live.events());
        events.into_iter().flatten().map(E::from_event).collect()
    }
}

impl<I: Nest<V>, V> Live<I, V> {
    fn give(&mut self, services: impl FnOnce() -> V) {
        if self.recorded.is_none() {
            return;
        }
        // May panic; then nothing is given.
        let services = services();
        let given = self.recorded.take().map(|input| input.give(services));
        let machine = self.machine.insert(given.expect("it is recorded"));
        machine.give_children(&self.slots);
    }

    /// The events of the child, if it has completed.
    fn events(&self) -> Vec<EventOf<I::Machine>> {
        let kernel = &self.run.kernel;
        match &self.machine {
            Some(machine) if kernel.end() == Some(End::Completed) => {
                machine.events(&self.slots, &|block| kernel.is_taken(block))
            }
            _ => Vec::new(),
        }
    }

    /// Drops the child, each value on its own.
    fn discard(self) {
        let Self {
            machine,
            recorded,
            mut slots,
            run,
            ..
        } = self;
        clear::<I::Machine>(&mut slots);
        discard((machine, recorded, run));
    }
}

impl<I: Nest<V>, V> ChildRun for Live<I, V> {
    fn kernel(&self) -> &Kernel {
        &self.run.kernel
    }

    fn remains<R: Remains>(&self) -> R {
        self.run.remains(&children::<I::Machine>(&self.slots))
    }
}

impl<D, I, V> AnyChild for D
where
    D: Deref<Target = Nested<I, V>>,
    I: Nest<V> + Send,
    V: 'static,
{
    fn left(&self, passed: bool) -> LeftPaths {
        left_behind(self.kept().live::<I, V>().as_deref(), passed)
    }

    fn unsettled(&self) -> UnsettledPaths {
        to_look_after(self.kept().live::<I, V>().as_deref())
    }
}

impl<D, I, V> RunChild for D
where
    D: Deref<Target = Nested<I, V>>,
    I: Nest<V> + Send,
    V: 'static,
{
    fn load(&self, recorded: &NestedHistory<Instant>, runs: bool) -> Result<(), String> {
        // Without its inputs, the child has not begun.
        let Some(input) = &recorded.input else {
            return Ok(());
        };
        let id = Id::from(String::new());
        let recovery = Recovery::<I::Machine>::of(&recorded.run, id, RunOptions::default());
        let recovery = recovery.map_err(|misfit| {
            let steps = &<I::Machine as Machine>::DEFINITION.steps;
            let step = &steps[usize::from(misfit.step)].name;
            format!(
                "in it the effect of `{step}` cannot be read: {}",
                misfit.why
            )
        })?;
        let (slots, run, at_hand) = recovery.into_parts();
        let input = I::codec().decode(input);
        let input = input.map_err(|why| format!("its inputs cannot be read: {why}"))?;
        self.put(Box::new(Live {
            round: recorded.round,
            machine: None,
            recorded: Some(input),
            slots,
            run,
            at_hand: Some(at_hand),
            deadline: recorded.deadline,
            continues: runs,
        }));
        Ok(())
    }

    fn check(&self, nodes: &[Node], step: u16, json: &str) -> Result<(), String> {
        Recovery::<I::Machine>::check_at(nodes, step, json)
    }

    fn keys(&self) -> Vec<KeyDigest> {
        let mut kept = self.kept();
        let Some(live) = kept.live::<I, V>() else {
            return Vec::new();
        };
        // Asked for before it is given its services.
        let own = live
            .recorded
            .as_ref()
            .and_then(|input| quietly(|| input.keys()));
        let inside = keys_inside::<I::Machine>(&live.run, &live.slots);
        own.into_iter().flatten().chain(inside).collect()
    }
}

/// Stores the child sagas of a loop's items.
pub struct NestedItems<I: Nest<V>, V>(Mutex<Vec<Arc<Nested<I, V>>>>);

impl<I: Nest<V>, V> Default for NestedItems<I, V> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<I: Nest<V>, V: 'static> NestedItems<I, V> {
    fn kept(&self) -> MutexGuard<'_, Vec<Arc<Nested<I, V>>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The child saga of this item.
    #[must_use]
    pub fn at(&self, index: usize) -> Arc<Nested<I, V>> {
        let mut kept = self.kept();
        if kept.len() <= index {
            kept.resize_with(index + 1, Arc::default);
        }
        Arc::clone(&kept[index])
    }

    /// The child saga of this item, without its types.
    #[must_use]
    pub fn child(&self, node: Node) -> Option<Box<dyn RunChild + '_>>
    where
        I: Send,
    {
        let index = usize::try_from(node.item?).ok()?;
        Some(Box::new(self.at(index)))
    }

    /// Gives the child sagas that were restored from their records their services.
    pub fn give(&self, services: impl Fn() -> V) {
        let kept = self.kept();
        kept.iter().for_each(|one| one.give(&services));
    }

    /// The events of all child sagas, in the order of the items.
    #[must_use]
    pub fn events<E>(&self) -> Vec<E>
    where
        E: EventFrom<EventOf<I::Machine>, <<I::Machine as Machine>::Events as Events>::How>,
    {
        let kept = self.kept();
        kept.iter().flat_map(|one| one.events()).collect()
    }

    /// Drops the child sagas: others follow.
    pub fn forget(&self) {
        let kept = self.kept();
        kept.iter().for_each(|one| one.forget());
    }
}

impl<I: Nest<V>, V> std::fmt::Debug for NestedItems<I, V> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NestedItems").finish_non_exhaustive()
    }
}

impl<I: Nest<V>, V> std::fmt::Debug for Nested<I, V> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Nested").finish_non_exhaustive()
    }
}
