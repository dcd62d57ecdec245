//! What is on record of a saga, without its types: the one fold of its events, which people look at
//! and runs go on from.
//!
//! ```text
//!  events, waits ──▶ RunHistory { kernel, steps, what a run would report } ──▶ Recovery
//! ```

use crate::{
    definition::{Definition, DefinitionRef, Step, Text},
    kernel::{
        CallChange, Command, Direction, EffectChange, Event, FailureKind, Illegal, Kernel, Lane,
        LoopKernel, StepState,
    },
    observers::Before,
    report::{
        error::Failure,
        failures::Failures,
        progress::StepProgress,
        standing::{EMIT, LeftPaths},
    },
    values::{call::CallKind, node::Node},
};
use std::{collections::BTreeMap, convert::Infallible, mem};

mod cause;
pub(crate) mod child;
mod copies;
mod looped;
mod nested;
mod step;

use cause::cause;

/// What is on record of a saga. `T`: moments of whoever reads the records.
pub struct RunHistory<T> {
    /// What the kernel knows.
    pub kernel: Kernel<Box<[StepState]>>,
    /// What else is on record of each step, in the definition's order.
    pub steps: Vec<StepHistory<T>>,
    /// No event is on record.
    pub(crate) is_new: bool,
    /// What a run would report so far.
    pub(crate) failures: Failures<Infallible>,
    /// Of the step that is worked at in sequence.
    pub(crate) progress: StepProgress<Infallible, T>,
    /// Of the siblings of the block at hand; the one that was heard of last is the last one.
    pub(crate) lanes: Vec<StepProgress<Infallible, T>>,
    /// The runs that are part of it, in the order in which they began.
    pub nested: Vec<NestedHistory<T>>,
    /// The loops, in the order in which they began.
    pub loops: Vec<LoopHistory<T>>,
    /// What earlier rounds of sagas that are steps left, by step.
    pub(crate) archived: BTreeMap<u16, LeftPaths>,
}

/// What is on record of one step, beside what the kernel knows.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct StepHistory<T> {
    /// When something was recorded of it last; `None` if nothing was.
    pub updated: Option<T>,
    /// Its effect as JSON, if it is there and was recorded: of its action, its `resolve`, its
    /// fallback, or given by somebody who settled it.
    pub value: Option<String>,
    /// How its `when`, its action or its fallback failed last, since it went well last. That its
    /// effect cannot be recorded stays, where the saga goes back for it: the effect is found out
    /// again only to be undone.
    pub failed: Option<FailedCall<T>>,
    /// How its `resolve` or its compensation failed last, since it went well last.
    pub unsettled: Option<FailedCall<T>>,
    /// The signal that was accepted for it, and that it has not taken, as JSON.
    pub signal: Option<String>,
    /// What it waits for.
    pub wait: Option<Wait<T>>,
    /// If it is in doubt: when the attempt that brought the doubt ended.
    pub doubt_since: Option<T>,
    pub(crate) slot: Slot,
}

/// Whether a step has an effect, beside what it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Slot {
    Empty,
    Skipped,
    Filled,
}

/// How a call of a step failed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct FailedCall<T> {
    /// Which code.
    pub call: CallKind,
    /// The event that says so.
    pub event: Event,
    /// The error in words.
    pub error: Option<String>,
    /// When.
    pub at: T,
    /// How many times in a row by then.
    pub in_a_row: u32,
}

impl<T> FailedCall<T> {
    fn is_unrecordable(&self) -> bool {
        matches!(self.event, Event::Unrecordable { .. })
    }
}

/// A wait on record that is not over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wait<T> {
    /// Until when.
    pub until: T,
    /// Before what.
    pub before: Before,
}

impl<T: Copy> RunHistory<T> {
    /// Of a saga of which nothing is on record yet: give it what is, in order, by
    /// [`apply`](Self::apply) and [`wait`](Self::wait), and then [`close`](Self::close) it.
    ///
    /// `durable` says that its journal survives the process, as for [`Kernel::new`].
    #[must_use]
    pub fn new(definition: impl Into<DefinitionRef>, durable: bool) -> Self {
        let definition = definition.into();
        let states = states(&definition);
        Self::of(Kernel::new(definition, states, durable))
    }

    /// Of a new run that is part of this one: of the child saga that a step is, or of an item of it.
    fn part_of(&self, step: u16) -> Option<Self> {
        self.kernel.parts().kernel(step, states).map(Self::of)
    }

    fn of(kernel: Kernel<Box<[StepState]>>) -> Self {
        let mut history = Self {
            steps: vec![StepHistory::NEW; kernel.definition().steps.len()],
            kernel,
            is_new: true,
            failures: Failures::default(),
            progress: StepProgress::of(0),
            lanes: Vec::new(),
            nested: Vec::new(),
            loops: Vec::new(),
            archived: BTreeMap::new(),
        };
        history.go_without();
        history
    }

