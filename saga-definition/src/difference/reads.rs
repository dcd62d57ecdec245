//! Differences in the compensation of a step, and in keys.

use super::{
    kinds::{Difference, Undo},
    order::Aligned,
};
use crate::{
    definition::{CallKind, Compensation, Definition, Step},
    text::{List, Text},
};

/// The difference between two versions of how a step is undone.
///
/// Of what the compensation reads, only effects count: inputs, services, keys and the context are
/// there whatever has happened.
pub(super) fn undone(
    aligned: &Aligned<'_>,
    (step, compensation): (&Text, &Compensation),
    is: &Compensation,
) -> Option<Difference> {
    let step = step.clone();
    let (was_undone, is_undone) = (undo(compensation), undo(is));
    if was_undone != is_undone {
        let (was, is) = (was_undone, is_undone);
        return Some(Difference::Compensation { step, was, is });
    }
    let (was, is) = (undo_reads(compensation), undo_reads(is));
    let old = was
        .iter()
        .map(|read| Source::of(aligned.old, read).now(aligned));
    let (old, new): (Vec<_>, Vec<_>) = (
        old.collect(),
        is.iter()
            .map(|read| Source::of(aligned.new, read))
            .collect(),
    );
    let counts =
        |source: &&Source| matches!(source, Source::Step(name) if !aligned.is_optional(name));
    let only = |all: &[Source], other: &[Source]| {
        let all = all.iter().filter(counts);
        all.filter(|source| !other.contains(source)).count()
    };
    let same = only(&old, &new) == 0 && only(&new, &old) == 0;
    (!same).then_some(Difference::Reads { step, was, is })
}

/// The difference between two keys of a call; `None` is `key`.
pub(super) fn key(
    aligned: &Aligned<'_>,
    step: &Step,
    call: CallKind,
    keys: [Option<Text>; 2],
) -> Option<Difference> {
    let [was, is] = keys.map(|key| key.unwrap_or_else(|| "key".into()));
    let (old, new) = (
        Source::of(aligned.old, &was).now(aligned),
        Source::of(aligned.new, &is),
    );
    let step = step.name.clone();
    (old != new).then_some(Difference::Key {
        step,
        call,
        was,
        is,
    })
}

fn undo(compensation: &Compensation) -> Undo {
    match compensation {
        Compensation::Absent => Undo::Absent,
        Compensation::None { .. } => Undo::None,
        Compensation::Declared { by_key: false, .. } => Undo::Declared,
        Compensation::Declared { by_key: true, .. } => Undo::ByKey,
        Compensation::With(_) => Undo::With,
    }
}

fn undo_reads(compensation: &Compensation) -> List<Text> {
    // Policies may change.
    let reads = compensation.declared().map(|(_, call)| call.reads.clone());
    reads.unwrap_or_default()
}

/// What a name that is read names.
#[derive(PartialEq)]
enum Source {
    /// The effect of the step with this name in records.
    Step(Text),
    /// An input, a service, the item of a loop, `key` and the like.
    Other(Text),
}

impl Source {
    fn of(definition: &Definition, read: &Text) -> Self {
        let mut steps = definition.steps.iter();
        let step = steps.find(|step| step.read_as() == &**read);
        let mut fields = definition.inputs.iter().chain(definition.services.iter());
        let mut is_given = || {
            ["key", "undo_key", "ctx", "failure"].contains(&&**read)
                || fields.any(|field| field.name == *read)
        };
        if let Some(step) = step {
            Self::Step(step.name.clone())
        } else if !is_given() && items(definition).any(|item| item == read) {
            // An item is read by its own step alone, under any name.
            Self::Other("".into())
        } else {
            Self::Other(read.clone())
        }
    }

    /// The same in the new version, where a step that is there has the same name.
    fn now(self, aligned: &Aligned<'_>) -> Self {
        match self {
            Self::Step(name) => {
                let now = aligned.now(&name).map(|now| now.to_owned().into());
                Self::Step(now.unwrap_or(name))
            }
            Self::Other(name) => Self::Other(name),
        }
    }
}

/// The names of items.
fn items(definition: &Definition) -> impl Iterator<Item = &Text> {
    let loops = definition.steps.iter();
    loops.filter_map(|step| Some(&step.items.as_ref()?.item))
}
