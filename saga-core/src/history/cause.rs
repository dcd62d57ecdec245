//! The causes of recorded failures: what is recorded of a cause, and what is read of it again.

use crate::{
    basics::panic::Panic,
    kernel::FailureKind,
    values::{cause::Cause, written::Written},
};

/// What a record says besides its event.
#[derive(Clone, Copy, Debug, Default)]
pub struct Said<'a> {
    /// The text of the error, if a call failed.
    pub error: Option<&'a str>,
    /// A value as JSON: the effect of the step, or the error of a call that failed.
    pub value: Option<&'a str>,
    /// Of a call that failed, unless the value is its error: how it failed, or why there is no value.
    pub why: Option<&'a str>,
}

/// The words for how a call failed, in records of events that do not say it.
const TIMED_OUT: &str = "timed_out";
const PANICKED: &str = "panicked";
const UNRECORDABLE: &str = "unrecordable";
const EQUAL_ITEMS: &str = "equal_items";

/// The word for a cause that is not an error, if the event of the failure (`how`) does not say it.
pub(crate) fn word<E>(how: FailureKind, cause: &Cause<E>) -> Option<&'static str> {
    match (how, cause) {
        (FailureKind::Error, Cause::TimedOut) => Some(TIMED_OUT),
        (FailureKind::Error, Cause::Panicked(_)) => Some(PANICKED),
        (FailureKind::Error, Cause::Unrecordable { .. }) => Some(UNRECORDABLE),
        (FailureKind::Error, Cause::EqualItems { .. }) => Some(EQUAL_ITEMS),
        _ => None,
    }
}

/// The value of a cause that is not an error, as JSON.
#[cfg(feature = "durable")]
pub(crate) fn value<E>(cause: &Cause<E>) -> Option<String> {
    let value = match cause {
        Cause::TooManyItems { limit } => serde_json::json!({ "limit": limit }),
        Cause::EqualItems { of, first, second } => {
            serde_json::json!({ "of": of, "first": first, "second": second })
        }
        _ => return None,
    };
    Some(value.to_string())
}

#[cfg(not(feature = "durable"))]
pub(crate) fn value<E>(_: &Cause<E>) -> Option<String> {
    None
}

/// The cause of a recorded failure.
pub(crate) fn cause(how: FailureKind, said: Said<'_>) -> Cause<Written> {
    let text = said.error.unwrap_or_default().to_owned();
    match (how, said.value, said.why) {
        (FailureKind::Lost, ..) => Cause::Lost,
        (FailureKind::TimedOut, ..) | (FailureKind::Error, None, Some(TIMED_OUT)) => {
            Cause::TimedOut
        }
        (FailureKind::Unrecordable, ..) | (FailureKind::Error, None, Some(UNRECORDABLE)) => {
            Cause::Unrecordable { text }
        }
        (FailureKind::Panicked, value, _) => {
            let items = value.and_then(items);
            items.unwrap_or_else(|| Cause::Panicked(Box::new(Panic::recorded(text))))
        }
        (FailureKind::Error, None, Some(PANICKED)) => {
            Cause::Panicked(Box::new(Panic::recorded(text)))
        }
        (FailureKind::Error, Some(json), Some(EQUAL_ITEMS)) => {
            items(json).unwrap_or(Cause::Recorded { text })
        }
        (FailureKind::Error, Some(json), _) => Cause::Failed(Written {
            text,
            json: json.to_owned(),
            of: Vec::new(),
        }),
        (FailureKind::Error, None, _) => Cause::Recorded { text },
    }
}

/// What was wrong with the items of a loop.
#[cfg(feature = "durable")]
fn items(json: &str) -> Option<Cause<Written>> {
    let value: serde_json::Value = serde_json::from_str(json).ok()?;
    let number = |name| usize::try_from(value.get(name)?.as_u64()?).ok();
    match (number("limit"), number("first"), number("second")) {
        (Some(limit), ..) => Some(Cause::TooManyItems { limit }),
        (_, Some(first), Some(second)) => {
            let of = value.get("of")?.as_str()?.to_owned();
            Some(Cause::EqualItems { of, first, second })
        }
        _ => None,
    }
}

#[cfg(not(feature = "durable"))]
fn items(_: &str) -> Option<Cause<Written>> {
    None
}
