//! The runs that are part of another: the initial kernel of a child saga, or of an item of a loop.

use super::api::Kernel;
use crate::definition::DefinitionRef;

/// What a run passes to the runs that are part of it.
#[derive(Clone, Debug)]
pub(crate) struct Parts {
    /// The definition of the run, which contains those of its parts.
    definition: DefinitionRef,
    durable: bool,
}

impl Kernel {
    pub(crate) fn parts(&self) -> Parts {
        Parts {
            definition: self.definition().clone(),
            durable: self.is_durable(),
        }
    }
}

impl Parts {
    /// Creates the kernel of the step's child saga, or of an item of the step's loop, advanced to
    /// where the item begins. Returns `None` if the step is neither.
    pub(crate) fn kernel(&self, step: u16) -> Option<Kernel> {
        let declared = &self.definition.steps[usize::from(step)];
        let child = declared.child.as_ref().map(|child| &child.definition);
        let each = declared.items.as_ref().map(|items| &items.each);
        let definition = each.or(child)?;
        let kernel = Kernel::new(definition.clone(), self.durable);
        Some(match each {
            Some(_) => kernel.into_item(),
            None => kernel,
        })
    }
}
