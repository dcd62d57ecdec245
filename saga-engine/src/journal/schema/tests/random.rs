//! Random sagas that could be declared, and random changes of them.

use std::collections::BTreeSet;

use typed_saga_core::definition::{
    Compensation, Definition, Group, Kind, List, Savepoint, Step, Text,
};

use crate::journal::sample::{
    Declare, Random, call, lasting, pivot, read, saga, signal, step, texts, times,
};

/// A saga before its steps have places.
#[derive(Clone)]
pub(super) struct Saga {
    steps: Vec<Draft>,
    /// The number of names given so far.
    names: usize,
}

#[derive(Clone)]
struct Draft {
    /// The step, without references to other steps.
    step: Step,
    /// The names of the steps on which it depends, and of those that it awaits.
    on: BTreeSet<Text>,
    awaits: BTreeSet<Text>,
    /// Adjacent steps with the same number form a block, or a `when` block; zero means no block.
    block: usize,
    governed: usize,
}

/// Something to change about a step.
type Change = fn(&mut Saga, usize, &mut Random);

pub(super) const CHANGES: [(&str, Change); 25] = [
    ("new at the end", |saga, _, random| {
        let draft = saga.draft(random);
        saga.steps.push(draft);
    }),
    ("new in the middle", |saga, at, random| {
        let draft = saga.draft(random);
        saga.steps.insert(at, draft);
    }),
    ("gone", |saga, at, _| {
        saga.steps.remove(at);
    }),
    ("retired", |saga, at, _| {
        saga.steps[at].step.retired ^= true;
    }),
    ("new and introduced", |saga, at, random| {
        let mut draft = saga.draft(random);
        (draft.block, draft.governed) = (0, 0);
        (draft.step.introduced, draft.step.retired) = (true, false);
        saga.steps.insert(at, draft);
    }),
    ("introduced", |saga, at, _| {
        saga.steps[at].step.introduced ^= true;
    }),
    ("renamed", |saga, at, _| {
        saga.steps[at].step.name = "other".into();
    }),
    ("moved", |saga, at, random| {
        let draft = saga.steps.remove(at);
        let to = random.below(saga.steps.len() + 1);
        saga.steps.insert(to, draft);
    }),
    ("kind", |saga, at, _| {
        let step = &mut saga.steps[at].step;
        step.kind = match step.kind {
            Kind::Read => Kind::Step,
            Kind::Step => Kind::Read,
            other => other,
        };
    }),
    ("again", |saga, at, _| {
        if let Compensation::None { again } = &mut saga.steps[at].step.compensation {
            *again = !*again;
        }
    }),
    ("effect", |saga, at, _| {
        saga.steps[at].step.effect = "u16".into();
    }),
    ("undone", |saga, at, random| {
        saga.steps[at].step.compensation = compensation(random);
    }),
    ("undo reads", |saga, at, _| {
        if let Compensation::Declared { call, .. } = &mut saga.steps[at].step.compensation {
            call.reads = texts(&["key", "trip"]);
        }
    }),
    ("resolve", |saga, at, _| {
        toggle(&mut saga.steps[at].step.resolve, call().into());
    }),
    ("late", |saga, at, _| {
        let step = &mut saga.steps[at].step;
        let late = step.clone().late().late;
        step.late = late.filter(|_| step.late.is_none());
    }),
    ("late of the step or the saga", |saga, at, _| {
        saga.steps[at].step.late_undo ^= true;
    }),
    ("idempotent", |saga, at, _| {
        saga.steps[at].step.idempotent ^= true;
    }),
    ("fallback", |saga, at, _| {
        toggle(&mut saga.steps[at].step.fallback, call().into());
    }),
    ("when", |saga, at, _| {
        toggle(&mut saga.steps[at].step.when, texts(&["trip"]));
    }),
    ("stands on", |saga, at, random| {
        let other = saga.steps[random.below(at + 1)].step.name.clone();
        let on = &mut saga.steps[at].on;
        if !on.remove(&other) {
            on.insert(other);
        }
    }),
    ("awaits", |saga, at, random| {
        let other = saga.steps[random.below(at + 1)].step.name.clone();
        let awaits = &mut saga.steps[at].awaits;
        if !awaits.remove(&other) {
            awaits.insert(other);
        }
    }),
    ("counts", |saga, at, random| {
        let step = &mut saga.steps[at].step;
        let n = u32::try_from(1 + random.below(4)).unwrap();
        *step = step.clone().retry(n).undo(n);
    }),
    ("savepoint", |saga, at, _| {
        toggle(&mut saga.steps[at].step.savepoint, Savepoint::of(times(2)));
    }),
    ("block", |saga, at, random| {
        saga.steps[at].block = random.below(3);
    }),
    ("when block", |saga, at, random| {
        saga.steps[at].governed = random.below(3);
    }),
];

fn toggle<T>(value: &mut Option<T>, other: T) {
    *value = match value {
        Some(_) => None,
        None => Some(other),
    };
}

fn compensation(random: &mut Random) -> Compensation {
    let step = match random.below(4) {
        0 => lasting(""),
        1 => step("").by_key(),
        _ => step("").undo(u32::try_from(1 + random.below(2)).unwrap()),
    };
    step.compensation
}

impl Saga {
    pub(super) fn random(random: &mut Random) -> Self {
        let mut saga = Self {
            steps: Vec::new(),
            names: 0,
        };
        for _ in 0..2 + random.below(4) {
            let mut draft = saga.draft(random);
            if let Some(before) = saga.steps.last() {
                if random.below(2) == 0 {
                    (draft.block, draft.governed) = (before.block, before.governed);
                }
                for earlier in &saga.steps {
                    let name = &earlier.step.name;
                    if random.below(3) == 0 {
                        draft.on.insert(name.clone());
                    }
                    if random.below(3) == 0 {
                        draft.awaits.insert(name.clone());
                    }
                }
            }
            saga.steps.push(draft);
        }
        if random.below(2) == 0 {
            let at = random.below(saga.steps.len());
            let draft = &mut saga.steps[at];
            draft.step = pivot("").with(|step| step.name = draft.step.name.clone());
        }
        saga
    }

