//! A durable run: made again from its records, taken up where they end, and what became of it.
//!
//! ```text
//!  records ──replay──▶ Recovery { kernel, slots, failures, waits } ──run──▶ Ended ──finish──▶ Finished
//! ```

use super::{
    Control, Core, Settings, Watch,
    core::Siblings,
    drive,
    ended::{Ended, failure},
    finish::summary,
    track::Track,
};
use crate::{
    context::LazyId,
    definition::Definition,
    error::{Cause, Error, Panic},
    id::Id,
    journal::{CallKind, Journal},
    kernel::{
        CallChange, Command, Direction, EffectChange, End, Event, Illegal, Kernel, Lane, Running,
        StepState,
    },
    machine::{Machine, Scope},
    observe::{Observer, What},
};
use std::{fmt, sync::Arc, time::Duration};
use tokio::time::Instant;

/// What may interrupt a durable run, and who hears of it.
#[derive(Default)]
pub struct Conduct {
    /// Who may ask it to cancel.
    pub control: Option<Arc<Control>>,
    /// How long it is until its deadline; nothing, if that has passed.
    pub deadline: Option<Duration>,
    /// Who observes it.
    pub observers: Vec<Arc<dyn Observer>>,
}

/// A durable saga on its way to being run: empty, or made again from the records of an earlier run.
///
/// Records are given in order, by [`replay`](Self::replay) and [`load`](Self::load); then [`run`](Self::run) goes on where they end. Nothing
/// that is on record is run, decided or asked again.
pub struct Recovery<M: Machine> {
    id: LazyId,
    slots: M::Slots,
    core: Core<M>,
    /// Of the step that is worked at in sequence.
    track: Track<M::Error>,
    /// Of the siblings of the block at hand.
    lanes: Vec<Track<M::Error>>,
    in_block: bool,
    is_new: bool,
}

impl<M: Machine> Recovery<M> {
    /// A saga of which nothing is on record yet. `definition` decides what is done; it is [`Machine::DEFINITION`], or one that differs from it in how
    /// often things are tried: a saga keeps the counts that it began with.
    ///
    /// # Panics
    /// If `definition` has another number of steps.
    #[must_use]
    pub fn new(definition: &'static Definition, id: Id, conduct: Conduct) -> Self {
        Self::made(definition, id, conduct, true, None)
    }

    /// The same for tests, which have a run more than once: its waits are drawn from a seed, and things are tried as often as in memory if it is not
    /// `durable`.
    ///
    /// # Panics
    /// If `definition` has another number of steps.
    #[must_use]
    pub fn seeded(
        definition: &'static Definition,
        id: Id,
        conduct: Conduct,
        durable: bool,
        seed: u64,
    ) -> Self {
        Self::made(definition, id, conduct, durable, Some(seed))
    }

    fn made(
        definition: &'static Definition,
        id: Id,
        conduct: Conduct,
        durable: bool,
        seed: Option<u64>,
    ) -> Self {
        let settings = Settings {
            control: conduct.control,
            deadline: conduct.deadline,
            observers: conduct.observers,
            seed,
        };
        let watch = Watch::of(M::DEFINITION.name, || id.clone(), Some(Box::new(settings)));
        let mut lazy = LazyId::default();
        lazy.set(id);
        Self {
            id: lazy,
            slots: M::Slots::default(),
            core: Core::new(definition, durable, watch),
            track: Track::of(0),
            lanes: Vec::new(),
            in_block: false,
            is_new: true,
        }
    }

    /// Where it stands.
    #[must_use]
    pub fn kernel(&self) -> &Kernel<M::States> {
        &self.core.kernel
    }

    /// Hears an event that is on record, `ago` by now, and the words of a call that failed.
    ///
    /// # Errors
    /// If the event does not fit what was heard before: the records are not those of this saga.
    pub fn replay(
        &mut self,
        event: Event,
        words: Option<String>,
        ago: Duration,
    ) -> Result<(), Illegal> {
        self.is_new = false;
        if self.end().is_some() {
            // What the run filed when it ended.
            self.core.flush(&mut self.track);
            self.track.forget();
        }
        let call = event.step().and_then(|step| self.call_of(event, step));
        if let Some(step) = event.step() {
            self.turn_to(step);
        }
        self.core.kernel.apply(event)?;
        let failure = call.map(|call| (call, cause(event, words)));
        self.heard(event);
        self.clear(event);
        if event.step().is_some() {
            let now = Instant::now();
            let at = now.checked_sub(ago).unwrap_or(now);
            let track = match self.lanes.last_mut().filter(|_| self.in_block) {
                Some(lane) => lane,
                None => &mut self.track,
            };
            track.used |= failure.is_some();
            self.core.file(track, event, failure, || at);
        }
        self.core.answer();
        self.leave_block();
        Ok(())
    }

