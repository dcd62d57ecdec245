//! Answers what people ask through the store, from other processes or before this one started.

use crate::{
    error::EngineError,
    journal::request::{Answer, Request},
    runtime::engine::Inner,
    store::{Message, StoreError},
};
use std::sync::Arc;

/// Does what a message asks for, and answers it.
///
/// After a crash between the two the message is found again. Doing it twice is harmless: it no
/// longer fits the saga, or changes nothing.
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
    let text = serde_json::to_string(&answer).expect("an answer is texts alone");
    let (number, now) = (message.number, inner.now());
    // An answer that cannot be written is given again when the message is found again.
    drop(inner.store.answer(inner.epoch, number, text, now).await);
}
