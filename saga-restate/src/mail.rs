//! The shared handlers: what people ask of a saga, and what they see of it.
//!
//! Who asks writes into the promise `ask-{n}`, the first that is free, and waits for `answer-{n}`. The
//! handler `run` reads them one after the other: while the saga waits at once, while it listens for a
//! signal behind each commit.

use crate::{
    ended::Ended,
    entry::{Ask, Entry, Reply},
    flow::Flow,
};
use restate_sdk::{
    endpoint::{ContextInternal, InputMetadata},
    errors::{HandlerResult, TerminalError},
    serde::Json,
};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use typed_saga::{
    engine::{Action, Attribution, EngineError, Refused, State, for_logs::Tape},
    runtime::Durable,
};

pub(crate) const ASK: &str = "ask-";
pub(crate) const ANSWER: &str = "answer-";
/// The promise of the invocation that runs the saga.
pub(crate) const RUN: &str = "run";
/// The promise that the saga has ended.
pub(crate) const OVER: &str = "over";
/// The state of a saga that waits: its entries.
pub(crate) const REST: &str = "rest";
/// The states of one that is watched: an entry each.
pub(crate) const COMMIT: &str = "c";

/// How a saga has ended, and what it was given.
#[derive(Serialize, Deserialize)]
pub(crate) struct Over {
    ended: Ended<Box<RawValue>>,
    input: Option<Box<RawValue>>,
}

impl Over {
    pub(crate) fn of(ended: &Ended<Box<RawValue>>, tape: Option<&Tape>) -> Self {
        Self {
            ended: ended.clone(),
            input: tape.and_then(input_of),
        }
    }

    fn state(&self) -> State {
        match self.ended {
            Ended::Completed(_) | Ended::OutputLost { .. } => State::Completed,
            Ended::Compensated { .. } => State::Compensated,
            Ended::Abandoned { .. } => State::Abandoned,
        }
    }
}

fn input_of(tape: &Tape) -> Option<Box<RawValue>> {
    RawValue::from_string(tape.stored().row.input.clone()).ok()
}

/// What `ask` is given.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Asked {
    pub(crate) action: Action,
    #[serde(default)]
    pub(crate) who: Attribution,
    /// Only tells what would follow.
    #[serde(default)]
    pub(crate) dry_run: bool,
}

/// What `signal` is given.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Sent {
    pub(crate) signal: String,
    pub(crate) value: Box<RawValue>,
}

/// What `status` tells of a saga.
#[derive(Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Status {
    /// Where it is.
    pub state: State,
    /// Why it does not move, or what it does: one sentence.
    pub why: String,
    /// Its inputs, to be compared by who submits a saga again. Of a saga that runs, and is not
    /// [watched](crate::Workflow::watched), they are not at hand.
    pub input: Option<Box<RawValue>>,
    /// The records of each commit. Of a saga that runs, or has ended, and is not watched: none.
    pub history: Vec<Box<RawValue>>,
}

type Replied = HandlerResult<Json<Reply>>;

pub(crate) async fn ask<S: Durable>(
    flow: &Flow<S>,
    ctx: &ContextInternal,
    Json(asked): Json<Asked>,
    given: InputMetadata,
) -> Replied {
    if asked.dry_run {
        return plan(flow, ctx, &asked.action, &given).await;
    }
    if let Action::Cancel = asked.action {
        return cancel(ctx).await;
    }
    post(ctx, asked.action, asked.who, given.invocation_id).await
}

pub(crate) async fn signal(
    ctx: &ContextInternal,
    Json(Sent { signal, value }): Json<Sent>,
    given: InputMetadata,
) -> Replied {
    let action = Action::Signal { signal, value };
    post(ctx, action, Attribution::default(), given.invocation_id).await
}

/// Cancels the invocation that runs the saga, once it has begun. Which one that is, the saga says, and
/// not who asks: else whoever may ask it something could cancel any invocation of the cluster.
async fn cancel(ctx: &ContextInternal) -> Replied {
    let too_late = || Ok(Json(Reply::Refused(Refused::TooLate.to_string())));
    if ctx.peek_promise::<Json<Over>>(OVER).await?.is_some() {
        return too_late();
    }
    let mut own = ctx.peek_promise::<Json<String>>(RUN).await?;
    if own.is_none() {
        let begun = ctx.promise::<Json<String>>(RUN);
        let over = ctx.promise::<Json<Over>>(OVER);
        own = restate_sdk::select! {
            begun = begun => Some(begun?),
            _ = over => None,
        };
    }
    let Some(Json(own)) = own else {
        return too_late();
    };
    ctx.cancel_invocation(&own);
    Ok(Json(Reply::Done))
}

