//! The command of a step, in or outside a block.

use crate::kernel::{Command, Kernel, Lane};

/// The command of the kernel: that of this step, if the step is in the current block.
pub(crate) fn command(kernel: &Kernel, step: u16) -> Option<Command> {
    match kernel.next() {
        Command::Group { .. } => match kernel.lane(step) {
            Lane::Run(command) => Some(command),
            Lane::Blocked | Lane::Ended => None,
        },
        command => Some(command),
    }
}
