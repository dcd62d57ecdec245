//! The recorded state of a saga, without its types: the one fold of its events, which operators see
//! and from which runs continue.
//!
//! ```text
//!  events, waits ──▶ RunHistory { kernel, steps, what a run would report } ──▶ Recovery
//! ```

use crate::{
    definition::{DefinitionRef, Step},
    kernel::{
        CallChange, Direction, EffectChange, Event, FailureKind, Illegal, Kernel, LoopKernel,
    },
    observers::Before,
    report::{at_hand::AtHand, error::Failure, failures::Failures},
    values::{call::CallKind, node::Node, written::Written},
};

pub(crate) mod cause;
pub(crate) mod child;
mod clock;
mod command;
mod looped;
mod nested;
mod step;
mod version;
mod why;

pub use cause::Said;
use command::asks;

/// The recorded state of a saga. `T` is the type of moments on the reader's clock.
#[derive(Clone)]
pub struct RunHistory<T> {
    /// The state of the kernel.
    pub kernel: Kernel,
    /// The other recorded state of each step, in the definition's order.
    pub steps: Vec<StepHistory<T>>,
    /// Whether no event is recorded.
    pub(crate) is_new: bool,
    /// The failures that a run would report so far.
    pub(crate) failures: Failures<Written>,
    /// The failure of a child saga or a loop that has failed for good, and still undoes itself.
    pub(crate) failing: Option<Failure<Written>>,
    /// The progress of the current steps.
    pub(crate) at_hand: AtHand<Written, T>,
    /// The runs that are part of this one, in the order in which they began.
    pub nested: Vec<NestedHistory<T>>,
    /// The loops, in the order in which they began.
    pub loops: Vec<LoopHistory<T>>,
}

/// The recorded state of one step, besides that of the kernel.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct StepHistory<T> {
    /// When the latest record of the step was made; `None` if there is none.
    pub updated: Option<T>,
    /// Whether its action was ever attempted, in whichever round.
    pub begun: bool,
    /// Its effect as JSON, if it has one that was recorded: by its action, its `resolve` or its
    /// fallback, or by an operator who settled it.
    pub value: Option<String>,
    /// As JSON, the effect that it had until an operator settled it as undone: the compensation of a later
    /// step that remains applied reads it.
    pub(crate) was: Option<String>,
    /// The last failure of its `when`, its action or its fallback, since one of them last
    /// succeeded. A failure to record its effect remains while the saga rolls back because of it:
    /// the effect is found out again only to be undone.
    pub failed: Option<FailedCall<T>>,
    /// The last failure of its `resolve` or its compensation, since one of them last succeeded.
    pub unsettled: Option<FailedCall<T>>,
    /// The signal that was accepted for the step, and that the step has not received yet, as JSON.
    pub signal: Option<String>,
    /// The wait of the step.
    pub wait: Option<Wait<T>>,
    /// If it is in doubt: when the attempt that caused the doubt ended.
    pub doubt_since: Option<T>,
    /// When the last attempt ended that was lost, and may still arrive.
    pub(crate) lost_at: Option<T>,
    pub(crate) slot: Slot,
}

/// Whether a step has an effect, apart from its value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Slot {
    Empty,
    Skipped,
    Filled,
}

/// A failed call of a step.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct FailedCall<T> {
    /// The code that failed.
    pub call: CallKind,
    /// The event that recorded the failure.
    pub event: Event,
    /// The text of the error.
    pub error: Option<String>,
    /// When it failed.
    pub at: T,
    /// How many times in a row it had failed by then.
    pub in_a_row: u32,
}

impl<T> FailedCall<T> {
    fn is_unrecordable(&self) -> bool {
        matches!(self.event, Event::Unrecordable { .. })
    }
}

/// A recorded wait that is not over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wait<T> {
    /// When the wait ends.
    pub until: T,
    /// The thing that the wait comes before.
    pub before: Before,
}

