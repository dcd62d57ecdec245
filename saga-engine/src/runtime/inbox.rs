//! Answers requests that came through the store, from other processes or from before this one
//! started.

use crate::{
    error::EngineError,
    journal::plan::Refused,
    journal::request::{Answer, Request},
    runtime::inner::Inner,
    store::{Message, StoreError},
};
use std::{ops::ControlFlow, sync::Arc};

/// The result of carrying out a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Done {
    /// The commit that records it also answers the message.
    Answered,
    /// The caller must still be answered.
    Unanswered,
}

/// Performs the request in a message, and answers it.
///
/// The commit that performs a request also answers it. If there is no commit, and the process
/// crashes before the answer, the message is handled again. Breaks off if the message stays without
/// an answer: the message is found again, and later requests for the saga wait.
pub(crate) async fn answer(inner: &Arc<Inner>, message: Message) -> ControlFlow<()> {
    let (number, saga) = (message.number, &message.saga);
    let listed = inner.live().unreadable.contains_key(saga);
    let answer = match serde_json::from_str::<Request>(&message.text) {
        Err(error) => Some(Answer::Refused(format!("not understood: {error}"))),
        Ok(request) => match inner
            .act(saga, request.action, request.who, Some(number))
            .await
        {
            Ok(Done::Answered) => None,
            Ok(Done::Unanswered) => Some(Answer::Done),
            // Another engine, or this one at a later time, may perform it.
            Err(
                EngineError::Stopped { .. }
                | EngineError::Store(
                    StoreError::Unavailable { .. }
                    | StoreError::Fenced { .. }
                    | StoreError::NotHeld { .. },
                ),
            ) => return ControlFlow::Break(()),
            // Another worker may be able to read the saga. If none is, this worker gets the message
            // again.
            Err(EngineError::Unreadable { why, .. }) if !listed => {
                inner.give_up(saga, why).await;
                return ControlFlow::Break(());
            }
            Err(error) => Some(refusal(&error)),
        },
    };
    let Some(session) = inner.current() else {
        return ControlFlow::Break(());
    };
    if let Some(answer) = answer {
        let answers = vec![(number, answer.text())];
        // If the answer cannot be written, it is given again when the message is found again.
        if inner.store.answer(session.epoch, answers).await.is_err() {
            return ControlFlow::Break(());
        }
    }
    inner.settle(saga).await;
    ControlFlow::Continue(())
}

/// The answer for a refusal.
fn refusal(error: &EngineError) -> Answer {
    match error {
        EngineError::Refused {
            why: Refused::Duplicate { signal, same },
            ..
        } => Answer::Duplicate {
            signal: signal.to_string(),
            same: *same,
        },
        EngineError::Refused {
            why: Refused::NotHeard { signal },
            ..
        } => Answer::NotHeard {
            signal: signal.to_string(),
        },
        error => Answer::Refused(error.to_string()),
    }
}