    /// Takes an event into account that was recorded `at` some time, with the error in words if a
    /// call failed, and with a value as JSON if the step has one now.
    ///
    /// # Errors
    /// If the event does not fit those before it. The history is of no use then.
    pub fn apply(
        &mut self,
        event: Event,
        at: T,
        error: Option<&str>,
        value: Option<&str>,
    ) -> Result<(), Illegal> {
        self.is_new = false;
        if let Event::Signalled { step } = event {
            self.kernel.apply(event)?;
            let own = &mut self.steps[usize::from(step)];
            own.updated = Some(at);
            own.signal = value.map(str::to_owned);
            return Ok(());
        }
        if let Command::End(_) = self.kernel.next() {
            // What the run filed when it ended.
            let definition = self.kernel.definition();
            self.failures.flush(definition, &mut self.progress);
            self.progress.forget();
        }
        // The kernel forgets it with the event.
        let failed = self.failed_call(event);
        let failing = event.step().is_some_and(|step| self.is_failing(step));
        if let Event::Decided { block, taken } = event {
            return self.decided(block, taken, at);
        }
        if let Some(step) = event.step() {
            self.select_step(step);
        }
        match event {
            Event::Failing { step, refused } if self.part_failed(step) != Some(refused) => {
                return Err(Illegal { event });
            }
            _ => self.kernel.apply(event)?,
        }
        let made = self.made(event);
        let value = value.or(made.as_deref());
        if event == Event::Resumed && self.kernel.direction() == Direction::Forward {
            self.failures.outdate();
        }
        if event == Event::EmitFailed {
            let cause = cause(FailureKind::Error, error);
            let failure = Failure::of(Text::Borrowed(EMIT), CallKind::Action, cause);
            let direction = self.kernel.direction();
            self.failures.emit_failed(direction, failure);
        }
        if event.effect() == EffectChange::ClearedFromHere {
            self.failures.clear();
        }
        if let Some(step) = event.step() {
            let later = self.failures.set_aside(failing);
            self.file(event, failed, at, error);
            self.failures.add(later);
            let doubt = self.kernel.is_in_doubt(step);
            let back = self.kernel.direction() == Direction::Compensating;
            let from_it_on = &mut self.steps[usize::from(step)..];
            let own = &mut from_it_on[0];
            let reason = own.failed.take_if(|last| back && last.is_unrecordable());
            own.apply(event, failed, at, error);
            own.failed = reason.or(own.failed.take());
            own.doubt(event, doubt, at);
            own.effect(event, value);
            match event.effect() {
                EffectChange::ClearedFromHere => {
                    from_it_on.iter_mut().for_each(StepHistory::clear);
                    self.go_without();
                }
                EffectChange::Cleared => {
                    let definition = self.kernel.definition();
                    let steps = definition.steps.iter().zip(&mut self.steps);
                    let covered = |other: &Step| other.compensation.with() == Some(step);
                    let gone = steps.filter(|(other, _)| covered(other));
                    gone.for_each(|(_, own)| own.effect(event, None));
                }
                EffectChange::None | EffectChange::Filled | EffectChange::Skipped => {}
            }
        }
        self.failures.request(&self.kernel);
        self.leave_block();
        self.follow(event, at, value)
    }

    /// A `when` block was decided on; if it is not taken, its steps are skipped.
    fn decided(&mut self, block: u16, taken: bool, at: T) -> Result<(), Illegal> {
        let event = Event::Decided { block, taken };
        let conditions = &self.kernel.definition().conditions;
        let condition = conditions
            .get(usize::from(block))
            .ok_or(Illegal { event })?;
        let (first, len) = (condition.first, condition.len);
        self.select_step(first);
        self.kernel.apply(event)?;
        self.file(event, None, at, None);
        let steps = self.steps[usize::from(first)..].iter_mut();
        for own in steps.take(if taken { 1 } else { len.into() }) {
            (own.updated, own.wait, own.failed) = (Some(at), None, None);
            own.doubt_since = None;
            own.effect(event, None);
        }
        self.failures.request(&self.kernel);
        self.leave_block();
        Ok(())
    }

    /// Takes into account that a wait of a step was recorded `at` some time.
    ///
    /// # Panics
    /// If there is no such step.
    pub fn wait(&mut self, step: u16, at: T, wait: Option<Wait<T>>) {
        let step = &mut self.steps[usize::from(step)];
        step.updated = Some(at);
        step.wait = wait;
    }

