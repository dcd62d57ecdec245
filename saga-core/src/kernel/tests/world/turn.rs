//! What is true of a saga that goes forward again from a savepoint.

use super::{Fact, Stage, World, declared, steps};
use crate::{
    definition::Kind,
    kernel::{Left, tests::build::Saga},
};

impl World {
    /// Everything from the savepoint on is not applied, or is listed from now on.
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
            let operation = self.operation(again);
            operation.off_record = false;
            match operation.fact {
                Fact::No => {}
                fact if declared.is_again() => {
                    let certain = matches!(fact, Fact::Yes | Fact::Part);
                    if certain || operation.earlier.is_none() {
                        operation.earlier = Some(if certain {
                            Left::Certain
                        } else {
                            Left::Perhaps
                        });
                    }
                    operation.fact = Fact::No;
                }
                _ if declared.kind == Kind::Read => operation.fact = Fact::No,
                fact => panic!("a rerun over {again}, which remains: {fact:?}"),
            }
            if operation.stage == Stage::Started {
                operation.stage = Stage::Closed;
            }
        }
    }
}
