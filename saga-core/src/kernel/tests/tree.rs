//! A saga and its child sagas, each with a kernel and facts of its own, run as the executor runs
//! them.

use std::time::Duration;

use super::{
    answers::answers,
    build::{MAY_ABORT, MAY_BE_FINAL, Saga, saga},
    situation::Situation,
    world::{World, declared, steps},
};
use crate::{
    definition::Timing,
    kernel::{
        CallChange, Cancellation, ChildEnd, ChildFailure, Command, Direction, End, Event,
        PartFailed,
        state::{LastFailure, StepPhase},
    },
    values::call::CallKind,
};

/// The steps that lead from the outermost saga to a child saga; none lead to the outermost itself.
pub(super) type Path = Vec<u16>;

/// A saga, and the child sagas of its steps.
#[derive(Clone, Debug)]
pub(super) struct Tree {
    pub(super) saga: Saga,
    pub(super) world: World,
    /// The time from its start until its deadline, if it has one.
    pub(super) limit: Option<Duration>,
    /// By step: the child saga that began last, with its round.
    children: Vec<Option<(u32, Box<Tree>)>>,
}

/// What may happen to a saga.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Move {
    Hear(Event),
    /// The child saga of this step begins.
    Begin(u16),
}

/// What may happen to one of the sagas.
#[derive(Clone, Debug)]
pub(super) struct Answer {
    pub(super) path: Path,
    pub(super) what: Move,
    pub(super) bad_luck: bool,
}

/// Everything that distinguishes states of the sagas, in order of declaration.
pub(super) type Key = Vec<Option<(u32, Situation, World)>>;

impl Tree {
    pub(super) fn new(saga: Saga, limit: Option<Duration>) -> Self {
        let steps = saga.states.len();
        let nested = saga.definition().steps.iter();
        let nests = nested.filter(|step| step.is_nested()).count() > 0;
        Self {
            world: World::new(steps),
            children: vec![None; if nests { steps } else { 0 }],
            limit,
            saga,
        }
    }

    pub(super) fn key(&self) -> Key {
        let mut key = Key::new();
        self.add_key(0, &mut key);
        key
    }

    fn add_key(&self, round: u32, key: &mut Key) {
        key.push(Some((round, Situation::of(&self.saga), self.world.clone())));
        for child in &self.children {
            match child {
                Some((round, child)) => child.add_key(*round, key),
                None => key.push(None),
            }
        }
    }

    pub(super) fn at(&self, path: &[u16]) -> &Self {
        match path {
            [] => self,
            [step, inside @ ..] => self.child(*step).expect("it has begun").at(inside),
        }
    }

    pub(super) fn at_mut(&mut self, path: &[u16]) -> &mut Self {
        match path {
            [] => self,
            [step, inside @ ..] => {
                let child = self.child_mut(*step);
                child.expect("it has begun").at_mut(inside)
            }
        }
    }

    pub(super) fn child(&self, step: u16) -> Option<&Self> {
        let (_, child) = self.children.get(usize::from(step))?.as_ref()?;
        Some(child)
    }

    fn child_mut(&mut self, step: u16) -> Option<&mut Self> {
        let (_, child) = self.children.get_mut(usize::from(step))?.as_mut()?;
        Some(child)
    }

    /// The call of the step that its child saga is, if it runs.
    fn nested_call(&self, step: u16) -> Option<CallKind> {
        let mut running = self.saga.running();
        let (_, call) = running.find(|&(runs, _)| runs == step)?;
        let is_child = matches!(call, CallKind::Action | CallKind::Compensate);
        (is_child && declared(&self.saga, step).is_nested()).then_some(call)
    }

    /// Whether the call of the step that runs is its child saga.
    pub(super) fn is_nested_call(&self, step: u16) -> bool {
        self.nested_call(step).is_some()
    }

