//! The state of a saga according to its journal, without the saga's types: the fold of its records.

#[cfg(test)]
mod tests;

use super::{
    error::{FoldError, Reason},
    history::{Entry, History},
    record::{Record, RecordError, RecordKind},
};
use crate::store::{Commit, Row, State, Time};
use std::{collections::BTreeSet, time::Duration};
use typed_saga_core::{
    CallKind, End,
    definition::{Definition, DefinitionRef, Difference, Places, Step},
    kernel::{Cancellation, Command, Event, Phase},
    run::{self, Node, Said},
};

/// The recorded history of one step.
pub(crate) type StepHistory = run::StepHistory<Time>;
/// The failure of a call of a step.
pub(crate) type FailedCall = run::FailedCall<Time>;
/// A recorded wait that is not over.
pub(crate) type Wait = run::Wait<Time>;

/// A call that has run for this many times its limit is stuck: it does not react to its limit, and
/// cannot be given up.
pub(crate) const OVERDUE: u32 = 10;

/// The state of a saga according to its journal.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Folded {
    /// The state of the kernel, and the history of each step.
    pub run: run::RunHistory<Time>,
    /// When the saga began.
    pub started: Time,
    /// The time at which it rolls back if it has not passed its pivot.
    pub deadline: Option<Time>,
    /// The promise of `#[within]` with which it began.
    pub(crate) promised: Option<Duration>,
    /// The fingerprint of the definition that applies, as it is recorded.
    pub definition: Option<u64>,
    /// The record of its end (`ended`), unless it has been resumed since.
    pub ended: Option<Entry>,
    /// The record of the operator who gave it up for good (`abandoned`).
    pub abandoned: Option<Entry>,
    /// Whether `finally` has run since it ended.
    pub finished: bool,
    /// The latest request of an operator: `cancel_requested`, `resumed`, `settled` or `abandoned`.
    pub asked: Option<Entry>,
    /// The steps of child sagas and items for which something is recorded.
    within: BTreeSet<Vec<u16>>,
    /// The signals that came before the saga waited for them, and for which nothing else is
    /// recorded, including those of child sagas and items.
    early: BTreeSet<Vec<u16>>,
    /// The steps that were skipped in some round, including those of child sagas and items.
    skipped: BTreeSet<Vec<u16>>,
    /// The time of the last commit.
    pub updated: Time,
    /// The number of commits.
    pub commits: u64,
}

impl Folded {
    /// Reads a journal from its first commit on.
    ///
    /// # Errors
    /// [`FoldError`], which names the commit, if there is no commit, one cannot be read, or a
    /// record does not fit those before it.
    pub fn of(definition: impl Into<DefinitionRef>, commits: &[Commit]) -> Result<Self, FoldError> {
        Self::over(&[definition.into()], &History::of(commits)?)
    }

    /// The state of a saga whose journal is already decoded. `definitions` are those under which the
    /// saga was run, in order: each but the first applies from a `redefined` on.
    pub(crate) fn over(
        definitions: &[DefinitionRef],
        history: &History,
    ) -> Result<Self, FoldError> {
        let mut definitions = definitions.iter().cloned();
        let mut next = || definitions.next().ok_or(Reason::Undefined);
        let first = next().map_err(|reason| FoldError {
            commit: 0,
            record: None,
            reason,
        })?;
        let mut folded = Self {
            run: run::RunHistory::new(first, true),
            started: history.started,
            deadline: None,
            promised: None,
            definition: None,
            ended: None,
            abandoned: None,
            finished: false,
            asked: None,
            within: BTreeSet::new(),
            early: BTreeSet::new(),
            skipped: BTreeSet::new(),
            updated: history.updated,
            commits: history.commits,
        };
        for entry in &history.entries {
            let redefined = if entry.record.what == RecordKind::Redefined {
                let from_here = entry.record.says_from_here();
                let definition = from_here.map_err(Reason::Record).and_then(|()| next());
                definition.map(|definition| folded.switch(definition))
            } else {
                Ok(())
            };
            let heard = redefined.and_then(|()| folded.hear(entry));
            heard.map_err(|reason| FoldError {
                commit: entry.seq,
                record: Some(entry.place),
                reason,
            })?;
        }
        folded.run.close();
        Ok(folded)
    }

    /// The same saga from here on under another version of its definition.
    #[must_use]
    pub(crate) fn under(mut self, definition: impl Into<DefinitionRef>) -> Self {
        self.switch(definition.into());
        self
    }

    fn switch(&mut self, definition: DefinitionRef) {
        let under = |paths: &BTreeSet<Vec<u16>>| -> BTreeSet<_> {
            let paths = paths.iter();
            let paths = paths.filter_map(|path| moved(self.declaration(), &definition, path));
            paths.collect()
        };
        let all = [&self.within, &self.early, &self.skipped].map(under);
        [self.within, self.early, self.skipped] = all;
        self.run = self.run.under(definition);
    }

