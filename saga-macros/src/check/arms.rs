//! Steps with one name, in several arms of a `when`. Only one of the arms runs, so for code outside of the
//! `when` they are one. In keys and journals, and for generated items, each has a name of its own.
//! Sleeps and locks, which have no effect, are never one.

use std::collections::BTreeSet;

use syn::{Ident, LitStr};
use typed_saga_definition::{bare, language::Attribute};

use crate::errors::Errors;
use crate::model::{Arm, Saga, Step, Union};
use crate::names::{recorded, text};

/// Finds these steps, and calls each by its own name.
pub(super) fn check(saga: &mut Saga, errors: &mut Errors) {
    let unions = unions(saga);
    for union in &unions {
        let word = recorded(&union.name);
        let mut is_named = false;
        for (number, member) in (1..).zip(&union.members) {
            if let Some(step) = saga.steps_mut().nth(*member) {
                name(step, &format!("{word}_{number}"), &mut is_named, errors);
            }
        }
    }
    saga.unions = unions;
}

fn unions(saga: &Saga) -> Vec<Union> {
    let (steps, outline): (Vec<&Step>, _) = (saga.steps().collect(), saga.outline());
    let blocks = outline.steps.iter().map(|step| step.condition);
    let blocks: Vec<_> = blocks.collect();
    let mut found: Vec<Union> = Vec::new();
    for (first, step) in steps.iter().enumerate() {
        let is_known = found.iter().any(|union| union.members.contains(&first));
        let Some(block) = blocks[first].filter(|_| !is_known) else {
            continue;
        };
        let (arms, word) = (outline.arms(block), text(&step.name));
        let is_in = |other: &usize| blocks[*other].is_some_and(|block| arms.contains(&block));
        let members = (first..steps.len()).filter(|other| text(&steps[*other].name) == word);
        let members: Vec<_> = members.filter(is_in).collect();
        let taken: BTreeSet<_> = members.iter().map(|member| blocks[*member]).collect();
        let waits = |member: &usize| !steps[*member].kind.has_effect();
        // Two steps of one arm are two steps, which is reported elsewhere.
        if members.len() < 2 || taken.len() < members.len() || members.iter().any(waits) {
            continue;
        }
        let last = &outline.conditions[usize::from(arms.end - 1)];
        let mut runs = members.iter().map(|member| is_certain(steps[*member]));
        let whole = taken.len() == arms.len() && last.arm == Arm::Else && runs.all(|runs| runs);
        found.push(Union {
            name: step.name.clone(),
            members,
            whole,
        });
    }
    found
}

/// Whether the step runs if its arm does.
fn is_certain(step: &Step) -> bool {
    let attrs = &step.attrs;
    let conditional = attrs.when.is_some() || attrs.retired.is_some() || attrs.introduced.is_some();
    !conditional && !attrs.stray.contains(&Attribute::When)
}

/// Calls a step by its own name. Only one of them may be recorded under the name that they share.
fn name(step: &mut Step, proposed: &str, is_named: &mut bool, errors: &mut Errors) {
    let (word, span) = (text(&step.name), step.name.span());
    let own = match &step.attrs.name {
        Some(name) => name.value(),
        None if !*is_named => word.clone(),
        None => {
            let what = format!("`{word}` is also the name of a step in another arm");
            let why = "keys and journals have to say which of the two a run has called";
            let help = format!(
                "write `#[name = \"{proposed}\"]` above it: that is its name in keys and journals, and code \
                 still reads `{word}`"
            );
            errors.add_noted(span, what, why, help);
            step.attrs.name = Some(LitStr::new(proposed, span));
            proposed.to_owned()
        }
    };
    *is_named |= bare(&own) == recorded(&step.name);
    if own != word {
        let own = syn::parse_str::<Ident>(&own);
        step.name = own.unwrap_or_else(|_| Ident::new(proposed, span));
        step.name.set_span(span);
    }
}
