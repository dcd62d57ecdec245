//! A durable run: restored from its records, continued where they end, and its result.
//!
//! ```text
//!  RunHistory ──of──▶ Recovery { kernel, slots, waits, … } ──run──▶ Ended ──finish──▶ Finished
//! ```

mod children;
mod loops;
mod restored;

pub(super) use loops::keys_inside;
pub use restored::Misfit;
use restored::{Load, effects, signals};

use super::{
    announce::announce,
    durable_run::DurableRun,
    ended::{EndEvent, Ended, failure},
};
use crate::executor::{
    driven::{Driven, Drives},
    run_state::RunState,
};
use crate::{
    basics::{
        discard::discard,
        panic::{Panic, caught},
    },
    calls::{loops::RecordedItems, mail::Sender, perform::Scope, tray::Tray, watch::RunOptions},
    definition::DefinitionRef,
    generated::{
        machine::{Machine, clear},
        object::{self, Seen, rules},
    },
    history::RunHistory,
    kernel::End,
    report::{at_hand::AtHand, error::Error},
    values::{id::Id, node::Node},
};
use std::fmt;
use tokio::time::Instant;

/// A durable saga that is about to run: a new one, or one that continues where its records end.
///
/// Calls and decisions that are recorded are not repeated.
pub struct Recovery<M: Machine> {
    slots: M::Slots,
    durable: Box<DurableRun>,
}

/// The slots of a saga, into which its recorded effects are put.
struct Loading<'s, M: Machine>(&'s mut M::Slots);

impl<M: Machine> Load for Loading<'_, M> {
    fn load(&mut self, step: u16, json: Option<&str>) -> Result<(), String> {
        M::load(self.0, step, json)
    }
}

impl<M: Machine> Recovery<M> {
    /// A saga without records. `definition` decides; it is [`Machine::DEFINITION`], or one that
    /// differs from it in what the saga retains of an earlier version, as steps without which it
    /// continues.
    ///
    /// # Panics
    /// If `definition` has a different number of steps.
    #[must_use]
    pub fn new(definition: impl Into<DefinitionRef>, id: Id, options: RunOptions) -> Self {
        Self {
            slots: M::Slots::default(),
            durable: DurableRun::new(rules::<M>(), id, options, definition.into()),
        }
    }

    /// A saga that continues where its history ends.
    ///
    /// # Errors
    /// If the effect of a step cannot be read.
    ///
    /// # Panics
    /// If the history is that of a definition with a different number of steps.
    pub fn of(history: &RunHistory<Instant>, id: Id, options: RunOptions) -> Result<Self, Misfit> {
        let mut recovery = Self {
            durable: DurableRun::of(rules::<M>(), id, options, history.kernel.clone()),
            slots: M::Slots::default(),
        };
        Self::load(&mut recovery.slots, history, true)?;
        recovery.durable.signals = signals(history, Self::check)?;
        if M::NESTS {
            recovery.load_children(history)?;
        }
        if M::LOOPS {
            recovery.load_loops(history)?;
        }
        recovery.durable.restore(history);
        Ok(recovery)
    }

    /// Gives the child sagas that were restored their services, clones of those of `machine`, before
    /// the saga continues: the user's code that clones them cannot fail once a child is at work.
    ///
    /// # Errors
    /// If that code panics.
    pub fn give(&self, machine: &M) -> Result<(), Box<Panic>> {
        caught(|| machine.give_children(&self.slots))
    }

    /// Decodes the recorded effects, each into its slot.
    fn load(
        slots: &mut M::Slots,
        history: &RunHistory<Instant>,
        of_run: bool,
    ) -> Result<(), Misfit> {
        let loaded = effects(history, of_run, &mut Loading::<M>(slots));
        if loaded.is_err() {
            clear::<M>(slots);
        }
        loaded
    }

    /// The state with which a child saga continues.
    pub(super) fn into_parts(self) -> (M::Slots, RunState, AtHand) {
        let DurableRun { run, at_hand, .. } = *self.durable;
        (self.slots, run, at_hand)
    }

