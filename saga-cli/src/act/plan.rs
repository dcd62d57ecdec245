//! What would run after an action, for a person.

use crate::{
    failure::Failure,
    find::similar,
    style,
    table::{Cell, Table, styled},
};
use saga_core::definition::Kind;
use saga_engine::{
    Action, Refused, State,
    look::{Look, NotPlanned, Obstacle, Outline},
    paths,
};

/// What would follow from the action; `None` while a call of the step runs, whose outcome decides.
///
/// # Errors
/// If the action does not fit the saga as it is; names that look like a slip are put right.
pub(super) fn outline(look: &Look, action: &Action) -> Result<Option<Outline>, Failure> {
    saga_engine::look::outline(look, action).map_err(|not| not_planned(look, &not))
}

fn not_planned(look: &Look, not: &NotPlanned) -> Failure {
    let saga = &not.saga;
    match (&not.why, &look.folded) {
        (Obstacle::Refused(Refused::NoStep { step }), Ok(folded)) => {
            let known = paths(folded.declaration());
            let similar = similar(step, known.iter().map(String::as_str));
            Failure::NotFound(format!("{saga} has no step `{step}`{similar}"))
        }
        (Obstacle::Refused(Refused::NoSignal { signal }), Ok(folded)) => {
            let steps = folded.declaration().steps.iter();
            let signals = steps.filter(|step| step.kind == Kind::Signal);
            let similar = similar(signal, signals.map(|step| &*step.name));
            Failure::NotFound(format!("{saga} has no signal `{signal}`{similar}"))
        }
        (Obstacle::Refused(_), _) => Failure::Refused(not.to_string()),
        (Obstacle::Unreadable(_), _) => Failure::Error(not.to_string()),
    }
}

/// As lines for a person.
pub(super) fn text(outline: &Outline) -> String {
    let mut text = String::new();
    if !outline.calls.is_empty() {
        let mut table = Table::new([""; 4]);
        for (number, call) in (1..).zip(&outline.calls) {
            table.row([
                format!("{number}.").into(),
                Cell::new(style::NAME, &call.step),
                call.shown().into(),
                Cell::new(style::FAINT, &call.note()),
            ]);
        }
        text += &table.show("  ", None);
    }
    text.extend(outline.then.map(|end| {
        let state = State::parse(end).map_or(style::NAME, style::of);
        format!("then it is {}\n", styled(state, end))
    }));
    text.extend(
        (outline.listens_for.as_deref()).map(|step| format!("then it listens for `{step}`\n")),
    );
    text.extend(
        outline
            .depends_on
            .as_deref()
            .map(|step| format!("what follows depends on the answer of `resolve` of `{step}`\n")),
    );
    text
}