    /// The saga, and its child sagas that could not be undone or are stuck, each with its path.
    pub(super) fn parked(&self) -> Vec<(Path, &Self)> {
        let mut all = vec![(Path::new(), self)];
        for step in steps(&self.saga) {
            use StepPhase::{CrashLoop, Uncompensated, Unsettled};
            let at = self.saga.states[usize::from(step)].at;
            let stuck = matches!(at, CrashLoop | Uncompensated | Unsettled);
            let child = self.child(step).filter(|_| stuck).into_iter();
            for (path, inside) in child.flat_map(Self::parked) {
                all.push(([vec![step], path].concat(), inside));
            }
        }
        all
    }

    /// The calls that the sagas make themselves, without those that child sagas are.
    pub(super) fn calls(&self) -> impl Iterator<Item = (u16, CallKind)> {
        let running = self.saga.running();
        running.filter(|&(step, _)| self.nested_call(step).is_none())
    }

    /// The outermost saga, and the child sagas that run in it.
    pub(super) fn active(&self) -> Vec<(Path, &Self)> {
        let mut all = vec![(Path::new(), self)];
        for step in steps(&self.saga) {
            if self.nested_call(step).is_none() {
                continue;
            }
            for (path, inside) in self.child(step).into_iter().flat_map(Self::active) {
                all.push(([vec![step], path].concat(), inside));
            }
        }
        all
    }

    /// All that may come next.
    pub(super) fn answers(&self) -> Vec<Answer> {
        let mut all = Vec::new();
        for (path, tree) in self.active() {
            let answer = |(what, bad_luck)| Answer {
                path: path.clone(),
                what,
                bad_luck,
            };
            all.extend(tree.own_answers(path.is_empty()).into_iter().map(answer));
        }
        all
    }

    fn own_answers(&self, is_whole: bool) -> Vec<(Move, bool)> {
        let mut all = Vec::new();
        for (event, bad_luck) in answers(&self.saga) {
            let fits = match event {
                // The outermost saga alone is cancelled and resumed.
                Event::CancelRequested | Event::Resumed | Event::Recalled => is_whole,
                Event::DeadlinePassed => self.limit.is_some(),
                _ => true,
            };
            let call = event.step().and_then(|step| self.nested_call(step));
            if fits && !(call.is_some() && ends_call(event)) {
                all.push((Move::Hear(event), bad_luck));
            }
        }
        for step in steps(&self.saga) {
            if let Some(call) = self.nested_call(step) {
                all.extend(self.nested_answers(step, call));
            }
        }
        all
    }

    /// How the child saga of a step begins and ends, as its parent hears it.
    fn nested_answers(&self, step: u16, call: CallKind) -> Vec<(Move, bool)> {
        let hear = |event, bad_luck| (Move::Hear(event), bad_luck);
        let Some(child) = self.child(step) else {
            return match call {
                CallKind::Compensate => vec![hear(Event::Compensated { step }, false)],
                // The code that makes its inputs may panic.
                _ => vec![
                    (Move::Begin(step), false),
                    hear(Event::Panicked { step }, true),
                ],
            };
        };
        let Command::End(end) = child.saga.next() else {
            return Vec::new();
        };
        match (end, call) {
            (End::Completed, CallKind::Action) => vec![
                hear(Event::Applied { step }, false),
                hear(Event::Unrecordable { step }, true),
            ],
            (End::Completed | End::Compensated, CallKind::Compensate) => {
                vec![hear(Event::Compensated { step }, false)]
            }
            _ => {
                let ended = ChildEnd::of(end, &child.saga, child.failure());
                let aborted = child.saga.aborted();
                let judged = |aborts: bool, again| {
                    let event = ended.event(step, call, || (aborted || aborts, again));
                    hear(event, false)
                };
                let mut all = vec![judged(false, true)];
                match &*declared(&self.saga, step).effect {
                    MAY_ABORT => all.push(judged(true, true)),
                    MAY_BE_FINAL => all.push(judged(false, false)),
                    _ => {}
                }
                all
            }
        }
    }

