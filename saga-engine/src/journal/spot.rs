//! A step with records, at any depth in a saga: a step of the saga itself, or of a child saga or an
//! item.

use super::{
    fold::{FailedCall, Folded, OVERDUE, StepHistory, Wait},
    keys::Above,
};
use crate::store::{Row, Time};
use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    time::Duration,
};
use typed_saga_core::{
    CallKind, Operation,
    definition::{Compensation, Items, Step, Text},
    kernel::{Command, Direction, End, Kernel, Lane},
    run::{LoopHistory, Node, RunHistory},
};

/// A run: the saga itself, or a child saga or an item in it.
#[derive(Clone, Debug)]
pub struct Part<'a> {
    /// The path of the run; `None` for the saga itself.
    pub path: Option<String>,
    /// The recorded history of the run.
    pub run: &'a RunHistory<Time>,
    /// What the keys of its steps have before the step.
    above: Above,
}

/// A step of a run.
#[derive(Clone, Debug)]
pub struct Spot<'a> {
    /// The run that contains the step.
    pub part: Part<'a>,
    /// The step's index in that run.
    pub step: u16,
    /// Its path.
    pub path: Text,
}

/// The steps of a parked saga that need an operator. For a child saga or a loop, its inner steps
/// are listed, not the step itself.
#[derive(Clone, Debug, Default)]
pub struct Held<'a> {
    /// Applied, and not undone.
    pub still_applied: Vec<Spot<'a>>,
    /// Steps for which it is not known whether they happened.
    pub in_doubt: Vec<Spot<'a>>,
    /// Neither applied nor skipped.
    pub unfinished: Vec<Spot<'a>>,
}

impl Folded {
    /// The saga itself.
    #[must_use]
    pub fn whole(&self) -> Part<'_> {
        Part::of(&self.run)
    }
}

impl<'a> Part<'a> {
    /// The run of a saga itself.
    pub(in crate::journal) fn of(run: &'a RunHistory<Time>) -> Self {
        Self {
            path: None,
            run,
            above: Above::default(),
        }
    }

    /// The kernel of the run.
    #[must_use]
    pub fn kernel(&self) -> &'a Kernel {
        &self.run.kernel
    }

    /// The run inside this one to which these nodes lead.
    #[must_use]
    pub fn at(&self, nodes: &[Node]) -> Option<Self> {
        let mut part = self.clone();
        for node in nodes {
            let path = Some(part.run.path_of(part.path.as_deref(), *node));
            let run = part.run.at(&[*node])?;
            let above = part.above_of(*node);
            part = Self { path, run, above };
        }
        Some(part)
    }

    /// What the keys of the run at this node have before the step.
    fn above_of(&self, node: Node) -> Above {
        if let Some(index) = node.item {
            return self.above.of_item(index);
        }
        let kernel = self.kernel();
        let declared = &kernel.definition().steps[usize::from(node.step)];
        self.above.of_child(declared, kernel.round(node.step))
    }

    /// A step of the run.
    ///
    /// # Panics
    /// If there is no such step.
    #[must_use]
    pub fn spot(&self, step: u16) -> Spot<'a> {
        let path = match &self.path {
            None => self.run.kernel.definition().steps[usize::from(step)]
                .name
                .clone(),
            Some(own) => self.run.path_of(Some(own), Node::child(step)).into(),
        };
        let part = self.clone();
        Spot { part, step, path }
    }

    /// The steps of the run, each followed by those of its child saga or its items.
    #[must_use]
    pub fn spots(&self) -> Vec<Spot<'a>> {
        let mut all = Vec::new();
        self.add_spots(&mut all);
        all
    }

    /// The steps of the run itself.
    pub fn own(&self) -> impl Iterator<Item = Spot<'a>> + use<'a> {
        let part = self.clone();
        self.steps().map(move |step| part.spot(step))
    }

    /// The indices of the run's steps; for an item, only that of the step with the code.
    fn steps(&self) -> impl Iterator<Item = u16> + use<> {
        let is_item = self.kernel().definition().is_of_item();
        let first = if is_item { Items::STEP } else { 0 };
        (0..).take(self.run.steps.len()).skip(usize::from(first))
    }

    fn add_spots(&self, all: &mut Vec<Spot<'a>>) {
        for step in self.steps() {
            let spot = self.spot(step);
            let parts = spot.parts();
            all.push(spot);
            parts.for_each(|part| part.add_spots(all));
        }
    }

    /// The calls that are recorded as started, without an end. For a child saga these are the calls
    /// inside it; the child itself is listed while none of these runs or waits.
    #[must_use]
    pub fn calls(&self) -> Vec<(Spot<'a>, CallKind)> {
        let mut all = Vec::new();
        for (step, call) in self.kernel().running() {
            let spot = self.spot(step);
            let within: Vec<_> = spot.parts().flat_map(|part| part.calls()).collect();
            let idle = within.is_empty() && spot.parts().all(|part| part.waits().is_empty());
            all.extend(within);
            all.extend(idle.then_some((spot, call)));
        }
        all
    }

    /// The steps that wait, and their waits.
    #[must_use]
    pub fn waits(&self) -> Vec<(Spot<'a>, Wait)> {
        let waits = |spot: Spot<'a>| spot.noted().wait.map(|wait| (spot, wait));
        self.spots().into_iter().filter_map(waits).collect()
    }

    /// The recorded calls that are stuck, if they are still running at the time `now`, and their
    /// limits.
    #[must_use]
    pub fn overdue(&self, now: Time) -> Vec<(Spot<'a>, CallKind, Duration)> {
        let stuck = |(spot, call): (Spot<'a>, CallKind)| {
            let limit = call.limit(spot.declared())?;
            // The limit may be an expression of the user, which may panic.
            let limit = catch_unwind(AssertUnwindSafe(|| limit.get())).ok()?;
            let since = spot.noted().updated?;
            let stuck = now.since(since) >= limit.saturating_mul(OVERDUE);
            stuck.then_some((spot, call, limit))
        };
        self.calls().into_iter().filter_map(stuck).collect()
    }

    /// The steps that need an operator, if the saga is parked.
    #[must_use]
    pub fn held(&self) -> Held<'a> {
        let mut held = Held::default();
        self.hold(&mut held);
        held
    }

    fn hold(&self, held: &mut Held<'a>) {
        let kernel = self.kernel();
        let back = kernel.direction() == Direction::Compensating;
        let (mut standing, mut in_doubt, mut unfinished) = (Vec::new(), Vec::new(), Vec::new());
        standing.extend(kernel.standing());
        in_doubt.extend(kernel.in_doubt());
        unfinished.extend(kernel.unfinished());
        for step in self.steps() {
            let spot = self.spot(step);
            let left = matches!(spot.declared().compensation, Compensation::None { .. }) && back;
            let before = held.unfinished.len();
            let mut parts = spot.parts().peekable();
            let has_parts = parts.peek().is_some();
            let open = |part: &Part<'_>| part.kernel().next() != Command::End(End::Compensated);
            if !left {
                parts.filter(open).for_each(|part| part.hold(held));
            }
            if !has_parts && standing.contains(&step) {
                held.still_applied.push(spot);
            } else if !has_parts && in_doubt.contains(&step) {
                held.in_doubt.push(spot);
            } else if held.unfinished.len() == before && unfinished.contains(&step) {
                held.unfinished.push(spot);
            }
        }
    }

    /// The step that failed first; for a child saga, the step inside it that failed first.
    #[must_use]
    pub fn first_failed(&self) -> Option<Spot<'a>> {
        let spot = self.spot(self.kernel().first_failed()?);
        let within = spot.parts().find_map(|part| part.first_failed());
        Some(within.unwrap_or(spot))
    }
}