    /// The records end here: what is no longer so is dropped.
    pub fn close(&mut self) {
        for nested in &mut self.nested {
            nested.run.close();
        }
        for looped in &mut self.loops {
            looped.items.iter_mut().for_each(Self::close);
        }
        let kernel = &self.kernel;
        for (step, own) in (0..).zip(&mut self.steps) {
            // Another step's event may have brought or ended its doubt.
            own.doubt_since = kernel
                .is_in_doubt(step)
                .then(|| own.doubt_since.or(own.updated))
                .flatten();
            let asked = command(kernel, step).and_then(Before::of);
            own.wait = own.wait.filter(|wait| asked == Some((step, wait.before)));
        }
    }

    /// Which code failed, if the event says that one did.
    fn failed_call(&self, event: Event) -> Option<CallKind> {
        match event.call() {
            CallChange::Fails(call, _) => Some(call),
            CallChange::Lost => {
                let mut running = self.kernel.running();
                let lost = running.find(|(step, _)| Some(*step) == event.step());
                Some(lost.map_or(CallKind::Action, |(_, running)| running))
            }
            CallChange::None
            | CallChange::Starts(_)
            | CallChange::Succeeds(_)
            | CallChange::Settled => None,
        }
    }

    fn is_failing(&self, step: u16) -> bool {
        usize::from(step) < self.steps.len() && self.kernel.is_failing(step)
    }

    /// Has the step's progress at hand: as the last lane, or as the one in sequence.
    fn select_step(&mut self, step: u16) {
        if !self.in_block() {
            let definition = self.kernel.definition();
            return self
                .failures
                .select_step(definition, &mut self.progress, step);
        }
        let lane = match self.lanes.iter().position(|lane| lane.step == step) {
            Some(position) => self.lanes.remove(position),
            None => StepProgress::of(step),
        };
        self.lanes.push(lane);
    }

    fn in_block(&self) -> bool {
        matches!(self.kernel.next(), Command::Group { .. })
    }

    fn file(&mut self, event: Event, failed: Option<CallKind>, at: T, error: Option<&str>) {
        // If nothing went wrong in an item, the record of the loop's end is all there is to report.
        if self.loop_ended(event) && failed.is_some() && self.failures.first.is_some() {
            return;
        }
        let nested = self.nested_failure(event, failed);
        let progress = match self.lanes.last_mut() {
            Some(lane) => lane,
            None => &mut self.progress,
        };
        progress.used |= failed.is_some();
        let (failures, kernel) = (&mut self.failures, &self.kernel);
        match failed.zip(event.failure()) {
            Some((call, how)) => {
                let (failure, within) = match nested {
                    Some((within, cause)) => ((CallKind::Action, cause), Some(within)),
                    None => ((call, cause(how, error)), None),
                };
                failures.file_failure(kernel, progress, event, failure, within, || at);
            }
            None => failures.file_event(kernel, progress, event),
        }
    }

    /// What siblings left behind when their block has ended.
    fn leave_block(&mut self) {
        if !self.lanes.is_empty() && !self.in_block() {
            self.lanes.sort_by_key(|lane| lane.step);
            for mut lane in mem::take(&mut self.lanes) {
                self.failures.flush(self.kernel.definition(), &mut lane);
            }
        }
    }
}

fn states(definition: &Definition) -> Box<[StepState]> {
    vec![StepState::NEW; definition.steps.len()].into_boxed_slice()
}

/// What is on record of a run that is part of another.
pub struct NestedHistory<T> {
    /// Which one.
    pub node: Node,
    /// In which round of its step it is.
    pub round: u32,
    /// The run itself.
    pub run: RunHistory<T>,
    /// Its inputs as JSON, if they were recorded.
    pub input: Option<String>,
    /// When it is turned back.
    pub deadline: Option<T>,
}

/// What is on record of a loop.
pub struct LoopHistory<T> {
    /// The step.
    pub step: u16,
    /// One for each item; those behind `count` are of an earlier time, when there were more items,
    /// and keep their rounds.
    pub items: Vec<RunHistory<T>>,
    /// How many items there are.
    pub count: usize,
    /// The items as JSON, if they may be needed again.
    pub(crate) values: Option<String>,
    /// What went wrong since the call of the loop began, in order.
    pub(crate) failures: Failures<Infallible>,
    /// What the call of the loop remembers of its items.
    pub(crate) kernel: LoopKernel,
}

/// What the kernel asks for: of this step, if it is one of the block at hand.
pub(crate) fn command<S>(kernel: &Kernel<S>, step: u16) -> Option<Command>
where
    S: AsRef<[StepState]> + AsMut<[StepState]>,
{
    match kernel.next() {
        Command::Group { .. } => match kernel.lane(step) {
            Lane::Run(command) => Some(command),
            Lane::Blocked | Lane::Ended => None,
        },
        command => Some(command),
    }
}
