use super::row::SagaId;
use crate::time::Time;

/// A request to a saga.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// Its number.
    pub number: u64,
    /// The saga.
    pub saga: SagaId,
    /// The request, as JSON.
    pub text: String,
    /// When it was sent.
    pub at: Time,
    /// The answer, if it has one.
    pub answer: Option<String>,
}

impl Message {
    /// The beginning of the text by which a message says who had a saga [purged](super::Store::purge_one),
    /// and why. It is no request: it is written with its answer, and no purge deletes it.
    pub const PURGED: &str = "{\"action\":\"purge\",";

    /// The answer of a message that is written with its answer.
    pub const DONE: &str = "\"done\"";
}
