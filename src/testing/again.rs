//! The calls of a step that were made more than once: the round and the key of each, and what allowed
//! the saga to make it again.

use super::{
    audit::{Audit, Broken},
    cast::parents,
    contract::Contract,
    path::{Code, Site},
    story::{CallEnd, Called, Scene},
};
use std::collections::HashSet;
use typed_saga_core::{CallKind, Verdict, definition::Step};

/// What allows a saga to call an action again, although an earlier call of it may have taken effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Allowed {
    /// The step was undone.
    Undone,
    /// `resolve` said that the step had not happened.
    Denied,
    /// The errors of all earlier calls said that nothing happened; this is the last of them.
    NothingDone(Verdict),
    /// `#[idempotent]`: the key is the same.
    Idempotent,
    /// `compensate none again`, of the step or of one whose child saga it belongs to.
    ByWord,
    /// Nothing.
    ByNothing,
}

impl Allowed {
    fn words(self) -> String {
        match self {
            Self::Undone => "the step had been undone".to_owned(),
            Self::Denied => "`resolve` had said that it did not happen".to_owned(),
            Self::NothingDone(verdict) => {
                format!("the error before it, `{verdict:?}`, said that nothing was done")
            }
            Self::Idempotent => "under one key, `#[idempotent]` takes effect once".to_owned(),
            Self::ByWord => "`compensate none again`".to_owned(),
            Self::ByNothing => {
                "nothing: an earlier call may have taken effect, and was neither undone nor \
                 settled, and the key is not that of an `#[idempotent]` step"
                    .to_owned()
            }
        }
    }

    /// The contract that was broken if the effect is there twice.
    fn contract(self, step: &Step) -> Contract {
        match self {
            Self::Undone if step.compensation.with().is_some() => Contract::Covers,
            Self::Undone if step.is_by_key() => Contract::ByKey,
            Self::Undone => Contract::Compensation,
            Self::Denied => Contract::Resolve,
            Self::NothingDone(_) => Contract::Classify,
            Self::Idempotent => Contract::Idempotent,
            Self::ByWord => Contract::Named,
            Self::ByNothing => Contract::Again,
        }
    }
}

