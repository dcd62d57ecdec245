//! The plan of an action, in words.

use crate::{
    failure::Failure,
    find::similar,
    style,
    table::{Cell, Table, styled},
};
use typed_saga_core::definition::Kind;
use typed_saga_engine::{Action, EngineError, Outlook, Plan, Refused, look::Look, paths};

/// The plan of the action; `None` while a call of the step runs, whose outcome decides.
///
/// # Errors
/// If the action does not fit the saga as it is; names that look like a slip are put right.
pub(super) fn plan(look: &Look, action: &Action) -> Result<Option<Plan>, Failure> {
    look.plan(action)
        .map_err(|error| match (&error, &look.folded) {
            (EngineError::NoStep { step, .. }, Ok(folded)) => {
                let known = paths(folded.declaration());
                let similar = similar(step, known.iter().map(String::as_str));
                Failure::NotFound(format!("{error}{similar}"))
            }
            (
                EngineError::Refused {
                    saga,
                    why: Refused::NoSignal { signal },
                },
                Ok(folded),
            ) => {
                let steps = folded.declaration().steps.iter();
                let signals = steps.filter(|step| step.kind == Kind::Signal);
                let similar = similar(signal, signals.map(|step| &*step.name));
                Failure::NotFound(format!("{saga} has no signal `{signal}`{similar}"))
            }
            (EngineError::Unreadable { .. }, _) => Failure::Error(error.to_string()),
            _ => Failure::Refused(error.to_string()),
        })
}

/// As lines for a person.
pub(super) fn text(plan: &Plan) -> String {
    let mut text = String::new();
    if !plan.calls.is_empty() {
        let mut table = Table::new([""; 4]);
        for (number, planned) in (1..).zip(&plan.calls) {
            table.row([
                format!("{number}.").into(),
                Cell::new(style::NAME, &planned.step),
                planned.call.to_string().into(),
                Cell::new(style::FAINT, &planned.note()),
            ]);
        }
        text += &table.show("  ", None);
    }
    match &plan.end {
        Outlook::Ends(state) => {
            let state = styled(style::of(*state), state.as_str());
            text + &format!("then it is {state}\n")
        }
        end => text + &format!("{end}\n"),
    }
}
