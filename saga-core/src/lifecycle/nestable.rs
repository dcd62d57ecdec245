//! What the macro says of a saga so that it can be a step of another, and what it calls for a step
//! that is one.

use crate::{generated::machine::Machine, values::codec::Codec};

/// A saga that can be given these services: `V` is a tuple of their types, in its order.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a saga with the services `{V}`",
    label = "does not take these services",
    note = "a saga that is a step is given its services by `with (…)`, which names services of this saga: one for each of its own, in its order"
)]
pub trait Nest<V>: Sized + 'static {
    /// The saga with its services.
    type Machine: Machine;

    /// The saga itself; any type, if what it holds is in error.
    type This;

    /// Gives the saga its services.
    fn give(self, services: V) -> Self::Machine;

    /// How its inputs are kept, if it is durable.
    #[must_use]
    fn codec() -> Codec<Self> {
        Codec::none()
    }
}

/// A saga that can be rolled back once it has completed, since it has no pivot.
#[diagnostic::on_unimplemented(
    message = "`{Self}` has a pivot, so it cannot be a step of another saga",
    note = "a saga that is a step is undone when its parent rolls back, and nothing is undone from a pivot on",
    note = "make that step of `{Self}` a plain `step`, and let the parent have the `pivot`"
)]
pub trait Unpivoted {}

/// A saga that waits for no signal.
#[diagnostic::on_unimplemented(
    message = "`{Self}` waits for a signal, so it cannot be a step of another saga",
    note = "a signal is sent to a saga by its id, and a saga that is a step has none of its own",
    note = "declare the `signal` in the parent, and give its value to `{Self}` as an input"
)]
pub trait Unsignalled {}

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

/// A saga of which several runs may have this input in common: no step of it names that as its key.
/// The input is known by a number that the macro makes of its name. The lifetime says nothing, as in
/// [`Cloned`].
#[diagnostic::on_unimplemented(
    message = "`{Self}` is run for each item, and a step of it has as its key an input that is the same for all items",
    note = "the other side would answer the second item with the result of the first",
    note = "give this input something of the item; or in `{Self}`, let that step read `key`, of which each item has its own"
)]
pub trait Common<'r, const INPUT: u64> {}

/// An output that the step which is its saga has as its effect.
#[diagnostic::on_unimplemented(
    message = "the saga gives `{Self}`, and the effect of the step is `{T}`",
    label = "expected `{Self}`",
    note = "the effect of a step that is a saga is the output of the saga: write `-> {Self}`"
)]
pub trait Gives<T> {}

#[diagnostic::do_not_recommend]
impl<T> Gives<T> for T {}

/// An error that the error of a saga which is a step becomes.
#[diagnostic::on_unimplemented(
    message = "`{X}`, the error of the saga, does not become `{Self}`",
    label = "fails with `{X}`",
    note = "a saga fails with the error of a step that is a saga, converted by `From`: write `impl From<{X}> for {Self}`"
)]
pub trait Takes<X> {}

#[diagnostic::do_not_recommend]
impl<E: From<X>, X> Takes<X> for E {}

/// A service that can be handed to a saga that is a step.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be given to a saga that is a step: it is not `Clone`",
    label = "is not `Clone`",
    note = "such a saga has a clone of each service: derive `Clone` for it, or put it into an `Arc`"
)]
pub trait Handed: Clone {}

#[diagnostic::do_not_recommend]
impl<T: Clone> Handed for T {}

/// Another handle of a service, for a saga that is a step.
#[must_use]
pub fn handed<T: Handed>(service: &T) -> T {
    service.clone()
}

/// That a type is a saga with these services, as a number that stands in [`Is`](crate::generated::shared::Is).
#[must_use]
pub const fn nests<I: Nest<V>, V>() -> usize {
    0
}

/// That it can be a step.
#[must_use]
pub const fn fits<I, V>() -> usize
where
    I: Nest<V> + Unpivoted + Unsignalled,
    I::Machine: Tail,
{
    0
}

/// That its output is the effect of its step.
#[must_use]
pub const fn gives<O: Gives<T>, T>() -> usize {
    0
}

/// That its error becomes that of its parent.
#[must_use]
pub const fn takes<E: Takes<X>, X>() -> usize {
    0
}

/// That several runs of it may have this input in common.
#[must_use]
pub const fn common<I: for<'r> Common<'r, INPUT>, const INPUT: u64>() -> usize {
    0
}

/// That it may be begun anew.
#[must_use]
pub const fn renewed<I: for<'r> Renewed<'r>>() -> usize {
    0
}