    /// What the run knows of an event beside the kernel.
    fn heard(&mut self, event: Event) {
        if event == Event::CancelRequested {
            self.core.heard(true);
        } else if event == Event::DeadlinePassed {
            self.core.heard(false);
        } else if event == Event::Resumed && self.core.kernel.direction() == Direction::Forward {
            self.core.failures.outdate();
        } else if event.effect() == EffectChange::ClearedFromHere {
            self.core.failures.clear();
        }
    }

    fn clear(&mut self, event: Event) {
        let Some(step) = event.step() else { return };
        match event.effect() {
            EffectChange::None | EffectChange::Filled | EffectChange::Skipped => {}
            EffectChange::Cleared => M::clear(&mut self.slots, step),
            EffectChange::ClearedFromHere => {
                for later in (step..).take(M::DEFINITION.steps.len() - usize::from(step)) {
                    M::clear(&mut self.slots, later);
                }
            }
        }
    }

    /// Puts the value of a step that is on record into its slot: of its action, its `resolve` or its fallback, or that it was skipped (`None`).
    ///
    /// # Errors
    /// Why it is no such value.
    pub fn load(&mut self, step: u16, json: Option<&str>) -> Result<(), String> {
        M::load(&mut self.slots, step, json)
    }

    /// A wait of `step` is on record, and this is what is left of it. To be told when all is replayed.
    pub fn wait(&mut self, step: u16, left: Duration) {
        let kernel = &self.core.kernel;
        let command = match kernel.next() {
            Command::Group { .. } => match kernel.lane(step) {
                Lane::Run(command) => command,
                Lane::Blocked | Lane::Ended => return,
            },
            command => command,
        };
        let (Command::Backoff { step: waits, .. }
        | Command::AwaitLate { step: waits }
        | Command::Turn { step: waits, .. }) = command
        else {
            return;
        };
        let Some(due) = Instant::now().checked_add(left).filter(|_| waits == step) else {
            return;
        };
        self.turn_to(step);
        let track = match self.lanes.last_mut().filter(|_| self.in_block) {
            Some(lane) => lane,
            None => &mut self.track,
        };
        track.wait = Some((command, due));
        track.used = true;
    }

    /// Which code the event is a failure of.
    fn call_of(&self, event: Event, step: u16) -> Option<CallKind> {
        match event.call() {
            CallChange::Fails(call) => Some(call),
            CallChange::Lost => Some(running(&self.core.kernel, step).unwrap_or(CallKind::Action)),
            CallChange::None
            | CallChange::Starts(_)
            | CallChange::Succeeds(_)
            | CallChange::Settled => None,
        }
    }

    /// The track of a step is made the last one of its list, or the one in sequence.
    fn turn_to(&mut self, step: u16) {
        self.in_block = matches!(self.core.kernel.next(), Command::Group { .. });
        if !self.in_block {
            return self.core.turn_to(&mut self.track, step);
        }
        let track = match self.lanes.iter().position(|lane| lane.step == step) {
            Some(position) => self.lanes.remove(position),
            None => Track::of(step),
        };
        self.lanes.push(track);
    }

    /// What siblings left behind when their block has ended.
    fn leave_block(&mut self) {
        let in_block = matches!(self.core.kernel.next(), Command::Group { .. });
        if !in_block && !self.lanes.is_empty() {
            self.lanes.sort_by_key(|lane| lane.step);
            for mut lane in std::mem::take(&mut self.lanes) {
                self.core.flush(&mut lane);
            }
        }
        self.in_block = in_block;
    }

