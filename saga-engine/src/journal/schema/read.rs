//! From JSON to a definition that lives as long as the process.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use saga_core::{
    Backoff, Definition, Limit, Retry, Timing,
    definition::{Call, Compensation, Field, Group, Kind, Step},
};

use super::{
    SchemaError,
    json::{self, Times},
};

/// What was read so far, by its text: what is read again is not leaked again.
static READ: Mutex<Option<HashMap<String, &'static Definition>>> = Mutex::new(None);

/// For where a duration must be, and nobody waits.
const NONE: Timing = Timing::new(|| Duration::ZERO);

pub(super) fn cached(text: &str) -> Result<&'static Definition, SchemaError> {
    let mut cache = READ.lock().unwrap_or_else(PoisonError::into_inner);
    let known = cache.get_or_insert_default();
    if let Some(definition) = known.get(text) {
        return Ok(definition);
    }
    let definition = leaked(&serde_json::from_str(text).map_err(SchemaError::Json)?)?;
    known.insert(text.to_owned(), definition);
    Ok(definition)
}

/// The places of the steps, by name.
type Places<'a> = HashMap<&'a str, u16>;

fn leaked(saga: &json::Saga<'_>) -> Result<&'static Definition, SchemaError> {
    let places = places(saga)?;
    let steps = (0..)
        .zip(&saga.steps)
        .map(|(place, step)| Outline::of(place, step, saga, &places));
    // All is checked before anything is leaked.
    let outlines = steps.collect::<Result<Vec<_>, _>>()?;
    let steps = saga.steps.iter().zip(outlines);
    let steps = all(steps.map(|(step, outline)| outline.leaked(step)));
    let pivot = steps.iter().position(|step| step.kind == Kind::Pivot);
    Ok(Box::leak(Box::new(Definition {
        name: text(&saga.name),
        durable: saga.durable,
        classified: saga.classified,
        inputs: all(saga.inputs.iter().map(field)),
        services: all(saga.services.iter().map(field)),
        output: text(&saga.output),
        error: text(&saga.error),
        steps,
        pivot: pivot.and_then(|place| u16::try_from(place).ok()),
        file: text(&saga.file),
        line: saga.line,
    })))
}

fn places<'a>(saga: &'a json::Saga<'_>) -> Result<Places<'a>, SchemaError> {
    if saga.steps.len() >= usize::from(u16::MAX) {
        return Err(inconsistent("it has too many steps".to_owned()));
    }
    let mut places = Places::new();
    for (place, step) in (0..).zip(&saga.steps) {
        if places.insert(&step.name, place).is_some() {
            let name = &step.name;
            return Err(inconsistent(format!("two steps are called `{name}`")));
        }
    }
    let pivots = saga.steps.iter().filter(|step| step.kind == Kind::Pivot);
    if pivots.count() > 1 {
        return Err(inconsistent("it has two pivots".to_owned()));
    }
    Ok(places)
}

/// How a step refers to others.
struct Outline {
    group: Option<Group>,
    stands_on: Vec<u16>,
    awaits: Vec<u16>,
}

impl Outline {
    fn of(
        place: u16,
        step: &json::Step<'_>,
        saga: &json::Saga<'_>,
        places: &Places<'_>,
    ) -> Result<Self, SchemaError> {
        let name = &step.name;
        let earlier = |other: &str| {
            let found = places.get(other).copied().filter(|&found| found < place);
            found.ok_or_else(|| inconsistent(format!("`{other}` is no step before `{name}`")))
        };
        let all_earlier = |others: &[std::borrow::Cow<'_, str>]| {
            let places = others.iter().map(|other| earlier(other));
            places.collect::<Result<Vec<_>, _>>()
        };
        let group = match &step.block {
            None => None,
            Some(first) if *first == step.name => Some(place),
            Some(first) => Some(earlier(first)?),
        };
        let group = group.map(|first| block(first, saga, place));
        let group = group.transpose()?;
        let (stands_on, awaits) = (all_earlier(&step.stands_on)?, all_earlier(&step.awaits)?);
        if let Some(other) = awaits
            .iter()
            .find(|&&other| group.is_none_or(|group| other < group.first))
        {
            let other = &saga.steps[usize::from(*other)].name;
            return Err(inconsistent(format!(
                "`{other}` is not in the block of `{name}`"
            )));
        }
        Ok(Self {
            group,
            stands_on,
            awaits,
        })
    }

    fn leaked(self, step: &json::Step<'_>) -> Step {
        Step {
            name: text(&step.name),
            kind: step.kind,
            effect: text(&step.effect),
            group: self.group,
            reads: texts(&step.reads),
            when: step.when.as_deref().map(texts),
            compensation: match &step.compensate {
                None => Compensation::Absent,
                Some(json::Compensate::None(_)) => Compensation::None,
                Some(json::Compensate::Declared(clause)) => Compensation::Declared {
                    by_key: clause.by_key,
                    call: call(clause),
                },
            },
            resolve: step.resolve.as_ref().map(call),
            fallback: step.fallback.as_ref().map(call),
            stands_on: self.stands_on.leak(),
            awaits: self.awaits.leak(),
            timeout: step.timeout_ms.as_ref().map(|_| NONE),
            retry: step.retry.as_ref().map(retry),
            idempotent: step.idempotent,
            late: step.late_ms.as_ref().map(|_| NONE),
            savepoint: step.savepoint.as_ref().map(retry),
            abort: step.abort,
            line: step.line,
        }
    }
}

/// The block that begins at `first`, which the step at `place` says that it is in.
fn block(first: u16, saga: &json::Saga<'_>, place: u16) -> Result<Group, SchemaError> {
    let name = &saga.steps[usize::from(first)].name;
    let from_it_on = saga.steps[usize::from(first)..].iter();
    let siblings = from_it_on.take_while(|step| step.block.as_ref() == Some(name));
    let len = u16::try_from(siblings.count()).unwrap_or(u16::MAX);
    if place < first + len {
        Ok(Group { first, len })
    } else {
        let step = &saga.steps[usize::from(place)].name;
        Err(inconsistent(format!(
            "`{step}` is not next to the block of `{name}`"
        )))
    }
}

fn call(clause: &json::Clause<'_>) -> Call {
    Call {
        reads: texts(&clause.reads),
        timeout: clause.timeout_ms.as_ref().map(|_| NONE),
        retry: clause.retry.as_ref().map(retry),
    }
}

fn retry(policy: &json::Policy) -> Retry {
    Retry {
        limit: match policy.limit {
            Times::Number(times) => Limit::Times(times),
            Times::Word(_) => Limit::Forever,
        },
        backoff: Backoff {
            base: NONE,
            cap: NONE,
            jitter: policy.jitter,
        },
        conditional: policy.conditional,
    }
}

fn field(field: &json::Field<'_>) -> Field {
    Field {
        name: text(&field.name),
        ty: text(&field.ty),
    }
}

fn text(text: &str) -> &'static str {
    text.to_owned().leak()
}

fn texts(names: &[std::borrow::Cow<'_, str>]) -> &'static [&'static str] {
    all(names.iter().map(|name| text(name)))
}

fn all<T>(items: impl Iterator<Item = T>) -> &'static [T] {
    items.collect::<Vec<_>>().leak()
}

fn inconsistent(what: String) -> SchemaError {
    SchemaError::Inconsistent { what }
}
