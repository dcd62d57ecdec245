//! Each part of a definition, as it is written and, next to it, as it is read.

use std::{panic::catch_unwind, time::Duration};

use serde::{Serialize, Serializer, de::Error as _, ser::SerializeMap};
use serde_json::{Error, Value};

use super::{
    error::SchemaError,
    object::{Fields, Object},
    places::{Places, inconsistent},
};
use crate::{
    definition::{Call, Compensation, Definition, Field, Kind, Step},
    policy::{Backoff, Limit, Retry, Timing},
    text::{List, Text},
};

/// A part that is to be written.
pub(super) struct Written<'a, T> {
    part: &'a T,
    form: Form<'a>,
}

#[derive(Clone, Copy)]
struct Form<'a> {
    /// All steps: they are referred to by name.
    steps: &'a [Step],
    /// Only what the kernel decides by: durations and lines are zero, and the file has no name.
    essence: bool,
}

impl<'a> Written<'a, Definition> {
    pub(super) fn whole(definition: &'a Definition) -> Self {
        Self::of(definition, false)
    }

    pub(super) fn essence(definition: &'a Definition) -> Self {
        Self::of(definition, true)
    }

    fn of(part: &'a Definition, essence: bool) -> Self {
        let steps = &part.steps;
        let form = Form { steps, essence };
        Self { part, form }
    }
}

impl<'a> Form<'a> {
    fn part<T>(self, part: &'a T) -> Written<'a, T> {
        Written { part, form: self }
    }

    fn parts<T>(self, parts: &'a [T]) -> Vec<Written<'a, T>> {
        parts.iter().map(|part| self.part(part)).collect()
    }

    fn optional<T>(self, part: Option<&'a T>) -> Option<Written<'a, T>> {
        part.map(|part| self.part(part))
    }

    fn name(self, step: u16) -> &'a Text {
        &self.steps[usize::from(step)].name
    }

    fn names(self, steps: &[u16]) -> Vec<&'a Text> {
        steps.iter().map(|&step| self.name(step)).collect()
    }

    fn line(self, line: u32) -> u32 {
        if self.essence { 0 } else { line }
    }
}

impl Serialize for Written<'_, Definition> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let Definition {
            name,
            durable,
            classified,
            inputs,
            services,
            output,
            error,
            steps,
            // It is the step of this kind.
            pivot: _,
            file,
            line,
        } = self.part;
        let form = self.form;
        let mut object = to.serialize_map(None)?;
        object.serialize_entry("name", name)?;
        object.flag("durable", *durable)?;
        object.flag("classified", *classified)?;
        object.serialize_entry("inputs", &form.parts(inputs))?;
        object.serialize_entry("services", &form.parts(services))?;
        object.serialize_entry("output", output)?;
        object.serialize_entry("error", error)?;
        object.serialize_entry("steps", &form.parts(steps))?;
        object.serialize_entry("file", if form.essence { "" } else { file })?;
        object.serialize_entry("line", &form.line(*line))?;
        object.end()
    }
}

pub(super) fn definition(mut object: Object) -> Result<Definition, SchemaError> {
    let steps = object.required::<Vec<Value>>("steps")?;
    let steps: Vec<_> = steps
        .into_iter()
        .map(Object::of)
        .collect::<Result<_, _>>()?;
    let places = Places::of(&steps)?;
    let steps = (0..)
        .zip(steps)
        .map(|(place, object)| step(object, place, &places));
    let steps: List<Step> = steps.collect::<Result<_, _>>()?;
    let mut pivots = (0..)
        .zip(&*steps)
        .filter(|(_, step)| step.kind == Kind::Pivot);
    let pivot = pivots.next().map(|(place, _)| place);
    if pivots.next().is_some() {
        return Err(inconsistent("it has two pivots".to_owned()));
    }
    let definition = Definition {
        name: object.required("name")?,
        durable: object.flag("durable")?,
        classified: object.flag("classified")?,
        inputs: fields(object.required("inputs")?)?,
        services: fields(object.required("services")?)?,
        output: object.required("output")?,
        error: object.required("error")?,
        steps,
        pivot,
        file: object.required("file")?,
        line: object.required("line")?,
    };
    object.end()?;
    Ok(definition)
}

impl Serialize for Written<'_, Field> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let Field { name, ty } = self.part;
        let mut object = to.serialize_map(None)?;
        object.serialize_entry("name", name)?;
        object.serialize_entry("type", ty)?;
        object.end()
    }
}

fn fields(values: Vec<Value>) -> Result<List<Field>, SchemaError> {
    values.into_iter().map(field).collect()
}

fn field(value: Value) -> Result<Field, SchemaError> {
    let mut object = Object::of(value)?;
    let field = Field {
        name: object.required("name")?,
        ty: object.required("type")?,
    };
    object.end()?;
    Ok(field)
}

