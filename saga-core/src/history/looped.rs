//! Loops in the fold of a saga's records: a kernel for each item, by index.

use super::{LoopHistory, RunHistory, Slot};
use crate::{
    basics::list,
    definition::Items,
    kernel::{Event, Illegal, LoopKernel},
    report::{failures::Failures, standing::AnyChild, why::Why},
    values::{call::CallKind, node::Node},
};

impl<T: Copy> LoopHistory<T> {
    fn new(step: u16) -> Self {
        Self {
            step,
            items: Vec::new(),
            count: 0,
            values: None,
            skipped: Vec::new(),
            failures: Failures::default(),
            kernel: LoopKernel::default(),
        }
    }

    /// The current items, and their indices.
    pub fn now(&self) -> impl Iterator<Item = (u32, &RunHistory<T>)> {
        (0..).zip(&self.items[..self.count])
    }

    pub(super) fn item(&self, index: u32) -> Option<&RunHistory<T>> {
        self.items[..self.count].get(usize::try_from(index).ok()?)
    }

    pub(super) fn item_mut(&mut self, index: u32) -> Option<&mut RunHistory<T>> {
        self.items[..self.count].get_mut(usize::try_from(index).ok()?)
    }

    /// The recorded child saga of an item.
    pub(super) fn child(&self, node: Node) -> Option<Box<dyn AnyChild + '_>> {
        let index = usize::try_from(node.item?).ok()?;
        self.items.get(index)?.told(Items::STEP)
    }

    /// A call of the loop begins, or continues.
    fn begins(&mut self, call: CallKind, at: T) -> Result<(), Illegal> {
        self.kernel = LoopKernel::of(call);
        self.failures.clear();
        let mut items = self.items[..self.count].iter_mut();
        items.try_for_each(|item| item.take_up(at))
    }

    /// The rollback of the loop begins, or continues.
    pub(super) fn undoes(&mut self, at: T, why: Option<&Why>) -> Result<(), Illegal> {
        self.begins(CallKind::Compensate, at)?;
        self.recall(at, why)
    }

    /// The saga rolls back.
    pub(super) fn recalled(&mut self, at: T, why: Option<&Why>) -> Result<(), Illegal> {
        if self.kernel.recalled() {
            self.recall(at, why)
        } else {
            Ok(())
        }
    }

    /// No item goes forward any more.
    fn recall(&mut self, at: T, why: Option<&Why>) -> Result<(), Illegal> {
        for index in 0..self.count {
            self.items[index].recall(at, why)?;
            self.file(index);
        }
        Ok(())
    }

    /// An event of an item was applied. `failing`: the event ends an item because of whose failure
    /// the loop was already rolling back. Returns whether the loop rolls back from now on.
    fn heard(&mut self, index: usize, failing: bool) -> bool {
        let later = self.failures.set_aside(failing);
        self.file(index);
        self.failures.add(later);
        self.kernel.moved(&self.items[index].kernel)
    }

    /// Moves the failures of an item to the loop, which reports those of all items in order.
    fn file(&mut self, index: usize) {
        let RunHistory {
            kernel,
            failures,
            at_hand,
            ..
        } = &mut self.items[index];
        if kernel.end().is_some() {
            at_hand.leave_step(failures, kernel);
        }
        let step = self.step;
        for failure in failures
            .first
            .take()
            .into_iter()
            .chain(failures.also.drain(..))
        {
            // A rollback by the parent is not a failure of the item.
            if failure.step().is_some() {
                let index = u32::try_from(index).unwrap_or(u32::MAX);
                self.failures.push(failure.of_item_at(step, index));
            }
        }
    }

    /// The effects of all items as a list, which is the effect of the loop. Notes which of them
    /// were skipped.
    fn made(&mut self) -> String {
        let own = |item: &RunHistory<T>| {
            let own = &item.steps[usize::from(Items::STEP)];
            (own.slot == Slot::Filled).then(|| own.value.clone().unwrap_or_else(null))
        };
        let effects: Vec<_> = self.now().map(|(_, item)| own(item)).collect();
        self.skipped = effects.iter().map(Option::is_none).collect();
        list::list_of(
            effects
                .into_iter()
                .map(|effect| effect.unwrap_or_else(null)),
        )
    }

    /// Turns the effect of the loop into a list of lists: that of an item which was skipped is
    /// empty, because `null` may also be the effect of one that was not.
    ///
    /// # Errors
    /// If the effect is not a list.
    pub(crate) fn lists(&self, effect: &str) -> Result<String, String> {
        let effects = list::parts(effect)?.into_iter().zip(&self.skipped);
        let effects = effects.map(|(effect, skipped)| (!skipped).then(|| effect.to_owned()));
        Ok(list::list_of(effects.map(list::list_of)))
    }
}

