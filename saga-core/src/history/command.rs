//! The command of a step, in or outside a block, that asks for its wait.

use crate::{
    kernel::{Command, Kernel, Lane},
    observers::Before,
};

/// The command of the step, if it asks to wait before this.
pub(super) fn asks(kernel: &Kernel, step: u16, before: Before) -> Option<Command> {
    let command = match kernel.next() {
        // That of this step, if it is in the current block.
        Command::Group { .. } => match kernel.lane(step) {
            Lane::Run(command) => command,
            Lane::Blocked | Lane::Ended => return None,
        },
        command => command,
    };
    Some(command).filter(|command| Before::of(*command) == Some((step, before)))
}
