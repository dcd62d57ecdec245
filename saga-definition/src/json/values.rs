//! Values: texts, numbers, lists, durations, references to steps.

use std::{panic::catch_unwind, time::Duration};

use serde::de::Error as _;
use serde_json::{Error, Value};

use super::{
    error::SchemaError,
    form::{At, Form, Json, push},
};
use crate::{
    definition::{Arm, Group, Kind},
    policy::{Limit, Timing},
    text::{List, Text},
};

impl Json for Text {
    fn write(&self, to: &mut String, _: Form<'_>) {
        push(to, &**self);
    }

    fn read(value: Value, _: At<'_>) -> Result<Self, SchemaError> {
        Ok(serde_json::from_value::<String>(value)?.into())
    }
}

impl Json for bool {
    fn write(&self, to: &mut String, _: Form<'_>) {
        push(to, *self);
    }

    fn read(value: Value, _: At<'_>) -> Result<Self, SchemaError> {
        Ok(serde_json::from_value(value)?)
    }
}

impl Json for u32 {
    fn write(&self, to: &mut String, _: Form<'_>) {
        push(to, *self);
    }

    fn read(value: Value, _: At<'_>) -> Result<Self, SchemaError> {
        Ok(serde_json::from_value(value)?)
    }
}

/// `None` is always the plain value, so it is omitted.
impl<T: Json> Json for Option<T> {
    fn write(&self, to: &mut String, form: Form<'_>) {
        match self {
            Some(value) => value.write(to, form),
            None => push(to, Value::Null),
        }
    }

    fn read(value: Value, at: At<'_>) -> Result<Self, SchemaError> {
        T::read(value, at).map(Some)
    }
}

impl<T: Json + Clone> Json for List<T> {
    fn write(&self, to: &mut String, form: Form<'_>) {
        let mut before = '[';
        for item in self.iter() {
            to.push(before);
            item.write(to, form);
            before = ',';
        }
        to.push_str(if self.is_empty() { "[]" } else { "]" });
    }

    fn read(value: Value, at: At<'_>) -> Result<Self, SchemaError> {
        let items: Vec<Value> = serde_json::from_value(value)?;
        let items = items.into_iter().map(|item| T::read(item, at));
        items.collect()
    }
}

/// The index of a step, written as the step's name.
impl Json for u16 {
    fn write(&self, to: &mut String, form: Form<'_>) {
        form.steps[usize::from(*self)].name.write(to, form);
    }

    fn read(value: Value, at: At<'_>) -> Result<Self, SchemaError> {
        at.places.earlier(at.place, &Text::read(value, at)?)
    }
}

/// Written as the name of its first step.
impl Json for Group {
    fn write(&self, to: &mut String, form: Form<'_>) {
        self.first.write(to, form);
    }

    fn read(value: Value, at: At<'_>) -> Result<Self, SchemaError> {
        at.places.group(at.place, &Text::read(value, at)?)
    }
}

impl Json for Kind {
    fn write(&self, to: &mut String, _: Form<'_>) {
        push(to, self.word());
    }

    fn read(value: Value, at: At<'_>) -> Result<Self, SchemaError> {
        let word = Text::read(value, at)?;
        let unknown = || Error::custom(format_args!("unknown kind of step `{word}`"));
        Ok(Self::named(&word).ok_or_else(unknown)?)
    }
}

impl Json for Arm {
    fn write(&self, to: &mut String, _: Form<'_>) {
        push(to, self.words());
    }

    fn read(value: Value, at: At<'_>) -> Result<Self, SchemaError> {
        let words = Text::read(value, at)?;
        let unknown = || Error::custom(format_args!("unknown arm `{words}`"));
        Ok(Self::named(&words).ok_or_else(unknown)?)
    }
}

impl Json for Limit {
    fn write(&self, to: &mut String, _: Form<'_>) {
        match self {
            Self::Times(times) => push(to, *times),
            Self::Forever => push(to, "forever"),
        }
    }

    fn read(value: Value, at: At<'_>) -> Result<Self, SchemaError> {
        if value == "forever" {
            return Ok(Self::Forever);
        }
        u32::read(value, at).map(Self::Times)
    }
}

/// In milliseconds.
impl Json for Duration {
    fn write(&self, to: &mut String, form: Form<'_>) {
        Timing::Fixed(*self).write(to, form);
    }

    fn read(value: Value, at: At<'_>) -> Result<Self, SchemaError> {
        match Timing::read(value, at)? {
            Timing::Fixed(duration) => Ok(duration),
            _ => Err(Error::custom("expected a number of milliseconds").into()),
        }
    }
}

/// In milliseconds.
impl Json for Timing {
    fn write(&self, to: &mut String, form: Form<'_>) {
        if form.essence {
            return push(to, 0);
        }
        if let Some(source) = self.unknown() {
            return push(to, source);
        }
        // A journal can do without a duration, but not without its definition.
        let now = catch_unwind(|| self.get()).unwrap_or(Duration::ZERO);
        match u64::try_from(now.as_millis()) {
            Ok(whole) if Duration::from_millis(whole) == now => push(to, whole),
            _ => push(to, now.as_secs_f64() * 1000.0),
        }
    }

    fn read(value: Value, _: At<'_>) -> Result<Self, SchemaError> {
        if let Value::String(source) = value {
            return Ok(Self::written(source));
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
        Ok(Self::Fixed(duration))
    }
}
