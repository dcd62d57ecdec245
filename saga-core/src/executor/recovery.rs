//! A durable run: made again from its records, taken up where they end, and what became of it.
//!
//! ```text
//!  records ──replay──▶ Recovery { kernel, slots, failures, waits } ──run──▶ Ended ──finish──▶ Finished
//! ```

use super::{
    drive::drive,
    ended::{Ended, failure},
    run::summary,
    run_state::{RunState, Siblings},
};
use crate::{
    call::CallKind,
    context::LazyId,
    definition::Definition,
    error::{Cause, Error},
    id::Id,
    journal::Journal,
    kernel::{
        CallChange, Command, Direction, EffectChange, End, Event, Illegal, Kernel, Lane, StepState,
    },
    lane::StepProgress,
    machine::Machine,
    observers::RunEvent,
    panic::Panic,
    perform::Scope,
    watch::{RunOptions, Watch},
};
use std::{fmt, time::Duration};
use tokio::time::Instant;

/// A durable saga on its way to being run: empty, or made again from the records of an earlier run.
///
/// Records are given in order, by [`replay`](Self::replay) and [`load`](Self::load); then [`run`](Self::run) goes on where they end. Nothing
/// that is on record is run, decided or asked again.
pub struct Recovery<M: Machine> {
    id: LazyId,
    slots: M::Slots,
    run: RunState<M>,
    /// Of the step that is worked at in sequence.
    progress: StepProgress<M::Error>,
    /// Of the siblings of the block at hand.
    lanes: Vec<StepProgress<M::Error>>,
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
    pub fn new(definition: &'static Definition, id: Id, options: RunOptions) -> Self {
        Self::made(definition, id, options, true)
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
        options: RunOptions,
        durable: bool,
        seed: u64,
    ) -> Self {
        let options = RunOptions {
            seed: Some(seed),
            ..options
        };
        Self::made(definition, id, options, durable)
    }

    fn made(definition: &'static Definition, id: Id, options: RunOptions, durable: bool) -> Self {
        let watch = Watch::of(M::DEFINITION.name, || id.clone(), Some(Box::new(options)));
        let mut lazy = LazyId::default();
        lazy.set(id);
        Self {
            id: lazy,
            slots: M::Slots::default(),
            run: RunState::new(definition, durable, watch),
            progress: StepProgress::of(0),
            lanes: Vec::new(),
            in_block: false,
            is_new: true,
        }
    }

