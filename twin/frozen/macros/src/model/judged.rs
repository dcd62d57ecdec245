//! Whether the library's `transient` judges the errors of a saga.
//!
//! The macro sees the name of a function, and not the function. It believes the name, and has rustc
//! check the type where the saga could not do without it.

use super::{Kind, Saga, Step};
use crate::names::text;

impl Saga {
    /// Whether `#[classify]` names a function `transient`, in whatever module: then a call that
    /// returned `Err` had no effect. A method of a type is not the library's.
    pub(crate) fn is_transient(&self) -> bool {
        let Some(classify) = &self.attrs.classify else {
            return false;
        };
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

    /// Whether a step could be in doubt, without a declaration of how to find out, if the function
    /// were not the library's.
    pub(crate) fn relies_on_transient(&self) -> bool {
        self.is_transient() && self.steps().any(Step::says_nothing_of_doubt)
    }
}

impl Step {
    fn says_nothing_of_doubt(&self) -> bool {
        let by_key = |clause: &super::Clause| clause.attrs.by_key.is_some();
        matches!(self.kind, Kind::Step | Kind::Pivot)
            && self.child().is_none()
            && self.resolve.is_none()
            && self.attrs.idempotent.is_none()
            && !self.compensation().is_some_and(by_key)
    }
}
