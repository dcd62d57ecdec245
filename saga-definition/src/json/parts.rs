//! The JSON of a definition's parts: their fields, and the data that the fields do not contain.

use std::slice;

use serde_json::Value;

use super::{
    conditions::follow,
    error::SchemaError,
    form::{At, Form, Json, push},
    object::{Reader, Writer},
    places::{Places, inconsistent},
};
use crate::{
    definition::{
        Call, Child, Compensation, Definition, DefinitionRef, Emit, Field, Hold, Items, Key, Lock,
        Rare, Step, Visit,
    },
    order::{Doubled, Side},
    policy::{Backoff, Limit, Retry, Savepoint},
    reference::Ref,
    text::List,
};

/// Parts that consist of their fields alone.
macro_rules! plain_objects {
    ($($Part:ident)*) => {$(
        impl Json for $Part {
            fn write(&self, to: &mut String, form: Form<'_>) {
                Writer::object(to, form, |to| self.fields(to));
            }

            fn read(value: Value, at: At<'_>) -> Result<Self, SchemaError> {
                Reader::part(value, at, Self::PLAIN, Self::fields_mut)
            }
        }
    )*};
}

plain_objects!(Field Lock Child Call Rare);

impl<T: Json + 'static> Json for Ref<T> {
    fn write(&self, to: &mut String, form: Form<'_>) {
        (**self).write(to, form);
    }

    fn read(value: Value, at: At<'_>) -> Result<Self, SchemaError> {
        Ok(T::read(value, at)?.into())
    }
}

impl Json for Definition {
    fn write(&self, to: &mut String, form: Form<'_>) {
        let steps = &self.steps;
        let form = Form { steps, ..form };
        Writer::object(to, form, |to| self.fields(to));
    }

    fn read(value: Value, _: At<'_>) -> Result<Self, SchemaError> {
        let steps = value["steps"].as_array().map_or(&[][..], Vec::as_slice);
        let places = Places::of(steps)?;
        let at = At::all(&places);
        let mut definition = Reader::part(value, at, Self::EMPTY, Self::fields_mut)?;
        follow(definition.conditions.to_mut())?;
        match definition.arrange() {
            None => {}
            Some(Doubled::Pivot) => return Err(inconsistent("it has two pivots".to_owned())),
            Some(Doubled::Block(step)) => {
                let name = &definition.steps[usize::from(step)].name;
                return Err(inconsistent(format!("`{name}` is in two `when` blocks")));
            }
        }
        let is_outside = |block: u16| usize::from(block) >= definition.conditions.len();
        let mut blocks = definition.events.iter().filter_map(|emit| emit.condition);
        if blocks.any(is_outside) {
            return Err(inconsistent("an `emit` is in no `when` block".to_owned()));
        }
        Ok(definition)
    }
}

impl Json for DefinitionRef {
    fn write(&self, to: &mut String, form: Form<'_>) {
        (**self).write(to, form);
    }

    fn read(value: Value, at: At<'_>) -> Result<Self, SchemaError> {
        Ok(Definition::read(value, at)?.into())
    }
}

/// As the step before it, unless it is at the start; and the number of its `when` block, if it is
/// in one.
impl Json for Emit {
    fn write(&self, to: &mut String, form: Form<'_>) {
        Writer::object(to, form, |to| {
            if let Some(before) = self.place.checked_sub(1) {
                to.entry("behind", &before);
            }
            if let Some(block) = self.condition {
                to.entry("block", &u32::from(block));
            }
            self.fields(to);
        });
    }

    fn read(value: Value, at: At<'_>) -> Result<Self, SchemaError> {
        let mut from = Reader::of(value, at)?;
        let mut emit = Self::PLAIN;
        let behind = from.optional::<u16>("behind")?;
        emit.place = behind.map_or(0, |step| step + 1);
        let block = from.optional::<u32>("block")?;
        emit.condition = block.map(|block| u16::try_from(block).unwrap_or(u16::MAX));
        emit.fields_mut(&mut from);
        from.end()?;
        Ok(emit)
    }
}

