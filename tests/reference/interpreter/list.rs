//! What is told at the end: what stands, what is in doubt, what is unfinished.

use std::{borrow::Cow, collections::HashSet};

use super::{Phase, Run};
use crate::reference::{Told, step::Step};

/// By name.
#[derive(Default)]
struct Lists {
    certain: HashSet<&'static str>,
    perhaps: HashSet<&'static str>,
    standing: HashSet<&'static str>,
    in_doubt: HashSet<&'static str>,
    open: HashSet<&'static str>,
}

impl Lists {
    fn is_told(&self) -> bool {
        let Self {
            certain,
            perhaps,
            standing,
            in_doubt,
            open,
        } = self;
        let all = [certain, perhaps, standing, in_doubt, open];
        all.iter().any(|names| !names.is_empty())
    }

    fn add(&mut self, other: Self) {
        self.certain.extend(other.certain);
        self.perhaps.extend(other.perhaps);
        self.standing.extend(other.standing);
        self.in_doubt.extend(other.in_doubt);
        self.open.extend(other.open);
    }
}

/// What the step says that all this is in.
#[derive(Clone, Copy, Default)]
struct Around {
    back: bool,
    /// A way back leaves it, since it may stay.
    passed: bool,
    /// It is undone with a step that is undone.
    gone: bool,
}

impl Run<'_> {
    pub(super) fn told(&self, end: &'static str) -> Told {
        let mut lists = Lists::default();
        self.list_all(&mut lists, Around::default());
        let leaves: Vec<_> = self.steps.iter().flat_map(Step::all).collect();
        let names = |set: &HashSet<&'static str>| -> Vec<Cow<'static, str>> {
            let chosen = leaves.iter().filter(|step| set.contains(step.name));
            chosen.map(|step| step.name.into()).collect()
        };
        let told = Told {
            end,
            failure: self.first.get(),
            ..Told::default()
        };
        let unknown = &lists.perhaps - &lists.certain;
        match end {
            "completed" => Told {
                output: Some(self.output()),
                failure: None,
                ..told
            },
            "compensated" => Told {
                standing: names(&lists.certain),
                in_doubt: names(&unknown),
                ..told
            },
            _ => Told {
                standing: names(&(&lists.standing | &lists.certain)),
                in_doubt: names(&(&lists.in_doubt | &unknown)),
                unfinished: names(&lists.open),
                ..told
            },
        }
    }

    /// Whether it leaves something, a saga that a step is, for certain or perhaps. `passed`: the step
    /// leaves all of it.
    pub(super) fn leaves(&self, passed: bool) -> (bool, bool) {
        let (mut lists, around) = (Lists::default(), Around::default());
        self.list_all(&mut lists, Around { passed, ..around });
        (!lists.certain.is_empty(), !lists.perhaps.is_empty())
    }

    fn list_all(&self, lists: &mut Lists, around: Around) {
        // A saga that is a step goes back by itself, and a loop with the steps around it.
        let back = self.back.get() || around.back && self.items.is_some();
        let count = self
            .items
            .as_ref()
            .map_or(self.len(), |items| items.count.get());
        for (s, step) in self.steps.iter().enumerate() {
            let other = step.with.filter(|_| self.items.is_none());
            let undone = other.is_some_and(|other| self.one(other).phase == Phase::Undone);
            let inside = Around {
                back,
                passed: around.passed || back && step.keep,
                gone: around.gone || back && undone,
            };
            let one = self.one(s);
            if one.left {
                lists.certain.insert(step.name);
            } else if one.perhaps && step.with.is_none() {
                lists.perhaps.insert(step.name);
            }
            let is_open = !back && !one.is_committed() && !one.doubt && s < count;
            if !step.has_parts() {
                self.list_one(s, lists, inside);
                if is_open {
                    lists.open.insert(step.name);
                }
                continue;
            }
            let mut parts = Lists::default();
            if let Some(run) = &self.parts.borrow()[s] {
                run.list_all(&mut parts, inside);
            }
            // What was not ended when a turn undid it is not begun again by a step that is skipped.
            if one.is_committed() {
                parts.open.clear();
            }
            // A saga that has undone itself is not done, whatever it has left.
            let is_undone = step.saga.is_some() && step.each == 0 && one.phase == Phase::Failed;
            if is_open && (is_undone || !parts.is_told()) {
                lists.open.insert(step.name);
            }
            lists.add(parts);
        }
    }

    fn list_one(&self, s: usize, lists: &mut Lists, around: Around) {
        let (step, one) = (&self.steps[s], self.one(s));
        let (Around { passed, gone, .. }, covered) = (around, step.with.is_some());
        let holds = matches!(one.phase, Phase::Applied | Phase::Stands | Phase::Kept) && !step.read;
        // Of a saga that may stay it is not asked how much of a step happened.
        let now = passed && (holds || one.half && step.keep);
        if now {
            lists.certain.insert(step.name);
        } else if !covered && one.doubt && passed {
            lists.perhaps.insert(step.name);
        }
        if holds && !gone {
            lists.standing.insert(step.name);
        }
        let doubt = one.doubt || one.perhaps && covered;
        if doubt && !passed && !gone {
            lists.in_doubt.insert(step.name);
        }
    }
}
