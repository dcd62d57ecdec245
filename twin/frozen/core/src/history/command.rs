//! The command of a step, in or outside a block.

use crate::kernel::{Command, Kernel, Lane, StepState};

/// The command of the kernel: that of this step, if the step is in the current block.
pub(crate) fn command<S>(kernel: &Kernel<S>, step: u16) -> Option<Command>
where
    S: AsRef<[StepState]> + AsMut<[StepState]>,
{
    match kernel.next() {
        Command::Group { .. } => match kernel.lane(step) {
            Lane::Run(command) => Some(command),
            Lane::Blocked | Lane::Ended => None,
        },
        command => Some(command),
    }
}