    fn draft(&mut self, random: &mut Random) -> Draft {
        self.names += 1;
        let mut step = match random.below(8) {
            0 | 1 => read(""),
            2 => signal(""),
            3 => signal("").with(|step| step.kind = Kind::Sleep),
            _ => step("").with(|step| step.compensation = compensation(random)),
        };
        step.name = format!("s{}", self.names).into();
        let mut perhaps = |change: fn(Step) -> Step| {
            if random.below(3) == 0 {
                step = change(step.clone());
            }
        };
        perhaps(|step| step.retry(2));
        perhaps(Declare::resolve);
        perhaps(Declare::late);
        perhaps(Declare::own_late);
        perhaps(Declare::when);
        perhaps(Declare::fallback);
        perhaps(|step| step.savepoint(1));
        perhaps(|step| step.with(|step| step.idempotent = true));
        perhaps(|step| step.with(|step| step.retired = true));
        perhaps(|step| step.with(|step| step.introduced = true));
        Draft {
            step,
            on: BTreeSet::new(),
            awaits: BTreeSet::new(),
            block: random.below(3),
            governed: random.below(4).saturating_sub(1),
        }
    }

    pub(super) fn changed(&self, change: Change, random: &mut Random) -> Self {
        let mut other = self.clone();
        let at = random.below(other.steps.len());
        change(&mut other, at, random);
        other
    }

    /// The definition, as `saga!` would allow it.
    pub(super) fn declared(&self) -> &'static Definition {
        let pivot = self
            .steps
            .iter()
            .position(|draft| draft.step.kind == Kind::Pivot);
        let mut steps: Vec<Step> = Vec::new();
        let mut conditions = 0;
        for (place, draft) in self.steps.iter().enumerate() {
            let behind = pivot.is_some_and(|pivot| place > pivot);
            let is_pivot = pivot == Some(place);
            let before = place
                .checked_sub(1)
                .filter(|_| !is_pivot && pivot != Some(place - 1));
            let before = before.map(|before| &self.steps[before]);
            let joins = before.is_some_and(|before| before.block == draft.block) && draft.block > 0;
            // A block is under one condition.
            let governed = |place: usize| {
                let block = self.steps[place].block;
                let first = (0..=place).rev().take_while(|&other| {
                    other == place
                        || block > 0 && self.steps[other].block == block && pivot != Some(other)
                });
                self.steps[first.last().unwrap_or(place)].governed
            };
            let is_alone = draft.block == 0 && governed(place) == 0;
            let mut step = placed(&draft.step, behind, is_alone);
            let indices = |names: &BTreeSet<Text>, from: usize| -> List<u16> {
                let earlier = (0..).zip(steps.iter()).skip(from);
                let named = earlier.filter(|(_, step)| names.contains(&step.name));
                named.map(|(place, _)| place).collect()
            };
            step.stands_on = indices(&draft.on, 0);
            if joins {
                let first = steps
                    .last()
                    .and_then(|step| step.group)
                    .map(|group| group.first);
                let first = first.unwrap_or(u16::try_from(place - 1).unwrap());
                step.awaits = indices(&draft.awaits, first.into());
                step.group = Some(Group { first, len: 0 });
                steps[usize::from(first)].group = step.group;
            }
            if !is_pivot && governed(place) > 0 {
                let goes_on = before.is_some() && governed(place - 1) == governed(place);
                conditions += u16::from(!goes_on);
                step.condition = Some(conditions - 1);
            }
            steps.push(step);
        }
        let lengths: Vec<_> = steps.iter().map(|step| step.group).collect();
        for step in &mut steps {
            if let Some(group) = &mut step.group {
                let siblings = lengths.iter().filter(|other| **other == Some(*group));
                group.len = u16::try_from(siblings.count()).unwrap();
            }
        }
        saga(steps)
    }
}

/// The step, without what a step of its kind cannot declare at its place.
fn placed(step: &Step, behind: bool, is_alone: bool) -> Step {
    let mut step = step.clone();
    let acts = matches!(step.kind, Kind::Step | Kind::Pivot);
    if !acts {
        (step.resolve, step.late, step.idempotent) = (None, None, false);
    }
    if !step.kind.acts() {
        step.retry = None;
    }
    if step.kind != Kind::Step || behind {
        step.compensation = Compensation::Absent;
    } else if step.compensation == Compensation::Absent {
        step = step
            .clone()
            .with(|step| step.compensation = lasting("").compensation);
    }
    if step.kind == Kind::Pivot || behind {
        step.savepoint = None;
    }
    let undoes = matches!(
        step.compensation,
        Compensation::Declared { by_key: false, .. }
    );
    step.late_undo &= undoes && step.late.is_some();
    if step.kind == Kind::Pivot {
        (step.fallback, step.when) = (None, None);
    }
    step.retired &= step.kind.acts() && step.kind != Kind::Pivot;
    if step.retired {
        step.when = Some(texts(&[]));
    }
    step.introduced &= is_alone && !step.retired && step.kind != Kind::Pivot;
    if step.introduced {
        step.when = Some(texts(&[]));
    }
    // The compiler requires a way to settle a step that it cannot undo.
    let is_last = behind && step.kind == Kind::Step || step.kind == Kind::Pivot;
    step.idempotent |= is_last && step.resolve.is_none();
    if step.kind == Kind::Sleep {
        step.fallback = None;
    }
    step
}
