//! The runs that are part of another: what the kernel of a child saga, or of an item of a loop, begins
//! with.

use super::{api::Kernel, state::StepState};
use crate::definition::{Definition, DefinitionRef};

/// What a run gives to the runs that are part of it.
#[derive(Clone, Debug)]
pub(crate) struct Parts {
    /// Of the run, which holds those of its parts.
    definition: DefinitionRef,
    durable: bool,
}

impl<S: AsRef<[StepState]> + AsMut<[StepState]>> Kernel<S> {
    pub(crate) fn parts(&self) -> Parts {
        Parts {
            definition: self.definition().clone(),
            durable: self.is_durable(),
        }
    }
}

impl Parts {
    /// A new kernel of the child saga that a step is, or of an item of the loop that it is, up to where
    /// the item begins. `None`: the step is neither.
    pub(crate) fn kernel<S: AsRef<[StepState]> + AsMut<[StepState]>>(
        &self,
        step: u16,
        states: impl FnOnce(&Definition) -> S,
    ) -> Option<Kernel<S>> {
        let declared = &self.definition.steps[usize::from(step)];
        let child = declared.child.as_ref().map(|child| &child.definition);
        let each = declared.items.as_ref().map(|items| &items.each);
        let definition = each.or(child)?;
        let kernel = Kernel::new(definition.clone(), states(definition), self.durable);
        Some(match each {
            Some(_) => kernel.into_item(),
            None => kernel,
        })
    }
}