    /// The difference that a step was skipped, in whichever round, and has no condition under its last
    /// definition.
    pub(crate) fn unasked(&self) -> Option<Difference> {
        let mut skipped = self.skipped.iter();
        skipped.find_map(|path| unasked(self.declaration(), path))
    }

    /// The declaration with which the journal is read; if it has changed, the last one.
    #[must_use]
    pub fn declaration(&self) -> &DefinitionRef {
        self.run.kernel.definition()
    }

    /// Adapts waits and the deadline if the clock, which shows `now`, was set back since they were
    /// recorded: none ends later than it would if it began now, or, if the `row` is waiting, than
    /// the row says.
    pub fn set_clock(&mut self, now: Time, row: &Row) {
        let deadline = self.deadline.filter(|_| !self.is_late());
        let within = self.deadlines().into_iter().map(|(_, deadline)| deadline);
        let ends = self.until().into_iter().chain(deadline).chain(within).min();
        let waits = row.due.filter(|_| row.state == State::Waiting);
        let back = ends.zip(waits).map(|(ends, due)| ends.since(due));
        let reset = |until: Time, began: Time| match back {
            _ if began <= now => until,
            Some(back) => until.before(back),
            None => now.after(until.since(began)),
        };
        set_clock(&mut self.run, &reset);
        self.deadline = self.deadline.map(|deadline| reset(deadline, self.started));
    }

    /// Whether it is parked.
    pub(crate) fn is_parked(&self) -> bool {
        self.run.kernel.next() == Command::End(End::Parked)
    }

    /// Whether it is recorded that the deadline has passed.
    #[must_use]
    pub fn is_late(&self) -> bool {
        self.run.kernel.deadline() != Cancellation::None
    }

    /// Whether anything is recorded for this step. `at` is its index; for a step of a child saga or
    /// an item, the indices of the steps that contain it, and then its own. The round and the item
    /// do not matter.
    #[must_use]
    pub fn touched(&self, at: &[u16]) -> bool {
        match at {
            [step] => {
                let step = self.run.steps.get(usize::from(*step));
                step.is_some_and(|step| step.updated.is_some())
            }
            at => self.within.contains(at),
        }
    }

    /// Whether the saga has reached this step: anything is recorded for it, apart from a signal
    /// that came early.
    pub(crate) fn has_come_to(&self, at: &[u16]) -> bool {
        self.touched(at) && !self.early.contains(at)
    }

    /// The deadlines of the child sagas that run, by path, for which it is not recorded that they have
    /// passed. One that has ended keeps nobody waiting.
    #[must_use]
    pub fn deadlines(&self) -> Vec<(String, Time)> {
        let mut all = Vec::new();
        self.run.visit(&mut |path, run| {
            for nested in &run.nested {
                let runs = Phase::Running(CallKind::Action) == run.kernel.phase(nested.node.step);
                let open = runs && nested.run.kernel.deadline() == Cancellation::None;
                let deadline = nested.deadline.filter(|_| open);
                let path = || run.path_of(path, nested.node);
                all.extend(deadline.map(|deadline| (path(), deadline)));
            }
        });
        all
    }

    /// The time at which the first of its waits is over.
    #[must_use]
    pub fn until(&self) -> Option<Time> {
        let waits = self.whole().waits();
        waits.iter().map(|(_, wait)| wait.until).min()
    }

    /// The steps that are in doubt, by index, and the time since when they are.
    pub fn in_doubt(&self) -> impl Iterator<Item = (u16, Time)> {
        let steps = (0..).zip(&self.run.steps);
        steps.filter_map(|(step, history)| Some((step, history.doubt_since?)))
    }

