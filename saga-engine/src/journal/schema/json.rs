//! A definition as it is written: steps refer to each other by name, what is usual is left out.

use std::{borrow::Cow, panic::catch_unwind, time::Duration};

use saga_core::{
    Definition, Limit, Retry, Timing,
    definition::{self, Call, Kind},
};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

type Text<'a> = Cow<'a, str>;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Saga<'a> {
    #[serde(borrow)]
    pub(super) name: Text<'a>,
    #[serde(default, skip_serializing_if = "is_false")]
    pub(super) durable: bool,
    #[serde(default, skip_serializing_if = "is_false")]
    pub(super) classified: bool,
    pub(super) inputs: Vec<Field<'a>>,
    pub(super) services: Vec<Field<'a>>,
    pub(super) output: Text<'a>,
    pub(super) error: Text<'a>,
    pub(super) steps: Vec<Step<'a>>,
    pub(super) file: Text<'a>,
    pub(super) line: u32,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Field<'a> {
    #[serde(borrow)]
    pub(super) name: Text<'a>,
    #[serde(rename = "type")]
    pub(super) ty: Text<'a>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Step<'a> {
    #[serde(borrow)]
    pub(super) name: Text<'a>,
    #[serde(with = "KindWord")]
    pub(super) kind: Kind,
    pub(super) effect: Text<'a>,
    /// The name of the first step of its `concurrent` block.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) block: Option<Text<'a>>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) reads: Vec<Text<'a>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) when: Option<Vec<Text<'a>>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) compensate: Option<Compensate<'a>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) resolve: Option<Clause<'a>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) fallback: Option<Clause<'a>>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) stands_on: Vec<Text<'a>>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) awaits: Vec<Text<'a>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) timeout_ms: Option<Millis>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) retry: Option<Policy>,
    #[serde(default, skip_serializing_if = "is_false")]
    pub(super) idempotent: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) late_ms: Option<Millis>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) savepoint: Option<Policy>,
    #[serde(default, skip_serializing_if = "is_false")]
    pub(super) abort: bool,
    pub(super) line: u32,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "Kind", rename_all = "snake_case")]
enum KindWord {
    Read,
    Step,
    Pivot,
}

#[derive(Serialize, Deserialize)]
#[serde(untagged)]
pub(super) enum Compensate<'a> {
    None(Nothing),
    #[serde(borrow)]
    Declared(Clause<'a>),
}

/// `compensate none`.
#[derive(Serialize, Deserialize)]
pub(super) enum Nothing {
    #[serde(rename = "none")]
    None,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Clause<'a> {
    #[serde(borrow)]
    pub(super) reads: Vec<Text<'a>>,
    /// Of a compensation only.
    #[serde(default, skip_serializing_if = "is_false")]
    pub(super) by_key: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) timeout_ms: Option<Millis>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) retry: Option<Policy>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Policy {
    pub(super) limit: Times,
    base_ms: Millis,
    cap_ms: Millis,
    #[serde(default, skip_serializing_if = "is_false")]
    pub(super) jitter: bool,
    /// Whether it says `if = …`.
    #[serde(default, skip_serializing_if = "is_false", rename = "if")]
    pub(super) conditional: bool,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case", untagged)]
pub(super) enum Times {
    Number(u32),
    Word(Forever),
}

#[derive(Serialize, Deserialize)]
pub(super) enum Forever {
    #[serde(rename = "forever")]
    Forever,
}

/// A duration in milliseconds. It is for people: read back, it is zero.
pub(super) struct Millis(Duration);

impl Serialize for Millis {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match u64::try_from(self.0.as_millis()) {
            Ok(whole) if Duration::from_millis(whole) == self.0 => to.serialize_u64(whole),
            _ => to.serialize_f64(self.0.as_secs_f64() * 1000.0),
        }
    }
}

impl<'de> Deserialize<'de> for Millis {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        f64::deserialize(from).map(|_| Self(Duration::ZERO))
    }
}

impl<'a> Saga<'a> {
    pub(super) fn of(definition: &'a Definition) -> Self {
        let fields = |fields: &'a [definition::Field]| fields.iter().map(Field::of).collect();
        let steps = definition.steps.iter();
        Self {
            name: definition.name.into(),
            durable: definition.durable,
            classified: definition.classified,
            inputs: fields(definition.inputs),
            services: fields(definition.services),
            output: definition.output.into(),
            error: definition.error.into(),
            steps: steps.map(|step| Step::of(step, definition)).collect(),
            file: definition.file.into(),
            line: definition.line,
        }
    }
}