impl Audit<'_> {
    /// The calls of these steps that were made more than once: a line for each.
    pub(super) fn repeated(&self, steps: &[u16]) -> Vec<String> {
        let codes = [CallKind::Action, CallKind::Compensate];
        let all = steps
            .iter()
            .flat_map(|step| codes.map(|call| self.repeated_call(*step, call)));
        all.flatten().collect()
    }

    /// The calls of all steps that change something and were made more than once.
    pub(super) fn all_repeated(&self) -> Vec<String> {
        let all = self.cast.all().into_iter();
        let acting = all.filter(|(_, part)| part.changes());
        let acting: Vec<_> = acting.map(|(step, _)| step).collect();
        self.repeated(&acting)
    }

    fn repeated_call(&self, step: u16, call: CallKind) -> Vec<String> {
        let calls: Vec<_> = self.ran.story.calls_of(step, call).collect();
        if calls.len() < 2 {
            return Vec::new();
        }
        let code = Code::of(&self.cast.part(step), call).to_string();
        let line = |(number, called): (usize, &&Called)| {
            let allowed = match call {
                CallKind::Action => self.allowed(called).map(Allowed::words),
                _ => undoes_again(&calls[..number], called),
            };
            let allowed = allowed.map(|words| format!("; allowed by: {words}"));
            let rerun = self
                .rerun(called)
                .map(|from| format!(", in the rerun from `{from}`"));
            let (number, own) = (number + 1, &called.identity);
            let (rerun, allowed) = (rerun.unwrap_or_default(), allowed.unwrap_or_default());
            format!("call {number} of {code}: {own}{rerun}{allowed}")
        };
        calls.iter().enumerate().map(line).collect()
    }

    /// The savepoint from which the saga ran forward again since the last call of the same code.
    fn rerun(&self, called: &Called) -> Option<String> {
        let mut from = None;
        for scene in &self.ran.story.0 {
            match scene {
                Scene::Turned { step } => from = Some(*step),
                Scene::Call(earlier) if earlier.site == called.site => break,
                Scene::Call(earlier) => {
                    let same = |site: Site| (site.step, site.call);
                    from = from.filter(|_| same(earlier.site) != same(called.site));
                }
                Scene::Arrived { .. } | Scene::Restarted => {}
            }
        }
        Some(self.cast.part(from?).path.clone())
    }

    /// What allowed a call of an action; `None` of the first one.
    fn allowed(&self, called: &Called) -> Option<Allowed> {
        let (step, nth) = (called.site.step, called.site.nth);
        let mut allowed = None;
        // An earlier call that may have taken effect, and that nothing has settled so far.
        let mut open: Option<&Called> = None;
        for scene in &self.ran.story.0 {
            let Scene::Call(earlier) = scene else {
                continue;
            };
            let undoes = earlier.site.call == CallKind::Compensate && earlier.end == CallEnd::Ok;
            let by = [Some(step), self.cast.with(step)];
            if undoes && by.contains(&Some(earlier.site.step)) {
                (allowed, open) = (allowed.map(|_| Allowed::Undone), None);
            }
            if earlier.site.step != step {
                continue;
            }
            match (earlier.site.call, &earlier.end) {
                (CallKind::Resolve, CallEnd::Answered(false)) => {
                    (allowed, open) = (Some(Allowed::Denied), None);
                }
                (CallKind::Action, _) if earlier.site.nth == nth => break,
                (CallKind::Action, CallEnd::Failed { verdict, .. })
                    if verdict.is_some_and(|verdict| !verdict.brings_doubt()) =>
                {
                    allowed = verdict.map(Allowed::NothingDone);
                }
                (CallKind::Action, _) => {
                    (allowed, open) = (Some(Allowed::ByNothing), Some(earlier));
                }
                _ => {}
            }
        }
        let Some(open) = open else {
            return allowed;
        };
        let declared = self.cast.part(step).declared;
        Some(
            if declared.idempotent && open.identity.has_key_of(&called.identity) {
                Allowed::Idempotent
            } else if self.is_said_again(open, called) {
                Allowed::ByWord
            } else {
                Allowed::ByNothing
            },
        )
    }

    /// Whether `compensate none again` allows the later call: of the step itself, or of one whose
    /// child saga contains the step and has run once more since.
    fn is_said_again(&self, earlier: &Called, later: &Called) -> bool {
        let part = self.cast.part(later.site.step);
        let rounds = earlier.round.0.iter().zip(&later.round.0);
        // Where a saga runs once more, what it contains does, too.
        let mut anew = parents(&part.path)
            .zip(rounds)
            .skip_while(|(_, (before, now))| before == now)
            .filter_map(|(parent, _)| self.cast.find(parent));
        part.declared.is_again() || anew.any(|parent| self.cast.part(parent).declared.is_again())
    }

    /// Whether a rerun calls the step again although it may be applied: by its own word, or by that of a
    /// step whose child saga contains it.
    pub(super) fn is_again(&self, step: u16) -> bool {
        let part = self.cast.part(step);
        let mut above = parents(&part.path).filter_map(|parent| self.cast.find(parent));
        part.declared.is_again() || above.any(|parent| self.cast.part(parent).declared.is_again())
    }

    /// In how many rounds the step may have been applied, if a rerun calls it again then.
    pub(super) fn open_rounds(&self, step: u16) -> u32 {
        if !self.is_again(step) {
            return 0;
        }
        let mut open = HashSet::new();
        for called in self
            .ran
            .story
            .calls()
            .filter(|called| called.site.step == step)
        {
            match (called.site.call, &called.end) {
                (CallKind::Resolve, CallEnd::Answered(false))
                | (CallKind::Compensate, CallEnd::Ok) => {
                    open.remove(&called.round);
                }
                (CallKind::Action, CallEnd::Failed { verdict, .. })
                    if verdict.is_some_and(|verdict| !verdict.brings_doubt()) => {}
                (CallKind::Action, _) => {
                    open.insert(&called.round);
                }
                _ => {}
            }
        }
        u32::try_from(open.len()).unwrap_or(u32::MAX)
    }

    /// Whether one of these steps was undone, and its action returned `Ok` since then.
    pub(super) fn made_since(&self, steps: &[u16]) -> bool {
        steps.iter().any(|step| {
            let by = self.cast.with(*step).unwrap_or(*step);
            let code = |called: &Called| (called.site.step, called.site.call);
            let done = self.ran.story.calls().filter(|called| {
                let acts = code(called) == (*step, CallKind::Action) && called.end == CallEnd::Ok;
                acts || code(called) == (by, CallKind::Compensate)
            });
            let undone = done.skip_while(|called| called.site.call == CallKind::Action);
            let last = undone.last();
            last.is_some_and(|last| last.site.call == CallKind::Action)
        })
    }

    /// If several operations of these steps have an effect in common, because the service knows them
    /// under one key: what was broken.
    pub(super) fn shared_key(&self, steps: &[u16], applied: u32, effects: u32) -> Option<Broken> {
        let story = &self.ran.story;
        let undone = |step: &u16| {
            let by = self.cast.with(*step).unwrap_or(*step);
            story.calls_of(by, CallKind::Compensate).next().is_some()
        };
        if applied < 2 || steps.iter().any(undone) {
            return None;
        }
        let done = steps
            .iter()
            .flat_map(|step| story.done(*step, CallKind::Action));
        let line = |called: &Called| {
            let code = Code::of(&self.cast.part(called.site.step), CallKind::Action);
            format!("{code}: {}", called.identity)
        };
        let of = if steps.len() > 1 {
            "items"
        } else {
            "rounds of it"
        };
        let s = if effects == 1 { "" } else { "s" };
        Some(Broken {
            step: None,
            contract: Contract::Key,
            what: format!("{applied} {of} are applied, and have {effects} effect{s} between them"),
            repeated: done.map(line).collect(),
        })
    }

    /// The contract on which the last call of these steps relied that was made after one that took
    /// effect.
    pub(super) fn relied_on(&self, steps: &[u16]) -> Option<Contract> {
        let calls = steps.iter().flat_map(|step| {
            let calls = self.ran.story.calls_of(*step, CallKind::Action);
            let after = calls.skip_while(|called| !may_have_acted(called)).skip(1);
            after.filter_map(|called| Some((called, self.allowed(called)?)))
        });
        let (called, allowed) = calls.last()?;
        Some(allowed.contract(self.cast.part(called.site.step).declared))
    }

    /// Whether a call of these steps was made again although nothing allows that.
    pub(super) fn called_again(&self, steps: &[u16]) -> bool {
        steps.iter().any(|step| {
            let mut calls = self.ran.story.calls_of(*step, CallKind::Action);
            calls.any(|called| self.allowed(called) == Some(Allowed::ByNothing))
        })
    }
}

/// Whether the call itself ran, and not a fault in its place.
pub(super) fn may_have_acted(called: &Called) -> bool {
    let fault = called.fault;
    fault.is_none_or(|fault| fault.loses_answer() || fault.arrives() || fault.runs_the_call())
}

/// What allowed a compensation that was called before.
fn undoes_again(before: &[&Called], called: &Called) -> Option<String> {
    let last = before.last()?;
    Some(if last.round != called.round {
        "the step had run again, in another round".to_owned()
    } else if last.end == CallEnd::Ok {
        "nothing: it had returned `Ok`".to_owned()
    } else {
        "it had not returned `Ok`, and a compensation may run again".to_owned()
    })
}
