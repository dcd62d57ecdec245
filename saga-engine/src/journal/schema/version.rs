//! Continuing under another version: what a saga in flight retains of the version under which it
//! began.
//!
//! Each record is read by the version that made it: a `redefined` says where the next one begins.
//! What the saga has done is history, and from there on the counts are those of the new version. That
//! a saga goes on without a step is a flag of the derived definition, not a record, because the saga
//! had passed the place before the step was declared.

use crate::journal::fold::Folded;
use std::collections::BTreeSet;
use typed_saga_core::definition::{
    Child, Definition, DefinitionRef, Difference, List, Step, Text, Touched, all_from, below,
    difference, prefix,
};

/// The definition under which a saga that was recorded under another version continues in a program
/// with the version `new`. It is `new`, except for the retired steps on which steps that the saga has
/// reached depend or for which they wait, and the wait for late requests before a step that it has
/// reached is undone (of no time, if `new` has no `#[late]`). A step that the saga had started before
/// it was retired is marked, and so is one that was introduced at a place that the saga has passed.
///
/// # Errors
/// The [`difference`] that prevents the saga from continuing.
pub fn continued(folded: &Folded, new: &'static Definition) -> Result<DefinitionRef, Difference> {
    let (touched, come_to) = (
        |at: &[u16]| folded.touched(at),
        |at: &[u16]| folded.has_come_to(at),
    );
    derived((folded.declaration(), new), &touched, &come_to)
}

/// The definition under which a saga with records under `old` continues. `come_to` is like
/// `touched`, but does not count signals that came early.
pub(super) fn derived(
    (old, new): (&Definition, &'static Definition),
    touched: Touched<'_>,
    come_to: Touched<'_>,
) -> Result<DefinitionRef, Difference> {
    if let Some(difference) = difference(old, new, touched) {
        return Err(difference);
    }
    let mut kept = kept(old, new, touched);
    go_without(old, &mut kept, come_to, false);
    Ok(if kept == *new {
        DefinitionRef::Static(new)
    } else {
        kept.into()
    })
}

/// `new`, with what a saga that was recorded under `old` retains.
fn kept(old: &Definition, new: &Definition, touched: Touched<'_>) -> Definition {
    let mut kept = new.clone();
    let reached = (0..).zip(old.steps.iter()).take(prefix(old, touched));
    for (place, was) in reached {
        let mut steps = kept.steps.to_mut().iter_mut();
        if let Some(is) = steps.find(|is| is.name == was.name && !was.absent) {
            let touched = below(place, touched);
            keep(was, is, &touched);
            (is.stands_on, is.awaits) = (
                edges(old, new, &was.stands_on, &is.stands_on),
                edges(old, new, &was.awaits, &is.awaits),
            );
            is.started = is.retired && (was.started || !was.retired && touched(&[]));
        }
    }
    kept
}

/// The steps on which a step depends, or for which it waits: those of the new version, but retired
/// ones as in the old version.
fn edges(old: &Definition, new: &Definition, was: &[u16], is: &List<u16>) -> List<u16> {
    let all = || old.steps.iter().chain(new.steps.iter());
    let is_retired = |name: &Text| all().any(|step| step.retired && step.name == *name);
    let name = |of: &Definition, place: u16| of.steps[usize::from(place)].name.clone();
    if !all().any(|step| step.retired) {
        return is.clone();
    }
    let kept = is
        .iter()
        .copied()
        .filter(|step| !is_retired(&name(new, *step)));
    let named = was.iter().map(|step| name(old, *step)).filter(is_retired);
    let places = named.filter_map(|name| new.steps.iter().position(|step| step.name == name));
    let places = places.filter_map(|place| u16::try_from(place).ok());
    kept.chain(places)
        .collect::<BTreeSet<_>>()
        .into_iter()
        .collect()
}

/// Marks the steps without which the saga continues; in child sagas, too, and there for all runs of
/// the child as soon as one of them has passed the place. `is_child`: a saga that has completed
/// does nothing more.
fn go_without(old: &Definition, new: &mut Definition, come_to: Touched<'_>, is_child: bool) {
    let reached = prefix(old, come_to);
    let has_all = is_child && reached > 0 && all_from(old, reached);
    let known = |step: &Step| {
        let mut steps = (0..).zip(old.steps.iter()).take(reached);
        steps.find(|(_, was)| was.name == step.name && !was.absent)
    };
    let mut passed = has_all;
    for is in new.steps.to_mut().iter_mut().rev() {
        match known(is) {
            Some((place, was)) => {
                passed = true;
                let come_to = below(place, come_to);
                if let Some((was, is)) = was.child.as_ref().zip(is.child.as_mut()) {
                    child_goes_without(was, is, &come_to);
                }
                if let Some((was, is)) = was.items.as_ref().zip(is.items.as_mut()) {
                    let mut each = (*is.each).clone();
                    let both = was.each.steps.iter().zip(each.steps.to_mut());
                    for (place, (was, is)) in (0..).zip(both) {
                        if let Some((was, is)) = was.child.as_ref().zip(is.child.as_mut()) {
                            child_goes_without(was, is, &below(place, &come_to));
                        }
                    }
                    is.each = each.into();
                }
            }
            None if passed && is.may_be_absent() => (is.absent, is.savepoint) = (true, None),
            None => {}
        }
    }
}

fn child_goes_without(was: &Child, is: &mut Child, come_to: Touched<'_>) {
    let mut new = (*is.definition).clone();
    go_without(&was.definition, &mut new, come_to, true);
    is.definition = new.into();
}

fn keep(was: &Step, is: &mut Step, touched: Touched<'_>) {
    if let Some((was, is)) = was.child.as_ref().zip(is.child.as_mut()) {
        is.definition = kept(&was.definition, &is.definition, touched).into();
    }
    if let Some((was, is)) = was.items.as_ref().zip(is.items.as_mut()) {
        let mut each = (*is.each).clone();
        let both = was.each.steps.iter().zip(each.steps.to_mut());
        for (place, (was, is)) in (0..).zip(both) {
            keep(was, is, &below(place, touched));
        }
        is.each = each.into();
    }
    // It may have waited already.
    is.late_undo |= was.late_undo;
}
