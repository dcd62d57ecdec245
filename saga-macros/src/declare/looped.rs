//! A loop as data: the declaration of what it does with one item.
//!
//! Every field of a step is named twice here: whoever adds one decides whether it belongs to the loop, to an
//! item, or to both.

use typed_saga_definition::{Call, Compensation, Items, List, Rare, Step, Text};

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
    let reads = names(&looped.reads);
    let when = alone.when.clone().filter(|_| !step.decides_each());
    let mut decided = when.clone().unwrap_or_default().into_owned();
    let more = reads.iter().filter(|name| !decided.contains(name));
    let more: Vec<_> = more.cloned().collect();
    decided.extend(more);
    let effect = match &*alone.effect {
        "()" => alone.effect.clone(),
        effect => format!("Vec<{effect}>").into(),
    };
    let from_outside = others(&alone.reads, &item);
    let compensation = compensation_of_loop(&alone.compensation, &item);
    let concurrent = step.attrs.concurrent.unwrap_or(1);
    let (durable, classified) = (saga.durable.is_some(), saga.is_classified());
    let each = declared_each(&alone, step.decides_each());
    let items = Items {
        item: item.into(),
        ty: written_type(&looped.ty).into(),
        reads,
        when,
        concurrent,
        each: Items::each_of(each, durable, classified, behind).into(),
    };
    Step {
        effect,
        reads: from_outside,
        compensation,
        // Only items are called, so these belong to the item alone.
        resolve: None,
        timeout: None,
        retry: None,
        idempotent: false,
        late: None,
        late_undo: false,
        rare: rare_of_loop(&alone.rare, decided, items).into(),
        name: alone.name,
        kind: alone.kind,
        group: alone.group,
        condition: alone.condition,
        stands_on: alone.stands_on,
        retired: alone.retired,
        started: alone.started,
        introduced: alone.introduced,
        absent: alone.absent,
        line: alone.line,
    }
}

/// The names that are not that of the item.
fn others(names: &List<Text>, item: &str) -> List<Text> {
    let others = names.iter().filter(|name| **name != *item);
    others.cloned().collect()
}

fn compensation_of_loop(alone: &Compensation, item: &str) -> Compensation {
    match alone {
        Compensation::Declared { by_key: _, call } => Compensation::Declared {
            by_key: false,
            call: Call {
                reads: others(&call.reads, item),
                ..Call::ONCE
            },
        },
        other => other.clone(),
    }
}

fn rare_of_loop(alone: &Rare, decided: Vec<Text>, items: Items) -> Rare {
    Rare {
        when: Some(decided.into()),
        items: Some(items),
        // As above.
        fallback: None,
        keyed_by: None,
        child: None,
        ident: alone.ident.clone(),
        awaits: alone.awaits.clone(),
        savepoint: alone.savepoint.clone(),
        lock: alone.lock.clone(),
        holds: alone.holds.clone(),
    }
}

/// What a loop does with one item; `alone` also has what belongs to the loop as a whole.
fn declared_each(alone: &Step, decides_each: bool) -> Step {
    let Step {
        name,
        kind,
        effect,
        reads,
        compensation,
        resolve,
        timeout,
        retry,
        idempotent,
        late,
        late_undo,
        started,
        absent,
        line,
        rare,
        // The whole loop is in a block, is retired, and so on.
        group: _,
        condition: _,
        stands_on: _,
        retired: _,
        introduced: _,
    } = alone.clone();
    Step {
        name,
        kind,
        effect,
        reads,
        compensation: match compensation {
            Compensation::With(_) => Compensation::With(Items::BEFORE),
            other => other,
        },
        resolve,
        timeout,
        retry,
        idempotent,
        late,
        late_undo,
        started,
        absent,
        line,
        rare: rare_of_each(&rare, decides_each).into(),
        ..Step::PLAIN
    }
}

fn rare_of_each(alone: &Rare, decides_each: bool) -> Rare {
    Rare {
        when: alone.when.clone().filter(|_| decides_each),
        awaits: List::Borrowed(&[]),
        savepoint: None,
        // It promises something about the loop as a whole.
        holds: None,
        ident: alone.ident.clone(),
        fallback: alone.fallback.clone(),
        keyed_by: alone.keyed_by.clone(),
        child: alone.child.clone(),
        lock: alone.lock.clone(),
        items: alone.items.clone(),
    }
}
