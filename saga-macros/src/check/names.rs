//! No name means two things: in the saga, in its records, or among its generated items.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use syn::Ident;
use typed_saga_definition::bare;

use crate::errors::Errors;
use crate::model::{Saga, Step, Union};
use crate::names::{RESERVED, camel, recorded, text};

pub(super) fn check(saga: &Saga, errors: &mut Errors) {
    prefixed(saga, errors);
    declared(saga, errors);
    journaled(saga, errors);
    generated(saga, errors);
}

/// Reports names with a prefix that generated code uses for names of its own.
fn prefixed(saga: &Saga, errors: &mut Errors) {
    let fields = saga.inputs.iter().chain(&saga.services);
    let fields = fields.map(|field| &field.name);
    let types = saga.generics.type_params().map(|param| &param.ident);
    let consts = saga.generics.const_params().map(|param| &param.ident);
    let items = saga.steps().filter_map(|step| step.looped.as_ref());
    let items = items.map(|looped| &looped.item);
    let others = fields.chain(types).chain(consts).chain(items);
    let others = others.chain([&saga.name]).map(|name| (name, ANOTHER));
    let steps = saga.steps().map(|step| (&step.name, RENAME));
    for (name, help) in others.chain(steps).filter(|(name, _)| is_generated(name)) {
        let what = format!("`{name}` begins with `__`");
        let why = "such names are reserved for generated code";
        errors.add_noted(name.span(), what, why, help);
    }
}

fn is_generated(name: &Ident) -> bool {
    text(name).starts_with("__")
}

const ANOTHER: &str = "choose another name";

/// Inputs, services and steps share one scope, and must not use the reserved names.
fn declared(saga: &Saga, errors: &mut Errors) {
    let inputs = saga.inputs.iter().map(|field| (&field.name, "an input"));
    let services = saga.services.iter().map(|field| (&field.name, "a service"));
    let shared = nowhere_own(saga).map(|union| &union.name);
    let steps = shared.chain(saga.steps().map(|step| &step.name));
    let steps = steps.map(|name| (name, "a step"));
    let mut taken: Taken<'_> = HashMap::new();
    for (name, what) in inputs.chain(services).chain(steps) {
        let word = recorded(name);
        if RESERVED.contains(&word.as_str()) {
            errors.add_noted(name.span(), reserved(name, &word), meaning(&word), ANOTHER);
            continue;
        }
        match taken.entry(word) {
            Entry::Vacant(free) => drop(free.insert((name, what))),
            Entry::Occupied(owner) => {
                let why = "inputs, services and steps share one scope";
                let (what, why) = taken_by(name, *owner.get(), why);
                errors.add_noted(name.span(), what, why, ANOTHER);
            }
        }
    }
    items(saga, &taken, errors);
}

/// The unions whose steps all have other names of their own than the one that they share.
fn nowhere_own(saga: &Saga) -> impl Iterator<Item = &Union> {
    saga.unions.iter().filter(move |union| {
        let mut members = saga.steps().enumerate();
        !members
            .any(|(index, step)| union.members.contains(&index) && same(&step.name, &union.name))
    })
}

/// The names of inputs, services and steps, as they are recorded, each with its declaration.
type Taken<'a> = HashMap<String, (&'a Ident, &'static str)>;

fn reserved(name: &Ident, recorded: &str) -> String {
    if text(name) == recorded {
        format!("`{recorded}` is a reserved name")
    } else {
        format!("`{name}` is recorded as `{recorded}`, which is a reserved name")
    }
}

/// What is wrong with a name that is taken, and why.
fn taken_by(
    name: &Ident,
    (owner, what): (&Ident, &str),
    why: &'static str,
) -> (String, &'static str) {
    if text(name) == text(owner) {
        return (format!("`{name}` is already the name of {what}"), why);
    }
    let what = format!("`{name}` has the same name as {what}, `{owner}`, in keys and journals");
    (what, "a leading `_` is not part of a name")
}

/// The item of a loop is read next to inputs, services and steps. Two loops may give their items
/// the same name.
fn items(saga: &Saga, taken: &Taken<'_>, errors: &mut Errors) {
    for looped in saga.steps().filter_map(|step| step.looped.as_ref()) {
        let (name, word) = (&looped.item, recorded(&looped.item));
        if RESERVED.contains(&word.as_str()) {
            errors.add_noted(name.span(), reserved(name, &word), meaning(&word), ANOTHER);
        } else if let Some(owner) = taken.get(&word) {
            let why = "inputs, services, steps and the item of a loop share one scope";
            let (what, why) = taken_by(name, *owner, why);
            errors.add_noted(name.span(), what, why, "choose another name for the item");
        }
    }
}

