//! Each part of a definition, as it is written and, next to it, as it is read.

use serde::{Serialize, Serializer, de::Error as _, ser::SerializeMap};
use serde_json::{Error, Value};

use super::{
    call::{call, read_call, retry, timing, write_call},
    error::SchemaError,
    object::{Fields, Object},
    places::{Places, inconsistent},
    written::Written,
};
use crate::{
    definition::{Child, Compensation, Condition, Definition, Emit, Field, Items, Kind, Step},
    text::List,
};

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
            conditions,
            // It is the step of this kind.
            pivot: _,
            emits,
            events,
            publish,
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
        object.list("conditions", &form.parts(conditions))?;
        object.optional("emits", emits.as_ref())?;
        object.list("events", &form.parts(events))?;
        object.optional("publish", form.optional(publish.as_ref()))?;
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
    let conditions = object.list::<Value>("conditions")?;
    let conditions = conditions
        .iter()
        .map(|value| condition(value.clone(), &places));
    let conditions: List<Condition> = conditions.collect::<Result<_, _>>()?;
    let steps = (0..)
        .zip(steps)
        .map(|(place, object)| step(object, place, &places));
    let mut steps: Vec<Step> = steps.collect::<Result<_, _>>()?;
    govern(&mut steps, &conditions)?;
    let events = object.list::<Value>("events")?;
    let events = events
        .iter()
        .map(|value| emit(value.clone(), &places, conditions.len()));
    let events: List<Emit> = events.collect::<Result<_, _>>()?;
    let mut pivots = (0..)
        .zip(&steps)
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
        steps: steps.into(),
        conditions,
        pivot,
        emits: object.optional("emits")?,
        events,
        publish: object.part("publish", call)?,
        file: object.required("file")?,
        line: object.required("line")?,
    };
    object.end()?;
    Ok(definition)
}

/// From its first step to its last one.
impl Serialize for Written<'_, Condition> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let Condition {
            first,
            len,
            reads,
            line,
        } = self.part;
        let form = self.form;
        let mut object = to.serialize_map(None)?;
        object.serialize_entry("first", form.name(*first))?;
        object.serialize_entry("last", form.name(first + len - 1))?;
        object.list("reads", reads)?;
        object.serialize_entry("line", &form.line(*line))?;
        object.end()
    }
}

fn condition(value: Value, places: &Places) -> Result<Condition, SchemaError> {
    let mut object = Object::of(value)?;
    let [first, last] = ["first", "last"].map(|end| object.required::<String>(end));
    let (first, last) = (places.named(&first?)?, places.named(&last?)?);
    let len = (last + 1).checked_sub(first).filter(|len| *len > 0);
    let condition = Condition {
        first,
        len: len.ok_or_else(|| inconsistent("a `when` block ends before it starts".to_owned()))?,
        reads: object.list("reads")?,
        line: object.required("line")?,
    };
    object.end()?;
    Ok(condition)
}

/// Behind a step, if it is not at the start; in the `when` block that begins with a step.
impl Serialize for Written<'_, Emit> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let Emit {
            place,
            failed,
            condition,
            reads,
            line,
        } = self.part;
        let form = self.form;
        let mut object = to.serialize_map(None)?;
        let before = place.checked_sub(1);
        object.optional("behind", before.map(|before| form.name(before)))?;
        object.optional("block", *condition)?;
        object.flag("failed", *failed)?;
        object.list("reads", reads)?;
        object.serialize_entry("line", &form.line(*line))?;
        object.end()
    }
}

fn emit(value: Value, places: &Places, blocks: usize) -> Result<Emit, SchemaError> {
    let mut object = Object::of(value)?;
    let behind = object.optional::<String>("behind")?;
    let behind = behind.map(|step| places.named(&step)).transpose()?;
    let condition = object.optional::<u16>("block")?;
    if condition.is_some_and(|block| usize::from(block) >= blocks) {
        return Err(inconsistent("an `emit` is in no `when` block".to_owned()));
    }
    let emit = Emit {
        place: behind.map_or(0, |step| step + 1),
        failed: object.flag("failed")?,
        condition,
        reads: object.list("reads")?,
        line: object.required("line")?,
    };
    object.end()?;
    Ok(emit)
}

/// Tells the steps which `when` block they belong to.
fn govern(steps: &mut [Step], conditions: &[Condition]) -> Result<(), SchemaError> {
    for (block, condition) in (0..).zip(conditions) {
        let first = usize::from(condition.first);
        for step in &mut steps[first..first + usize::from(condition.len)] {
            if step.condition.replace(block).is_some() {
                let what = format!("`{}` is in two `when` blocks", step.name);
                return Err(inconsistent(what));
            }
        }
    }
    Ok(())
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
            // It is told of the `when` block.
            condition: _,
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
            keyed_by,
            late,
            savepoint,
            abort,
            child,
            items,
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
            _ => Some(form.part(compensation)),
        };
        object.optional("compensate", compensate)?;
        object.optional("resolve", form.optional(resolve.as_ref()))?;
        object.optional("fallback", form.optional(fallback.as_ref()))?;
        object.list("stands_on", &form.names(stands_on))?;
        object.list("awaits", &form.names(awaits))?;
        object.optional("timeout_ms", form.optional(timeout.as_ref()))?;
        object.optional("retry", form.optional(retry.as_ref()))?;
        object.flag("idempotent", *idempotent)?;
        object.optional("keyed_by", keyed_by.as_ref())?;
        object.optional("late_ms", form.optional(late.as_ref()))?;
        object.optional("savepoint", form.optional(savepoint.as_ref()))?;
        object.flag("abort", *abort)?;
        object.optional("child", form.optional(child.as_ref()))?;
        object.optional("for", form.optional(items.as_ref()))?;
        object.serialize_entry("line", &form.line(*line))?;
        object.end()
    }
}