    /// Where it stands.
    #[must_use]
    pub fn kernel(&self) -> &Kernel<M::States> {
        &self.run.kernel
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
            self.run.flush(&mut self.progress);
            self.progress.forget();
        }
        let call = event.step().and_then(|step| self.call_of(event, step));
        if let Some(step) = event.step() {
            self.turn_to(step);
        }
        self.run.kernel.apply(event)?;
        let failure = call.map(|call| (call, cause(event, words)));
        self.heard(event);
        self.clear(event);
        if event.step().is_some() {
            let now = Instant::now();
            let at = now.checked_sub(ago).unwrap_or(now);
            let progress = match self.lanes.last_mut().filter(|_| self.in_block) {
                Some(lane) => lane,
                None => &mut self.progress,
            };
            progress.used |= failure.is_some();
            self.run.file(progress, event, failure, || at);
        }
        self.run.answer();
        self.leave_block();
        Ok(())
    }

    /// What the run knows of an event beside the kernel.
    fn heard(&mut self, event: Event) {
        if event == Event::CancelRequested {
            self.run.heard(true);
        } else if event == Event::DeadlinePassed {
            self.run.heard(false);
        } else if event == Event::Resumed && self.run.kernel.direction() == Direction::Forward {
            self.run.failures.outdate();
        } else if event.effect() == EffectChange::ClearedFromHere {
            self.run.failures.clear();
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
        let kernel = &self.run.kernel;
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
        let progress = match self.lanes.last_mut().filter(|_| self.in_block) {
            Some(lane) => lane,
            None => &mut self.progress,
        };
        progress.wait = Some((command, due));
        progress.used = true;
    }

    /// Which code the event is a failure of.
    fn call_of(&self, event: Event, step: u16) -> Option<CallKind> {
        match event.call() {
            CallChange::Fails(call) => Some(call),
            CallChange::Lost => Some(running(&self.run.kernel, step).unwrap_or(CallKind::Action)),
            CallChange::None
            | CallChange::Starts(_)
            | CallChange::Succeeds(_)
            | CallChange::Settled => None,
        }
    }

    /// The progress of a step is made the last one of its list, or the one in sequence.
    fn turn_to(&mut self, step: u16) {
        self.in_block = matches!(self.run.kernel.next(), Command::Group { .. });
        if !self.in_block {
            return self.run.turn_to(&mut self.progress, step);
        }
        let progress = match self.lanes.iter().position(|lane| lane.step == step) {
            Some(position) => self.lanes.remove(position),
            None => StepProgress::of(step),
        };
        self.lanes.push(progress);
    }

    /// What siblings left behind when their block has ended.
    fn leave_block(&mut self) {
        let in_block = matches!(self.run.kernel.next(), Command::Group { .. });
        if !in_block && !self.lanes.is_empty() {
            self.lanes.sort_by_key(|lane| lane.step);
            for mut lane in std::mem::take(&mut self.lanes) {
                self.run.flush(&mut lane);
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
            mut run,
            mut progress,
            mut lanes,
            is_new,
            ..
        } = self;
        let end = {
            let scope = Scope {
                journal: &journal,
                id: &id,
            };
            run.open(if is_new {
                &RunEvent::Started
            } else {
                &RunEvent::Recovered
            });
            lose(&mut run, &scope, &mut progress, &mut lanes);
            run.siblings = Some(Box::new(Siblings(lanes)));
            drive(&machine, &mut slots, &mut run, &scope, progress).await
        };
        run.close(|run| summary(run, &id, end));
        Ended {
            machine,
            slots,
            run,
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
            run: self.run,
            id: self.id,
            end,
        })
    }

    /// How it has ended, if it has.
    #[must_use]
    pub fn end(&self) -> Option<End> {
        match self.run.kernel.next() {
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
        self.run.flush(&mut self.progress);
        failure(&mut self.run, end)
    }
}

/// Calls that are on record as started, without an end, are lost with the process that made them; so is an effect that could not be recorded,
/// where the way back would need it.
fn lose<M: Machine, J: Journal>(
    run: &mut RunState<M>,
    scope: &Scope<'_, J>,
    progress: &mut StepProgress<M::Error>,
    lanes: &mut Vec<StepProgress<M::Error>>,
) {
    let running: Vec<_> = run.kernel.running().map(|(step, _)| step).collect();
    for step in running {
        lose_one(run, scope, progress, lanes, step);
    }
    let unrecorded: Vec<_> = run.kernel.unrecorded().collect();
    for step in unrecorded {
        lose_one(run, scope, progress, lanes, step);
    }
}

fn lose_one<M: Machine, J: Journal>(
    run: &mut RunState<M>,
    scope: &Scope<'_, J>,
    progress: &mut StepProgress<M::Error>,
    lanes: &mut Vec<StepProgress<M::Error>>,
    step: u16,
) {
    let call = running(&run.kernel, step).unwrap_or(CallKind::Action);
    if !matches!(run.kernel.next(), Command::Group { .. }) {
        run.turn_to(progress, step);
        return run.lost(scope, progress, call);
    }
    let position = lanes.iter().position(|lane| lane.step == step);
    let position = position.unwrap_or_else(|| {
        lanes.push(StepProgress::of(step));
        lanes.len() - 1
    });
    run.lost(scope, &mut lanes[position], call);
}

/// Which code of the step runs, on record.
fn running<S: AsRef<[StepState]> + AsMut<[StepState]>>(
    kernel: &Kernel<S>,
    step: u16,
) -> Option<CallKind> {
    let (_, running) = kernel.running().find(|(running, _)| *running == step)?;
    Some(running.into())
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
