//! Answers what people ask through the store, from other processes or before this one started.

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

/// Does what a message asks for, and answers it.
///
/// What is done is answered by the commit that does it. If there is none, a crash before the answer
/// has the message handled once more. Breaks off if the message has no answer yet: it is found again,
/// and what was asked after it waits.
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
            // Another engine, or this one later, may do it.
            Err(
                EngineError::Stopped { .. }
                | EngineError::Store(
                    StoreError::Unavailable { .. }
                    | StoreError::Fenced { .. }
                    | StoreError::NotHeld { .. },
                ),
            ) => return ControlFlow::Break(()),
            // Another worker may be able to read it. If none is, this one gets it again.
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
        // An answer that cannot be written is given again when the message is found again.
        if inner.store.answer(session.epoch, answers).await.is_err() {
            return ControlFlow::Break(());
        }
    }
    inner.settle(saga).await;
    ControlFlow::Continue(())
}

/// That something is refused.
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
