//! What people ask through the store, from another process or before this one began: messages, and the answers.

use crate::{
    action::{Action, Who},
    engine::Inner,
    error::EngineError,
    store::{Message, StoreError},
};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// What is asked, as it is written into the inbox.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Request {
    /// What is to be done.
    pub action: Action,
    /// By whom, and why.
    #[serde(default)]
    pub who: Who,
}

/// The answer, as it is written into the inbox.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// It is done, and on record.
    Done,
    /// It is not done, for this reason.
    Refused(String),
}

/// Does what a message asks for, and answers it.
///
/// A crash between the two has it done once more: it does not fit the saga any more then, or changes nothing.
pub(crate) async fn answer(inner: Arc<Inner>, message: Message) {
    let answer = match serde_json::from_str::<Request>(&message.text) {
        Err(error) => Answer::Refused(format!("not understood: {error}")),
        Ok(request) => match inner.act(&message.saga, request.action, request.who).await {
            Ok(()) => Answer::Done,
            // Another engine, or this one later, may do it.
            Err(
                EngineError::Stopped { .. } | EngineError::Store(StoreError::Unavailable { .. }),
            ) => return,
            Err(error) => Answer::Refused(error.to_string()),
        },
    };
    let text = serde_json::to_string(&answer).unwrap_or_default();
    let (number, now) = (message.number, inner.now());
    // An answer that cannot be written is given again when the message is found again.
    drop(inner.store.answer(inner.epoch, number, text, now).await);
}
