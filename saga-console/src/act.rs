//! Actions on sagas: the plan, and the request, which is carried out only if the saga has not
//! changed since it was seen.

use crate::{app::App, problem::Problem, view};
use axum::http::StatusCode;
use serde::Deserialize;
use serde_json::value::RawValue;
use std::time::Duration;
use typed_saga_engine::{
    Action, Attribution, Plan, SagaId, Settled,
    look::{Answered, Look, Reader},
};

/// The time for which to wait for an engine's answer.
pub(crate) const WAIT: Duration = Duration::from_secs(3);
/// The maximum number of characters of an operator's name, and of a reason.
const LONGEST: usize = 2000;

/// An action as a form says it. What is empty is not said.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Said {
    pub(crate) action: String,
    /// Of `settle`: which step, how it is settled (`applied`, `not_applied`, `undone`), and its
    /// effect as JSON.
    pub(crate) step: String,
    pub(crate) settled: String,
    pub(crate) effect: String,
    /// Of `signal`: which, and its value as JSON.
    pub(crate) signal: String,
    pub(crate) value: String,
}

impl Said {
    pub(crate) fn action(&self) -> Result<Action, Problem> {
        Ok(match self.action.as_str() {
            "resume" => Action::Resume,
            "cancel" => Action::Cancel,
            "abandon" => Action::Abandon,
            "settle" => Action::Settle {
                step: self.step.clone(),
                settled: match self.settled.as_str() {
                    "applied" => Settled::Applied(json("the effect", &self.effect)?),
                    "not_applied" => Settled::NotApplied,
                    "undone" => Settled::Undone,
                    _ => return Err(Problem::bad("say how the step is settled")),
                },
            },
            "signal" => Action::Signal {
                signal: self.signal.clone(),
                value: json::<Box<RawValue>>("the value", &self.value)?,
            },
            other => return Err(Problem::bad(format!("there is no action `{other}`"))),
        })
    }
}

fn json<T: for<'a> Deserialize<'a>>(what: &str, text: &str) -> Result<T, Problem> {
    let text = if text.trim().is_empty() { "null" } else { text };
    let wrong = |error| Problem::bad(format!("{what} is not JSON: {error}"));
    serde_json::from_str(text).map_err(wrong)
}

/// The operator, and the reason: both are recorded.
pub(crate) fn who(by: &str, why: &str) -> Result<Attribution, Problem> {
    for (what, text) in [("who asks", by), ("why", why)] {
        if text.trim().is_empty() {
            return Err(Problem::bad(format!("fill in {what}: it is recorded")));
        }
        if text.chars().count() > LONGEST {
            return Err(Problem::bad(format!("{what} is too long")));
        }
    }
    Ok(Attribution::new(by.trim(), why.trim()))
}

/// A saga, and what would follow from an action.
pub(crate) struct Foreseen {
    pub(crate) look: Look,
    /// `None` while a call of the step runs, whose outcome decides.
    pub(crate) plan: Option<Plan>,
    /// Whether something was asked of it before, without an answer yet.
    pub(crate) asked: bool,
}

/// The plan of an action.
pub(crate) async fn planned(
    reader: &Reader,
    saga: &SagaId,
    action: &Action,
) -> Result<Foreseen, Problem> {
    let look = view::saga::look(reader, saga).await?;
    let plan = look
        .plan(action)
        .map_err(|error| Problem::new(StatusCode::UNPROCESSABLE_ENTITY, error.to_string()))?;
    let messages = reader.journal.messages().await?;
    let asked = messages.iter().any(|message| message.saga == *saga);
    Ok(Foreseen { look, plan, asked })
}

/// Whether the host of this console lets it act.
pub(crate) fn may_act(app: &App) -> Result<(), Problem> {
    if app.options.acts {
        return Ok(());
    }
    let text = "this console only looks: its host does not let it act";
    Err(Problem::new(StatusCode::FORBIDDEN, text))
}

/// Leaves it in the journal, without waiting for an answer.
pub(crate) async fn send(
    app: &App,
    reader: &Reader,
    saga: &SagaId,
    action: &Action,
    who: &Attribution,
) -> Result<u64, Problem> {
    may_act(app)?;
    Ok(reader.ask(saga, action.clone(), who.clone()).await?)
}

/// Waits for the answer, for a while.
pub(crate) async fn answered(reader: &Reader, message: u64) -> Result<Answered, Problem> {
    let odd = |error| {
        let text = format!("the answer cannot be read: {error}");
        Problem::new(StatusCode::INTERNAL_SERVER_ERROR, text)
    };
    let answer = reader.answer(message, WAIT).await.map_err(odd)?;
    Ok(Answered::of(message, answer.as_ref()))
}
