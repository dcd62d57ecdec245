//! The steps of a saga, those of the sagas that are its steps, and the items of loops, by path.

use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
};
use typed_saga::definition::{
    Definition,
    parts::{Compensation, Kind, Step},
};

/// How many items each loop has.
pub(crate) const ITEMS: usize = 2;

/// A step, with its path: `wrapped/paper`, `packed[1]`.
pub(crate) struct Part {
    pub(crate) path: &'static str,
    pub(crate) step: &'static Step,
}

impl Part {
    /// Whether its vendor is called.
    pub(crate) fn is_called(&self) -> bool {
        self.step.kind.acts() && self.step.child.is_none() && self.step.items.is_none()
    }

    /// Whether it changes something.
    pub(crate) fn changes(&self) -> bool {
        self.is_called() && self.step.kind != Kind::Read
    }

    /// Whether its compensation is code of its own.
    pub(crate) fn is_undone(&self) -> bool {
        matches!(self.step.compensation, Compensation::Declared { .. })
    }
}

/// All of them, a step before those that it is made of.
pub(crate) fn parts(definition: &'static Definition) -> &'static [Part] {
    static KNOWN: Mutex<BTreeMap<&str, &[Part]>> = Mutex::new(BTreeMap::new());
    let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    known.entry(&*definition.name).or_insert_with(|| {
        let mut parts = Vec::new();
        enter(definition, "", &mut parts);
        parts.leak()
    })
}

fn enter(definition: &'static Definition, prefix: &str, parts: &mut Vec<Part>) {
    for step in definition.steps.iter() {
        let path: &str = format!("{prefix}{}", step.name).leak();
        parts.push(Part { path, step });
        if let Some(child) = &step.child {
            enter(&child.definition, &format!("{path}/"), parts);
        }
        let each = step.items.as_ref().map(|items| &*items.each.steps);
        if let Some([.., step]) = each {
            for item in 0..ITEMS {
                let path: &str = format!("{path}[{item}]").leak();
                parts.push(Part { path, step });
                if let Some(child) = &step.child {
                    enter(&child.definition, &format!("{path}/"), parts);
                }
            }
        }
    }
}

/// The place of a step among them.
pub(crate) fn index(definition: &'static Definition, path: &str) -> Option<usize> {
    parts(definition).iter().position(|part| part.path == path)
}

/// The step with this path.
pub(crate) fn part(definition: &'static Definition, path: &str) -> Option<&'static Part> {
    parts(definition).iter().find(|part| part.path == path)
}

/// Whether it is a part of that step.
pub(crate) fn is_within(path: &str, whole: &str) -> bool {
    let rest = path.strip_prefix(whole);
    rest.is_some_and(|rest| rest.starts_with(['/', '[']))
}

/// Whether several of its calls may run at once.
pub(crate) fn is_concurrent(definition: &'static Definition) -> bool {
    let mut steps = parts(definition).iter().map(|part| part.step);
    steps.any(|step| {
        let items = step.items.as_ref();
        step.group.is_some() || items.is_some_and(|items| items.concurrent > 1)
    })
}

/// The first step of the `when` block that it is in.
pub(crate) fn first_of_block(definition: &'static Definition, of: &Part) -> Option<&'static Part> {
    let block = of.step.condition?;
    let beside = |part: &&Part| part.path.rfind('/') == of.path.rfind('/');
    let mut beside = parts(definition).iter().filter(beside);
    beside.find(|part| part.step.condition == Some(block))
}

/// The first steps of the arms before the one that it is in, if that is in a `when` of the saga itself.
pub(crate) fn earlier_arms(
    definition: &'static Definition,
    of: &Part,
) -> impl Iterator<Item = &'static Part> {
    let block = of.step.condition.filter(|_| !of.path.contains('/'));
    let arms = block.map_or(0..0, |block| definition.arms(block).start..block);
    arms.filter_map(move |arm| {
        let mut own = parts(definition).iter();
        own.find(|part| !part.path.contains('/') && part.step.condition == Some(arm))
    })
}
