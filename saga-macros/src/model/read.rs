//! What code reads, and the sources of these values.

use syn::Ident;

pub(crate) struct Read {
    /// The name of the input, service, effect or reserved value.
    pub(crate) name: Ident,
    /// The name in the code: `name`, or `_name`.
    pub(crate) binding: Ident,
    pub(crate) source: Source,
}

impl Read {
    /// Reads that have not been checked yet.
    pub(crate) fn unresolved(names: impl IntoIterator<Item = Ident>) -> Vec<Self> {
        let unresolved = |name: Ident| Self {
            binding: name.clone(),
            name,
            source: Source::Unknown,
        };
        names.into_iter().map(unresolved).collect()
    }
}

/// The source of a read's value. Indices count inputs, services and steps (groups flattened) in
/// order of declaration.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Source {
    /// Not checked yet, or not found (then an error is reported).
    Unknown,
    Input(usize),
    Service(usize),
    Effect(usize),
    /// The item of the loop of this step.
    Item(usize),
    Key,
    UndoKey,
    Ctx,
    Failure,
    Outcome,
    Event,
}