impl Saga<'_> {
    /// Without what nothing is decided by: durations, lines and the file.
    pub(super) fn essence(mut self) -> Self {
        (self.file, self.line) = (Text::default(), 0);
        for step in &mut self.steps {
            step.line = 0;
            let compensate = match &mut step.compensate {
                Some(Compensate::Declared(clause)) => Some(clause),
                Some(Compensate::None(_)) | None => None,
            };
            let clauses = [compensate, step.resolve.as_mut(), step.fallback.as_mut()];
            let mut durations = vec![step.timeout_ms.as_mut(), step.late_ms.as_mut()];
            let mut policies = vec![step.retry.as_mut(), step.savepoint.as_mut()];
            for clause in clauses.into_iter().flatten() {
                durations.push(clause.timeout_ms.as_mut());
                policies.push(clause.retry.as_mut());
            }
            for policy in policies.into_iter().flatten() {
                durations.extend([Some(&mut policy.base_ms), Some(&mut policy.cap_ms)]);
            }
            for Millis(duration) in durations.into_iter().flatten() {
                *duration = Duration::ZERO;
            }
        }
        self
    }
}

impl<'a> Field<'a> {
    fn of(field: &'a definition::Field) -> Self {
        Self {
            name: field.name.into(),
            ty: field.ty.into(),
        }
    }
}

impl<'a> Step<'a> {
    fn of(step: &'a definition::Step, definition: &'a Definition) -> Self {
        let named = |step: u16| Text::from(definition.steps[usize::from(step)].name);
        let all_named = |steps: &'a [u16]| steps.iter().map(|&step| named(step)).collect();
        Self {
            name: step.name.into(),
            kind: step.kind,
            effect: step.effect.into(),
            block: step.group.map(|group| named(group.first)),
            reads: texts(step.reads),
            when: step.when.map(texts),
            compensate: Compensate::of(&step.compensation),
            resolve: step.resolve.as_ref().map(Clause::of),
            fallback: step.fallback.as_ref().map(Clause::of),
            stands_on: all_named(step.stands_on),
            awaits: all_named(step.awaits),
            timeout_ms: step.timeout.map(Millis::of),
            retry: step.retry.map(Policy::of),
            idempotent: step.idempotent,
            late_ms: step.late.map(Millis::of),
            savepoint: step.savepoint.map(Policy::of),
            abort: step.abort,
            line: step.line,
        }
    }
}

impl<'a> Compensate<'a> {
    fn of(compensation: &'a definition::Compensation) -> Option<Self> {
        match compensation {
            definition::Compensation::Absent => None,
            definition::Compensation::None => Some(Self::None(Nothing::None)),
            definition::Compensation::Declared { by_key, call } => {
                let by_key = *by_key;
                let clause = Clause::of(call);
                Some(Self::Declared(Clause { by_key, ..clause }))
            }
        }
    }
}

impl<'a> Clause<'a> {
    fn of(call: &'a Call) -> Self {
        Self {
            reads: texts(call.reads),
            by_key: false,
            timeout_ms: call.timeout.map(Millis::of),
            retry: call.retry.map(Policy::of),
        }
    }
}

impl Policy {
    fn of(retry: Retry) -> Self {
        Self {
            limit: match retry.limit {
                Limit::Times(times) => Times::Number(times),
                Limit::Forever => Times::Word(Forever::Forever),
            },
            base_ms: Millis::of(retry.backoff.base),
            cap_ms: Millis::of(retry.backoff.cap),
            jitter: retry.backoff.jitter,
            conditional: retry.conditional,
        }
    }
}

impl Millis {
    /// Nothing, if the user's expression panics.
    fn of(timing: Timing) -> Self {
        Self(catch_unwind(|| timing.get()).unwrap_or_default())
    }
}

fn texts<'a>(names: &'a [&'a str]) -> Vec<Text<'a>> {
    names.iter().map(|name| Text::from(*name)).collect()
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
const fn is_false(yes: &bool) -> bool {
    !*yes
}