impl<T: Copy> RunHistory<T> {
    /// Creates an empty history. Feed it the records in order with [`apply`](Self::apply) and
    /// [`wait`](Self::wait), then call [`close`](Self::close).
    ///
    /// `durable` means that the run's journal survives the process, as for [`Kernel::new`].
    #[must_use]
    pub fn new(definition: impl Into<DefinitionRef>, durable: bool) -> Self {
        Self::of(Kernel::new(definition, durable))
    }

    /// Creates the history of a new run that is part of this one: the child saga of a step, or an
    /// item of its loop.
    fn part_of(&self, step: u16) -> Option<Self> {
        self.kernel.parts().kernel(step).map(Self::of)
    }

    fn of(kernel: Kernel) -> Self {
        let mut history = Self {
            steps: vec![StepHistory::NEW; kernel.definition().steps.len()],
            kernel,
            is_new: true,
            failures: Failures::default(),
            failing: None,
            at_hand: AtHand::default(),
            nested: Vec::new(),
            loops: Vec::new(),
        };
        history.go_without();
        history
    }

    /// Applies an event that was recorded at a time `at`, with what was recorded with it.
    ///
    /// # Errors
    /// If the event does not fit those before it. Then the history must not be used any more.
    pub fn apply(&mut self, event: Event, at: T, said: Said<'_>) -> Result<(), Illegal> {
        let Said { error, value, .. } = said;
        self.is_new = false;
        if let Event::Signalled { step } = event {
            self.kernel.apply(event)?;
            let own = &mut self.steps[usize::from(step)];
            own.updated = Some(at);
            own.signal = value.map(str::to_owned);
            return Ok(());
        }
        if self.kernel.end().is_some() {
            // The failures that the run reported when it ended.
            self.at_hand.leave_step(&mut self.failures, &self.kernel);
        }
        // Computed now, because the event makes the kernel forget it.
        let failed = self.failed_call(event);
        let failing = event.step().is_some_and(|step| self.is_failing(step));
        if let Event::Decided { block, taken } = event {
            return self.decided(block, taken, at);
        }
        if let Some(step) = event.step() {
            self.at_hand.select(&mut self.failures, &self.kernel, step);
        }
        let lost = self.kernel.ends_in_doubt(event);
        self.note_arriving(event);
        self.note_parts(event);
        self.note_failed(event)?;
        self.kernel.apply(event)?;
        self.note_failing(event, failing, said);
        let made = self.made(event);
        let value = value.or(made.as_deref());
        if event == Event::Resumed {
            self.failures.resumed(self.kernel.direction());
        }
        if event == Event::EmitFailed {
            let cause = cause::cause(FailureKind::Error, said);
            self.failures.emit_failed(self.kernel.direction(), cause);
        }
        if event.effect() == EffectChange::ClearedFromHere {
            self.failures.clear();
        }
        if let Some(step) = event.step() {
            let later = self.failures.set_aside(failing);
            self.file(event, failed, at, said);
            self.failures.add(later);
            let doubt = self.kernel.is_in_doubt(step);
            let back = self.kernel.direction() == Direction::Compensating;
            let from_it_on = &mut self.steps[usize::from(step)..];
            let own = &mut from_it_on[0];
            let reason = own.failed.take_if(|last| back && last.is_unrecordable());
            own.apply(event, failed, at, error);
            own.lost_at = Some(at).filter(|_| lost).or(own.lost_at);
            own.failed = reason.or(own.failed.take());
            own.doubt(event, doubt, at);
            own.effect(event, value);
            match event.effect() {
                EffectChange::ClearedFromHere => {
                    let gone = (step..).zip(from_it_on);
                    let gone = gone.filter(|(other, _)| !self.kernel.stays_omitted(*other, step));
                    gone.for_each(|(_, own)| own.clear());
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
        self.at_hand.leave_block(&mut self.failures, &self.kernel);
        self.follow(event, at, value)
    }

    /// The condition of a `when` block was evaluated. If the block is not taken, its steps are
    /// skipped, otherwise those of the later arms.
    fn decided(&mut self, block: u16, taken: bool, at: T) -> Result<(), Illegal> {
        let event = Event::Decided { block, taken };
        let definition = self.kernel.definition();
        let conditions = &definition.conditions;
        let condition = conditions
            .get(usize::from(block))
            .ok_or(Illegal { event })?;
        let first = condition.first;
        let skipped = definition.skipped_by(block, taken);
        self.at_hand.select(&mut self.failures, &self.kernel, first);
        self.kernel.apply(event)?;
        self.file(event, None, at, Said::default());
        let decided = Some(first).filter(|first| !skipped.contains(first));
        let steps = decided.into_iter().chain(skipped.clone());
        for step in steps {
            let own = &mut self.steps[usize::from(step)];
            (own.updated, own.wait, own.failed) = (Some(at), None, None);
            own.doubt_since = None;
            if skipped.contains(&step) {
                own.skip();
            }
        }
        self.failures.request(&self.kernel);
        self.at_hand.leave_block(&mut self.failures, &self.kernel);
        Ok(())
    }

    /// Applies the record of a step's wait, made at a time `at`.
    ///
    /// # Panics
    /// If there is no such step.
    pub fn wait(&mut self, step: u16, at: T, wait: Option<Wait<T>>) {
        let step = &mut self.steps[usize::from(step)];
        step.updated = Some(at);
        step.wait = wait;
    }

    /// Call this after the last record: drops waits and doubts that have ended.
    pub fn close(&mut self) {
        for nested in &mut self.nested {
            nested.run.close();
        }
        for looped in &mut self.loops {
            looped.items.iter_mut().for_each(Self::close);
        }
        let kernel = &self.kernel;
        for (step, own) in (0..).zip(&mut self.steps) {
            // An event of another step may have put it in doubt, or ended its doubt.
            own.doubt_since = kernel
                .is_in_doubt(step)
                .then(|| own.doubt_since.or(own.updated))
                .flatten();
            own.wait = own
                .wait
                .filter(|wait| asks(kernel, step, wait.before).is_some());
        }
    }

    /// The code that failed, if the event ends a call by a failure.
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

    fn file(&mut self, event: Event, failed: Option<CallKind>, at: T, said: Said<'_>) {
        // If no item of the loop has failed, the record of the loop's end is all there is to
        // report.
        if self.loop_ended(event) && failed.is_some() && self.failures.first.is_some() {
            return;
        }
        let nested = self.nested_failure(event, failed, said);
        let progress = self.at_hand.selected();
        progress.used |= failed.is_some();
        let (failures, kernel) = (&mut self.failures, &self.kernel);
        match failed.zip(event.failure()) {
            Some((call, how)) => {
                let (failure, within) = match nested {
                    Some((within, cause)) => ((CallKind::Action, cause), Some(within)),
                    None => ((call, cause::cause(how, said)), None),
                };
                failures.file_failure(kernel, progress, event, failure, within, || at);
            }
            None => failures.file_event(kernel, progress, event),
        }
    }
}

/// The recorded state of a run that is part of another.
#[derive(Clone)]
pub struct NestedHistory<T> {
    /// The position of the run.
    pub node: Node,
    /// The round of its step.
    pub round: u32,
    /// The run itself.
    pub run: RunHistory<T>,
    /// Its inputs as JSON, if they were recorded.
    pub input: Option<String>,
    /// The time at which it rolls back, unless it has ended.
    pub deadline: Option<T>,
}

/// The recorded state of a loop.
#[derive(Clone)]
pub struct LoopHistory<T> {
    /// The step.
    pub step: u16,
    /// The history of each item. Those from index `count` on are from an earlier round, which had
    /// more items, and keep the numbers of their rounds.
    pub items: Vec<RunHistory<T>>,
    /// The number of items.
    pub count: usize,
    /// The items as JSON, if they may be needed again.
    pub(crate) values: Option<String>,
    /// Of each item, whether it was skipped, once the loop has an effect.
    pub(super) skipped: Vec<bool>,
    /// The failures since the call of the loop began, in order.
    pub(crate) failures: Failures<Written>,
    /// The loop's own kernel.
    pub(crate) kernel: LoopKernel,
}
