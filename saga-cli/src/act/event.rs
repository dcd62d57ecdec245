//! Which event of a saga a request is about.

use crate::{failure::Failure, look::Reader};
use typed_saga_engine::{Action, EngineError, EventFilter, Refused, SagaId};

/// Finds out whether there is the event that an action is about, if it is about one.
///
/// # Errors
/// If there is none, or if it waits for an earlier one: an engine would refuse the request.
pub(super) async fn is_there(
    reader: &Reader,
    saga: &SagaId,
    action: &Action,
) -> Result<(), Failure> {
    let (number, skips) = match action {
        Action::Redeliver { number } => (*number, false),
        Action::Skip { number } => (*number, true),
        _ => return Ok(()),
    };
    let events = reader.journal.events(EventFilter::of(saga.clone())).await?;
    let first = events.iter().find(|event| event.delivered.is_none());
    let first = first.map(|event| event.number);
    let number = number.or(first);
    let meant = events.iter().find(|event| Some(event.number) == number);
    let waits = first.is_some() && number > first;
    let fits = meant.filter(|event| !waits && (!skips || event.delivered.is_none()));
    if fits.is_some() {
        return Ok(());
    }
    let refused = EngineError::Refused {
        saga: saga.clone(),
        why: Refused::NoEvent,
    };
    Err(Failure::Refused(refused.to_string()))
}