impl Serialize for Written<'_, Step> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let Step {
            name,
            kind,
            effect,
            group,
            reads,
            when,
            compensation,
            resolve,
            fallback,
            stands_on,
            awaits,
            timeout,
            retry,
            idempotent,
            late,
            savepoint,
            abort,
            line,
        } = self.part;
        let form = self.form;
        let mut object = to.serialize_map(None)?;
        object.serialize_entry("name", name)?;
        object.serialize_entry("kind", kind.word())?;
        object.serialize_entry("effect", effect)?;
        object.optional("block", group.map(|group| form.name(group.first)))?;
        object.list("reads", reads)?;
        object.optional("when", when.as_ref())?;
        let compensate = match compensation {
            Compensation::Absent => None,
            Compensation::None | Compensation::Declared { .. } => Some(form.part(compensation)),
        };
        object.optional("compensate", compensate)?;
        object.optional("resolve", form.optional(resolve.as_ref()))?;
        object.optional("fallback", form.optional(fallback.as_ref()))?;
        object.list("stands_on", &form.names(stands_on))?;
        object.list("awaits", &form.names(awaits))?;
        object.optional("timeout_ms", form.optional(timeout.as_ref()))?;
        object.optional("retry", form.optional(retry.as_ref()))?;
        object.flag("idempotent", *idempotent)?;
        object.optional("late_ms", form.optional(late.as_ref()))?;
        object.optional("savepoint", form.optional(savepoint.as_ref()))?;
        object.flag("abort", *abort)?;
        object.serialize_entry("line", &form.line(*line))?;
        object.end()
    }
}

fn step(mut object: Object, place: u16, places: &Places) -> Result<Step, SchemaError> {
    let block = object.optional::<String>("block")?;
    let group = places.group(place, block.as_deref())?;
    let step = Step {
        name: object.required("name")?,
        kind: kind(&object.required::<String>("kind")?)?,
        effect: object.required("effect")?,
        group,
        reads: object.list("reads")?,
        when: object.optional("when")?,
        compensation: object
            .part("compensate", compensation)?
            .unwrap_or(Compensation::Absent),
        resolve: object.part("resolve", call)?,
        fallback: object.part("fallback", call)?,
        stands_on: places.all_earlier(place, &object.list("stands_on")?)?,
        awaits: places.siblings(place, group, &object.list("awaits")?)?,
        timeout: object.part("timeout_ms", timing)?,
        retry: object.part("retry", retry)?,
        idempotent: object.flag("idempotent")?,
        late: object.part("late_ms", timing)?,
        savepoint: object.part("savepoint", retry)?,
        abort: object.flag("abort")?,
        line: object.required("line")?,
    };
    object.end()?;
    Ok(step)
}

fn kind(word: &str) -> Result<Kind, SchemaError> {
    let unknown = || Error::custom(format_args!("unknown kind of step `{word}`"));
    Ok(Kind::named(word).ok_or_else(unknown)?)
}

impl Serialize for Written<'_, Compensation> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match self.part {
            Compensation::Absent => to.serialize_none(),
            Compensation::None => to.serialize_str("none"),
            Compensation::Declared { by_key, call } => write_call(call, *by_key, self.form, to),
        }
    }
}

fn compensation(value: Value) -> Result<Compensation, SchemaError> {
    if value == "none" {
        return Ok(Compensation::None);
    }
    let mut object = Object::of(value)?;
    let by_key = object.flag("by_key")?;
    let call = read_call(object)?;
    Ok(Compensation::Declared { by_key, call })
}

impl Serialize for Written<'_, Call> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        write_call(self.part, false, self.form, to)
    }
}

fn call(value: Value) -> Result<Call, SchemaError> {
    read_call(Object::of(value)?)
}

/// Only a compensation may be `by_key`.
fn write_call<S: Serializer>(
    call: &Call,
    by_key: bool,
    form: Form<'_>,
    to: S,
) -> Result<S::Ok, S::Error> {
    let Call {
        reads,
        timeout,
        retry,
    } = call;
    let mut object = to.serialize_map(None)?;
    object.serialize_entry("reads", reads)?;
    object.flag("by_key", by_key)?;
    object.optional("timeout_ms", form.optional(timeout.as_ref()))?;
    object.optional("retry", form.optional(retry.as_ref()))?;
    object.end()
}

fn read_call(mut object: Object) -> Result<Call, SchemaError> {
    let call = Call {
        reads: object.required("reads")?,
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

fn retry(value: Value) -> Result<Retry, SchemaError> {
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
        // A journal does without a duration; it does not do without its definition.
        let now = catch_unwind(|| self.part.get()).unwrap_or(Duration::ZERO);
        match u64::try_from(now.as_millis()) {
            Ok(whole) if Duration::from_millis(whole) == now => to.serialize_u64(whole),
            _ => to.serialize_f64(now.as_secs_f64() * 1000.0),
        }
    }
}

fn timing(value: Value) -> Result<Timing, SchemaError> {
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
