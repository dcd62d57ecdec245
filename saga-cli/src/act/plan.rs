//! What would run after an action, shown before it is asked for.

use crate::{
    failure::Failure,
    find::similar,
    look::Look,
    style,
    table::{Cell, Table, styled},
};
use saga_core::{
    End,
    definition::{Kind, Text},
    kernel::{Command, Event, Settlement},
};
use saga_engine::{
    Act, Action, Folded, Heard, Outlook, Plan, Planned, Refused, Settled, State, abandoned, paths,
    plan, settled, signalled,
};
use serde::Serialize;

/// What would run, and how the saga would end.
#[derive(Serialize)]
pub(super) struct Outline {
    calls: Vec<Item>,
    /// The state that it would end in; null if that depends on an answer.
    then: Option<&'static str>,
    /// The step whose `resolve` decides what follows.
    depends_on: Option<Text>,
    /// The signal that it would listen for.
    #[serde(skip_serializing_if = "Option::is_none")]
    listens_for: Option<Text>,
}

#[derive(Serialize)]
struct Item {
    step: Text,
    call: &'static str,
    /// Whether it depends on a `when` or an `if`.
    conditional: bool,
    /// Whether it is on record as started.
    started: bool,
}

/// What would follow from the action; `None` while a call of the step runs, whose outcome decides.
///
/// # Errors
/// If the action does not fit the saga as it is.
pub(super) fn outline(look: &Look, action: &Action) -> Result<Option<Outline>, Failure> {
    let saga = look.saga();
    let folded = look.folded.as_ref();
    let folded = folded.map_err(|why| Failure::Error(format!("{saga} is unreadable: {why}")))?;
    let refused = |why: Refused| Failure::Refused(format!("{saga}: {why}"));
    let parked = folded.run.kernel.next() == Command::End(End::Parked);
    let heard = match action {
        _ if folded.abandoned.is_some() => return Err(refused(Refused::TooLate)),
        Action::Abandon => {
            return match abandoned(folded) {
                Ok(_) => Ok(Some(Outline {
                    calls: Vec::new(),
                    then: Some(State::Abandoned.as_str()),
                    depends_on: None,
                    listens_for: None,
                })),
                Err(Refused::Runs { .. }) => Ok(None),
                Err(why) => Err(refused(why)),
            };
        }
        Action::Settle { step, settled } => vec![settle(look, folded, step, settled)?],
        Action::Signal { signal, value } => {
            let event = signalled(folded, signal, value.get());
            let event = event.map_err(|why| not_signalled(look, folded, &why))?;
            vec![event.into()]
        }
        Action::Resume => vec![Event::Resumed.into()],
        Action::Redeliver { .. } => Vec::new(),
        Action::Cancel => vec![Event::CancelRequested.into()],
    };
    let resumes = parked && matches!(action, Action::Settle { .. });
    let heard = heard
        .into_iter()
        .chain(resumes.then_some(Event::Resumed.into()));
    match plan(folded, &heard.collect::<Vec<_>>()) {
        Ok(plan) => Ok(Some(Outline::of(&plan))),
        Err(Refused::Runs { .. }) => Ok(None),
        Err(why) => Err(refused(why)),
    }
}

fn settle(look: &Look, folded: &Folded, step: &str, said: &Settled) -> Result<Heard, Failure> {
    let settlement = match said {
        Settled::Applied(_) => Settlement::Applied,
        Settled::NotApplied => Settlement::NotApplied,
        Settled::Undone => Settlement::Undone,
    };
    match settled(folded, step, settlement) {
        Ok((_, heard)) => Ok(heard),
        Err(Refused::NoStep { .. }) => {
            let known = paths(folded.declaration());
            let similar = similar(step, known.iter().map(String::as_str));
            let saga = look.saga();
            let text = format!("{saga} has no step `{step}`{similar}");
            Err(Failure::NotFound(text))
        }
        Err(why) => Err(Failure::Refused(format!("{}: {why}", look.saga()))),
    }
}

/// That a signal is refused; one of no such name may be a slip.
fn not_signalled(look: &Look, folded: &Folded, why: &Refused) -> Failure {
    let Refused::NoSignal { signal } = why else {
        return Failure::Refused(format!("{}: {why}", look.saga()));
    };
    let steps = folded.declaration().steps.iter();
    let signals = steps.filter(|step| step.kind == Kind::Signal);
    let similar = similar(signal, signals.map(|step| &*step.name));
    Failure::NotFound(format!("{} has no signal `{signal}`{similar}", look.saga()))
}

impl Outline {
    fn of(plan: &Plan) -> Self {
        let (then, depends_on) = match &plan.end {
            Outlook::Ends(End::Completed) => (Some("completed"), None),
            Outlook::Ends(End::Compensated) => (Some("compensated"), None),
            Outlook::Ends(End::Parked) => (Some("parked"), None),
            Outlook::Answer(step) => (None, Some(step.clone())),
            Outlook::Listens(_) => (None, None),
        };
        let listens_for = match &plan.end {
            Outlook::Listens(step) => Some(step.clone()),
            Outlook::Ends(_) | Outlook::Answer(_) => None,
        };
        Self {
            calls: plan.calls.iter().map(Item::of).collect(),
            then,
            depends_on,
            listens_for,
        }
    }

    /// As lines for a person.
    pub(super) fn text(&self) -> String {
        let mut text = String::new();
        if !self.calls.is_empty() {
            let mut table = Table::new([""; 4]);
            for (number, call) in (1..).zip(&self.calls) {
                table.row([
                    format!("{number}.").into(),
                    Cell::new(style::NAME, &call.step),
                    call.shown().into(),
                    Cell::new(style::FAINT, &call.note()),
                ]);
            }
            text += &table.show("  ", None);
        }
        text.extend(self.then.map(|end| {
            let state = State::parse(end).map_or(style::NAME, style::of);
            format!("then it is {}\n", styled(state, end))
        }));
        text.extend(
            (self.listens_for.as_deref()).map(|step| format!("then it listens for `{step}`\n")),
        );
        text.extend(
            self.depends_on.as_deref().map(|step| {
                format!("what follows depends on the answer of `resolve` of `{step}`\n")
            }),
        );
        text
    }

    /// Whether nothing would run.
    pub(super) fn is_empty(&self) -> bool {
        self.calls.is_empty()
    }
}

impl Item {
    fn of(planned: &Planned) -> Self {
        Self {
            step: planned.step.clone(),
            call: match planned.what {
                Act::Action => "action",
                Act::Resolve => "resolve",
                Act::Compensation => "compensation",
                Act::Fallback => "fallback",
                Act::Turn => "turn",
                Act::Sleep => "sleep",
                Act::Signal => "signal",
            },
            conditional: planned.conditional,
            started: planned.started,
        }
    }

    fn shown(&self) -> &'static str {
        match self.call {
            "turn" => "turn forward again",
            call => call,
        }
    }

    fn note(&self) -> String {
        let condition = match self.call {
            "turn" => "unless its `if` says no",
            _ => "unless its `when` says no",
        };
        let notes = [
            (self.started, "has been started"),
            (self.conditional, condition),
        ];
        let notes = notes.iter().filter(|(set, _)| *set);
        notes.map(|(_, note)| *note).collect::<Vec<_>>().join(", ")
    }
}
