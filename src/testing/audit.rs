//! Compares the outcome of a saga with what happened in the fakes, and finds the broken contract.

use super::{
    cast::{Cast, parents},
    contract::Contract,
    fault::Fault,
    ledger::Effect,
    path::name,
    run::{Published, Ran, Stopped},
    story::{CallEnd, Called},
};
use std::{
    collections::{BTreeMap, HashMap, HashSet},
    time::Duration,
};
use typed_saga_core::{
    CallKind, Completeness, Left, Summary, Timing, Verdict,
    definition::{Kind, Step},
};

/// A contract that was broken on one path.
pub(super) struct Broken {
    /// The step's name; `None` for the saga as a whole.
    pub(super) step: Option<String>,
    pub(super) contract: Contract,
    pub(super) what: String,
    /// The calls that were made more than once, with what allowed that: a line for each.
    pub(super) repeated: Vec<String>,
}

/// One path and its fakes, once everything has ended.
pub(super) struct Audit<'a> {
    pub(super) cast: &'a Cast,
    pub(super) ran: &'a Ran,
    pub(super) effects: &'a [Effect],
    /// The steps whose effects the ledger is known to list.
    pub(super) told: &'a HashSet<String>,
    /// The number of calls that a step makes, each with an effect of its own, for steps that do not
    /// make exactly one.
    pub(super) calls: &'a HashMap<&'static str, u32>,
    /// The verdicts that `#[classify]` does not return for the errors that mean them.
    pub(super) misjudged: &'a [Verdict],
    /// The keys of the events that were received, in order, if that is known.
    pub(super) heard: Option<Vec<String>>,
    /// If the saga runs again under a new id, after it was compensated: the effects before that.
    pub(super) before: Option<&'a [Effect]>,
}