fn meaning(reserved: &str) -> &'static str {
    match reserved {
        "key" => {
            "in the parentheses of a step or a clause, `key` is the idempotency key of the operation"
        }
        "undo_key" => {
            "in the parentheses of `compensate`, `undo_key` is the idempotency key of the call that undoes the step"
        }
        "ctx" => {
            "in the parentheses of a step or a clause, `ctx` has the id of the saga, the step and the attempt"
        }
        "failure" => {
            "in the parentheses of a step or a clause, `failure` is the error that made the saga roll back"
        }
        _ => "in `finally(…)`, `outcome` is how the saga ended",
    }
}

/// Reports a `#[name]` with a leading `_`, and returns whether it has one.
fn underscored(step: &Step, errors: &mut Errors) -> bool {
    let named = step.attrs.name.as_ref();
    let named = named.filter(|name| bare(&name.value()) != name.value());
    if let Some(name) = named {
        let what = "a name in keys and journals does not begin with `_`";
        let why = "a leading `_` is not part of it";
        let help = format!("write `#[name = \"{}\"]`", bare(&name.value()));
        errors.add_noted(name.span(), what, why, help);
    }
    named.is_some()
}

/// Records and keys identify steps by name.
fn journaled(saga: &Saga, errors: &mut Errors) {
    let mut taken: HashMap<String, &Step> = HashMap::new();
    for step in saga.steps() {
        if underscored(step, errors) {
            continue;
        }
        let (name, span) = match &step.attrs.name {
            Some(name) => (name.value(), name.span()),
            None => (recorded(&step.name), step.name.span()),
        };
        match taken.entry(name) {
            Entry::Vacant(free) => drop(free.insert(step)),
            Entry::Occupied(owner) if same(&owner.get().name, &step.name) => {}
            Entry::Occupied(owner) => {
                let name = owner.key();
                let what = format!(
                    "`{name}` is already the name of the step `{}` in keys and journals",
                    owner.get().name
                );
                errors.add(span, what, OTHER_NAME);
            }
        }
    }
    // The output may be an object of all effects, in which they have the name that they share.
    for union in nowhere_own(saga) {
        let named = taken.get(&recorded(&union.name));
        let Some(name) = named.and_then(|step| step.attrs.name.as_ref()) else {
            continue;
        };
        let what = format!(
            "`{}` is already the name of steps in several arms",
            union.name
        );
        errors.add(name.span(), what, OTHER_NAME);
    }
}

const OTHER_NAME: &str = "give it another `#[name = \"…\"]`";

const RENAME: &str =
    "choose another name; `#[name = \"…\"]` keeps the old one in keys and journals";

/// Types and methods are named after steps.
fn generated(saga: &Saga, errors: &mut Errors) {
    let mut types: HashMap<String, &Ident> = HashMap::new();
    let names = saga.steps().map(|step| &step.name);
    for name in names.filter(|name| !is_generated(name)) {
        match types.entry(camel(name)) {
            Entry::Vacant(free) => drop(free.insert(name)),
            Entry::Occupied(owner) if same(owner.get(), name) => {}
            Entry::Occupied(owner) => {
                let what = format!(
                    "`{name}` and `{}` both need the type `{}Before{}`",
                    owner.get(),
                    saga.name,
                    owner.key()
                );
                errors.add(name.span(), what, RENAME);
            }
        }
        walk(saga, name, errors);
    }
}

/// A walk has one method for each step, one that undoes the step, and one that takes its fallback.
fn walk(saga: &Saga, name: &Ident, errors: &mut Errors) {
    let word = text(name);
    let named = |prefix| {
        let step = word.strip_prefix(prefix)?;
        saga.steps().find(|other| text(&other.name) == step)
    };
    let what = if let Some(step) = named("undo_") {
        format!(
            "`{name}` is also the name of the method that undoes `{}`",
            step.name
        )
    } else if let Some(step) = named("fall_back_").filter(|step| step.fallback.is_some()) {
        format!(
            "`{name}` is also the name of the method that takes the `fallback` of `{}`",
            step.name
        )
    } else {
        return;
    };
    errors.add(name.span(), what, RENAME);
}

fn same(one: &Ident, other: &Ident) -> bool {
    recorded(one) == recorded(other)
}
