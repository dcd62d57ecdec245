//! Child sagas and loops.

use saga_definition::{CallKind, Child, Definition, Items, Limit};

use crate::{
    Analysis,
    bound::{Bound, Of, Why, of},
};

/// The times of a child saga or a loop in one pass.
pub(crate) struct Nested {
    /// Until it is applied, replaced by its fallback, or has failed for good.
    pub(crate) forward: Bound,
    pub(crate) undone: Bound,
}

impl Nested {
    /// The times if nothing is known of their length.
    fn endless(of: Of, why: Why) -> Self {
        let endless = of.endless(why);
        Self {
            forward: endless,
            undone: endless,
        }
    }
}

impl Analysis<'_> {
    /// The analysis of the child saga, as a part of this saga.
    pub(crate) fn child<'c>(&self, child: &'c Child) -> Option<Analysis<'c>> {
        let saga: &Definition = &child.definition;
        // The macro knows only the name of a child saga.
        let is_known = !saga.steps.is_empty();
        is_known.then(|| Analysis::with_journal(saga, self.durable))
    }

    /// The analysis of one item of a loop, whose step is [`Items::STEP`].
    pub(crate) fn item(&self, step: u16) -> Option<Analysis<'_>> {
        let items = self.step(step).items.as_ref()?;
        Some(Analysis {
            saga: &items.each,
            ..*self
        })
    }

    /// The times of the step, if it is a child saga or a loop.
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
        // The earlier one of the child's own `#[within]` and of the timeout. The child has no pivot
        // that would settle later.
        let limit = action.timing(declared.timeout.as_ref());
        let limit = match inside.saga.deadline {
            Some(deadline) => limit.min(Bound::Within(deadline)),
            None => limit,
        };
        let undone = at(inside.way_back_within());
        // At its deadline the child rolls back immediately.
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
