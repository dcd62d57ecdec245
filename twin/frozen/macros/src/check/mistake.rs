//! A mistake before it is reported at a place.

use proc_macro2::Span;

use crate::errors::Errors;

/// What is wrong with a read, why it is wrong, and what to do.
pub(crate) struct Mistake {
    what: String,
    why: Option<String>,
    help: String,
}

impl Mistake {
    pub(crate) fn new(what: impl Into<String>, help: impl Into<String>) -> Self {
        Self {
            what: what.into(),
            why: None,
            help: help.into(),
        }
    }

    pub(crate) fn because(self, why: impl Into<String>) -> Self {
        Self {
            why: Some(why.into()),
            ..self
        }
    }

    pub(crate) fn report(self, span: Span, errors: &mut Errors) {
        let Self { what, why, help } = self;
        match why {
            Some(why) => errors.add_noted(span, what, why, help),
            None => errors.add(span, what, help),
        }
    }
}
