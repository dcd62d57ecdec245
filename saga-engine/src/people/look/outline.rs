//! What would run after an action, shown before it is asked for.

use super::reader::Look;
use crate::{
    journal::action::{Action, Settled},
    journal::fold::Folded,
    journal::plan::{Act, Heard, Outlook, Plan, Planned, Refused, abandoned, plan},
    journal::settle::settled,
    journal::signal::signalled,
    store::{SagaId, State},
};
use saga_core::{
    End,
    definition::Text,
    kernel::{Command, Event, Settlement},
};
use serde::Serialize;
use thiserror::Error;

/// What would run, and how the saga would end.
#[derive(Debug, Serialize)]
pub struct Outline {
    /// What would run, in order.
    pub calls: Vec<OutlineCall>,
    /// The state that it would end in; null if that depends on an answer.
    pub then: Option<&'static str>,
    /// The step whose `resolve` decides what follows.
    pub depends_on: Option<Text>,
    /// The signal that it would listen for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub listens_for: Option<Text>,
}

/// One call that would run.
#[derive(Debug, Serialize)]
pub struct OutlineCall {
    /// The path of its step.
    pub step: Text,
    /// Which: `action`, `resolve`, `compensation`, `fallback`, `turn`, `sleep` or `signal`.
    pub call: &'static str,
    /// Whether it depends on a `when` or an `if`.
    pub conditional: bool,
    /// Whether it is on record as started.
    pub started: bool,
}

/// Why an action is not possible.
#[derive(Debug, Error)]
#[error("{saga}{why}")]
pub struct NotPlanned {
    /// Of which saga.
    pub saga: SagaId,
    /// Why.
    pub why: Obstacle,
}

/// What stands in the way of an action.
#[derive(Debug, Error)]
pub enum Obstacle {
    /// The saga cannot be read, for this reason.
    #[error(" is unreadable: {0}")]
    Unreadable(String),
    /// The action does not fit the saga as it is.
    #[error(": {0}")]
    Refused(Refused),
}

/// What would follow from the action; `None` while a call of the step runs, whose outcome decides.
///
/// # Errors
/// If the action does not fit the saga as it is.
pub fn outline(look: &Look, action: &Action) -> Result<Option<Outline>, NotPlanned> {
    let not = |why| NotPlanned {
        saga: look.saga().clone(),
        why,
    };
    let folded = look.folded.as_ref();
    let folded = folded.map_err(|why| not(Obstacle::Unreadable(why.to_string())))?;
    let refused = |why: Refused| not(Obstacle::Refused(why));
    let parked = folded.run.kernel.next() == Command::End(End::Parked);
    let heard = match action {
        _ if folded.abandoned.is_some() => return Err(refused(Refused::TooLate)),
        Action::Abandon => {
            return match abandoned(folded) {
                Ok(_) => Ok(Some(Outline::at_rest())),
                Err(Refused::Runs { .. }) => Ok(None),
                Err(why) => Err(refused(why)),
            };
        }
        Action::Settle { step, settled } => vec![settle(folded, step, settled).map_err(refused)?],
        Action::Signal { signal, value } => {
            let event = signalled(folded, signal, value.get());
            vec![event.map_err(refused)?.into()]
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

fn settle(folded: &Folded, step: &str, said: &Settled) -> Result<Heard, Refused> {
    let settlement = match said {
        Settled::Applied(_) => Settlement::Applied,
        Settled::NotApplied => Settlement::NotApplied,
        Settled::Undone => Settlement::Undone,
    };
    let (_, heard) = settled(folded, step, settlement)?;
    Ok(heard)
}

impl Outline {
    /// Nothing of it would run any more.
    fn at_rest() -> Self {
        Self {
            calls: Vec::new(),
            then: Some(State::Abandoned.as_str()),
            depends_on: None,
            listens_for: None,
        }
    }

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
            calls: plan.calls.iter().map(OutlineCall::of).collect(),
            then,
            depends_on,
            listens_for,
        }
    }

    /// Whether nothing would run.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.calls.is_empty()
    }
}

impl OutlineCall {
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

    /// In words.
    #[must_use]
    pub fn shown(&self) -> &'static str {
        match self.call {
            "turn" => "turn forward again",
            call => call,
        }
    }

    /// What is to be known of it besides.
    #[must_use]
    pub fn note(&self) -> String {
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