/// With its rare fields among its own.
impl Json for Step {
    fn write(&self, to: &mut String, form: Form<'_>) {
        let rare = self.rare.get();
        Writer::object(to, form, |to| self.fields(&mut WithRare { to, rare }));
    }

    fn read(value: Value, at: At<'_>) -> Result<Self, SchemaError> {
        let at = At {
            place: at.places.of_step(&value),
            covered: value["compensate"].get("with").is_some(),
            ..at
        };
        let mut rare = Rare::PLAIN;
        let mut step = Reader::part(value, at, Self::PLAIN, |step, from| {
            step.fields_mut(from);
            rare.fields_mut(from);
        })?;
        if rare != Rare::PLAIN {
            step.rare = rare.into();
        }
        let siblings = step.earlier_siblings(at.place);
        at.places.are_siblings(at.place, &siblings, &step.awaits)?;
        Ok(step)
    }
}

/// Writes the fields of a step, and after each those of its rare ones that come after it.
struct WithRare<'w, 'a> {
    to: &'w mut Writer<'a>,
    rare: &'w Rare,
}

impl<'a, T> Visit<T> for WithRare<'_, 'a>
where
    Writer<'a>: Visit<T>,
{
    fn field(&mut self, name: &'static str, key: Key, value: &T, plain: &T) {
        self.to.field(name, key, value, plain);
        let to = &mut *self.to;
        self.rare.fields(&mut After { to, name });
    }
}

/// Writes the fields that come after the one with this name.
struct After<'w, 'a> {
    to: &'w mut Writer<'a>,
    name: &'static str,
}

impl<'a, T> Visit<T> for After<'_, 'a>
where
    Writer<'a>: Visit<T>,
{
    fn field(&mut self, name: &'static str, key: Key, value: &T, plain: &T) {
        if key.after == Some(self.name) {
            self.to.field(name, key, value, plain);
        }
    }
}

impl Json for Hold {
    fn write(&self, to: &mut String, form: Form<'_>) {
        Writer::object(to, form, |to| {
            self.fields(to);
            to.entry("until", &self.until);
        });
    }

    fn read(value: Value, at: At<'_>) -> Result<Self, SchemaError> {
        let place = at.place;
        // The step that is named comes later.
        let mut from = Reader::of(value, At::all(at.places))?;
        let mut hold = Self::PLAIN;
        hold.until = from.required("until")?;
        hold.fields_mut(&mut from);
        from.end()?;
        if hold.until <= place {
            let what = "`#[holds]` lasts until a step that comes no later".to_owned();
            return Err(inconsistent(what));
        }
        Ok(hold)
    }
}

/// As the step that has the code, without the rest of `each`.
impl Json for Items {
    fn write(&self, to: &mut String, form: Form<'_>) {
        let mut each: Option<Step> = self.each.steps.last().cloned();
        let covered = each.iter_mut().map(|each| &mut each.compensation);
        for by in covered.filter(|by| by.with().is_some()) {
            // The loop's own step has it.
            *by = Compensation::Absent;
        }
        Writer::object(to, form, |to| {
            self.fields(to);
            let behind = self.each.side(Self::STEP) == Side::AfterPivot;
            to.flag("behind_pivot", behind);
            to.entry("each", &each);
        });
    }

    fn read(value: Value, at: At<'_>) -> Result<Self, SchemaError> {
        // An item can refer to no other step.
        let places = Places::of(slice::from_ref(&value["each"]))?;
        let covered = at.covered;
        let mut from = Reader::of(value, At::all(&places))?;
        let mut each: Step = from.required("each")?;
        if covered {
            each.compensation = Compensation::With(Self::BEFORE);
        }
        let behind = from.flag("behind_pivot")?;
        let mut items = Self {
            each: Self::each_of(each, false, false, behind).into(),
            ..Self::PLAIN
        };
        items.fields_mut(&mut from);
        from.end()?;
        Ok(items)
    }
}

