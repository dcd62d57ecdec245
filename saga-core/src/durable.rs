//! What the macro says of a `durable saga` beside its [`Machine`]: how its input and output are kept, and which services run it.

use crate::{codec::Codec, definition::Definition, machine::Machine};

/// A durable saga: its inputs. Implemented by `saga!` for the struct of the inputs of a `durable saga`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a durable saga",
    note = "write `durable saga` in its declaration"
)]
pub trait Durable: Sized + Send + Sync + 'static {
    /// The declaration.
    const DEFINITION: &'static Definition;
    /// What the saga gives if it completes.
    type Output: Send + Sync + 'static;
    /// The error of its steps.
    type Error: Send + Sync + 'static;
    /// Its effects, each if it is there.
    type Snapshot: Send + Sync + 'static;

    /// How the inputs are kept: as a JSON object of them, by name.
    const INPUT: Codec<Self>;
    /// How the output is kept.
    const OUTPUT: Codec<Self::Output>;
}

/// The services that run a durable saga. Implemented by `saga!` for the struct of its services; each run is given a clone of them.
#[diagnostic::on_unimplemented(
    message = "`{Self}` are not the services of the durable saga `{S}`",
    note = "`saga!` declares a struct for them: the saga's name and `Services`"
)]
pub trait Services<S: Durable>: Clone + Send + Sync + 'static {
    /// The saga with its services.
    type Machine: Machine<Output = S::Output, Error = S::Error, Snapshot = S::Snapshot>;

    /// Gives the saga its services.
    fn give(self, saga: S) -> Self::Machine;
}

/// What a durable saga may have as a service: each of its runs has a clone.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be a service of a durable saga",
    label = "needs `Clone + Send + Sync + 'static`",
    note = "each run of a durable saga has a clone of its services: put it into an `Arc`"
)]
pub trait Service: Clone + Send + Sync + 'static {}

#[diagnostic::do_not_recommend]
impl<T: Clone + Send + Sync + 'static> Service for T {}