/// The effect of which nothing is recorded.
pub(super) fn null() -> String {
    "null".to_owned()
}

impl<T: Copy> RunHistory<T> {
    /// The recorded state of a loop, if it has begun.
    #[must_use]
    pub fn looped(&self, step: u16) -> Option<&LoopHistory<T>> {
        self.loops.iter().find(|looped| looped.step == step)
    }

    pub(super) fn looped_mut(&mut self, step: u16) -> Option<&mut LoopHistory<T>> {
        self.loops.iter_mut().find(|looped| looped.step == step)
    }

    /// An event of a run that is part of this one was applied.
    pub(super) fn heard(&mut self, node: Node, at: T, failing: bool) -> Result<(), Illegal> {
        let Some(index) = node.item.and_then(|index| usize::try_from(index).ok()) else {
            return Ok(());
        };
        let looped = self.looped_mut(node.step);
        if !looped.is_some_and(|looped| looped.heard(index, failing)) {
            return Ok(());
        }
        let why = self
            .looped(node.step)
            .and_then(|looped| looped.why(self.name()));
        self.looped_mut(node.step)
            .map_or(Ok(()), |looped| looped.recall(at, why.as_ref()))
    }

    /// A loop begins with these items, or continues with the items that it has.
    pub(super) fn enter_loop(
        &mut self,
        event: Event,
        at: T,
        value: Option<&str>,
    ) -> Result<(), Illegal> {
        let definition = self.kernel.definition();
        let step = event.step().unwrap_or_default();
        if definition.steps[usize::from(step)].items.is_none() {
            return Ok(());
        }
        let item = self.part_of(step).ok_or(Illegal { event })?;
        if self.looped(step).is_none() {
            self.loops.push(LoopHistory::new(step));
        }
        let looped = self.looped_mut(step).ok_or(Illegal { event })?;
        let Some(value) = value else {
            return looped.begins(CallKind::Action, at);
        };
        looped.count = list::parts(value).map_err(|_| Illegal { event })?.len();
        looped.values = Some(value.to_owned());
        if looped.items.len() < looped.count {
            looped.items.resize(looped.count, item);
        }
        looped.begins(CallKind::Action, at)
    }

    /// An item begins again.
    fn begin_anew(&mut self) {
        self.kernel.begin_anew(Items::STEP);
        self.nested.clear();
        self.steps[usize::from(Items::STEP)] = super::StepHistory::NEW;
        self.failures.clear();
        self.at_hand.progress.forget();
    }

    /// The effect of a loop, if this event completes it.
    pub(super) fn made(&mut self, event: Event) -> Option<String> {
        let Event::Applied { step } = event else {
            return None;
        };
        Some(self.looped_mut(step)?.made())
    }

    /// If the event ends a call of a loop, reports the failures of its items, however the call
    /// ended.
    pub(super) fn loop_ended(&mut self, event: Event) -> bool {
        let ends = matches!(
            event,
            Event::Applied { .. }
                | Event::Rejected { .. }
                | Event::Lost { .. }
                | Event::Compensated { .. }
                | Event::CompensationFailed { .. }
        );
        let looped = event.step().filter(|_| ends);
        let Some(looped) = looped.and_then(|step| self.looped_mut(step)) else {
            return false;
        };
        let failures = std::mem::take(&mut looped.failures);
        let failures = failures.first.into_iter().chain(failures.also);
        failures.for_each(|failure| self.failures.push(failure));
        true
    }

    /// Before the event that ends the call of a loop.
    pub(super) fn note_arriving(&mut self, event: Event) {
        let ends = matches!(
            event,
            Event::Applied { .. } | Event::Rejected { .. } | Event::Lost { .. }
        );
        let step = event.step().filter(|_| ends);
        let looped = self.loops.iter().find(|looped| Some(looped.step) == step);
        if let Some(looped) = looped {
            let items = looped.now().map(|(_, item)| &item.kernel);
            self.kernel.note_arriving(looped.step, items);
        }
    }

    /// The saga goes forward again from this step: loops from it on create their items again.
    pub(super) fn turn_loops(&mut self, step: u16) {
        for looped in self.loops.iter_mut().filter(|looped| looped.step >= step) {
            looped.values = None;
            looped.items.iter_mut().for_each(Self::begin_anew);
        }
    }
}
