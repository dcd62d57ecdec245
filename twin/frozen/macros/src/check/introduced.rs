//! An introduced step cannot be part of a block: whether a run had reached the steps of a block is
//! decided for the block as a whole.

use super::scope::Scope;
use crate::errors::Errors;
use crate::model::Saga;

pub(super) fn check(saga: &Saga, scope: &Scope, errors: &mut Errors) {
    for (index, step) in saga.steps().enumerate() {
        let Some(span) = step.attrs.introduced else {
            continue;
        };
        let block = if scope.is_grouped(index) {
            "a `concurrent` block"
        } else if scope.condition(index).is_some() {
            "a `when` block"
        } else {
            continue;
        };
        let what = format!("`#[introduced]` cannot be used in {block}");
        let why = "a run that is inside the block may have started it with or without this step";
        let help = format!("move `{}` before or after the block", step.name);
        errors.add_noted(span, what, why, help);
    }
}
