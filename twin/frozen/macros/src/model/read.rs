//! What code reads, and the sources of these values.

use syn::Ident;

use crate::names::{recorded, text};

pub(crate) struct Read {
    /// The name of the input, service, effect or reserved value. If steps in several arms have the
    /// name, and the read is in one of the arms, it is the step's own name.
    pub(crate) name: Ident,
    /// The name in the code: `name`, or `_name`.
    pub(crate) binding: Ident,
    pub(crate) source: Source,
    /// For [`Source::Arms`]: the steps, by index and own name.
    pub(crate) arms: Vec<(usize, Ident)>,
}

impl Read {
    /// Reads that have not been checked yet.
    pub(crate) fn unresolved(names: impl IntoIterator<Item = Ident>) -> Vec<Self> {
        names.into_iter().map(Self::unknown).collect()
    }

    /// A read that has not been checked yet.
    pub(crate) fn unknown(name: Ident) -> Self {
        Self {
            binding: name.clone(),
            name,
            source: Source::Unknown,
            arms: Vec::new(),
        }
    }

    /// The steps whose effect it is, or may be.
    pub(crate) fn effects(&self) -> impl Iterator<Item = usize> + '_ {
        let one = match self.source {
            Source::Effect(step) => Some(step),
            _ => None,
        };
        let arms = self.arms.iter().map(|(step, _)| *step);
        one.into_iter().chain(arms)
    }

    /// What it is called in the definition: the names of the steps, if there are several.
    pub(crate) fn recorded(&self) -> Vec<String> {
        if self.arms.is_empty() {
            return vec![recorded(&self.name)];
        }
        self.arms.iter().map(|(_, name)| recorded(name)).collect()
    }

    /// What code calls it, without the `_` of a binding.
    pub(crate) fn shown(&self) -> &Ident {
        let is_own = recorded(&self.name) != recorded(&self.binding);
        if is_own { &self.binding } else { &self.name }
    }

    /// Whether code calls it so.
    pub(crate) fn is_called(&self, name: &Ident) -> bool {
        [&self.name, &self.binding]
            .into_iter()
            .any(|known| text(known) == text(name))
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
    /// The effect of the one of several steps whose arm of a `when` runs: the index of their union.
    Arms(usize),
    /// The item of the loop of this step.
    Item(usize),
    Key,
    UndoKey,
    Ctx,
    Failure,
    Outcome,
    Event,
}
