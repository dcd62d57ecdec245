//! Whether the library's `transient` judges the errors of a saga.
//!
//! The macro sees the name of a function, and not the function. It believes the name, and has rustc
//! check the type where the saga could not do without it.

use syn::Path;
use typed_saga_definition::{Definition, Step as Declared};

use super::{Kind, Saga, Step};
use crate::names::text;

impl Saga {
    /// Whether the saga says what an `Err` of any of its steps means.
    pub(crate) fn is_classified(&self) -> bool {
        self.attrs.classify.is_some() || self.steps().any(|step| step.attrs.classify.is_some())
    }

    /// The function that judges the errors of a step: its own, or else the saga's.
    pub(crate) fn classify_of<'s>(&'s self, step: &'s Step) -> Option<&'s Path> {
        step.attrs
            .classify
            .as_ref()
            .or(self.attrs.classify.as_ref())
    }

    /// Whether a call of the step that returned `Err` had no effect.
    pub(crate) fn is_transient(&self, step: &Step) -> bool {
        self.classify_of(step).is_some_and(is_transient)
    }

    /// Whether a step that has no function of its own could be in doubt, without a declaration of how
    /// to find out, if the saga's function were not the library's. `definition` is the saga as data.
    pub(crate) fn relies_on_transient(&self, definition: &Definition) -> bool {
        let steps = self.steps().zip(definition.steps.iter());
        let mut judged = steps.filter(|(step, _)| step.attrs.classify.is_none());
        self.attrs.classify.as_ref().is_some_and(is_transient)
            && judged.any(|(step, declared)| step.says_nothing_of_doubt(declared))
    }
}

/// Whether `#[classify]` names a function `transient`, in whatever module: then a call that returned
/// `Err` had no effect. A method of a type is not the library's.
fn is_transient(classify: &Path) -> bool {
    let words: Vec<_> = classify
        .segments
        .iter()
        .map(|word| text(&word.ident))
        .collect();
    let is_type = |word: &String| word.starts_with(char::is_uppercase);
    match words.split_last() {
        Some((last, before)) => last == "transient" && !before.last().is_some_and(is_type),
        None => false,
    }
}

impl Step {
    /// The same for a step with a function of its own. `declared` is the step as data.
    pub(crate) fn relies_on_transient(&self, declared: &Declared) -> bool {
        let classify = self.attrs.classify.as_ref();
        classify.is_some_and(is_transient) && self.says_nothing_of_doubt(declared)
    }

    fn says_nothing_of_doubt(&self, declared: &Declared) -> bool {
        matches!(self.kind, Kind::Step | Kind::Pivot)
            && self.child().is_none()
            && !declared.acting().can_be_settled()
    }
}
