//! Values, which may be private: hidden until the visitor asks for them, and then shown as the host
//! says.

use serde_json::value::{RawValue, to_raw_value};
use std::sync::Arc;
use typed_saga_engine::{SagaId, look::verbatim};

/// Says what is shown of a value.
pub(crate) type Redact = Arc<dyn Fn(&Private<'_>) -> Option<String> + Send + Sync>;

/// The maximum size of a shown value, in bytes of JSON.
const LARGEST: usize = 64 * 1024;

/// A value that may be private.
#[derive(Clone, Copy, Debug)]
pub struct Private<'a> {
    saga: &'a SagaId,
    step: Option<&'a str>,
    json: &'a str,
}

impl<'a> Private<'a> {
    /// The saga.
    #[must_use]
    pub fn saga(&self) -> &'a SagaId {
        self.saga
    }

    /// Of which step, by its path; `None`: it is the saga's inputs, its output or an event.
    #[must_use]
    pub fn step(&self) -> Option<&'a str> {
        self.step
    }

    /// As JSON; damaged ones are not.
    #[must_use]
    pub fn json(&self) -> &'a str {
        self.json
    }
}

/// The visitor, and whether they have asked for values.
pub(crate) struct Veil<'a> {
    pub(crate) saga: &'a SagaId,
    pub(crate) asked: bool,
    pub(crate) redact: Option<&'a Redact>,
}

impl Veil<'_> {
    /// A value as it may be shown; `None` if nothing of it may.
    pub(crate) fn value(&self, step: Option<&str>, json: &str) -> Option<Box<RawValue>> {
        if !self.asked {
            return None;
        }
        let saga = self.saga;
        let private = Private { saga, step, json };
        let shown = match self.redact {
            Some(redact) => redact(&private)?,
            None => json.to_owned(),
        };
        if shown.len() > LARGEST {
            let note = format!("{} bytes of JSON, too many to be shown", shown.len());
            return to_raw_value(&note).ok();
        }
        Some(verbatim(&shown))
    }
}

#[cfg(test)]
mod tests {
    use super::{LARGEST, Veil};
    use typed_saga_engine::SagaId;

    #[test]
    fn a_value_of_megabytes_is_named_and_not_shown() {
        let saga = SagaId::new("BookTrip", "trip-1");
        let veil = Veil {
            saga: &saga,
            asked: true,
            redact: None,
        };
        let long = format!("\"{}\"", "x".repeat(LARGEST));
        let shown = veil.value(None, &long).unwrap();
        assert_eq!(shown.get(), "\"65538 bytes of JSON, too many to be shown\"");
        assert_eq!(veil.value(None, "[1]").unwrap().get(), "[1]");
    }
}
