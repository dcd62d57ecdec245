//! One name for one thing: in the saga, in its records, and among the items generated for it.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use syn::Ident;

use crate::errors::Errors;
use crate::model::{Saga, Step};
use crate::names::{RESERVED, camel, text};

pub(super) fn check(saga: &Saga, errors: &mut Errors) {
    declared(saga, errors);
    journaled(saga, errors);
    generated(saga, errors);
}

/// Inputs, services and steps share one scope, and leave the reserved names alone.
fn declared(saga: &Saga, errors: &mut Errors) {
    let inputs = saga.inputs.iter().map(|field| (&field.name, "an input"));
    let services = saga.services.iter().map(|field| (&field.name, "a service"));
    let steps = saga.steps().map(|step| (&step.name, "a step"));
    let mut taken = HashMap::new();
    for (name, what) in inputs.chain(services).chain(steps) {
        let word = text(name);
        if RESERVED.contains(&word.as_str()) {
            errors.add_help(
                name.span(),
                format_args!("`{word}` is a reserved name"),
                meaning(&word),
            );
            continue;
        }
        match taken.entry(word) {
            Entry::Vacant(free) => drop(free.insert(what)),
            Entry::Occupied(owner) => {
                let help = "inputs, services and steps share one scope: choose another name";
                errors.add_help(
                    name.span(),
                    format_args!("`{name}` is already the name of {}", owner.get()),
                    help,
                );
            }
        }
    }
}

fn meaning(reserved: &str) -> &'static str {
    match reserved {
        "key" => "in a list of reads, `key` names the operation: choose another name",
        "ctx" => "in a list of reads, `ctx` tells saga, step and attempt: choose another name",
        "failure" => "in a list of reads, `failure` is why the saga goes back: choose another name",
        _ => "in the reads of `finally`, `outcome` is how the saga ended: choose another name",
    }
}

/// Records and keys know steps by name.
fn journaled(saga: &Saga, errors: &mut Errors) {
    let mut taken: HashMap<String, &Step> = HashMap::new();
    for step in saga.steps() {
        let (name, span) = match &step.attrs.name {
            Some(name) => (name.value(), name.span()),
            None => (text(&step.name), step.name.span()),
        };
        match taken.entry(name) {
            Entry::Vacant(free) => drop(free.insert(step)),
            Entry::Occupied(owner) if same(&owner.get().name, &step.name) => {}
            Entry::Occupied(owner) => {
                let name = owner.key();
                let what = format!(
                    "`{name}` is already the name of the step `{}` in keys and records",
                    owner.get().name
                );
                errors.add_help(span, what, "give it another `#[name = \"…\"]`");
            }
        }
    }
}

/// Types named after steps, and methods that undo them.
fn generated(saga: &Saga, errors: &mut Errors) {
    let mut types: HashMap<String, &Ident> = HashMap::new();
    for Step { name, .. } in saga.steps() {
        match types.entry(camel(name)) {
            Entry::Vacant(free) => drop(free.insert(name)),
            Entry::Occupied(owner) if same(owner.get(), name) => {}
            Entry::Occupied(owner) => {
                let what = format!(
                    "`{name}` and `{}` both give the type `{}Before{}`",
                    owner.get(),
                    saga.name,
                    owner.key()
                );
                errors.add_help(name.span(), what, "choose another name");
            }
        }
        let undone = text(name).strip_prefix("undo_").map(str::to_owned);
        if let Some(step) = saga
            .steps()
            .find(|step| undone.as_ref() == Some(&text(&step.name)))
        {
            let what = format!("`{name}` is also the method that undoes `{}`", step.name);
            errors.add_help(name.span(), what, "choose another name");
        }
    }
}

fn same(one: &Ident, other: &Ident) -> bool {
    text(one) == text(other)
}
