//! A saga without its types, as the executor sees it.

use crate::{
    calls::{
        lane::RunLanes,
        perform::{AnyCall, Scope},
        report::Report,
    },
    definition::DefinitionRef,
    report::raised::Raised,
    values::call::CallSite,
};
use std::{future::Future, pin::Pin};

/// A future in a box: one for each call that is not straight.
pub type Boxed<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// A machine and its slots. The methods are those of
/// [`Machine`](crate::generated::machine::Machine), which has their rules.
pub(crate) trait Object<J>: Send {
    /// Attempts the step of `at`, and the following ones before `until` for as long as there is
    /// nothing to decide. Returns the last step, and its report.
    fn run<'a>(
        &'a mut self,
        at: CallSite,
        until: u16,
        scope: &'a Scope<'a, J>,
    ) -> Boxed<'a, (u16, Report<Raised>)>;

    /// Performs any other call of a step, and fills its slot. A panic passes through. The effect
    /// that is undone stays in its slot.
    fn call<'a>(
        &'a mut self,
        call: AnyCall<'a>,
        scope: &'a Scope<'a, J>,
    ) -> Boxed<'a, Report<Raised>>;

    /// Runs the lanes of the block that begins with step `first`.
    fn group<'a>(
        &'a mut self,
        first: u16,
        block: &'a mut (dyn RunLanes + 'a),
        scope: &'a Scope<'a, J>,
    ) -> Boxed<'a, ()>;

    /// Evaluates the condition of a `when` block.
    fn decide(&mut self, block: u16) -> bool;

    /// Empties the slot of a step.
    fn clear(&mut self, step: u16);

    /// Fills the slots of the steps that the run goes on without, as skipped.
    fn go_without(&mut self, definition: &DefinitionRef);
}
