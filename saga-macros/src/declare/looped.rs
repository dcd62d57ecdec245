//! A loop as data: the declaration of what it does with one item.

use saga_definition::{Call, Compensation, Items, List, Rare, Step, Text};

use super::written::{names, written_type};
use crate::model::{self, Saga};
use crate::names::recorded;

/// A loop; `alone` declares what it does with one item.
pub(super) fn declared_loop(
    saga: &Saga,
    alone: Step,
    step: &model::Step,
    looped: &model::Loop,
    behind: bool,
) -> Step {
    let item = recorded(&looped.item);
    let others = |names: &List<Text>| -> List<Text> {
        let others = names.iter().filter(|name| **name != *item);
        others.cloned().collect()
    };
    let reads = names(&looped.reads);
    let when = alone.when.clone().filter(|_| !step.decides_each());
    let mut decided = when.clone().unwrap_or_default().into_owned();
    decided.extend(
        reads
            .iter()
            .filter(|name| !decided.contains(name))
            .cloned()
            .collect::<Vec<_>>(),
    );
    let effect = match &*alone.effect {
        "()" => alone.effect.clone(),
        effect => format!("Vec<{effect}>").into(),
    };
    let compensation = match &alone.compensation {
        Compensation::Declared { by_key: _, call } => Compensation::Declared {
            by_key: false,
            call: Call {
                reads: others(&call.reads),
                ..Call::ONCE
            },
        },
        other => other.clone(),
    };
    let from_outside = others(&alone.reads);
    let concurrent = step.attrs.concurrent.unwrap_or(1);
    let (durable, classified) = (saga.durable.is_some(), saga.is_classified());
    let each = declared_each(&alone, step.decides_each());
    let rare = Rare {
        when: Some(decided.into()),
        items: Some(Items {
            item: item.into(),
            ty: written_type(&looped.ty).into(),
            reads,
            when,
            concurrent,
            each: Items::each_of(each, durable, classified, behind).into(),
        }),
        // Only items are called, so these belong to the item alone.
        fallback: None,
        keyed_by: None,
        child: None,
        ..(*alone.rare).clone()
    };
    Step {
        effect,
        reads: from_outside,
        compensation,
        // These, too.
        resolve: None,
        timeout: None,
        retry: None,
        idempotent: false,
        late: None,
        late_undo: false,
        rare: rare.into(),
        ..alone
    }
}

/// What a loop does with one item; `alone` also has what belongs to the loop as a whole.
fn declared_each(alone: &Step, decides_each: bool) -> Step {
    let rare = Rare {
        when: alone.when.clone().filter(|_| decides_each),
        awaits: List::Borrowed(&[]),
        savepoint: None,
        // `holds` and `never_without` promise something about the loop as a whole.
        holds: None,
        never_without: List::Borrowed(&[]),
        ..(*alone.rare).clone()
    };
    Step {
        group: None,
        condition: None,
        stands_on: List::Borrowed(&[]),
        retired: false,
        introduced: false,
        compensation: match &alone.compensation {
            Compensation::With(_) => Compensation::With(Items::BEFORE),
            other => other.clone(),
        },
        rare: rare.into(),
        ..alone.clone()
    }
}