    /// Runs the saga from where it stands to its end, and records what happens.
    ///
    /// A journal that stops lets this wait for ever; dropping it then, or at any other time, is as if the process had ended there.
    pub async fn run<J: Journal + 'static>(self, machine: M, journal: J) -> Ended<M> {
        let Self {
            id,
            mut slots,
            mut core,
            mut track,
            mut lanes,
            is_new,
            ..
        } = self;
        let end = {
            let scope = Scope {
                journal: &journal,
                id: &id,
            };
            core.open(if is_new {
                &What::Started
            } else {
                &What::Recovered
            });
            lose(&mut core, &scope, &mut track, &mut lanes);
            core.siblings = Some(Box::new(Siblings(lanes)));
            drive(&machine, &mut slots, &mut core, &scope, track).await
        };
        core.close(|core| summary(core, &id, end));
        Ended {
            machine,
            slots,
            core,
            id,
            end,
        }
    }

    /// A saga whose end is on record, as it ended; `None` if it has not.
    pub fn ended(self, machine: M) -> Option<Ended<M>> {
        let end = self.end()?;
        Some(Ended {
            machine,
            slots: self.slots,
            core: self.core,
            id: self.id,
            end,
        })
    }

    /// How it has ended, if it has.
    #[must_use]
    pub fn end(&self) -> Option<End> {
        match self.core.kernel.next() {
            Command::End(end) => Some(end),
            _ => None,
        }
    }

    /// Its effects, each if it is there.
    #[must_use]
    pub fn into_snapshot(self) -> M::Snapshot {
        M::snapshot(self.slots)
    }

    /// Why it did not complete: of a saga whose end is on record. `None` if it completed, or has not ended.
    #[must_use]
    pub fn into_error(mut self) -> Option<Error<M::Error>> {
        let end = self.end()?;
        self.core.flush(&mut self.track);
        failure(&mut self.core, end)
    }
}

/// Calls that are on record as started, without an end, are lost with the process that made them; so is an effect that could not be recorded,
/// where the way back would need it.
fn lose<M: Machine, J: Journal>(
    core: &mut Core<M>,
    scope: &Scope<'_, J>,
    track: &mut Track<M::Error>,
    lanes: &mut Vec<Track<M::Error>>,
) {
    let running: Vec<_> = core.kernel.running().map(|(step, _)| step).collect();
    for step in running {
        lose_one(core, scope, track, lanes, step);
    }
    let unrecorded: Vec<_> = core.kernel.unrecorded().collect();
    for step in unrecorded {
        lose_one(core, scope, track, lanes, step);
    }
}

fn lose_one<M: Machine, J: Journal>(
    core: &mut Core<M>,
    scope: &Scope<'_, J>,
    track: &mut Track<M::Error>,
    lanes: &mut Vec<Track<M::Error>>,
    step: u16,
) {
    let call = running(&core.kernel, step).unwrap_or(CallKind::Action);
    if !matches!(core.kernel.next(), Command::Group { .. }) {
        core.turn_to(track, step);
        return core.lost(scope, track, call);
    }
    let position = lanes.iter().position(|lane| lane.step == step);
    let position = position.unwrap_or_else(|| {
        lanes.push(Track::of(step));
        lanes.len() - 1
    });
    core.lost(scope, &mut lanes[position], call);
}

/// Which code of the step runs, on record.
fn running<S: AsRef<[StepState]> + AsMut<[StepState]>>(
    kernel: &Kernel<S>,
    step: u16,
) -> Option<CallKind> {
    let (_, running) = kernel.running().find(|(running, _)| *running == step)?;
    Some(match running {
        Running::Action => CallKind::Action,
        Running::Resolve => CallKind::Resolve,
        Running::Compensation => CallKind::Compensate,
        Running::Fallback => CallKind::Fallback,
    })
}

/// What a recorded failure was caused by.
fn cause<E>(event: Event, words: Option<String>) -> Cause<E> {
    let text = words.unwrap_or_default();
    match event {
        Event::TimedOut { .. } => Cause::TimedOut,
        Event::Lost { .. } => Cause::Lost,
        Event::Unrecordable { .. } => Cause::Unrecordable { text },
        Event::Panicked { .. } | Event::WhenPanicked { .. } => {
            Cause::Panicked(Box::new(Panic::recorded(text)))
        }
        _ => Cause::Recorded { text },
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

impl fmt::Debug for Conduct {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Conduct")
            .field("deadline", &self.deadline)
            .finish_non_exhaustive()
    }
}
