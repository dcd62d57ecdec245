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
use restored::{effects, signals, unwatched};

use super::{
    announce::announce,
    ended::{Ended, Told, failure},
    execute::summary,
};
use crate::executor::{
    driven::{AtHand, Begin, Driven, Drives},
    run_state::RunState,
};
use crate::{
    basics::discard::discard,
    calls::{loops::RecordedItems, mail::Sender, perform::Scope, watch::RunOptions},
    definition::DefinitionRef,
    generated::{
        machine::{Machine, clear},
        object::{self, Seen, rules},
    },
    history::RunHistory,
    kernel::{Command, End, Kernel},
    observers::RunEvent,
    report::error::Error,
    values::{
        id::{Id, LazyId},
        node::Node,
    },
};
use std::fmt;
use tokio::time::Instant;

/// A durable saga that is about to run: a new one, or one that continues where its records end.
///
/// Calls and decisions that are recorded are not repeated.
pub struct Recovery<M: Machine> {
    id: LazyId,
    slots: M::Slots,
    run: RunState,
    at_hand: AtHand,
    /// The signals that were accepted and that no step has received, as JSON.
    signals: Vec<(u16, String)>,
    is_new: bool,
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
        Self::made(id, options, Kernel::new(definition, true))
    }

    /// A saga that continues where its history ends.
    ///
    /// # Errors
    /// If the effect of a step cannot be read.
    ///
    /// # Panics
    /// If the history is that of a definition with a different number of steps.
    pub fn of(history: &RunHistory<Instant>, id: Id, options: RunOptions) -> Result<Self, Misfit> {
        let mut recovery = Self::made(id, options, history.kernel.clone());
        recovery.slots = Self::load(history)?;
        recovery.signals = signals(history, &Self::check)?;
        if M::NESTS {
            recovery.load_children(history)?;
        }
        if M::LOOPS {
            recovery.load_loops(history)?;
        }
        recovery.is_new = history.is_new;
        recovery.at_hand = recovery.run.restore(history);
        Ok(recovery)
    }

    fn made(id: Id, options: RunOptions, kernel: Kernel) -> Self {
        let run = unwatched(rules::<M>(), &id, options, kernel);
        let mut lazy = LazyId::default();
        lazy.set(id);
        Self {
            id: lazy,
            slots: M::Slots::default(),
            run,
            at_hand: AtHand::default(),
            signals: Vec::new(),
            is_new: true,
        }
    }

    /// Decodes the recorded effects, each into its slot.
    fn load(history: &RunHistory<Instant>) -> Result<M::Slots, Misfit> {
        let mut slots = M::Slots::default();
        let loaded = effects(history, &mut |step, json| M::load(&mut slots, step, json));
        match loaded {
            Ok(()) => Ok(slots),
            Err(misfit) => {
                clear::<M>(&mut slots);
                Err(misfit)
            }
        }
    }

    /// The state with which a child saga continues.
    pub(super) fn into_parts(self) -> (M::Slots, RunState, AtHand) {
        (self.slots, self.run, self.at_hand)
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
        Self::load(history).map(M::snapshot)
    }

    /// Returns a sender of signals to the saga while it runs.
    #[must_use]
    pub fn sender(machine: &M) -> Sender<M::Signal> {
        Sender::new(machine.mail().cloned())
    }

    /// Runs the saga from its current state to its end, and records what happens.
    ///
    /// If the journal stops, this future never completes. Dropping it, then or at any other time,
    /// is equivalent to a crash at that point.
    pub async fn run<J: Drives + 'static>(self, machine: M, journal: J) -> Ended<M> {
        let Self {
            id,
            mut slots,
            mut run,
            at_hand,
            signals,
            is_new,
        } = self;
        let link = run.link();
        let (end, events) = {
            let scope = Scope {
                journal: &journal,
                id: &id,
                place: None,
                link: link.as_deref(),
            };
            if let Some(mail) = machine.mail() {
                for (step, json) in signals {
                    mail.keep(step, json);
                }
            }
            run.watch_mail(machine.mail());
            run.open(if is_new {
                &RunEvent::Started
            } else {
                &RunEvent::Recovered
            });
            let end = {
                let mut object = Seen {
                    machine: &machine,
                    slots: &mut slots,
                };
                let object = &mut object;
                let (run, scope) = (&mut run, &scope);
                let begin = Begin::Recorded(at_hand);
                J::drive(Driven {
                    object,
                    run,
                    scope,
                    begin,
                })
                .await
            };
            let told = |event| Told::of::<M>(&journal, event);
            announce((&machine, &slots), &mut run, &scope, end, told)
        };
        drop(run.close(&|run| summary(run, &object::children::<M>(&slots), &id, end)));
        Ended {
            machine,
            slots,
            run,
            id,
            end,
            events,
        }
    }

    /// Returns a saga whose end is recorded, as it ended; `None` if it has not ended.
    pub fn ended(self, machine: M) -> Option<Ended<M>> {
        let end = self.end()?;
        Some(Ended {
            machine,
            slots: self.slots,
            run: self.run,
            id: self.id,
            end,
            events: Vec::new(),
        })
    }

    /// The recorded end, if there is one.
    #[must_use]
    pub fn end(&self) -> Option<End> {
        match self.run.kernel.next() {
            Command::End(end) => Some(end),
            _ => None,
        }
    }

    /// The error of a saga whose end is recorded; `None` if it completed, or has not ended.
    #[must_use]
    pub fn into_error(mut self) -> Option<Error<M::Error>> {
        let end = self.end()?;
        self.run.flush(&mut self.at_hand.progress);
        let error = failure::<M>(&mut self.run, &self.slots, end);
        clear::<M>(&mut self.slots);
        error
    }
}

impl<M: Machine> fmt::Debug for Recovery<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Recovery")
            .field("saga", &M::DEFINITION.name)
            .field("id", self.id.get())
            .finish_non_exhaustive()
    }
}
