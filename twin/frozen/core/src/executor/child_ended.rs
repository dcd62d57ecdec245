//! The end of a child saga, as an event of the parent's step.

use super::run_state::RunState;
use crate::{
    calls::{journal::Journal, perform::Scope, report::NestedEnd},
    report::{
        progress::{StepProgress, Within},
        raised::Raised,
    },
    values::{call::CallKind, cause::Cause},
};

impl RunState {
    /// A child saga did not complete, or could not be undone.
    pub(super) fn nested_ended<J: Journal>(
        &mut self,
        scope: &Scope<'_, J>,
        progress: &mut StepProgress,
        call: CallKind,
        nested: NestedEnd,
    ) {
        let step = progress.step;
        let NestedEnd {
            end,
            aborted,
            mut failure,
            mut also,
        } = nested;
        if let Some(item) = self.item() {
            let all = also.iter_mut().chain([&mut failure]);
            all.for_each(|failure| failure.name_item(item.index));
        }
        let within = Within {
            path: failure.step.clone().unwrap_or_default(),
            call: failure.call(),
            verdict: failure.verdict(),
            also,
        };
        let cause = failure.into_cause();
        let event = end.event(step, call, || {
            let (aborts, again) = self.judge_nested(step, &cause);
            (aborted || aborts, again)
        });
        let cause = match cause {
            Cause::Failed(_) => self.apply_failed(scope, event, cause),
            // The child has read it back.
            cause => {
                self.apply_caused(scope, event, Some(&cause));
                cause
            }
        };
        // The effects that could not be undone are reported separately.
        self.file_failure_within(progress, event, (CallKind::Action, cause), Some(within));
    }

    /// Whether the verdict on a child saga's error aborts the parent, too, and whether it leaves room
    /// for another attempt. What happened is known from how the child has ended.
    fn judge_nested(&self, step: u16, cause: &Cause<Raised>) -> (bool, bool) {
        let Cause::Failed(error) = cause else {
            return (false, true);
        };
        let (verdict, abort, again) = self.judged(step, error);
        (abort, again && verdict != crate::kernel::Verdict::Refused)
    }
}
