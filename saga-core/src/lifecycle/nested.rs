//! A saga as a step: where it stays until its parent ends.

use super::recovery::{AtHand, Recovery};
use crate::executor::run_state::RunOf;
use crate::{
    basics::discard::discard,
    calls::{
        events::{EventFrom, Events},
        watch::RunOptions,
    },
    generated::machine::{EventOf, Machine, clear},
    history::{NestedHistory, child::RunChild},
    kernel::{Command, Direction, End},
    lifecycle::nestable::Nest,
    report::standing::{AnyChild, LeftPaths, Remains as _, UnsettledPaths},
    values::{id::Id, node::Node},
};
use std::{
    ops::Deref,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::time::Instant;

pub(super) mod calls;
mod ends;

/// Where a saga that is a step stays, from its first attempt until its parent ends: the way back of
/// that may have to undo it after it has completed.
pub struct Nested<I: Nest<V>, V>(Mutex<Kept<I, V>>);

/// The saga, if it is there and no call of its step runs, and what earlier rounds of it left.
struct Kept<I: Nest<V>, V> {
    live: Option<Box<Live<I, V>>>,
    left: LeftPaths,
}

/// A saga that has begun.
struct Live<I: Nest<V>, V> {
    round: u32,
    begun: Option<Begun<I, V>>,
    slots: <I::Machine as Machine>::Slots,
    run: RunOf<I::Machine>,
    /// Of a run that is taken up from its records.
    at_hand: Option<AtHand<I::Machine>>,
    deadline: Option<Instant>,
    /// A call of its step is on record without an end: it goes on where that stands.
    continues: bool,
}

enum Begun<I: Nest<V>, V> {
    Ready(I::Machine),
    /// Its inputs are on record; it has not been given its services yet.
    Recorded(I),
}

/// What a step that is a saga says of it.
#[derive(Clone, Copy)]
pub struct Nesting {
    /// The name of its parent.
    pub saga: &'static str,
    /// The step's name.
    pub step: &'static str,
    /// How long it may take.
    pub limit: Option<fn() -> Duration>,
}

impl<I: Nest<V>, V> Default for Nested<I, V> {
    fn default() -> Self {
        Self(Mutex::new(Kept {
            live: None,
            left: LeftPaths::default(),
        }))
    }
}

impl<I: Nest<V>, V> Nested<I, V> {
    fn kept(&self) -> MutexGuard<'_, Kept<I, V>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes the saga that is there, for a call of its step.
    fn take(&self) -> Option<Box<Live<I, V>>> {
        self.kept().live.take()
    }

    fn put(&self, live: Box<Live<I, V>>) {
        self.kept().live = Some(live);
    }

    /// Drops it, and keeps what it leaves; `passed`: all that stands of it.
    pub fn archive(&self, passed: bool) {
        if let Some(live) = self.take() {
            self.archived(live, passed);
        }
    }

    /// Its events, as those of the saga that it is a step of, which has completed.
    #[must_use]
    pub fn events<E>(&self, services: impl Fn() -> V) -> Vec<E>
    where
        E: EventFrom<EventOf<I::Machine>, <<I::Machine as Machine>::Events as Events>::How>,
    {
        if !<I::Machine as Machine>::Events::EMITS {
            return Vec::new();
        }
        let mut kept = self.kept();
        let events = kept.live.as_mut().map(|live| live.events(services));
        events.into_iter().flatten().map(E::from_event).collect()
    }

    #[expect(clippy::boxed_local, reason = "the caller has it in a box")]
    fn archived(&self, live: Box<Live<I, V>>, passed: bool) {
        let left = live.left(passed);
        self.kept().left.merge(left);
        live.discard();
    }
}

impl<I: Nest<V>, V> Live<I, V> {
    fn left(&self, passed: bool) -> LeftPaths {
        let mut left = match self.run.kernel.direction() {
            Direction::Compensating => self.run.remains::<I::Machine, _>(&self.slots),
            Direction::Forward => LeftPaths::default(),
        };
        if passed {
            left.strand(self.run.remains::<I::Machine, _>(&self.slots));
        }
        left
    }

    /// Its events, if it has completed.
    fn events(&mut self, services: impl Fn() -> V) -> Vec<EventOf<I::Machine>> {
        if self.end() != Some(End::Completed) {
            return Vec::new();
        }
        if let Some(Begun::Recorded(_)) = &self.begun {
            // May panic, and then it is asked for again.
            let services = services();
            self.begun = match self.begun.take() {
                Some(Begun::Recorded(input)) => Some(Begun::Ready(input.give(services))),
                begun => begun,
            };
        }
        let Some(Begun::Ready(machine)) = &self.begun else {
            return Vec::new();
        };
        let kernel = &self.run.kernel;
        machine.events(&self.slots, &|block| kernel.is_taken(block))
    }

    fn end(&self) -> Option<End> {
        match self.run.kernel.next() {
            Command::End(end) => Some(end),
            _ => None,
        }
    }

    /// Drops it, each value for itself.
    fn discard(self) {
        let Self {
            begun,
            mut slots,
            run,
            ..
        } = self;
        clear::<I::Machine>(&mut slots);
        discard((begun, run));
    }
}

impl<D, I, V> AnyChild for D
where
    D: Deref<Target = Nested<I, V>>,
    I: Nest<V> + Send,
{
    fn left(&self, passed: bool) -> LeftPaths {
        let kept = self.kept();
        let mut left = kept.left.clone();
        if let Some(live) = &kept.live {
            left.merge(live.left(passed));
        }
        left
    }

    fn unsettled(&self) -> UnsettledPaths {
        let kept = self.kept();
        match &kept.live {
            Some(live) if live.end() != Some(End::Compensated) => {
                live.run.remains::<I::Machine, _>(&live.slots)
            }
            _ => UnsettledPaths::default(),
        }
    }
}

impl<D, I, V> RunChild for D
where
    D: Deref<Target = Nested<I, V>>,
    I: Nest<V> + Send,
{
    fn load(&self, recorded: &NestedHistory<Instant>, runs: bool) -> Result<(), String> {
        // Without its inputs it has not begun.
        let Some(input) = &recorded.input else {
            return Ok(());
        };
        let id = Id::from(String::new());
        let recovery = Recovery::<I::Machine>::of(&recorded.run, id, RunOptions::default(), Some);
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
            begun: Some(Begun::Recorded(input)),
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

    fn keep(&self, left: LeftPaths) {
        self.kept().left = left;
    }
}

/// Where the sagas stay that a loop has for its items.
pub struct NestedItems<I: Nest<V>, V>(Mutex<Vec<Arc<Nested<I, V>>>>);

impl<I: Nest<V>, V> Default for NestedItems<I, V> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<I: Nest<V>, V> NestedItems<I, V> {
    fn kept(&self) -> MutexGuard<'_, Vec<Arc<Nested<I, V>>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// That of this item.
    #[must_use]
    pub fn at(&self, index: usize) -> Arc<Nested<I, V>> {
        let mut kept = self.kept();
        if kept.len() <= index {
            kept.resize_with(index + 1, Arc::default);
        }
        Arc::clone(&kept[index])
    }

    /// The same without its types.
    #[must_use]
    pub fn child(&self, node: Node) -> Option<Box<dyn RunChild + '_>>
    where
        I: Send,
        V: 'static,
    {
        let index = usize::try_from(node.item?).ok()?;
        Some(Box::new(self.at(index)))
    }

    /// Their events, in the order of the items.
    #[must_use]
    pub fn events<E>(&self, services: impl Fn() -> V) -> Vec<E>
    where
        E: EventFrom<EventOf<I::Machine>, <<I::Machine as Machine>::Events as Events>::How>,
    {
        let kept = self.kept();
        kept.iter().flat_map(|one| one.events(&services)).collect()
    }

    /// Drops them, and keeps what they leave; `passed`: all that stands of them.
    pub fn archive(&self, passed: bool) {
        let kept = self.kept();
        kept.iter().for_each(|one| one.archive(passed));
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
