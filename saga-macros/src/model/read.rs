//! What code reads, and where that comes from.

use syn::Ident;

pub(crate) struct Read {
    /// What is read.
    pub(crate) name: Ident,
    /// What the code calls it: the name, or `_name`.
    pub(crate) binding: Ident,
    pub(crate) source: Source,
}

impl Read {
    /// Reads that the checks have not looked at yet.
    pub(crate) fn unresolved(names: impl IntoIterator<Item = Ident>) -> Vec<Self> {
        let unresolved = |name: Ident| Self {
            binding: name.clone(),
            name,
            source: Source::Unknown,
        };
        names.into_iter().map(unresolved).collect()
    }
}

/// Where a read's value comes from. Indices count inputs, services and steps (groups flattened) in
/// order of declaration.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Source {
    /// Not looked at yet, or not found (then an error is reported).
    Unknown,
    Input(usize),
    Service(usize),
    Effect(usize),
    /// The item of the loop of this step.
    Item(usize),
    Key,
    Ctx,
    Failure,
    Outcome,
    Event,
}
