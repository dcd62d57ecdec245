//! One definition in many hands.

use std::{fmt, ops::Deref, sync::Arc};

use crate::definition::Definition;

/// A definition that the program declares, or one that was read or derived at run time and is
/// shared. Cloning it copies no definition.
#[derive(Clone)]
pub enum DefinitionRef {
    /// `BookTrip::DEFINITION`, or another one that lives as long as the program.
    Static(&'static Definition),
    /// One that lives as long as somebody holds it.
    Shared(Arc<Definition>),
}

impl Deref for DefinitionRef {
    type Target = Definition;

    #[inline]
    fn deref(&self) -> &Definition {
        match self {
            Self::Static(definition) => definition,
            Self::Shared(definition) => definition,
        }
    }
}

impl fmt::Debug for DefinitionRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

impl From<&'static Definition> for DefinitionRef {
    fn from(definition: &'static Definition) -> Self {
        Self::Static(definition)
    }
}

impl From<Definition> for DefinitionRef {
    fn from(definition: Definition) -> Self {
        Self::Shared(Arc::new(definition))
    }
}