impl<'a> Spot<'a> {
    /// The kernel that decides about the step.
    #[must_use]
    pub fn kernel(&self) -> &'a Kernel {
        self.part.kernel()
    }

    /// The declaration of the step.
    #[must_use]
    pub fn declared(&self) -> &'a Step {
        &self.part.run.kernel.definition().steps[usize::from(self.step)]
    }

    /// The recorded facts about the step that the kernel does not need.
    #[must_use]
    pub fn noted(&self) -> &'a StepHistory {
        &self.part.run.steps[usize::from(self.step)]
    }

    /// The operation of the step in this round, whose keys its calls send. `None` if the step calls
    /// nothing itself, because it waits, or is a loop or a child saga.
    #[must_use]
    pub fn operation(&self, row: &Row, round: u32) -> Option<Operation> {
        let declared = self.declared();
        let calls = declared.kind.acts() && !declared.is_nested();
        let operation = || self.part.above.operation(row, declared, round);
        calls.then(operation)?
    }

    /// Whether the step waits now until an unconfirmed attempt can no longer arrive.
    pub(crate) fn awaits_late(&self) -> bool {
        let kernel = self.kernel();
        let command = match (kernel.next(), kernel.lane(self.step)) {
            (Command::Group { .. }, Lane::Run(command)) | (command, _) => command,
        };
        matches!(command, Command::AwaitLate { step, .. } if step == self.step)
    }

    /// The runs that the step contains.
    pub fn parts(&self) -> impl Iterator<Item = Part<'a>> + use<'a> {
        let (run, step, own) = (self.part.run, self.step, self.part.path.clone());
        let whole = self.part.clone();
        let nested = run.nested.iter();
        let nested = nested.filter(move |nested| nested.node.step == step);
        let nested = nested.map(|nested| (nested.node, &nested.run));
        let items = run.looped(step).into_iter().flat_map(LoopHistory::now);
        let items = items.map(move |(index, run)| (Node::item(step, index), run));
        nested.chain(items).map(move |(node, part)| Part {
            path: Some(run.path_of(own.as_deref(), node)),
            run: part,
            above: whole.above_of(node),
        })
    }

    /// The steps that are undone with this one: `compensate with`.
    pub fn covers(&self) -> impl Iterator<Item = Spot<'a>> + use<'a> {
        let (part, step) = (self.part.clone(), self.step);
        let steps = (0..).zip(self.kernel().definition().steps.iter());
        let covered = steps.filter(move |(_, other)| other.compensation.with() == Some(step));
        covered.map(move |(other, _)| part.spot(other))
    }

    /// The number of times in a row that the failed call was lost with its process, this time
    /// included.
    #[must_use]
    pub fn losses(&self, failed: &FailedCall) -> u32 {
        self.kernel().losses(self.step, failed.call)
    }
}