impl Audit<'_> {
    pub(super) fn broken(&self) -> Vec<Broken> {
        if let Some((step, why)) = &self.ran.unrecordable {
            return vec![Broken {
                step: Some(self.path(*step)),
                contract: Contract::Recorded,
                what: format!("what it gave cannot be recorded: {why}"),
                repeated: Vec::new(),
            }];
        }
        let summary = match &self.ran.end {
            Ok(summary) => summary,
            Err(stopped) => return vec![self.stopped(stopped)],
        };
        let all = self.cast.all().into_iter();
        let acting: Vec<_> = all.filter(|(_, part)| part.changes()).collect();
        // The items of a loop are also checked together, because the effects may not name their
        // items.
        let mut loops: BTreeMap<&str, Vec<u16>> = BTreeMap::new();
        let items = acting.iter().filter(|(_, part)| part.path != part.plain);
        for (step, part) in items {
            loops.entry(&part.plain).or_default().push(*step);
        }
        let each = acting.iter().filter_map(|(step, part)| {
            self.leaked(*step)
                .or_else(|| self.step_broken(&part.path, &[*step], summary))
        });
        let loops = loops.iter();
        let whole = loops.filter_map(|(name, items)| self.step_broken(name, items, summary));
        each.chain(whole).chain(self.unpublished()).collect()
    }

    /// The mistake in the delivery of the saga's events, if there is one.
    fn unpublished(&self) -> Option<Broken> {
        let Published { keys, broken } = &self.ran.published;
        let heard = self.heard.clone().map(|mut heard| {
            // An event may arrive several times in a row.
            heard.dedup();
            heard
        });
        let differs = || {
            let heard =
                heard.filter(|heard| !heard.iter().eq(keys.iter().map(AsRef::<str>::as_ref)))?;
            let (one, all) = (heard.len(), keys.len());
            Some(if one == all {
                "its events arrive in another order, or under other keys".to_owned()
            } else {
                format!("it has emitted {all} events, and {one} arrive")
            })
        };
        let what = broken.clone().or_else(differs)?;
        let (step, contract) = (None, Contract::Published);
        Some(Broken {
            step,
            contract,
            what,
            repeated: Vec::new(),
        })
    }

    fn step(&self, step: u16) -> &'static Step {
        self.cast.part(step).declared
    }

    fn path(&self, step: u16) -> String {
        self.cast.part(step).path.clone()
    }

    fn stopped(&self, stopped: &Stopped) -> Broken {
        let (step, contract, what) = match stopped {
            Stopped::Endless(step, call) => {
                let what = format!("its {} is called time and again, to no end", name(*call));
                let undone = *call == CallKind::Compensate && self.answer_lost(*step, *call);
                let contract = if undone {
                    Contract::Repeatable
                } else {
                    Contract::Ends
                };
                (Some(self.path(*step)), contract, what)
            }
            Stopped::Idle => {
                let last = self.ran.story.calls().next_back();
                let step = last.map(|called| called.site.step);
                let what = match step {
                    Some(step) if self.step(step).kind == Kind::Signal => {
                        "the saga waits for it, but it is never sent: see `signal`"
                    }
                    _ => "nothing happens any more",
                };
                let step = step.map(|step| self.path(step));
                (step, Contract::Ends, what.to_owned())
            }
            Stopped::Unreadable(why) => (None, Contract::Recorded, why.clone()),
        };
        Broken {
            step,
            contract,
            what,
            repeated: Vec::new(),
        }
    }

    /// Reports an attempt whose error means that nothing happened, although something did.
    fn leaked(&self, step: u16) -> Option<Broken> {
        let leak = self.ran.leaks.iter().find(|leak| leak.step == step)?;
        let (verdict, effects) = (leak.verdict, leak.effects);
        Some(Broken {
            step: Some(self.path(step)),
            contract: Contract::Classify,
            what: format!(
                "its error is `{verdict:?}`, as if nothing had happened, and {effects} of its \
                 effects {} applied when it fails: `Partial` says so",
                if effects == 1 { "is" } else { "are" }
            ),
            repeated: self.repeated(&[step]),
        })
    }

    /// Reports a difference between the effects of this name and what the saga reports of these
    /// steps.
    fn step_broken(&self, name: &str, steps: &[u16], summary: &Summary) -> Option<Broken> {
        if let Some(before) = self.before {
            return self.step_broken_anew(name, steps, summary, before);
        }
        let effects = || self.effects.iter().filter(|effect| effect.step == name);
        let stands: u32 = effects().map(Effect::stands).sum();
        let claimed = steps.iter().map(|step| self.claimed(*step, summary));
        let (least, most) = claimed.fold((0, 0), |(least, most), (l, m)| (least + l, most + m));
        let claim = || format!("the saga says: {summary}");

        let (contract, what) =
            if let Some(twice) = effects().find(|e| e.key.is_some() && e.made > 1) {
                let times = twice.made;
                (
                    self.suspect(name, steps),
                    format!("its effect was made {times} times under one key"),
                )
            } else if stands > most {
                (
                    self.suspect(name, steps),
                    format!("{stands} of its effects are still applied; {}", claim()),
                )
            } else if effects().any(|e| e.undone > e.made && e.made == 0) {
                let what = "it was undone, and had never happened".to_owned();
                (self.suspect_of_undoing(steps)?, what)
            } else if effects().any(|e| e.undone > e.made) {
                (
                    self.suspect_of_undoing(steps)?,
                    "it was undone twice".to_owned(),
                )
            } else if stands < least && self.told.contains(name) {
                if let Some(shared) = self.shared_key(steps, least, stands) {
                    return Some(Broken {
                        step: Some(name.to_owned()),
                        ..shared
                    });
                }
                let contract = if self.made_since(steps) {
                    Contract::Key
                } else {
                    let undoing = self.suspect_of_undoing(steps);
                    undoing.unwrap_or(Contract::Compensation)
                };
                (contract, format!("its effect is gone; {}", claim()))
            } else {
                return None;
            };
        Some(Broken {
            step: Some(name.to_owned()),
            contract,
            what,
            repeated: self.repeated(steps),
        })
    }

    /// The least and the greatest number of effects of a step that remain applied according to the
    /// saga.
    pub(super) fn claimed(&self, step: u16, summary: &Summary) -> (u32, u32) {
        let part = self.cast.part(step);
        let (name, with) = (&*part.path, self.cast.with(step));
        let applied = self.ran.standing.of_step(step);
        let all = self.calls_of(step);
        let open = self.open_rounds(step).max(applied);
        // What an earlier run of a child saga left is listed as the step that the saga is.
        let is_listed = |path: &str| {
            path == name || self.is_again(step) && parents(name).any(|parent| parent == path)
        };
        match summary.completeness() {
            Some(Completeness::Compensated { left }) => {
                let mut own = left.iter().filter(|left| left.step == name);
                let certain = own.any(|left| left.how == Left::Certain);
                if !left.iter().any(|left| is_listed(&left.step)) {
                    return (0, 0);
                }
                let least = if self.is_again(step) { applied } else { 0 };
                (least.max(certain.into()), open.max(1).saturating_mul(all))
            }
            Some(Completeness::Parked(unsettled)) => {
                let undone_by = with.unwrap_or(step);
                let honest_doubt = self.answer_lost(undone_by, CallKind::Compensate)
                    && !self.ran.failed_by_itself(undone_by, CallKind::Compensate);
                let rounds = open.max(1).saturating_mul(all);
                if unsettled.still_applied.iter().any(|path| is_listed(path)) {
                    (u32::from(!honest_doubt), rounds)
                } else if unsettled.in_doubt.iter().any(|path| is_listed(path)) {
                    (0, open.saturating_add(1).saturating_mul(all))
                } else if applied > 0 && with.is_none() {
                    (0, rounds)
                } else {
                    (0, 0)
                }
            }
            _ => {
                let certain = applied.saturating_mul(all);
                // A rerun has left it out, and an attempt before that may have taken effect.
                let perhaps = self.ran.standing.was_left_out(step)
                    && self
                        .ran
                        .story
                        .calls_of(step, CallKind::Action)
                        .next()
                        .is_some();
                let most = open.saturating_add(u32::from(perhaps));
                (certain, most.saturating_mul(all))
            }
        }
    }

    fn calls_of(&self, step: u16) -> u32 {
        let calls = self.calls.get(&*self.cast.part(step).plain);
        calls.copied().unwrap_or(1)
    }

    /// Whether a call of this code took effect and lost its answer.
    fn answer_lost(&self, step: u16, call: CallKind) -> bool {
        self.ran
            .story
            .calls_of(step, call)
            .any(|called| called.fault.is_some_and(Fault::loses_answer))
    }

    /// The contract that was broken if too many effects of a step remain applied.
    fn suspect(&self, name: &str, steps: &[u16]) -> Contract {
        let first =
            |why: &dyn Fn(u16) -> Option<Contract>| steps.iter().find_map(|step| why(*step));
        let any = |is: &dyn Fn(u16) -> bool| steps.iter().any(|step| is(*step));
        let again = self.called_again(steps).then_some(Contract::Again);
        again
            .or_else(|| first(&|step| self.not_covered(step)))
            .or_else(|| first(&|step| self.swallowed(step)))
            .or_else(|| self.asked_under_other_keys(name, steps))
            .or_else(|| first(&|step| self.came_late(step)))
            .or_else(|| first(&|step| self.lost_its_answer(step)))
            .or_else(|| self.relied_on(steps))
            .unwrap_or_else(|| {
                let story = &self.ran.story;
                if any(&|step| story.done(step, CallKind::Compensate).next().is_some()) {
                    Contract::Compensation
                } else if any(&|step| self.ran.failed_by_itself(step, CallKind::Action)) {
                    Contract::Classify
                } else {
                    Contract::Named
                }
            })
    }

    /// `Covers`, if the compensation of the step with which this one is undone returned `Ok`.
    fn not_covered(&self, step: u16) -> Option<Contract> {
        let by = self.cast.with(step)?;
        let mut done = self.ran.story.done(by, CallKind::Compensate);
        done.next().map(|_| Contract::Covers)
    }

    /// `Compensation`, if a compensation returned `Ok` while all services were down.
    fn swallowed(&self, step: u16) -> Option<Contract> {
        let mut done = self.ran.story.done(step, CallKind::Compensate);
        let content = done.any(|called| called.fault == Some(Fault::Outage));
        content.then_some(Contract::Compensation)
    }

    fn asked_under_other_keys(&self, name: &str, steps: &[u16]) -> Option<Contract> {
        let made = self.effects.iter().filter(|e| e.step == name && e.made > 0);
        let keys: HashSet<_> = made.filter_map(|effect| effect.key.as_deref()).collect();
        let operations = steps.iter().map(|step| {
            let calls = self.ran.story.calls_of(*step, CallKind::Action);
            let rounds: HashSet<_> = calls.map(|called| &called.round).collect();
            let calls = usize::try_from(self.calls_of(*step)).unwrap_or(usize::MAX);
            rounds.len().saturating_mul(calls)
        });
        (keys.len() > operations.sum()).then_some(Contract::Key)
    }

    fn came_late(&self, step: u16) -> Option<Contract> {
        let declared = self.step(step);
        let (after, before) = self.ran.story.arrived(step)?;
        let late = declared.late.as_ref();
        let late = late.map_or(Duration::ZERO, Timing::get);
        if declared.is_by_key() && before.done(step, CallKind::Compensate).next().is_some() {
            Some(Contract::ByKey)
        } else if after > late && after > Duration::ZERO {
            Some(Contract::Late)
        } else if before.done(step, CallKind::Action).next().is_some() {
            Some(Contract::Idempotent)
        } else {
            let mut answers = before.calls_of(step, CallKind::Resolve);
            let denied = answers.any(|called| called.end == CallEnd::Answered(false));
            denied.then_some(Contract::Resolve)
        }
    }

    /// The broken contract, if it concerns an attempt whose answer was lost.
    fn lost_its_answer(&self, step: u16) -> Option<Contract> {
        if !self.answer_lost(step, CallKind::Action) {
            return None;
        }
        let story = &self.ran.story;
        let mut actions = story.calls_of(step, CallKind::Action);
        let judged = actions.any(|called| called.fault == Some(Fault::LostUnknown))
            && self.misjudged.contains(&Verdict::Unknown);
        let mut answers = story.calls_of(step, CallKind::Resolve);
        if judged {
            Some(Contract::Classify)
        } else if answers.any(|called| called.end == CallEnd::Answered(false)) {
            Some(Contract::Resolve)
        } else if self.ran_again(step) {
            Some(Contract::Idempotent)
        } else if self.step(step).is_by_key()
            && story.done(step, CallKind::Compensate).next().is_some()
        {
            Some(Contract::ByKey)
        } else {
            None
        }
    }

    /// Whether an action whose answer was lost was called again in the same round, which means that
    /// it was not undone before.
    fn ran_again(&self, step: u16) -> bool {
        let actions = || self.ran.story.calls_of(step, CallKind::Action);
        let mut lost = actions().filter(|called| called.fault.is_some_and(Fault::loses_answer));
        lost.any(|lost| {
            let same = |later: &Called| later.site.nth > lost.site.nth && later.round == lost.round;
            actions().any(same)
        })
    }

    /// The contract that was broken if a step was undone too often. `None` if a contract of another
    /// step was broken, which the effects of that step reveal.
    fn suspect_of_undoing(&self, steps: &[u16]) -> Option<Contract> {
        steps.iter().find_map(|step| self.undone_wrongly(*step))
    }

    fn undone_wrongly(&self, step: u16) -> Option<Contract> {
        let story = &self.ran.story;
        let mut answers = story.calls_of(step, CallKind::Resolve);
        if self.answer_lost(step, CallKind::Compensate) {
            Some(Contract::Repeatable)
        } else if answers.any(|called| called.end == CallEnd::Answered(true)) {
            Some(Contract::Resolve)
        } else if story.calls_of(step, CallKind::Compensate).next().is_none() {
            None
        } else if self.step(step).is_by_key() {
            Some(Contract::ByKey)
        } else {
            Some(Contract::Compensation)
        }
    }
}
