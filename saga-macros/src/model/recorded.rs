//! The names of a saga and of its steps in keys and records.

use syn::LitStr;

use super::{Saga, Step};
use crate::names::{recorded, text};

impl Saga {
    /// The saga's name in keys and records.
    pub(crate) fn journal_name(&self) -> String {
        let own = self.attrs.name.as_ref().map(LitStr::value);
        own.unwrap_or_else(|| text(&self.name))
    }
}

impl Step {
    /// The step's name in keys and records.
    pub(crate) fn journal_name(&self) -> String {
        let own = self.attrs.name.as_ref().map(LitStr::value);
        own.unwrap_or_else(|| recorded(&self.name))
    }
}
