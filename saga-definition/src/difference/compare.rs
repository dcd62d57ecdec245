//! The comparison of two versions of a saga, of its steps, and of their parts.

use std::{
    iter,
    mem::{self, discriminant},
};

use super::{
    blocks::blocks,
    kinds::Difference,
    order::Aligned,
    reached::{Touched, all_from, below, prefix},
    reads::undone,
    settled::{settled, unasked},
    types::alike,
};
use crate::{
    definition::{Child, Definition, Field, Items, Rare, Step},
    text::Text,
};

/// The first difference that prevents a saga with records under `old` from continuing under `new`;
/// `touched` returns whether a step of `old` has any record.
///
/// The inputs must have the same names, and events must still be published. All steps up to the last
/// one that has a record, including its whole block, must be in `new` in the same order, without
/// others between them, and with the same name in records, kind, block, way to be undone, reads of
/// steps by the compensation, way to be settled (a `resolve` may be new), fallback, keys, and lock;
/// and they must depend on the same steps and wait for the same ones. (So the pivot remains in its
/// place, if the saga may have come to it.) The steps after that may differ in everything, and all
/// steps may differ in bodies, policies and docs.
///
/// Whether the types of `new` can read what is recorded, and whether the saga has skipped a step that
/// no longer has a `#[when]`, only the records tell.
#[must_use]
pub fn difference(old: &Definition, new: &Definition, touched: Touched<'_>) -> Option<Difference> {
    let found = compare(old, new, touched, Of::ThisRun);
    found.into_iter().next()
}

/// All differences that prevent some saga that began under `old`, wherever it is, from continuing
/// under `new`. If there are none, each saga can continue. One change is one difference.
///
/// In addition to what [`difference`] compares, it compares how the types of the inputs, the effects,
/// the items of loops and the events are written, and whether a `#[when]` is gone. Counts of
/// `#[retry]` and `#[savepoint]` may differ: those of `new` hold from the time at which it continues
/// the saga.
///
/// If `new` knows only the path of a child saga, as in a program that is being compiled, the
/// contents of the child are not compared.
#[must_use]
pub fn differences(old: &Definition, new: &Definition) -> Vec<Difference> {
    let retyped = retyped(old, new);
    let compared = compare(old, new, &|_| true, Of::AnyRun);
    retyped.chain(compared).collect()
}

/// Whether the outputs of two versions have different types, as far as their texts show. That prevents
/// no saga from continuing. A caller that joins a saga which completed under `old`, in a program with
/// `new`, gets no output if the new type cannot read the recorded JSON.
#[must_use]
pub fn output_differs(old: &Definition, new: &Definition) -> bool {
    !alike(&old.output, &new.output)
}

/// The saga whose differences count.
#[derive(Clone, Copy, PartialEq)]
enum Of {
    /// One whose records are known.
    ThisRun,
    /// One that may be anywhere, with any records.
    AnyRun,
}

fn compare(old: &Definition, new: &Definition, touched: Touched<'_>, of: Of) -> Vec<Difference> {
    let reached = prefix(old, touched);
    let mut aligned = Aligned::of(old, new, reached);
    let mut found = mem::take(&mut aligned.differences);
    found.extend(blocks(&aligned));
    for &(was, is) in &aligned.both {
        let of_step = between(&aligned, (was, is), &below(was, touched), of);
        found.extend(of_step.into_iter().map(|difference| (was, difference)));
    }
    found.sort_by_key(|(place, _)| *place);
    let of_steps = found.into_iter().map(|(_, difference)| difference);
    let of_saga = inputs(old, new).chain(emits(old, new, of));
    of_saga.chain(of_steps).collect()
}

/// The difference that events are not published any more, or have another type: those of sagas that
/// have ended may still be undelivered.
fn emits(old: &Definition, new: &Definition, of: Of) -> Option<Difference> {
    let was = old.emits.as_ref()?;
    let same = match &new.emits {
        None => false,
        Some(is) => of == Of::ThisRun || alike(was, is),
    };
    (!same).then(|| Difference::Emits {
        was: was.clone(),
        is: new.emits.clone(),
    })
}

/// Differences in the names of the inputs, with which a run is submitted.
fn inputs(old: &Definition, new: &Definition) -> impl Iterator<Item = Difference> {
    let without = |all: &[Field], other: &[Field]| {
        let is_alone = |it: &&Field| other.iter().all(|other| other.name != it.name);
        let alone: Vec<_> = all.iter().filter(is_alone).cloned().collect();
        alone.into_iter()
    };
    let mut gone = without(&old.inputs, &new.inputs);
    let mut fresh = without(&new.inputs, &old.inputs);
    // One that is gone and one that is new are one input that was renamed.
    iter::from_fn(move || match (gone.next(), fresh.next()) {
        (None, None) => None,
        (was, is) => Some(Difference::Input { was, is }),
    })
}

/// Inputs with another type. Whether the JSON in a journal can be read as that type, only the
/// journal can tell.
fn retyped(old: &Definition, new: &Definition) -> impl Iterator<Item = Difference> {
    old.inputs.iter().filter_map(|was| {
        let is = new.inputs.iter().find(|is| is.name == was.name)?;
        let differs = !alike(&was.ty, &is.ty);
        let (was, is) = (Some(was.clone()), Some(is.clone()));
        differs.then_some(Difference::Input { was, is })
    })
}

/// Differences between two versions of one step, given its places in the old and in the new
/// version.
fn between(
    aligned: &Aligned<'_>,
    (was, is): (usize, usize),
    touched: Touched<'_>,
    of: Of,
) -> Vec<Difference> {
    let (old, new) = (aligned.old, aligned.new);
    let (was, is) = (&old.steps[was], &new.steps[is]);
    let mut found = within(aligned, (was, is), touched, of);
    found.extend(covered(aligned, was, is));
    found
}

