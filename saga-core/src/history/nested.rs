//! The runs that are part of another, in the fold of its records: a tree of kernels, by path.

mod parts;

use super::{LoopHistory, NestedHistory, RunHistory, Said, why::of_child};
use crate::{
    definition::Items,
    kernel::{Direction, End, Event, Illegal, Kernel, Phase},
    report::{
        error::Failure,
        progress::Within,
        standing::{
            AnyChild, ChildRun, LeftPaths, LeftStep, Remains, Unsettled, UnsettledPaths,
            left_behind, to_look_after,
        },
        why::Why,
    },
    values::{
        call::CallKind,
        cause::Cause,
        node::Node,
        parent_failure::{NOT_UNDONE, ParentFailure},
        written::Written,
    },
};

impl<T: Copy> RunHistory<T> {
    /// [`apply`](Self::apply) for an event of the run that these nodes name, which is part of this
    /// one; without nodes, an event of this run.
    ///
    /// # Errors
    /// If the event does not fit those before it. Then the history must not be used any more.
    pub fn apply_at(
        &mut self,
        nodes: &[Node],
        event: Event,
        at: T,
        said: Said<'_>,
    ) -> Result<(), Illegal> {
        match nodes {
            [] => self.apply(event, at, said),
            [node, below @ ..] => {
                let run = self.part_mut(*node).ok_or(Illegal { event })?;
                let failing =
                    run.kernel.definition().is_of_item() && run.kernel.is_failing(Items::STEP);
                run.apply_at(below, event, at, said)?;
                self.heard(*node, at, failing)
            }
        }
    }

    /// The run that these nodes name, if it exists.
    #[must_use]
    pub fn at(&self, nodes: &[Node]) -> Option<&Self> {
        match nodes {
            [] => Some(self),
            [node, below @ ..] => self.part(*node)?.at(below),
        }
    }

    /// The run that these nodes name, mutable.
    pub fn at_mut(&mut self, nodes: &[Node]) -> Option<&mut Self> {
        match nodes {
            [] => Some(self),
            [node, below @ ..] => self.part_mut(*node)?.at_mut(below),
        }
    }

    fn part(&self, node: Node) -> Option<&Self> {
        match node.item {
            None => Some(&self.nested(node)?.run),
            Some(index) => self.looped(node.step)?.item(index),
        }
    }

    fn part_mut(&mut self, node: Node) -> Option<&mut Self> {
        match node.item {
            None => Some(&mut self.nested_mut(node)?.run),
            Some(index) => self.looped_mut(node.step)?.item_mut(index),
        }
    }

    /// The child saga at a node.
    #[must_use]
    pub fn nested(&self, node: Node) -> Option<&NestedHistory<T>> {
        self.nested.iter().find(|nested| nested.node == node)
    }

    fn nested_mut(&mut self, node: Node) -> Option<&mut NestedHistory<T>> {
        self.nested.iter_mut().find(|nested| nested.node == node)
    }

    /// Applies the consequences of an event to the runs that are part of this one. The consequences
    /// have no records of their own.
    pub(super) fn follow(
        &mut self,
        event: Event,
        at: T,
        value: Option<&str>,
    ) -> Result<(), Illegal> {
        match event {
            Event::Attempting { step } => {
                self.enter(step, at, value)?;
                self.enter_loop(event, at, value)?;
            }
            Event::Compensating { step } if self.declares_part(step) => {
                let why = self.why();
                if let Some(child) = self.nested_mut(Node::child(step)) {
                    child.run.take_up(at)?;
                    child.run.recall(at, why.as_ref())?;
                }
                if let Some(looped) = self.looped_mut(step) {
                    looped.undoes(at, why.as_ref())?;
                }
            }
            Event::Turned { step } => {
                self.nested.retain(|nested| nested.node.step < step);
                self.turn_loops(step);
            }
            _ => {}
        }
        if self.kernel.direction() == Direction::Compensating {
            self.call_back(at)?;
        }
        Ok(())
    }

    /// The run rolls back: so do the runs that are part of it and run.
    fn call_back(&mut self, at: T) -> Result<(), Illegal> {
        let kernel = &self.kernel;
        let runs = |step| kernel.phase(step) == Phase::Running(CallKind::Action);
        let child =
            |child: &NestedHistory<T>| runs(child.node.step) && !child.run.kernel.is_recalled();
        let looped = |looped: &LoopHistory<T>| runs(looped.step) && looped.kernel.stop().is_none();
        if !self.nested.iter().any(child) && !self.loops.iter().any(looped) {
            return Ok(());
        }
        let why = self.why();
        let kernel = &self.kernel;
        let runs = |step| kernel.phase(step) == Phase::Running(CallKind::Action);
        for child in self.nested.iter_mut().filter(|child| runs(child.node.step)) {
            child.run.recall(at, why.as_ref())?;
        }
        for looped in self.loops.iter_mut().filter(|looped| runs(looped.step)) {
            looped.recalled(at, why.as_ref())?;
        }
        Ok(())
    }

    fn declares_part(&self, step: u16) -> bool {
        self.kernel.definition().steps[usize::from(step)].is_nested()
    }

    /// An attempt of a step begins: if the step is a child saga, the child continues, or starts
    /// again in a new round.
    fn enter(&mut self, step: u16, at: T, value: Option<&str>) -> Result<(), Illegal> {
        let declared = &self.kernel.definition().steps[usize::from(step)];
        let Some(run) = declared.child.as_ref().and_then(|_| self.part_of(step)) else {
            return Ok(());
        };
        let (node, round) = (Node::child(step), self.kernel.round(step));
        match self.nested_mut(node) {
            Some(child) if child.round == round => child.run.take_up(at),
            _ => {
                self.nested.retain(|nested| nested.node != node);
                self.nested.push(NestedHistory {
                    node,
                    round,
                    run,
                    input: value.map(str::to_owned),
                    deadline: None,
                });
                Ok(())
            }
        }
    }

