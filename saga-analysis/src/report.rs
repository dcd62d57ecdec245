//! All results of the analysis, for people and tools to read.

mod listed;
mod parks;
mod text;

use std::time::Duration;

use typed_saga_definition::{CallKind, Kind, Text};

use crate::{Analysis, Endless, Park, Why, course::Course, runs::Service, times::Times};

/// The analysis of a saga's declaration. Its text is meant for people.
#[derive(Clone, Debug, PartialEq)]
pub struct Report {
    /// The name of the saga.
    pub saga: Text,
    /// Whether the saga is analysed as it runs on an engine.
    pub durable: bool,
    /// The time until the decision.
    pub decided: Time,
    /// The effect of `#[within]` on that time.
    pub deadline: Option<Deadline>,
    /// The time until the end.
    pub ends: Time,
    /// How often code runs that reads each service.
    pub services: Vec<Service>,
    /// How long the effect of each step has to last.
    pub holds: Vec<Hold>,
    /// The steps that never remain applied without others, even after a crash.
    pub never: Vec<Never>,
    /// Every way to park, by cause.
    pub parks: Vec<Park>,
}

/// The effect of `#[within]`.
#[derive(Clone, Debug, PartialEq)]
pub struct Deadline {
    /// The time after its start at which the saga rolls back.
    pub after: Duration,
    /// The pivot, which may delay that, and how long it may take to settle.
    pub pivot: Option<(Text, Duration)>,
    /// The time until the decision without `#[within]`.
    pub without: Time,
}

/// A step that never remains applied without others.
#[derive(Clone, Debug, PartialEq)]
pub struct Never {
    /// The name of the step.
    pub step: Text,
    /// The steps without which it never remains applied.
    pub without: Vec<Text>,
}

/// The longest time that something takes, and why.
#[derive(Clone, Debug, PartialEq)]
pub struct Time {
    /// The time; `None` if it has no bound.
    pub within: Option<Duration>,
    /// The reasons why it has no bound.
    pub unbounded: Vec<Unbounded>,
    /// The step without which the bound would be lowest, and by how much; `None` for a saga of one
    /// step.
    pub most: Option<(Text, Duration)>,
}

/// A reason why a time has no bound.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unbounded {
    /// The path of the step.
    pub step: Text,
    /// The kind of the step.
    pub kind: Kind,
    /// The call of the step.
    pub call: CallKind,
    /// The reason.
    pub why: Why,
}

/// How long the effect of a step has to last: from the start of the attempt that applied the step.
#[derive(Clone, Debug, PartialEq)]
pub struct Hold {
    /// The name of the step.
    pub step: Text,
    /// The name of the step with whose commit the hold ends; `None`: the last step.
    pub until: Option<Text>,
    /// How long the hold lasts.
    pub time: Time,
    /// How long the effect lasts by itself, according to `#[holds]`.
    pub promised: Option<Duration>,
}

impl Report {
    /// Whether the report lacks what only the program knows, and not the macro: the values of
    /// expressions, and the definitions of child sagas.
    #[must_use]
    pub fn is_partial(&self) -> bool {
        let unknown = |one: &Unbounded| {
            one.why == Why::UnknownSaga || one.why == Why::Computed && one.kind.acts()
        };
        let code = self.services.iter().flat_map(|service| &service.code);
        self.ends.unbounded.iter().any(unknown) || code.into_iter().any(|it| it.runs.is_none())
    }
}

impl Analysis<'_> {
    /// All results, with the deadline of `#[within]`.
    #[must_use]
    pub fn report(&self) -> Report {
        self.with_deadline().all()
    }

    fn all(&self) -> Report {
        let times = self.all_times();
        let mut parks = self.parks();
        parks.sort_by(|one, other| one.kind().cmp(&other.kind()));
        Report {
            saga: self.saga.name.clone(),
            durable: self.durable,
            decided: self.explained(Course::Decided(self.decision()), &times),
            deadline: self.deadline_row(&times),
            ends: self.explained(Course::Ended, &times),
            services: self.services(),
            holds: self.holds(&times),
            never: self.never(),
            parks,
        }
    }

    fn deadline_row(&self, times: &[Times]) -> Option<Deadline> {
        let after = self.deadline()?;
        let without = Self {
            deadline: None,
            ..*self
        };
        let pivot = self.saga.pivot.and_then(|pivot| {
            let settled = times[usize::from(pivot)].settled.within()?;
            Some((self.step(pivot).name.clone(), settled))
        });
        Some(Deadline {
            after,
            pivot,
            without: without.explained(Course::Decided(self.decision()), times),
        })
    }

    fn never(&self) -> Vec<Never> {
        let all = self.steps().map(|step| {
            let others = self.steps().filter(|other| *other != step);
            let others = others.filter(|other| self.gap(step, *other).is_none());
            let name = |step: u16| self.step(step).name.clone();
            Never {
                step: name(step),
                without: others.map(name).collect(),
            }
        });
        all.filter(|never| !never.without.is_empty()).collect()
    }

    fn explained(&self, course: Course, times: &[Times]) -> Time {
        let most = self.most(course, times);
        let most = most.filter(|_| self.saga.steps.len() > 1);
        Time {
            most: most.map(|(step, less)| (self.step(step).name.clone(), less)),
            ..self.time(course, times)
        }
    }

    /// The reasons why a time has no bound; for a child saga, the reasons inside it.
    pub(crate) fn unbounded(&self, endless: Endless) -> Vec<Unbounded> {
        let Endless { step, call, why } = endless;
        let declared = self.step(step);
        let inside = self.child_of(step).filter(|_| call == CallKind::Action);
        let inside = inside.map_or_else(Vec::new, |inside| {
            let ended = inside.time(Course::Ended, &inside.all_times());
            ended.unbounded
        });
        if inside.is_empty() {
            return vec![Unbounded {
                step: declared.name.clone(),
                kind: declared.kind,
                call,
                why,
            }];
        }
        let inside = inside.into_iter().map(|of| Unbounded {
            step: format!("{}/{}", declared.name, of.step).into(),
            ..of
        });
        inside.collect()
    }

    /// How long the effect of each step has to last: until the step that its `#[holds]` names, or,
    /// if it can be undone, until the pivot, or until all steps have happened.
    fn holds(&self, times: &[Times]) -> Vec<Hold> {
        let pivot = self.saga.pivot;
        let last = self.steps().end.checked_sub(1);
        let ends = last.map_or(0..0, |last| self.saga.unit_of(last));
        let ends = pivot.map_or(ends, |pivot| pivot..pivot + 1);
        let held = self.steps().filter_map(|step| {
            let declared = self.step(step);
            let undone = || declared.undoing().is_some() && step < ends.start;
            let (until, named) = match &declared.holds {
                Some(hold) => (hold.until..hold.until + 1, Some(hold.until)),
                None if undone() => (ends.clone(), pivot),
                None => return None,
            };
            let until = until.filter(|&until| self.follows(until, step));
            let holds = until.map(|until| Course::Hold { from: step, until });
            let times = holds.map(|hold| self.time(hold, times));
            let longest = times.max_by_key(|time| time.within.unwrap_or(Duration::MAX))?;
            Some(Hold {
                step: declared.name.clone(),
                until: named.map(|until| self.step(until).name.clone()),
                time: longest,
                promised: declared.holds.as_ref().map(|hold| hold.lasts),
            })
        });
        held.collect()
    }
}
