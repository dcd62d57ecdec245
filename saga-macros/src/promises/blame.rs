//! The token because of which a time has no bound.

use proc_macro2::Span;
use typed_saga_analysis::{Endless, Why};
use typed_saga_definition::{CallKind, Side, Timing as Declared};

use super::Promised;
use crate::model::{Retry, Timing, TimingValue};

/// The reason why a time has no bound.
pub(super) struct Blame {
    pub(super) span: Span,
    pub(super) what: String,
    /// How to bound it, if any change of the step does.
    pub(super) help: Option<String>,
}

impl Promised<'_> {
    /// The reason for an endless time; `None` if it is reported already.
    pub(super) fn blame(&self, endless: Endless) -> Option<Blame> {
        if self.blamed.borrow().contains(&endless) {
            return None;
        }
        self.blamed.borrow_mut().push(endless);
        let Endless { step, call, why } = endless;
        let declared = self.step(step);
        let (name, clause) = (&declared.name, declared.clause(call));
        let of = match call {
            CallKind::Action | CallKind::When => format!("`{name}`"),
            call => format!("the {call} of `{name}`"),
        };
        let own = clause.map_or(name.span(), |clause| clause.span);
        let (span, what, help) = match why {
            Why::NoTimeout => {
                let span = match &declared.attrs.wait {
                    Some(wait) => wait.span,
                    None => own,
                };
                let help = format!("write `#[timeout(d)]` on {of}");
                let what = format!("nothing limits how long {of} takes");
                (span, what, Some(help))
            }
            Why::Forever => {
                let span = self.retry(step, call).map_or(own, |retry| retry.span);
                let help = format!("write `#[retry(n)]` on {of}");
                let what = format!("nothing limits how often {of} is tried");
                (span, what, Some(help))
            }
            Why::Computed => {
                let what = format!("how long {of} may take is not known when the saga is compiled");
                let help = "write a literal duration, as in `20s`".to_owned();
                (self.computed(step, call).unwrap_or(own), what, Some(help))
            }
            Why::Items => {
                let span = declared.looped.as_ref().map_or(own, |looped| looped.span);
                let what = format!("nothing limits how many items the loop `{name}` has");
                (span, what, None)
            }
            Why::UnknownSaga => {
                let span = declared.child().map_or(own, |child| child.span);
                let what =
                    format!("how long the child saga `{name}` may take is not known in its parent");
                (span, what, None)
            }
        };
        Some(Blame { span, what, help })
    }

    /// The `#[retry]` that is in force for the call, if one is declared.
    fn retry(&self, step: u16, call: CallKind) -> Option<&Retry> {
        let (saga, model) = (self.saga, self.step(step));
        match model.clause(call) {
            Some(clause) => clause.attrs.retry.as_ref(),
            None => saga.action_retry(model, self.definition.side(step) == Side::AfterPivot),
        }
    }

    /// The span of the expression for the duration of a call, or for the waits before it.
    fn computed(&self, step: u16, call: CallKind) -> Option<Span> {
        let (saga, model) = (self.saga, self.step(step));
        let own = &model.attrs;
        let declared = &self.definition.steps[usize::from(step)];
        let is_computed = |timing: Option<&Declared>| {
            timing.is_some_and(|timing| !matches!(timing, Declared::Fixed(_)))
        };
        if is_computed(call.limit(declared)) {
            let limit = match model.clause(call) {
                Some(clause) => saga.clause_timeout(model, clause),
                None => saga.action_timeout(model),
            };
            let wait = own.wait.as_ref().map(|wait| wait.span);
            return limit.map(|limit| limit.span).or(wait);
        }
        if call == CallKind::Resolve && is_computed(declared.late.as_ref()) {
            return saga.late(model).map(|late| late.span);
        }
        let retries = self.retry(step, call).into_iter().chain(&own.savepoint);
        let caps = retries.map(|retry| &retry.cap);
        let mut computed = caps.filter(|cap: &&Timing| matches!(cap.value, TimingValue::Expr(_)));
        computed.next().map(|cap| cap.span)
    }
}
