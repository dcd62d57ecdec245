//! A saga that was compensated runs once more, under a new id, in the world that it has left. A key
//! that is an input stays the same under a new id, so the service may know it as an operation that was
//! undone.

use super::{
    again::may_have_acted,
    audit::{Audit, Broken},
    contract::Contract,
    explore::Explorer,
    ledger::Effect,
    left::Left,
    path::Path,
    report::Finding,
    run::Ran,
    story::Called,
};
use std::sync::Arc;
use typed_saga_core::{
    Machine, Summary,
    definition::{Compensation, Definition, Items, Step},
    kernel::End,
};

impl<W: Send + Sync + 'static, M: Machine> Explorer<W, M> {
    /// Runs a saga that was compensated once more, without faults, unless it has run again in such
    /// a world, or all its keys change with its id. Returns that run, and what was found.
    pub(super) fn anew(
        &self,
        path: &Path,
        first: &Ran,
        effects: &[Effect],
        world: &Arc<W>,
        left: &mut Left,
    ) -> Option<(Ran, Vec<Finding>)> {
        let summary = first.end.as_ref().ok()?;
        if summary.end() != End::Compensated || !has_lasting_keys(M::DEFINITION) {
            return None;
        }
        if !left.0.insert(shown(first, effects)) {
            return None;
        }
        let (ran, after) = self.walk_in(world, &Path::default(), |saga| {
            let (_, id, _) = (self.saga)(world).into_parts();
            saga.id(format!("{id}, again"))
        });
        let made = after.iter().filter(|effect| effect.made > 0);
        let told = made.map(|effect| effect.step.clone()).collect();
        let audit = Audit {
            cast: &self.cast,
            ran: &ran,
            effects: &after,
            told: &told,
            calls: &self.calls,
            misjudged: &[],
            heard: None,
            before: Some(effects),
        };
        let finding = |broken| Finding::of(broken, path, first, &self.cast).anew(&ran, &self.cast);
        let mut found: Vec<_> = audit.broken().into_iter().map(finding).collect();
        if let Ok(again) = &ran.end {
            let wrong = (self.invariant)(world, again).err();
            found.extend(wrong.map(|why| finding(audit.not_anew(&why))));
        }
        Some((ran, found))
    }
}

impl Audit<'_> {
    /// [`step_broken`](Self::step_broken) for the second run: `before` has the effects of the first.
    pub(super) fn step_broken_anew(
        &self,
        name: &str,
        steps: &[u16],
        summary: &Summary,
        before: &[Effect],
    ) -> Option<Broken> {
        let stands = |effects: &[Effect]| {
            let own = effects.iter().filter(|effect| effect.step == name);
            own.map(Effect::stands).sum::<u32>()
        };
        let (stood, stands) = (stands(before), stands(self.effects));
        let claimed = steps.iter().map(|step| self.claimed(*step, summary));
        let (least, most) = claimed.fold((0, 0), |(least, most), (l, m)| (least + l, most + m));
        let what = if stands < least && self.told.contains(name) {
            "its effect is gone"
        } else if stands > stood + most {
            "its effects are more than the saga says"
        } else {
            return None;
        };
        Some(Broken {
            step: Some(name.to_owned()),
            contract: Contract::NewId,
            what: format!("run again under a new id: {what}; the saga says: {summary}"),
            repeated: self.repeated_anew(steps),
        })
    }

    /// What the test's own check says of the second run.
    fn not_anew(&self, why: &str) -> Broken {
        let all = self.cast.all().into_iter();
        let all: Vec<_> = all.map(|(step, _)| step).collect();
        Broken {
            step: None,
            contract: Contract::NewId,
            what: format!("run again under a new id: {why}"),
            repeated: self.repeated_anew(&all),
        }
    }

    /// The keys of these steps that are the same in both runs: a line for each.
    fn repeated_anew(&self, steps: &[u16]) -> Vec<String> {
        let parts = steps.iter().map(|step| self.cast.part(*step));
        let lines = parts.flat_map(|part| {
            let line =
                |key: &str| format!("`{}`: its key is `{key}`, also under a new id", part.path);
            lasting_keys(part.declared).map(line).collect::<Vec<_>>()
        });
        let mut lines: Vec<_> = lines.collect();
        lines.dedup();
        lines
    }
}

/// A world that a run has left, as the ledger shows it; without a ledger, as the calls of the run do
/// that returned, or may have acted.
fn shown(ran: &Ran, effects: &[Effect]) -> String {
    let mut all: Vec<_> = if effects.is_empty() {
        let acted = ran.story.calls().filter(|called| may_have_acted(called));
        let call = |called: &Called| format!("{} {:?}", called.site.step, called.site.call);
        acted.map(call).collect()
    } else {
        effects.iter().map(|effect| format!("{effect:?}")).collect()
    };
    all.sort_unstable();
    all.dedup();
    all.join(", ")
}

/// Whether a step of the saga, at any depth, has a key that does not change with the saga's id.
fn has_lasting_keys(definition: &Definition) -> bool {
    definition.steps.iter().any(|step| {
        let child = step.saga();
        let items = step.items.as_ref();
        let code = items.map_or(step, |items| &items.each.steps[usize::from(Items::STEP)]);
        let lasts = |key: &str| {
            let inputs = definition.inputs.iter().map(|input| &*input.name);
            let item = items.map(|items| &*items.item);
            inputs.chain(item).any(|name| name == key)
        };
        lasting_keys(code).any(lasts)
            || child.is_some_and(|child| has_lasting_keys(&child.definition))
    })
}

/// The names of the values that a step has as its keys, in place of `key`.
pub(super) fn lasting_keys(step: &Step) -> impl Iterator<Item = &str> {
    let compensation = match &step.compensation {
        Compensation::Declared { call, .. } => call.keyed_by.as_deref(),
        _ => None,
    };
    step.keyed_by.as_deref().into_iter().chain(compensation)
}
