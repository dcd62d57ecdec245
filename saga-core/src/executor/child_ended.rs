//! The end of a nested saga, as an event of the step that it is.

use super::run_state::{RunState, States};
use crate::{
    basics::discard::quietly,
    calls::{journal::Journal, perform::Scope, report::NestedEnd},
    report::progress::{StepProgress, Within},
    values::{call::CallKind, cause::Cause},
};

impl<E: Send + Sync + 'static, S: States> RunState<E, S> {
    /// A saga that is a step did not complete, or could not be undone.
    pub(super) fn nested_ended<J: Journal>(
        &mut self,
        scope: &Scope<'_, J>,
        progress: &mut StepProgress<E>,
        call: CallKind,
        nested: NestedEnd<E>,
    ) {
        let step = progress.step;
        let NestedEnd {
            end,
            mut failure,
            mut also,
        } = nested;
        if let Some(item) = self.item() {
            let all = also.iter_mut().chain([&mut failure]);
            all.for_each(|failure| failure.name_item(item.index));
        }
        let (path, inner) = (failure.step.clone().unwrap_or_default(), failure.call());
        let cause = failure.into_cause();
        let event = end.event(step, call, || self.judge_nested(step, &cause));
        self.apply_caused(scope, event, Some(&cause));
        let within = Within {
            path,
            call: inner,
            also,
        };
        // What could not be undone is said by itself.
        self.file_failure_within(progress, event, (CallKind::Action, cause), Some(within));
    }

    /// What the predicates of a step that is a saga say of its failure: whether it aborts, and
    /// whether to try again. One that panics says that it does neither.
    fn judge_nested(&self, step: u16, cause: &Cause<E>) -> (bool, bool) {
        let (declared, asked) = (self.declared(step), self.asked(step));
        let conditional = declared.retry.as_ref();
        let conditional = conditional.is_some_and(|retry| retry.conditional);
        let Cause::Failed(error) = cause else {
            return (false, true);
        };
        let judged = quietly(|| {
            let abort = declared.abort && (self.rules.aborts)(asked, error);
            (abort, !conditional || (self.rules.again)(asked, error))
        });
        judged.unwrap_or((false, false))
    }
}