    /// Why it has failed.
    fn failure(&self) -> ChildFailure {
        match self.saga.first_failed() {
            Some(step) if self.saga.states[usize::from(step)].cause == LastFailure::Panicked => {
                ChildFailure::Panic
            }
            None if self.saga.deadline() == Cancellation::Accepted => ChildFailure::Deadline,
            _ => ChildFailure::Other,
        }
    }

    /// Applies an answer, and what follows from it at once.
    pub(super) fn hear(&mut self, path: &[u16], what: Move) {
        let tree = self.at_mut(path);
        match what {
            Move::Begin(step) => tree.begin(step),
            Move::Hear(event) => tree.hear_event(event),
        }
        self.pass_on();
    }

    fn begin(&mut self, step: u16) {
        let declared = declared(&self.saga, step);
        let child = declared.child.as_ref().expect("the step is a child saga");
        let timeout = declared.timeout.as_ref().map(Timing::get);
        let limit = timeout.into_iter().chain(child.definition.deadline).min();
        let saga = saga(child.definition.clone(), self.saga.is_durable());
        let round = self.saga.round(step);
        self.children[usize::from(step)] = Some((round, Box::new(Self::new(saga, limit))));
    }

    fn hear_event(&mut self, event: Event) {
        let before = self.saga.clone();
        if ends_call(event) {
            self.note_child(event.step());
        }
        self.saga.hear(event);
        let nested = event
            .step()
            .filter(|&step| declared(&before, step).is_nested());
        let Some(step) = nested else {
            return self.world.hear(&before, event, &self.saga);
        };
        let round = self.saga.round(step);
        match event {
            Event::Attempting { .. } => {
                let child = &mut self.children[usize::from(step)];
                child.take_if(|(began, _)| *began != round);
                if let Some((_, child)) = child {
                    child.take_up();
                }
            }
            Event::Compensating { .. } => {
                if let Some(child) = self.child_mut(step) {
                    child.take_up();
                    child.recall();
                }
            }
            _ => {}
        }
    }

    /// Notes what the end of the child saga of a step means whose call ends.
    fn note_child(&mut self, step: Option<u16>) {
        let child = step.and_then(|step| Some((step, self.child(step)?)));
        if let Some((step, child)) = child {
            let end = child.saga.as_part();
            self.saga.note_part(step, end);
        }
    }

    fn take_up(&mut self) {
        if self.saga.next() == Command::End(End::Parked) {
            self.hear_event(Event::Resumed);
        }
    }

    fn recall(&mut self) {
        if !self.saga.is_recalled() {
            self.hear_event(Event::Recalled);
        }
    }

    /// A saga that rolls back calls the child sagas back that run in it, and one whose child saga
    /// has failed for good rolls back.
    fn pass_on(&mut self) {
        for step in steps(&self.saga) {
            let Some(call) = self.nested_call(step) else {
                continue;
            };
            let back = self.saga.direction() == Direction::Compensating;
            let Some(child) = self.child_mut(step) else {
                continue;
            };
            let end = child.saga.next();
            let done = matches!(end, Command::End(End::Completed | End::Compensated));
            if back && call == CallKind::Action && !done {
                child.recall();
            }
            child.pass_on();
            let runs = !matches!(child.saga.next(), Command::End(_));
            let failed = child.saga.as_failed().filter(|_| runs);
            if let Some(part) = failed.filter(|it| self.saga.fails_for_good(step, *it)) {
                let PartFailed { refused, aborted } = part;
                if aborted {
                    self.saga.note_aborted_part(step);
                }
                self.hear_event(Event::Failing { step, refused });
                return self.pass_on();
            }
        }
    }
}

/// Whether the event ends a call.
pub(super) fn ends_call(event: Event) -> bool {
    use CallChange::{Fails, Lost, Succeeds};
    matches!(event.call(), Succeeds(_) | Fails(..) | Lost) || matches!(event, Event::Failing { .. })
}
