//! A saga that is a step, and a loop.

use saga_definition::{CallKind, Child, Definition, Items, Limit};

use crate::{
    Analysis,
    bound::{Bound, Of, Why, of},
};

/// What a step that is a saga or a loop takes in one pass.
pub(crate) struct Nested {
    /// Until it is applied, replaced by its fallback, or has failed for good.
    pub(crate) forward: Bound,
    pub(crate) undone: Bound,
}

impl Nested {
    /// Nothing is known of its length.
    fn endless(of: Of, why: Why) -> Self {
        let endless = of.endless(why);
        Self {
            forward: endless,
            undone: endless,
        }
    }
}

impl Analysis<'_> {
    /// The saga that the step is, analysed as one that runs in this one.
    pub(crate) fn child<'c>(&self, child: &'c Child) -> Option<Analysis<'c>> {
        let saga: &Definition = &child.definition;
        // The macro knows a saga by its name alone.
        let is_known = !saga.steps.is_empty();
        is_known.then(|| Analysis::with_journal(saga, self.durable))
    }

    /// What is done with one item of the loop that the step is: [`Items::STEP`] of it.
    pub(crate) fn item(&self, step: u16) -> Option<Analysis<'_>> {
        let items = self.step(step).items.as_ref()?;
        Some(Analysis {
            saga: &items.each,
            ..*self
        })
    }

    /// Of a step that is a saga or a loop.
    pub(crate) fn nested(&self, step: u16) -> Option<Nested> {
        let declared = self.step(step);
        let action = of(step, CallKind::Action);
        if let Some(Items { .. }) = &declared.items {
            return Some(Nested::endless(action, Why::Items));
        }
        let child = declared.child.as_ref()?;
        let Some(inside) = self.child(child) else {
            return Some(Nested::endless(action, Why::UnknownSaga));
        };
        let at = |bound: Bound| match bound {
            Bound::Endless(endless) => action.endless(endless.why),
            within @ Bound::Within(_) => within,
        };
        // The earlier of its own `#[within]` and of the timeout; it has no pivot that would settle later.
        let limit = action.timing(declared.timeout.as_ref());
        let limit = match inside.saga.deadline {
            Some(deadline) => limit.min(Bound::Within(deadline)),
            None => limit,
        };
        let undone = at(inside.way_back_within());
        // Its deadline turns it back at once.
        let decided = at(inside.decided_within()).min(limit);
        let failed = at(inside.ends_within()).min(limit + undone);
        let rounds = self.counts(step).attempts;
        let backoff = self.saga.policy(step, CallKind::Action, self.durable).1;
        let waits = action.waits(backoff, rounds);
        let failed_before = |last: u32| match rounds {
            Limit::Times(rounds) => failed.times(rounds - last.min(rounds)) + waits,
            Limit::Forever => action.endless(Why::Forever),
        };
        let clause = |call: CallKind| of(step, call).timing(call.limit(declared));
        let forward = match &declared.fallback {
            Some(_) => failed_before(0) + clause(CallKind::Fallback),
            None => failed_before(1) + decided,
        };
        let own = match declared.compensation.declared() {
            Some(_) => match self.counts(step).undos {
                Limit::Times(times) => clause(CallKind::Compensate).times(times),
                Limit::Forever => of(step, CallKind::Compensate).endless(Why::Forever),
            },
            None => Bound::ZERO,
        };
        Some(Nested {
            forward,
            undone: undone + own,
        })
    }
}
