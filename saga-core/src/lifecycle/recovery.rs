//! A durable run: restored from its records, continued where they end, and its result.
//!
//! ```text
//!  RunHistory ──of──▶ Recovery { kernel, slots, waits, … } ──run──▶ Ended ──finish──▶ Finished
//! ```

mod children;
mod loops;

pub(super) use loops::keys_inside;

use super::{
    announce::announce,
    ended::{Ended, Told, failure},
    execute::summary,
};
use crate::executor::{
    driven::{AtHand, Begin, Driven, Drives, lane},
    run_state::RunState,
};
use crate::{
    basics::discard::discard,
    calls::{
        loops::RecordedItems,
        mail::Sender,
        perform::Scope,
        watch::{RunOptions, Watch},
    },
    definition::DefinitionRef,
    generated::{
        machine::{Machine, clear},
        object::{self, Seen, rules},
    },
    history::{self, RunHistory, Slot},
    kernel::{Command, End, Kernel},
    observers::{Before, RunEvent},
    report::{error::Error, progress::StepProgress, why::Why},
    values::{
        id::{Id, LazyId},
        node::Node,
        written::Written,
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
    /// The progress of the current step, outside of blocks.
    progress: StepProgress,
    /// The progress of the steps of the current block.
    lanes: Vec<StepProgress>,
    /// The signals that were accepted and that no step has received, as JSON.
    signals: Vec<(u16, String)>,
    is_new: bool,
}

/// A recorded value that is not an effect of its step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Misfit {
    /// The step's index.
    pub step: u16,
    /// The reason.
    pub why: String,
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

    /// A saga that continues where its history ends. `moment` converts a time to the clock of this
    /// process, and returns `None` for a time that the clock cannot represent.
    ///
    /// # Errors
    /// If the effect of a step cannot be read.
    ///
    /// # Panics
    /// If the history is that of a definition with a different number of steps.
    pub fn of<T: Copy>(
        history: &RunHistory<T>,
        id: Id,
        options: RunOptions,
        moment: impl Fn(T) -> Option<Instant>,
    ) -> Result<Self, Misfit> {
        let now = Instant::now();
        let past = |at| moment(at).map_or(now, |at| at.min(now));
        let mut recovery = Self::made(id, options, history.kernel.clone());
        recovery.slots = Self::load(history)?;
        recovery.signals = Self::signals(history)?;
        if M::NESTS {
            recovery.load_children(history, &past, &moment)?;
        }
        if M::LOOPS {
            recovery.load_loops(history, &past, &moment)?;
        }
        recovery.is_new = history.is_new;
        let read = |written: &Written| written.read(rules::<M>().read_error);
        recovery.run.failures = history.failures.map_ref(read);
        recovery.progress = history.progress.map_ref(past, read);
        let lanes = history.lanes.iter().map(|lane| lane.map_ref(past, read));
        recovery.lanes = lanes.collect();
        if let Some(failing) = &history.failing {
            let (saga, failure) = (M::DEFINITION.name.clone(), failing.copy());
            recovery.run.aside.get_or_insert_default().why = Some(Why { saga, failure });
        }
        recovery.run.heard();
        recovery.run.answer();
        for (step, own) in (0..).zip(&history.steps) {
            if let Some(at) = own.lost_at {
                let lost = &mut recovery.run.aside.get_or_insert_default().lost;
                lost.insert(step.into(), past(at));
            }
            if let Some(due) = own.wait.and_then(|wait| moment(wait.until)) {
                recovery.wait(step, due);
            }
        }
        Ok(recovery)
    }

    fn made(id: Id, options: RunOptions, kernel: Kernel) -> Self {
        let (own, of) = (&M::DEFINITION.steps, &kernel.definition().steps);
        assert_eq!(own.len(), of.len(), "a saga continues under its steps");
        let watch = Watch::of(&M::DEFINITION.name, &|| id.clone(), Some(Box::new(options)));
        let mut lazy = LazyId::default();
        lazy.set(id);
        Self {
            id: lazy,
            slots: M::Slots::default(),
            run: RunState::of(rules::<M>(), kernel, watch),
            progress: StepProgress::of(0),
            lanes: Vec::new(),
            signals: Vec::new(),
            is_new: true,
        }
    }

    /// Decodes the recorded effects, each into its slot.
    fn load<T: Copy>(history: &RunHistory<T>) -> Result<M::Slots, Misfit> {
        let mut slots = M::Slots::default();
        for (step, own) in (0..).zip(&history.steps) {
            let value = match own.slot {
                Slot::Empty => continue,
                Slot::Skipped => None,
                Slot::Filled => Some(own.value.as_deref().unwrap_or("null")),
            };
            let loaded = match value.zip(history.looped(step)) {
                Some((effects, looped)) => looped
                    .lists(effects)
                    .and_then(|lists| M::load(&mut slots, step, Some(&lists))),
                None => M::load(&mut slots, step, value),
            };
            if let Err(why) = loaded {
                clear::<M>(&mut slots);
                return Err(Misfit { step, why });
            }
        }
        Ok(slots)
    }

    /// The signals that no step has received. Checks that each can be decoded.
    fn signals<T: Copy>(history: &RunHistory<T>) -> Result<Vec<(u16, String)>, Misfit> {
        let signals = (0..).zip(&history.steps);
        let signals = signals.filter_map(|(step, own)| Some((step, own.signal.clone()?)));
        let read = |(step, json): (u16, String)| match Self::check(step, &json) {
            Ok(()) => Ok((step, json)),
            Err(why) => Err(Misfit { step, why }),
        };
        signals.map(read).collect()
    }

    /// The state with which a child saga continues.
    pub(super) fn into_parts(self) -> (M::Slots, RunState, AtHand) {
        let Self {
            slots,
            run,
            progress,
            lanes,
            ..
        } = self;
        (slots, run, AtHand { progress, lanes })
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
    pub fn snapshot<T: Copy>(history: &RunHistory<T>) -> Result<M::Snapshot, Misfit> {
        Self::load(history).map(M::snapshot)
    }

    /// Restores a recorded wait of a step, which ends at this time.
    fn wait(&mut self, step: u16, due: Instant) {
        let kernel = &self.run.kernel;
        let waits = |command: &Command| Before::of(*command).is_some_and(|(of, _)| of == step);
        let Some(command) = history::command(kernel, step).filter(waits) else {
            return;
        };
        let progress = if let Command::Group { .. } = kernel.next() {
            lane(&mut self.lanes, step)
        } else {
            self.run.select_step(&mut self.progress, step);
            &mut self.progress
        };
        progress.wait = Some((command, due));
        progress.used = true;
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
            progress,
            lanes,
            signals,
            is_new,
            ..
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
                let begin = Begin::Recorded(AtHand { progress, lanes });
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
        self.run.flush(&mut self.progress);
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
