//! Steps without `-> Type` whose values are used nevertheless. Such a step returns `()`, so rustc would
//! report its code, and whatever uses the value.
//!
//! Reading `()` is possible: only code that cannot mean `()` counts, and `-> ()` says that it does.

use std::collections::BTreeSet;

use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens, quote};
use syn::visit::{self, Visit};
use syn::{Expr, PatIdent};

use crate::errors::{Errors, code, noted, poison};
use crate::model::{Code, Read, Saga, Source, Step, Union, WaitEnd};
use crate::parse::without_marker;

/// Reports each such step, and replaces its effect by the error, which fits any use.
pub(crate) fn check(saga: &mut Saga, errors: &mut Errors) {
    let used = used(saga);
    let shared = |index: usize| {
        let mut unions = saga.unions.iter();
        let union = unions.find(|union| union.members.contains(&index))?;
        Some(union.name.clone())
    };
    let shared: Vec<Option<Ident>> = (0..saga.steps().count()).map(shared).collect();
    for (index, step) in saga.steps_mut().enumerate() {
        if !used.contains(&index) {
            continue;
        }
        let name = shared[index].as_ref().unwrap_or(&step.name);
        let span = step.name.span();
        let what = format!("`{name}` has no result to read");
        let why = "a step without `-> Type` returns `()`";
        let of_path = match &step.code {
            Code::Path(path) => format!(", with the type inside the `Ok` of `{}`", code(path)),
            Code::Block(_) | Code::Saga(_) | Code::Lock(_) => String::new(),
        };
        let help = format!("write `{name}(…) -> Type`{of_path}; to read `()`, write `-> ()`");
        let error = noted(span, what, why, help);
        step.effect = Some(poison(&error));
        errors.push(error);
    }
}

/// The steps without a type of whose values some code makes use.
fn used(saga: &Saga) -> BTreeSet<usize> {
    let (steps, outline): (Vec<&Step>, _) = (saga.steps().collect(), saga.outline());
    let is_untyped = |index: usize| {
        let step = steps[index];
        // An `Option` or a list of `()` has methods of its own.
        let is_plain = step.looped.is_none() && step.attrs.when.is_none();
        let is_plain = is_plain && outline.steps[index].condition.is_none();
        is_plain && step.effect.is_none() && step.kind.acts()
    };
    let mut used = BTreeSet::new();
    for (reads, code) in codes(saga) {
        for read in reads {
            // A path is called with the value.
            let code = code.as_ref();
            let is_used = || code.is_none_or(|code| is_value(code, &read.binding));
            match read.source {
                Source::Effect(step) if is_untyped(step) && is_used() => {
                    used.insert(step);
                }
                Source::Arms(union) if saga.unions[union].whole && is_used() => {
                    used.extend(untyped_arms(&steps, &saga.unions[union]));
                }
                _ => {}
            }
        }
    }
    if let Some(tail) = &saga.tail {
        let tail = quote!({ #tail });
        let named = steps.iter().enumerate();
        let named = named.filter(|(index, step)| is_untyped(*index) && is_value(&tail, &step.name));
        used.extend(named.map(|(index, _)| index));
        let whole = saga.unions.iter().filter(|union| union.whole);
        let whole = whole.filter(|union| is_value(&tail, &union.name));
        used.extend(whole.flat_map(|union| untyped_arms(&steps, union)));
    }
    // In one of the arms it has a type.
    for union in &saga.unions {
        let untyped = untyped_arms(&steps, union);
        if untyped.len() < union.members.len() {
            used.extend(untyped);
        }
    }
    used
}

/// Those of the steps with one name, in several arms, that have no type.
fn untyped_arms(steps: &[&Step], union: &Union) -> Vec<usize> {
    let members = union.members.iter().copied();
    let is_untyped = |step: &Step| step.effect.is_none() && step.looped.is_none();
    let untyped = members.filter(|step| is_untyped(steps[*step]));
    untyped.collect()
}

/// The code at each place of a saga, with what it reads; `None` for a path.
fn codes(saga: &Saga) -> Vec<(&[Read], Option<TokenStream>)> {
    let mut codes = Vec::new();
    for step in saga.steps() {
        codes.push((&step.reads[..], tokens(&step.code)));
        if let Some(looped) = &step.looped {
            codes.push((&looped.reads[..], Some(looped.items.clone())));
        }
        if let Some(when) = &step.attrs.when {
            codes.push((&when.reads[..], Some(when.condition.clone())));
        }
        if let Some(WaitEnd::Expr(end)) = step.attrs.wait.as_ref().map(|wait| &wait.end) {
            codes.push((&step.reads[..], Some(end.clone())));
        }
        let clauses = step.clauses();
        codes.extend(clauses.map(|clause| (&clause.reads[..], tokens(&clause.code))));
    }
    for when in saga.conditions.iter().filter_map(|arm| arm.when.as_ref()) {
        codes.push((&when.reads[..], Some(when.condition.clone())));
    }
    for emit in &saga.events {
        codes.push((&emit.reads[..], Some(emit.events.clone())));
    }
    codes
}

/// The tokens of some code, unless it is a path.
fn tokens(code: &Code) -> Option<TokenStream> {
    match code {
        Code::Path(_) => None,
        Code::Block(block) => Some(block.to_token_stream()),
        Code::Saga(child) => Some(child.literal()),
        Code::Lock(lock) => Some(lock.keys.clone()),
    }
}

/// Whether some code takes a field of what `name` is, or calls a method of it. What rust-analyzer writes
/// at the cursor is neither.
fn is_value(code: &TokenStream, name: &Ident) -> bool {
    let Ok(code) = syn::parse2::<Expr>(without_marker(code.clone())) else {
        return false;
    };
    let mut uses = Uses {
        name,
        is_used: false,
        is_declared: false,
    };
    uses.visit_expr(&code);
    uses.is_used && !uses.is_declared
}

struct Uses<'n> {
    name: &'n Ident,
    is_used: bool,
    /// Whether the code declares another value of that name.
    is_declared: bool,
}

impl Visit<'_> for Uses<'_> {
    fn visit_expr(&mut self, expr: &Expr) {
        let of = match expr {
            Expr::MethodCall(call) => Some(&*call.receiver),
            Expr::Field(field) => Some(&*field.base),
            _ => None,
        };
        if let Some(Expr::Path(path)) = of {
            self.is_used |= path.path.get_ident() == Some(self.name);
        }
        visit::visit_expr(self, expr);
    }

    fn visit_pat_ident(&mut self, pattern: &PatIdent) {
        self.is_declared |= pattern.ident == *self.name;
        visit::visit_pat_ident(self, pattern);
    }
}