    fn hear(&mut self, entry: &Entry) -> Result<(), Reason> {
        let (at, record) = (entry.at, &entry.record);
        let heard = match record.heard(self.declaration()) {
            // The step was retired at that time, and has been removed since.
            Err(RecordError::UnknownStep { .. }) if record.what == RecordKind::Skipped => None,
            heard => heard.map_err(Reason::Record)?,
        };
        if let Some((nodes, event)) = heard {
            let said = Said {
                error: record.error.as_deref(),
                value: record.json(),
                why: record.why.as_deref(),
            };
            if let (Event::Signalled { .. }, None) = (event, said.value) {
                let (what, field) = (record.what, "value");
                return Err(Reason::Record(RecordError::Missing { what, field }));
            }
            self.note_signal(&nodes, event);
            if let Event::Skipped { step } = event {
                self.skipped.insert(path(&nodes, step));
            }
            let applied = self.run.apply_at(&nodes, event, at, said);
            if let (Some(deadline), Event::Attempting { step }) = (record.deadline, event) {
                self.run.set_deadline(&nodes, step, deadline);
            }
            applied.map_err(|_| Reason::Illegal {
                what: record.what,
                step: record.step.as_deref().map(str::to_owned),
            })?;
            if let Some(run) = self.run.at(&nodes).filter(|_| !nodes.is_empty()) {
                let step = Record::step_of(event, run.kernel.definition());
                self.within.extend(step.map(|step| path(&nodes, step)));
            }
        }
        match record.what {
            RecordKind::Waiting => {
                let found = record.place_in(self.declaration());
                let (nodes, step) = found.map_err(Reason::Record)?;
                let wait = record.until.zip(record.before);
                let wait = wait.map(|(until, before)| Wait { until, before });
                let run = self.run.at_mut(&nodes).ok_or_else(|| Reason::Illegal {
                    what: record.what,
                    step: record.step.as_deref().map(str::to_owned),
                })?;
                run.wait(step, at, wait);
            }
            RecordKind::Started => {
                (self.definition, self.deadline) = (record.definition, record.deadline);
                self.promised = record.within.map(Duration::from_millis);
            }
            RecordKind::Redefined => {
                self.definition = record.definition.or(self.definition);
                self.deadline = record.deadline.or(self.deadline);
            }
            RecordKind::Finished => self.finished = true,
            RecordKind::Ended => {
                self.ended = Some(entry.clone());
                self.finished = false;
            }
            RecordKind::Abandoned => {
                self.asked = Some(entry.clone());
                self.abandoned = Some(entry.clone());
            }
            RecordKind::Resumed => {
                (self.ended, self.finished) = (None, false);
                self.asked = Some(entry.clone());
            }
            RecordKind::CancelRequested | RecordKind::Settled => self.asked = Some(entry.clone()),
            // All other records are events, which the run has already applied.
            _ => {}
        }
        Ok(())
    }

    /// Notes an event of a step, in the run that these nodes name, before the event is applied.
    fn note_signal(&mut self, nodes: &[Node], event: Event) {
        let is_signal = matches!(event, Event::Signalled { .. });
        if !is_signal && self.early.is_empty() {
            return;
        }
        let run = self.run.at(nodes);
        let Some(step) = run.and_then(|run| Record::step_of(event, run.kernel.definition())) else {
            return;
        };
        let path = path(nodes, step);
        if !is_signal {
            self.early.remove(&path);
        } else if !self.touched(&path) {
            self.early.insert(path);
        }
    }
}

/// The path of a step of the run that these nodes name.
fn path(nodes: &[Node], step: u16) -> Vec<u16> {
    let above = nodes.iter().map(|node| node.step);
    above.chain([step]).collect()
}

/// The definition of what the step stands for: of each item of the loop, or of the child saga.
fn part(step: &Step) -> Option<&DefinitionRef> {
    let each = step.items.as_ref().map(|items| &items.each);
    each.or(step.child.as_ref().map(|child| &child.definition))
}

/// The difference that a step has no condition under this definition; a lock without keys is skipped,
/// too.
fn unasked(definition: &Definition, path: &[u16]) -> Option<Difference> {
    let [step, below @ ..] = path else {
        return None;
    };
    let step = definition.steps.get(usize::from(*step))?;
    if below.is_empty() {
        let asks = match &step.items {
            Some(items) => items.when.is_some(),
            None => step.when.is_some(),
        };
        let may_be = asks || step.lock.is_some() || step.condition.is_some() || step.absent;
        return (!may_be).then(|| Difference::When {
            step: step.name.clone(),
        });
    }
    let of = unasked(part(step)?, below)?;
    // Both steps of an item have the name of the loop.
    Some(if definition.is_of_item() {
        of
    } else {
        Difference::Within {
            step: step.name.clone(),
            of: Box::new(of),
        }
    })
}

/// The path of a step in another version.
fn moved(old: &Definition, new: &Definition, path: &[u16]) -> Option<Vec<u16>> {
    let [was, below @ ..] = path else {
        return Some(Vec::new());
    };
    let is = Places::of(old, new).now(*was)?;
    let of = |definition: &Definition, place: u16| {
        let step = &definition.steps[usize::from(place)];
        part(step).cloned()
    };
    let below = match (of(old, *was), of(new, is)) {
        _ if below.is_empty() => Vec::new(),
        (Some(old), Some(new)) => moved(&old, &new, below)?,
        _ => return None,
    };
    Some([vec![is], below].concat())
}

fn set_clock(run: &mut run::RunHistory<Time>, reset: &impl Fn(Time, Time) -> Time) {
    for step in &mut run.steps {
        if let Some((wait, began)) = step.wait.as_mut().zip(step.updated) {
            wait.until = reset(wait.until, began);
        }
    }
    for nested in &mut run.nested {
        let began = run.steps[usize::from(nested.node.step)].updated;
        let deadline = nested.deadline.zip(began);
        nested.deadline = deadline.map(|(deadline, began)| reset(deadline, began));
        set_clock(&mut nested.run, reset);
    }
    for looped in &mut run.loops {
        for item in &mut looped.items {
            set_clock(item, reset);
        }
    }
}
