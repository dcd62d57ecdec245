//! What is declared of a call, and its policies, as they are written and, next to it, as they are
//! read.

use std::{panic::catch_unwind, time::Duration};

use serde::{Serialize, Serializer, ser::SerializeMap};
use serde_json::Value;

use super::{
    error::SchemaError,
    object::{Fields, Object},
    written::{Form, Written},
};
use crate::{
    definition::Call,
    policy::{Backoff, Limit, Retry, Timing},
};

impl Serialize for Written<'_, Call> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        write_call(self.part, false, self.form, to)
    }
}

pub(super) fn call(value: Value) -> Result<Call, SchemaError> {
    read_call(Object::of(value)?)
}

/// Only a compensation may be `by_key`.
pub(super) fn write_call<S: Serializer>(
    call: &Call,
    by_key: bool,
    form: Form<'_>,
    to: S,
) -> Result<S::Ok, S::Error> {
    let Call {
        reads,
        keyed_by,
        timeout,
        retry,
    } = call;
    let mut object = to.serialize_map(None)?;
    object.serialize_entry("reads", reads)?;
    object.flag("by_key", by_key)?;
    object.optional("keyed_by", keyed_by.as_ref())?;
    object.optional("timeout_ms", form.optional(timeout.as_ref()))?;
    object.optional("retry", form.optional(retry.as_ref()))?;
    object.end()
}

pub(super) fn read_call(mut object: Object) -> Result<Call, SchemaError> {
    let call = Call {
        reads: object.required("reads")?,
        keyed_by: object.optional("keyed_by")?,
        timeout: object.part("timeout_ms", timing)?,
        retry: object.part("retry", retry)?,
    };
    object.end()?;
    Ok(call)
}

impl Serialize for Written<'_, Retry> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let Retry {
            limit,
            backoff: Backoff { base, cap, jitter },
            conditional,
        } = self.part;
        let mut object = to.serialize_map(None)?;
        match limit {
            Limit::Times(times) => object.serialize_entry("limit", times)?,
            Limit::Forever => object.serialize_entry("limit", "forever")?,
        }
        object.serialize_entry("base_ms", &self.form.part(base))?;
        object.serialize_entry("cap_ms", &self.form.part(cap))?;
        object.flag("jitter", *jitter)?;
        object.flag("if", *conditional)?;
        object.end()
    }
}

pub(super) fn retry(value: Value) -> Result<Retry, SchemaError> {
    let mut object = Object::of(value)?;
    let retry = Retry {
        limit: limit(object.required("limit")?)?,
        backoff: Backoff {
            base: timing(object.required("base_ms")?)?,
            cap: timing(object.required("cap_ms")?)?,
            jitter: object.flag("jitter")?,
        },
        conditional: object.flag("if")?,
    };
    object.end()?;
    Ok(retry)
}

fn limit(value: Value) -> Result<Limit, SchemaError> {
    if value == "forever" {
        return Ok(Limit::Forever);
    }
    Ok(Limit::Times(serde_json::from_value(value)?))
}

/// In milliseconds.
impl Serialize for Written<'_, Timing> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        if self.form.essence {
            return to.serialize_u64(0);
        }
        if let Timing::Computed {
            source,
            value: None,
        } = self.part
        {
            return to.serialize_str(source);
        }
        // A journal does without a duration; it does not do without its definition.
        let now = catch_unwind(|| self.part.get()).unwrap_or(Duration::ZERO);
        match u64::try_from(now.as_millis()) {
            Ok(whole) if Duration::from_millis(whole) == now => to.serialize_u64(whole),
            _ => to.serialize_f64(now.as_secs_f64() * 1000.0),
        }
    }
}

pub(super) fn timing(value: Value) -> Result<Timing, SchemaError> {
    if let Value::String(source) = value {
        let value = None;
        return Ok(Timing::Computed {
            source: source.into(),
            value,
        });
    }
    let duration = if let Some(whole) = value.as_u64() {
        Duration::from_millis(whole)
    } else {
        let seconds = serde_json::from_value::<f64>(value)? / 1000.0;
        let nearest = if seconds > 0.0 {
            Duration::MAX
        } else {
            Duration::ZERO
        };
        Duration::try_from_secs_f64(seconds).unwrap_or(nearest)
    };
    Ok(Timing::Fixed(duration))
}
