//! The conditions that must hold at the end of a run.

use super::{Fact, World, declared, is_covered};
use crate::{
    definition::Kind,
    kernel::{Direction, End, Left, Phase, state::Course, tests::build::Saga},
};

impl World {
    /// The saga has ended: everything that may be applied is on one of the lists.
    pub(in crate::kernel::tests) fn end(&self, saga: &Saga, end: End) {
        assert_eq!(saga.running().count(), 0);
        let mut unfinished = saga
            .unfinished()
            .chain(saga.standing())
            .chain(saga.in_doubt());
        assert!(
            end != End::Parked || unfinished.next().is_some() || saga.saga.course == Course::Halted,
            "parked for nothing"
        );
        for (step, operation) in (0..).zip(&self.0) {
            let is_skipped = |block| self.is_skipped(saga, block);
            let skipped = declared(saga, step).condition.is_some_and(is_skipped);
            assert!(
                !skipped || saga.phase(step) == Phase::Skipped,
                "{step} is skipped"
            );
            let left: Vec<_> = saga.left().filter(|&(left, _)| left == step).collect();
            assert!(left.len() < 2, "{step} is left twice");
            let left = left.first().map(|(_, left)| *left);
            assert!(
                match operation.earlier {
                    Some(Left::Certain) => left == Some(Left::Certain),
                    Some(Left::Perhaps) => left.is_some(),
                    None => true,
                },
                "an earlier round of {step}"
            );
            let stands = saga.standing().any(|standing| standing == step);
            let doubt = saga.in_doubt().any(|doubt| doubt == step);
            let committed = matches!(
                saga.phase(step),
                Phase::Applied | Phase::Skipped | Phase::FellBack
            );
            let listed = match operation.fact {
                Fact::Yes if end == End::Completed => committed || left.is_some(),
                Fact::Yes if declared(saga, step).kind == Kind::Read => true,
                Fact::Yes => (stands || doubt) && end == End::Parked || left == Some(Left::Certain),
                // A fallback's value took its place; undoing the step that covers it would undo it,
                // too.
                Fact::Maybe if end == End::Completed && is_covered(declared(saga, step)) => true,
                Fact::Maybe => doubt && end == End::Parked || left.is_some(),
                Fact::Part => doubt && end == End::Parked || left == Some(Left::Certain),
                Fact::No => !stands && !doubt && left.is_some() == operation.earlier.is_some(),
            };
            assert!(
                listed,
                "{step} is not where it should be: {operation:?}, {saga:?}"
            );
            assert!(!operation.off_record || end == End::Parked || left.is_some());
            let unfinished = saga.unfinished().any(|unfinished| unfinished == step);
            let done = match end {
                End::Completed => committed,
                End::Compensated => !unfinished && saga.direction() == Direction::Compensating,
                End::Parked if saga.direction() == Direction::Compensating => !unfinished,
                End::Parked => committed || unfinished || doubt || stands,
            };
            assert!(done, "{step} is not done");
            assert!(
                left.is_none() || !is_covered(declared(saga, step)),
                "{step} is left"
            );
        }
    }
}
