//! `#[within]` and `#[holds]`: whether a saga keeps what it promises.
//!
//! `typed-saga-analysis` computes what the declaration guarantees, and `blame` finds the token
//! because of which a time has no bound. A message proposes a change only after `mend` has tried it
//! on the definition and the promise is kept.

mod blame;
pub(crate) mod fit;
mod holds;
mod mend;
mod within;
mod words;

use std::cell::RefCell;

use syn::Ident;
use typed_saga_analysis::{Analysis, Endless};
use typed_saga_definition::Definition;

use crate::errors::Errors;
use crate::model::{Saga, Step, index};

/// A saga that promises something.
struct Promised<'a> {
    saga: &'a Saga,
    steps: Vec<&'a Step>,
    definition: &'a Definition,
    /// The reported causes of missing bounds: one cause may break several promises.
    blamed: RefCell<Vec<Endless>>,
}

/// Reports each promise that the saga does not keep. The saga has no other mistakes.
pub(crate) fn check(saga: &Saga, definition: &Definition, errors: &mut Errors) {
    let promised = Promised {
        saga,
        steps: saga.steps().collect(),
        definition,
        blamed: RefCell::default(),
    };
    let has_time = promised.within(errors);
    for step in 0..index(promised.steps.len()) {
        promised.holds(step, has_time, errors);
    }
}

impl<'a> Promised<'a> {
    fn analysis(&self) -> Analysis<'a> {
        Analysis::of(self.definition)
    }

    fn step(&self, step: u16) -> &'a Step {
        self.steps[usize::from(step)]
    }

    fn name(&self, step: u16) -> &'a Ident {
        &self.step(step).name
    }

    fn pivot(&self) -> Option<u16> {
        self.definition.pivot
    }
}