impl Json for Compensation {
    fn write(&self, to: &mut String, form: Form<'_>) {
        match self {
            // Plain, so it is omitted.
            Self::Absent => push(to, Value::Null),
            Self::None { again } => push(to, if *again { "none again" } else { "none" }),
            Self::Declared { by_key, call } => Writer::object(to, form, |to| {
                let by_key = *by_key;
                call.fields(&mut ByKey { to, by_key });
            }),
            Self::With(step) => Writer::object(to, form, |to| to.entry("with", step)),
        }
    }

    fn read(value: Value, at: At<'_>) -> Result<Self, SchemaError> {
        let none = match value.as_str() {
            Some("none") => Some(false),
            Some("none again") => Some(true),
            _ => None,
        };
        if let Some(again) = none {
            return Ok(Self::None { again });
        }
        let mut from = Reader::of(value, at)?;
        if let Some(step) = from.optional("with")? {
            from.end()?;
            return Ok(Self::With(step));
        }
        let by_key = from.flag("by_key")?;
        let mut call = Call::PLAIN;
        call.fields_mut(&mut from);
        from.end()?;
        Ok(Self::Declared { by_key, call })
    }
}

/// Writes a call, and after its reads whether it is `#[by_key]`.
struct ByKey<'w, 'a> {
    to: &'w mut Writer<'a>,
    by_key: bool,
}

impl<'a, T> Visit<T> for ByKey<'_, 'a>
where
    Writer<'a>: Visit<T>,
{
    fn field(&mut self, name: &'static str, key: Key, value: &T, plain: &T) {
        self.to.field(name, key, value, plain);
        if name == "reads" {
            self.to.flag("by_key", self.by_key);
        }
    }
}

impl Json for Retry {
    fn write(&self, to: &mut String, form: Form<'_>) {
        let Self { limit, backoff } = self;
        Writer::object(to, form, |to| to.counted(*limit, backoff));
    }

    fn read(value: Value, at: At<'_>) -> Result<Self, SchemaError> {
        let mut from = Reader::of(value, at)?;
        let (limit, backoff) = from.counted()?;
        from.end()?;
        Ok(Self { limit, backoff })
    }
}

impl Json for Savepoint {
    fn write(&self, to: &mut String, form: Form<'_>) {
        let Self {
            limit,
            backoff,
            on,
            conditional,
        } = self;
        Writer::object(to, form, |to| {
            to.counted(*limit, backoff);
            to.flag("if", *conditional);
            if let Some(on) = on {
                to.entry("on", on);
            }
        });
    }

    fn read(value: Value, at: At<'_>) -> Result<Self, SchemaError> {
        let place = at.place;
        // The steps that are named may come later.
        let mut from = Reader::of(value, At::all(at.places))?;
        let (limit, backoff) = from.counted()?;
        let conditional = from.flag("if")?;
        let on: Option<List<u16>> = from.optional("on")?;
        from.end()?;
        if on.iter().flat_map(|on| on.iter()).any(|step| *step < place) {
            let what = "a savepoint names a step that comes before it".to_owned();
            return Err(inconsistent(what));
        }
        Ok(Self {
            limit,
            backoff,
            on,
            conditional,
        })
    }
}

/// A limit and its waits, which have the fields of the backoff among their own.
impl Writer<'_> {
    fn counted(&mut self, limit: Limit, backoff: &Backoff) {
        let Backoff { base, cap, jitter } = backoff;
        self.entry("limit", &limit);
        self.entry("base_ms", base);
        self.entry("cap_ms", cap);
        self.flag("jitter", *jitter);
    }
}

impl Reader<'_> {
    fn counted(&mut self) -> Result<(Limit, Ref<Backoff>), SchemaError> {
        let limit = self.required("limit")?;
        let backoff = Backoff {
            base: self.required("base_ms")?,
            cap: self.required("cap_ms")?,
            jitter: self.flag("jitter")?,
        };
        Ok((limit, backoff.into()))
    }
}
