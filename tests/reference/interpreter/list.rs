//! What is told at the end: what stands, what is in doubt, what is unfinished.

use std::{
    borrow::Cow,
    collections::{HashMap, HashSet},
    iter,
};

use super::{One, Phase, Run};
use crate::reference::{Told, step::Step};

/// By name.
#[derive(Default)]
struct Lists {
    certain: HashSet<&'static str>,
    /// The keys of those that are certain, and of those that are not.
    keys: HashSet<(&'static str, String)>,
    perhaps_keys: HashSet<(&'static str, String)>,
    /// Those of earlier passes, each with a key of its own.
    rounds: HashMap<&'static str, u32>,
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
            ..
        } = self;
        let all = [certain, perhaps, standing, in_doubt, open];
        all.iter().any(|names| !names.is_empty())
    }

    fn add(&mut self, other: Self) {
        self.certain.extend(other.certain);
        self.keys.extend(other.keys);
        self.perhaps_keys.extend(other.perhaps_keys);
        for (name, rounds) in other.rounds {
            *self.rounds.entry(name).or_default() += rounds;
        }
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
        let unknown = &lists.perhaps_keys - &lists.keys;
        let unknown = unknown.iter().map(|(name, _)| *name).collect();
        match end {
            "completed" => Told {
                output: Some(self.output()),
                failure: None,
                ..told
            },
            "compensated" => Told {
                standing: names(&lists.certain)
                    .into_iter()
                    .flat_map(|name| {
                        let earlier = lists.rounds.get(&*name).copied().unwrap_or_default();
                        let keys = lists.keys.iter().filter(|(of, _)| *of == name).count();
                        iter::repeat_n(name, earlier as usize + keys)
                    })
                    .collect(),
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
            let is_open = !back && !one.is_committed() && !one.doubt && s < count;
            if !step.has_parts() {
                self.list_one(s, lists, inside);
                if is_open {
                    lists.open.insert(step.name);
                }
                continue;
            }
            let mut parts = Lists::default();
            for (_, run) in self.past.borrow().iter().filter(|(of, _)| *of == s) {
                run.list_all(&mut parts, inside);
            }
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
        let certain = one.left || one.rounds > 0 || now;
        if certain {
            lists.certain.insert(step.name);
            *lists.rounds.entry(step.name).or_default() += one.rounds;
        }
        if one.left || now {
            lists.keys.insert((step.name, self.key(s)));
        } else if !covered && (one.perhaps || one.doubt && passed) {
            lists.perhaps.insert(step.name);
            lists.perhaps_keys.insert((step.name, self.key(s)));
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

impl One {
    /// What is told of a turn that went before.
    pub(super) fn turned(&self, step: &Step, decided: bool) -> Self {
        if self.is_kept(step) {
            return Self {
                decided: self.decided && decided,
                declined: false,
                ..self.clone()
            };
        }
        let with = step.with.is_some();
        let applied = self.phase == Phase::Applied;
        // A saga that may stay begins again under its old keys only if all of it was done.
        let [_, anew] = self.called_as.unwrap_or([step.once, step.anew]);
        let stays = step.keep && !anew && (applied || step.saga.is_none());
        let may_be = applied || self.doubt || self.left || self.perhaps;
        let asks = stays && step.ask > 0 && !step.has_parts() && may_be && !self.half;
        Self {
            doubt: asks || self.doubt && !with,
            asks,
            late: asks && (!self.doubt || self.late),
            half: self.half && !with,
            // A block that it turns back into was decided on.
            decided: self.decided && decided,
            round: self.round,
            next_round: !(stays && step.saga.is_some())
                && (self.next_round || self.started && !stays),
            left: self.left || stays && applied && step.saga.is_none(),
            rounds: self.rounds + u32::from(anew && applied && !step.has_parts()),
            perhaps: self.perhaps && !with,
            said: self.said,
            called: self.called,
            called_as: self.called_as,
            ..Self::default()
        }
    }
}
