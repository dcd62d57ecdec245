//! What is true of a saga that goes forward again from a savepoint.

use super::{Fact, Stage, World, declared, steps};
use crate::{
    definition::{Compensation, Kind, Rerun},
    kernel::{Phase, tests::build::Saga},
};

impl World {
    pub(super) fn turned(&mut self, before: &Saga, step: u16, after: &Saga) {
        let limits = after
            .definition()
            .steps
            .iter()
            .filter_map(|step| step.savepoint.as_ref());
        assert!(
            limits
                .into_iter()
                .any(|savepoint| savepoint.limit.allows(after.turns() - 1))
        );
        self.decides_again(before, step);
        for again in step..steps(before).end {
            let declared = declared(before, again);
            assert!(declared.said.is_none() || !self.may_stand(before, again));
            let operation = self.operation(again);
            let applied = before.phase(again) == Phase::Applied && !operation.off_record;
            operation.off_record = false;
            match (&declared.compensation, operation.fact) {
                (_, Fact::No) => {}
                (Compensation::None(Rerun::Again), Fact::Yes) => {
                    operation.rounds_left += 1;
                    operation.fact = Fact::No;
                }
                (Compensation::None(Rerun::Once), Fact::Yes) if applied => {
                    assert_eq!(after.phase(again), Phase::Applied, "it stays as it is");
                }
                (Compensation::None(Rerun::Undeclared | Rerun::Once), _) => assert!(
                    declared.idempotent || declared.resolve.is_some(),
                    "a rerun over what remains"
                ),
                _ if declared.kind == Kind::Read => operation.fact = Fact::No,
                _ => panic!("turned on something"),
            }
            if let Some(Rerun::Undeclared | Rerun::Once) = declared.keyed_as() {
                continue;
            }
            if operation.stage == Stage::Started {
                operation.stage = Stage::Closed;
            }
        }
    }
}