    /// Resumes the run if it is parked.
    pub(super) fn take_up(&mut self, at: T) -> Result<(), Illegal> {
        if self.kernel.end() == Some(End::Parked) {
            self.apply(Event::Resumed, at, Said::default())?;
        }
        Ok(())
    }

    /// Tells the run that its parent rolls back, and why, unless it knows already.
    pub(super) fn recall(&mut self, at: T, why: Option<&Why>) -> Result<(), Illegal> {
        if self.kernel.is_recalled() {
            return Ok(());
        }
        self.failures.parent = why.map(|why| why.for_child().into());
        self.apply(Event::Recalled, at, Said::default())
    }

    /// Calls `show` with this run and with all runs that are part of it, each with its path.
    pub fn visit<'a>(&'a self, show: &mut impl FnMut(Option<&str>, &'a Self)) {
        self.visit_from(None, show);
    }

    fn visit_from<'a>(&'a self, path: Option<&str>, show: &mut impl FnMut(Option<&str>, &'a Self)) {
        show(path, self);
        for nested in &self.nested {
            let own = self.path_of(path, nested.node);
            nested.run.visit_from(Some(&own), show);
        }
        for looped in &self.loops {
            for (index, item) in looped.now() {
                let own = self.path_of(path, Node::item(looped.step, index));
                item.visit_from(Some(&own), show);
            }
        }
    }

    /// Sets the deadline of a step's child saga.
    pub fn set_deadline(&mut self, nodes: &[Node], step: u16, deadline: T) {
        let run = self.at_mut(nodes);
        if let Some(child) = run.and_then(|run| run.nested_mut(Node::child(step))) {
            child.deadline = Some(deadline);
        }
    }

    /// The path of a run that is part of this one; `own` is the path of this run. A step has the
    /// same path as its child saga.
    #[must_use]
    pub fn path_of(&self, own: Option<&str>, node: Node) -> String {
        let definition = self.kernel.definition();
        let step = &definition.steps[usize::from(node.step)].name;
        // The one step of an item has the path of the item.
        let is_item = definition.is_of_item();
        let path = match own {
            None => step.clone().into_owned(),
            Some(own) if is_item && node.item.is_none() => own.to_owned(),
            Some(own) => format!("{own}/{step}"),
        };
        match node.item {
            Some(item) => format!("{path}[{item}]"),
            None => path,
        }
    }

    /// The steps that are still applied, in doubt or unfinished, by path.
    #[must_use]
    pub fn unsettled(&self) -> Unsettled {
        let all: UnsettledPaths = self.remains();
        all.shown(self.kernel.definition(), self.kernel.is_unsaid())
    }

    /// The steps that a rollback leaves behind, by path.
    #[must_use]
    pub fn left(&self) -> Vec<LeftStep> {
        let all: LeftPaths = self.remains();
        all.shown(self.kernel.definition())
    }

    fn remains<R: Remains>(&self) -> R {
        let run = self.kernel.view();
        let mut all = R::of_saga(run);
        for looped in &self.loops {
            let items = looped.items.iter().map(|item| &item.kernel);
            let child = |node| looped.child(node);
            all.add_items(run, (looped.step, looped.count), items, &child);
        }
        all.add_children(run, &|node: Node| self.told(node.step));
        all
    }

    pub(super) fn told(&self, step: u16) -> Option<Box<dyn AnyChild + '_>> {
        let declared = &self.kernel.definition().steps[usize::from(step)];
        declared.child.as_ref()?;
        Some(Box::new(Told(self.nested(Node::child(step)))))
    }

    /// If the event is the failure of a child saga: where in the child it came from, its cause, and
    /// the child's other failures.
    pub(super) fn nested_failure(
        &mut self,
        event: Event,
        failed: Option<CallKind>,
        said: Said<'_>,
    ) -> Option<(Within<Written>, Cause<Written>)> {
        let (step, call) = (event.step()?, failed?);
        let name = self.kernel.definition().steps[usize::from(step)]
            .name
            .clone();
        let run = &mut self.nested_mut(Node::child(step))?.run;
        run.at_hand.leave_step(&mut run.failures, &run.kernel);
        let compensated = run.kernel.end() == Some(End::Compensated);
        let failures = &mut run.failures;
        let first = match (call, compensated) {
            (CallKind::Compensate, _) => {
                let parent = ParentFailure::unnamed(NOT_UNDONE);
                Failure::whole(Cause::ParentRolledBack(parent.into()))
            }
            (_, true) => failures.first.take()?,
            // Copied, because the compensations of the child may still read it.
            (_, false) => failures.first.clone()?,
        };
        let first = of_child(first, &name, said);
        let also = failures.also.drain(..);
        let also = also.map(|also| also.within(&name, |own| Cause::Failed(own.within(step))));
        Some(Within::of(first, also.collect()))
    }
}

impl<T: Copy> ChildRun for NestedHistory<T> {
    fn kernel(&self) -> &Kernel {
        &self.run.kernel
    }

    fn remains<R: Remains>(&self) -> R {
        self.run.remains()
    }
}

/// A recorded child saga, if it has begun.
struct Told<'a, T>(Option<&'a NestedHistory<T>>);

impl<T: Copy> AnyChild for Told<'_, T> {
    fn left(&self, passed: bool) -> LeftPaths {
        left_behind(self.0, passed)
    }

    fn unsettled(&self) -> UnsettledPaths {
        to_look_after(self.0)
    }
}