/// The difference between two versions of a step that is undone with another step.
fn covered(aligned: &Aligned<'_>, was: &Step, is: &Step) -> Option<Difference> {
    let (was_by, is_by) = was.compensation.with().zip(is.compensation.with())?;
    let by =
        |definition: &Definition, place: u16| definition.steps[usize::from(place)].name.clone();
    let (step, was, is) = (
        was.name.clone(),
        by(aligned.old, was_by),
        by(aligned.new, is_by),
    );
    let differs = aligned.now(&was).is_some_and(|now| now != is);
    differs.then_some(Difference::With { step, was, is })
}

/// Differences between two versions of one step, or of what a loop does with each item.
fn within(
    aligned: &Aligned<'_>,
    (was, is): (&Step, &Step),
    touched: Touched<'_>,
    of: Of,
) -> Vec<Difference> {
    let Step {
        name,
        kind,
        effect,
        compensation,
        resolve,
        // Compared below, by `settled`, …
        idempotent: _,
        late: _,
        stands_on: _,
        // … and by `blocks`.
        group: _,
        condition: _,
        // A run keeps its keys.
        // The `when` of the step covers these.
        retired: _,
        started: _,
        introduced: _,
        absent: _,
        rare,
        // What is `free()` may differ: code, and time limits. Counts of the new version hold from there
        // on, and a wait for late requests goes on.
        ..
    } = was;
    let Rare {
        child,
        items,
        // Compared below, by `settled`.
        when: _,
        fallback: _,
        keyed_by: _,
        awaits: _,
        lock: _,
        // That of the new version holds from there on.
        savepoint: _,
        // So may promises.
        ..
    } = rare.get();
    let step = || name.clone();
    if *kind != is.kind {
        let (was, is) = (*kind, is.kind);
        return vec![Difference::Kind {
            step: step(),
            was,
            is,
        }];
    }
    let mut found = Vec::new();
    if of == Of::AnyRun && !alike(effect, &is.effect) {
        let (was, is) = (effect.clone(), is.effect.clone());
        found.push(Difference::Effect {
            step: step(),
            was,
            is,
        });
    }
    found.extend(undone(aligned, (name, compensation), &is.compensation));
    found.extend(children(name, (child, &is.child), touched, of));
    for of_items in loops(aligned, was, (items, &is.items), touched, of) {
        // A difference that the loop and its items share is listed once.
        let kind = discriminant(&of_items);
        if !found.iter().any(|said| discriminant(said) == kind) {
            found.push(of_items);
        }
    }
    if resolve.is_some() && is.resolve.is_none() {
        found.push(Difference::Resolve { step: step() });
    }
    // The `when` of a loop has the reads of its items, too, so a loop that came or went explains it.
    if of == Of::AnyRun && items.is_some() == is.items.is_some() {
        found.extend(unasked(was, was.when.is_some(), is.when.is_some()));
    }
    found.extend(settled(aligned, was, is));
    found
}

/// Differences between two versions of a step's child saga.
fn children(
    step: &Text,
    (was, is): (&Option<Child>, &Option<Child>),
    touched: Touched<'_>,
    of: Of,
) -> Vec<Difference> {
    let of_child = |of| Difference::Within {
        step: step.clone(),
        of: Box::new(of),
    };
    let name = |child: &Option<Child>| Some(child.as_ref()?.definition.name.clone());
    let names = (name(was), name(is));
    // While a program is compiled, the parent knows only the path of the child.
    let is_known = is.as_ref().is_none_or(|is| !is.definition.error.is_empty());
    if names.0 != names.1 && (is_known || was.is_none()) {
        let (step, (was, is)) = (step.clone(), names);
        return vec![Difference::Saga { step, was, is }];
    }
    let Some((was, is)) = was.as_ref().zip(is.as_ref()).filter(|_| is_known) else {
        return Vec::new();
    };
    let (was, is) = (&*was.definition, &*is.definition);
    let mut found = compare(was, is, touched, of);
    let reached = prefix(was, touched);
    if all_from(was, reached) {
        // A child that has completed does nothing more.
        let aligned = Aligned::of(was, is, reached);
        found.extend(aligned.behind().map(|step| Difference::Behind {
            step: step.name.clone(),
        }));
    }
    found.into_iter().map(of_child).collect()
}

/// Differences between two versions of what a loop does with each item.
fn loops(
    aligned: &Aligned<'_>,
    step: &Step,
    (was, is): (&Option<Items>, &Option<Items>),
    touched: Touched<'_>,
    of: Of,
) -> Vec<Difference> {
    let ty = |items: &Option<Items>| Some(items.as_ref()?.ty.clone());
    let (was_of, is_of) = (ty(was), ty(is));
    let same = match (&was_of, &is_of) {
        (Some(was), Some(is)) => of == Of::ThisRun || alike(was, is),
        (was, is) => was.is_none() && is.is_none(),
    };
    if !same {
        let (step, was, is) = (step.name.clone(), was_of, is_of);
        return vec![Difference::Loop { step, was, is }];
    }
    let Some((was, is)) = was.as_ref().zip(is.as_ref()) else {
        return Vec::new();
    };
    let mut found = Vec::new();
    if of == Of::AnyRun {
        found.extend(unasked(step, was.when.is_some(), is.when.is_some()));
    }
    if let Some(each) = was.each.steps.last().zip(is.each.steps.last()) {
        let touched = below(usize::from(Items::STEP), touched);
        found.extend(within(aligned, each, &touched, of));
    }
    found
}