/// Asks the saga, and waits for its answer.
async fn post(ctx: &ContextInternal, action: Action, who: Attribution, by: String) -> Replied {
    let too_late = match action {
        Action::Signal { .. } => Reply::NotHeard,
        _ => Reply::Refused(Refused::TooLate.to_string()),
    };
    if ctx.peek_promise::<Json<Over>>(OVER).await?.is_some() {
        return Ok(Json(too_late));
    }
    let ask = Ask { by, action, who };
    let mut number = 0;
    loop {
        let name = format!("{ASK}{number}");
        if ctx.peek_promise::<Json<Ask>>(&name).await?.is_none() {
            ctx.resolve_promise(&name, Json(&ask));
            // Another one may have been faster.
            let Json(there) = ctx.promise::<Json<Ask>>(&name).await?;
            if there.by == ask.by {
                break;
            }
        }
        number += 1;
    }
    let name = format!("{ANSWER}{number}");
    let answer = ctx.promise::<Json<Reply>>(&name);
    let over = ctx.promise::<Json<Over>>(OVER);
    let answer = restate_sdk::select! {
        answer = answer => Some(answer?),
        _ = over => None,
    };
    if let Some(answer) = answer {
        return Ok(answer);
    }
    // Its last answer may have come with the end.
    let answer = ctx.peek_promise::<Json<Reply>>(&name).await?;
    Ok(answer.unwrap_or(Json(too_late)))
}

async fn plan<S: Durable>(
    flow: &Flow<S>,
    ctx: &ContextInternal,
    action: &Action,
    given: &InputMetadata,
) -> Replied {
    let reply = match tape::<S>(ctx, &given.key).await? {
        None => {
            Reply::Refused("the saga runs, or there is none: ask again while it waits".to_owned())
        }
        Some(tape) => match flow.solo.plan(&tape, action) {
            Ok(plan) => Reply::Plan(plan.to_string()),
            Err(error) => refusal(&error),
        },
    };
    Ok(Json(reply))
}

pub(crate) async fn status<S: Durable>(
    flow: &Flow<S>,
    ctx: &ContextInternal,
    given: &InputMetadata,
) -> HandlerResult<Json<Status>> {
    let tape = tape::<S>(ctx, &given.key).await?;
    let over = ctx.peek_promise::<Json<Over>>(OVER).await?;
    let history = tape.iter().flat_map(|tape| &tape.stored().commits);
    let history = history.filter_map(|commit| RawValue::from_string(commit.records.clone()).ok());
    let history = history.collect();
    let why = match &tape {
        Some(tape) => flow
            .solo
            .why(tape)
            .unwrap_or_else(|error| error.to_string()),
        None if over.is_some() => "it has ended".to_owned(),
        None => {
            "it runs, or there is no saga with this id: what it does is only known while it waits"
                .to_owned()
        }
    };
    let state = match (&over, &tape) {
        (Some(Json(over)), _) => over.state(),
        (None, Some(tape)) => tape.stored().row.state,
        (None, None) => State::Running,
    };
    let input = match over {
        Some(Json(over)) => over.input,
        None => tape.as_ref().and_then(input_of),
    };
    Ok(Json(Status {
        state,
        why,
        input,
        history,
    }))
}

/// What is on record of the saga, where it is at hand.
async fn tape<S: Durable>(ctx: &ContextInternal, key: &str) -> Result<Option<Tape>, TerminalError> {
    let mut entries = Vec::new();
    loop {
        let name = format!("{COMMIT}{}", entries.len());
        match ctx.get::<Json<Entry>>(&name).await? {
            Some(Json(entry)) => entries.push(entry),
            None => break,
        }
    }
    if entries.is_empty() {
        let rest = ctx.get::<Json<Vec<Entry>>>(REST).await?;
        entries = rest.map(Json::into_inner).unwrap_or_default();
    }
    let mut tape: Option<Tape> = None;
    for written in entries.iter().filter_map(Entry::written) {
        let kept = match &mut tape {
            Some(tape) => tape.push(&written),
            none => Tape::begin(Flow::<S>::saga(key), &written).map(|begun| *none = Some(begun)),
        };
        kept.map_err(TerminalError::from_error)?;
    }
    Ok(tape)
}

/// Why something is not done.
pub(crate) fn refusal(error: &EngineError) -> Reply {
    match error {
        EngineError::Refused {
            why: Refused::Duplicate { same, .. },
            ..
        } => Reply::Duplicate { same: *same },
        EngineError::Refused {
            why: Refused::NotHeard { .. },
            ..
        } => Reply::NotHeard,
        error => Reply::Refused(error.to_string()),
    }
}