fn step(mut object: Object, place: u16, places: &Places) -> Result<Step, SchemaError> {
    let block = object.optional::<String>("block")?;
    let group = places.group(place, block.as_deref())?;
    let compensation = object
        .part("compensate", |value| compensation(value, place, places))?
        .unwrap_or(Compensation::Absent);
    let covered = compensation.with().is_some();
    let step = Step {
        name: object.required("name")?,
        kind: kind(&object.required::<String>("kind")?)?,
        effect: object.required("effect")?,
        group,
        condition: None,
        reads: object.list("reads")?,
        when: object.optional("when")?,
        compensation,
        resolve: object.part("resolve", call)?,
        fallback: object.part("fallback", call)?,
        stands_on: places.all_earlier(place, &object.list("stands_on")?)?,
        awaits: places.siblings(place, group, &object.list("awaits")?)?,
        timeout: object.part("timeout_ms", timing)?,
        retry: object.part("retry", retry)?,
        idempotent: object.flag("idempotent")?,
        keyed_by: object.optional("keyed_by")?,
        late: object.part("late_ms", timing)?,
        savepoint: object.part("savepoint", retry)?,
        abort: object.flag("abort")?,
        child: object.part("child", child)?,
        items: object.part("for", |value| items(value, places, covered))?,
        line: object.required("line")?,
    };
    object.end()?;
    Ok(step)
}

impl Serialize for Written<'_, Child> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let Child {
            definition,
            services,
        } = self.part;
        let mut object = to.serialize_map(None)?;
        let declared = Written::<Definition>::of(definition, self.form.essence);
        object.serialize_entry("saga", &declared)?;
        object.list("with", services)?;
        object.end()
    }
}

impl Serialize for Written<'_, Items> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let Items {
            item,
            ty,
            reads,
            when,
            concurrent,
            each,
        } = self.part;
        let mut object = to.serialize_map(None)?;
        object.serialize_entry("item", item)?;
        object.serialize_entry("type", ty)?;
        object.list("reads", reads)?;
        object.optional("when", when.as_ref())?;
        object.optional("concurrent", (*concurrent != 1).then_some(concurrent))?;
        object.flag("behind_pivot", each.pivot.is_some())?;
        let mut each = each.steps.last().cloned();
        let covered = each.iter_mut().map(|each| &mut each.compensation);
        for by in covered.filter(|by| by.with().is_some()) {
            // The loop says it.
            *by = Compensation::Absent;
        }
        object.serialize_entry("each", &self.form.optional(each.as_ref()))?;
        object.end()
    }
}

fn child(value: Value) -> Result<Child, SchemaError> {
    let mut object = Object::of(value)?;
    let declared = object.required::<Value>("saga")?;
    let child = Child {
        definition: definition(Object::of(declared)?)?.into(),
        services: object.list("with")?,
    };
    object.end()?;
    Ok(child)
}

/// `covered`: the loop is undone with another step.
fn items(value: Value, places: &Places, covered: bool) -> Result<Items, SchemaError> {
    let mut object = Object::of(value)?;
    let mut each = step(Object::of(object.required("each")?)?, 0, places)?;
    if covered {
        each.compensation = Compensation::With(Items::BEFORE);
    }
    let behind = object.flag("behind_pivot")?;
    let items = Items {
        item: object.required("item")?,
        ty: object.required("type")?,
        reads: object.list("reads")?,
        when: object.optional("when")?,
        concurrent: object.optional("concurrent")?.unwrap_or(1),
        each: Items::each_of(each, false, false, behind).into(),
    };
    object.end()?;
    Ok(items)
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
            Compensation::With(step) => {
                let mut object = to.serialize_map(None)?;
                object.serialize_entry("with", self.form.name(*step))?;
                object.end()
            }
        }
    }
}

fn compensation(value: Value, place: u16, places: &Places) -> Result<Compensation, SchemaError> {
    if value == "none" {
        return Ok(Compensation::None);
    }
    let mut object = Object::of(value)?;
    if let Some(step) = object.optional::<String>("with")? {
        object.end()?;
        return Ok(Compensation::With(places.earlier(place, &step)?));
    }
    let by_key = object.flag("by_key")?;
    let call = read_call(object)?;
    Ok(Compensation::Declared { by_key, call })
}
