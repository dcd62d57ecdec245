//! What the macro says of a saga so that it can be a step of another, and what it calls for a step
//! that is one.

use crate::{cause::Cause, codec::Codec, error::Error, executor::Prepared, machine::Machine};

/// A saga that can be given these services: `V` is a tuple of their types, in its order.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a saga with the services `{V}`",
    note = "`with (…)` names services of this saga whose types are those of the other one's, in its order"
)]
pub trait Nest<V>: Sized + 'static {
    /// The saga with its services.
    type Machine: Machine;

    /// Gives the saga its services.
    fn give(self, services: V) -> Self::Machine;

    /// How its inputs are kept, if it is durable.
    #[must_use]
    fn codec() -> Codec<Self> {
        Codec::none()
    }
}

/// A saga that can be called back once it has completed.
#[diagnostic::on_unimplemented(
    message = "`{Self}` has a pivot or a signal, so it cannot be a step of another saga yet",
    note = "a saga that is a step is called back when its parent goes back, and nothing is undone from a pivot on"
)]
pub trait GoesBack {}

/// A saga whose output can be made while it can still be undone, from clones.
#[diagnostic::on_unimplemented(
    message = "the output of `{Self}` cannot be made of clones",
    note = "a saga that is a step can still be undone when its output is there, so its inputs and effects are cloned for it"
)]
pub trait Tail: Machine {
    /// Its output.
    fn made(&self, slots: &Self::Slots) -> Self::Output;
}

/// What the output of a saga that is a step moves. The lifetime says nothing: with it a predicate
/// is checked where it is needed, and not where it stands.
#[diagnostic::on_unimplemented(
    message = "`{Self}` must be `Clone` for its saga to be a step of another",
    note = "a saga that is a step can still be undone when its output is there, so what the output moves is cloned"
)]
pub trait Cloned<'c>: Clone {}

#[diagnostic::do_not_recommend]
impl<T: Clone> Cloned<'_> for T {}

/// A saga that may be begun anew under the same inputs. The lifetime says nothing, as in [`Cloned`].
#[diagnostic::on_unimplemented(
    message = "`{Self}` is begun anew here, and a step of it names an input as its key",
    note = "after a failure it is begun anew by `#[retry]`, from a savepoint, or behind the pivot, and the other side would find by that key what was undone",
    note = "in `{Self}`, let that step read `key`, which changes with the round; or let it name an effect of an earlier step"
)]
pub trait Renewed<'r> {}

/// Proves that a saga may be begun anew.
pub const fn renewed<I: for<'r> Renewed<'r>>() {}

/// Proves that a saga can be called back.
pub const fn goes_back<I: GoesBack>() {}

/// The saga that a step is, run in memory, for a walk by hand.
///
/// # Errors
/// The error that it failed with, as one of its parent.
///
/// # Panics
/// If it failed for another reason.
pub async fn by_hand<I, V, E>(saga: I, services: V) -> Result<<I::Machine as Machine>::Output, E>
where
    I: Nest<V> + Send,
    E: From<<I::Machine as Machine>::Error>,
{
    let prepared = Prepared::new(saga.give(services));
    match prepared.await {
        Ok(output) => Ok(output),
        Err(error) => Err(converted::<I::Machine, E>(error)),
    }
}

fn converted<M: Machine, E: From<M::Error>>(error: Error<M::Error>) -> E {
    let step = error.path().unwrap_or("the saga").to_owned();
    let words = match error.cause() {
        Cause::Failed(_) => String::new(),
        Cause::TimedOut => "timed out".to_owned(),
        Cause::Panicked(panic) => format!("panicked: {}", panic.message()),
        _ => "ended without an error".to_owned(),
    };
    match error.into_step_error() {
        Some(error) => E::from(error),
        None => panic!("`{step}` {words}, which a walk by hand has no error for"),
    }
}