    /// Checks that some JSON is an effect of a step.
    ///
    /// # Errors
    /// The reason why it is not.
    pub fn check(step: u16, json: &str) -> Result<(), String> {
        let mut slots = M::Slots::default();
        let loaded = M::load(&mut slots, step, Some(json));
        M::clear(&mut slots, step);
        loaded
    }

    /// Checks that some JSON is an effect of a step of the run that these nodes name.
    ///
    /// # Errors
    /// The reason why it is not.
    pub fn check_at(nodes: &[Node], step: u16, json: &str) -> Result<(), String> {
        let [node, below @ ..] = nodes else {
            return Self::check(step, json);
        };
        let below = match below {
            [] if node.item.is_some() && M::is_loop(node.step) => {
                let recorded = RecordedItems::effect(json);
                return M::load_items(node.step, &recorded).map(discard);
            }
            // The node of the item's one step.
            [_, below @ ..] if node.item.is_some() => below,
            below => below,
        };
        let slots = M::Slots::default();
        match M::child(&slots, *node) {
            Some(child) => child.check(below, step, json),
            None => Err(format!("there is no saga at step {}", node.step)),
        }
    }

    /// The recorded effects.
    ///
    /// # Errors
    /// If one cannot be read.
    pub fn snapshot(history: &RunHistory<Instant>) -> Result<M::Snapshot, Misfit> {
        let mut slots = M::Slots::default();
        Self::load(&mut slots, history, false)?;
        Ok(M::snapshot(slots))
    }

    /// Returns a sender of signals to the saga while it runs.
    #[must_use]
    pub fn sender(machine: &M) -> Sender<M::Signal> {
        Sender::new(machine.mail().cloned())
    }

    /// Runs the saga from its current state to its end, and records what happens. `limit` is the
    /// maximum size of a recorded value's JSON, in bytes.
    ///
    /// If the journal stops, this future never completes. Dropping it, then or at any other time,
    /// is equivalent to a crash at that point.
    pub async fn run<J: Drives + 'static>(self, machine: M, journal: J, limit: usize) -> Ended<M> {
        let Self {
            mut slots,
            mut durable,
        } = self;
        let link = durable.open(machine.mail());
        let (end, events) = {
            let DurableRun {
                id, run, at_hand, ..
            } = &mut *durable;
            let tray = Tray::new(limit);
            let scope = Scope {
                journal: &journal,
                id,
                place: None,
                link: link.as_deref(),
                tray: Some(&tray),
            };
            let end = {
                let mut object = Seen {
                    machine: &machine,
                    slots: &mut slots,
                };
                let object = &mut object;
                let (run, scope) = (&mut *run, &scope);
                let begin = at_hand.take();
                J::drive(Driven {
                    object,
                    run,
                    scope,
                    begin,
                })
                .await
            };
            let told = |event| EndEvent::of::<M>(&journal, event);
            announce((&machine, &slots), run, &scope, end, told)
        };
        durable.close(&object::children::<M>(&slots), end);
        Ended {
            machine,
            slots,
            durable,
            end,
            events,
        }
    }

    /// Returns a saga whose end is recorded, as it ended; `None` if it has not ended.
    pub fn ended(mut self, machine: M) -> Option<Ended<M>> {
        let end = self.end()?;
        self.durable.rest();
        Some(Ended {
            machine,
            slots: self.slots,
            durable: self.durable,
            end,
            events: Vec::new(),
        })
    }

    /// The recorded end, if there is one.
    #[must_use]
    pub fn end(&self) -> Option<End> {
        self.durable.run.kernel.end()
    }

    /// The error of a saga whose end is recorded; `None` if it completed, or has not ended.
    #[must_use]
    pub fn into_error(mut self) -> Option<Error<M::Error>> {
        let end = self.end()?;
        let DurableRun { run, at_hand, .. } = &mut *self.durable;
        run.flush(&mut at_hand.progress);
        let error = failure::<M>(run, &self.slots, end);
        clear::<M>(&mut self.slots);
        error
    }
}

impl<M: Machine> fmt::Debug for Recovery<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Recovery")
            .field("saga", &M::DEFINITION.name)
            .field("id", self.durable.id.get())
            .finish_non_exhaustive()
    }
}
