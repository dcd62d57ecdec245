//! The traits that the macro implements for a saga so that it can be a child saga, and the
//! requirements of a step that is one.

use crate::{
    generated::machine::Machine,
    values::{codec::Codec, key_digest::KeyDigest},
};

/// A saga that can be given these services: `V` is a tuple of their types, in order of declaration.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a saga with the services `{V}`",
    label = "not a saga with these services",
    note = "`with (…)` names a service of this saga for each service of `{Self}`, in the order in which `{Self}` declares them"
)]
pub trait Nest<V>: Sized + 'static {
    /// The saga with its services.
    type Machine: Machine;

    /// The saga itself; any type, if one of its inputs is in error.
    type This;

    /// The argument of [`Is`](crate::generated::shared::Is), so that naming the type checks this
    /// trait.
    #[doc(hidden)]
    const CHECKED: usize = 0;

    /// Gives the saga its services.
    fn give(self, services: V) -> Self::Machine;

    /// The inputs that its steps name as their keys.
    #[must_use]
    fn keys(&self) -> Vec<KeyDigest> {
        Vec::new()
    }

    /// The codec of the inputs, if the saga is durable.
    #[must_use]
    fn codec() -> Codec<Self> {
        Codec::none()
    }
}

/// A saga that can be rolled back once it has completed, since it has no pivot.
#[diagnostic::on_unimplemented(
    message = "`{Self}` has a pivot, so it cannot be a child saga",
    label = "has a pivot",
    note = "a child saga must be undone when its parent rolls back, and a pivot cannot be undone",
    note = "make the pivot of `{Self}` a plain `step`, and declare the `pivot` in the parent"
)]
pub trait Unpivoted {
    /// The argument of [`Is`](crate::generated::shared::Is), so that naming the type checks this
    /// trait.
    #[doc(hidden)]
    const CHECKED: usize = 0;
}

/// A saga that waits for no signal.
#[diagnostic::on_unimplemented(
    message = "`{Self}` waits for a signal, so it cannot be a child saga",
    label = "waits for a signal",
    note = "a signal is sent to a saga by its id, and a child saga has no id of its own",
    note = "declare the `signal` in the parent, and pass its value to `{Self}` as an input"
)]
pub trait Unsignalled {
    /// The argument of [`Is`](crate::generated::shared::Is), so that naming the type checks this
    /// trait.
    #[doc(hidden)]
    const CHECKED: usize = 0;
}

/// A saga that takes no locks.
#[diagnostic::on_unimplemented(
    message = "`{Self}` takes a lock, so it cannot be a child saga",
    label = "takes a lock",
    note = "when a parent runs a child saga again, it may ask for other keys while it still has the first ones",
    note = "move the `lock` from `{Self}` to the parent, before the step that runs `{Self}`"
)]
pub trait Unlocked {
    /// The argument of [`Is`](crate::generated::shared::Is), so that naming the type checks this
    /// trait.
    #[doc(hidden)]
    const CHECKED: usize = 0;
}

/// A saga whose output can be created from clones, while the saga can still be undone.
#[diagnostic::on_unimplemented(
    message = "the output of `{Self}` cannot be made of clones",
    note = "a child saga can still be undone after it has returned its output, so its inputs and effects are cloned for the output"
)]
pub trait Tail: Machine {
    /// The argument of [`Is`](crate::generated::shared::Is), so that naming the type checks this
    /// trait.
    #[doc(hidden)]
    const CHECKED: usize = 0;

    /// Creates the output.
    fn made(&self, slots: &Self::Slots) -> Self::Output;
}

/// Bound on whatever the output expression of a child saga moves. The unused lifetime makes the
/// bound higher-ranked, which defers the check to the use site: a saga that is nobody's child need
/// not satisfy it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` must be `Clone`, because its saga is a child saga here",
    label = "the child saga returns a value that is not `Clone`",
    note = "a child saga can still be undone after it has returned its output, so the output is made of clones"
)]
#[doc(hidden)]
pub trait Cloned<'c>: Clone {}

#[diagnostic::do_not_recommend]
impl<T: Clone> Cloned<'_> for T {}

/// A saga that its parent may run again. A step that does not allow it is represented by a type with the
/// step's name, which does not implement this. `COVERED`: the parent's step says `compensate none again`,
/// which covers what the saga leaves. The unused lifetime is as in [`Cloned`].
#[diagnostic::on_unimplemented(
    message = "the step `{Self}` of a child saga does not allow the saga to run again here",
    label = "may run more than once",
    note = "`#[retry]`, a savepoint, or a failure after the pivot runs the child saga again",
    note = "if `{Self}` is `compensate none`, nothing has undone it by then: write a `compensate(…)`, or `compensate none again` (it is called again, and the outcome lists it)",
    note = "if `{Self}` names an input as its key, read `key` in it, or name an effect of an earlier step of its saga"
)]
pub trait RunsAgain<'r, const COVERED: bool> {
    /// The argument of [`Is`](crate::generated::shared::Is), so that naming the type checks this
    /// trait.
    #[doc(hidden)]
    const CHECKED: usize = 0;
}

/// A saga whose runs for the items of a loop may share this input: no step of it uses the input as
/// its key. `INPUT` is a number that the macro derives from the input's name. The unused lifetime
/// is as in [`Cloned`].
#[diagnostic::on_unimplemented(
    message = "all items of the loop share this input, which a step of `{Self}` uses as its idempotency key",
    label = "the same for all items",
    note = "the service would answer the second item with the result of the first",
    note = "make this input depend on the item; or in `{Self}`, read `key` in that step, which differs for each item"
)]
pub trait Common<'r, const INPUT: u64> {
    /// The argument of [`Is`](crate::generated::shared::Is), so that naming the type checks this
    /// trait.
    #[doc(hidden)]
    const CHECKED: usize = 0;
}

/// A child saga whose `finally` is not missed. A saga that has one has a deprecated constant of the
/// same name, so that rustc warns where the saga is a child.
#[doc(hidden)]
pub trait WithoutFinally {
    /// Named where a saga is a child.
    const __FINALLY: () = ();
}

impl<T: ?Sized> WithoutFinally for T {}

/// The output of a child saga, which must be the effect of its step.
#[diagnostic::on_unimplemented(
    message = "the child saga returns `{Self}`, but the effect of the step is `{T}`",
    label = "expected `{Self}`",
    note = "the effect of such a step is the output of the child saga: write `-> {Self}`"
)]
#[doc(hidden)]
pub trait Gives<T> {
    /// The argument of [`Is`](crate::generated::shared::Is), so that naming the type checks this
    /// trait.
    #[doc(hidden)]
    const CHECKED: usize = 0;
}

#[diagnostic::do_not_recommend]
impl<T> Gives<T> for T {}

/// An error type into which the error of a child saga is converted.
#[diagnostic::on_unimplemented(
    message = "`{X}`, the error of the child saga, does not convert to `{Self}`",
    label = "fails with `{X}`",
    note = "the error of a child saga is converted by `From`: write `impl From<{X}> for {Self}`"
)]
#[doc(hidden)]
pub trait Takes<X> {
    /// The argument of [`Is`](crate::generated::shared::Is), so that naming the type checks this
    /// trait.
    #[doc(hidden)]
    const CHECKED: usize = 0;
}

#[diagnostic::do_not_recommend]
impl<E: From<X>, X> Takes<X> for E {}

/// A service that can be passed to a child saga.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be passed to a child saga: it is not `Clone`",
    label = "is not `Clone`",
    note = "a child saga gets a clone of each service: derive `Clone` for it, or put it into an `Arc`"
)]
#[doc(hidden)]
pub trait Handed: Sized {
    /// Another handle of the service.
    #[must_use]
    fn handed(&self) -> Self;
}

#[diagnostic::do_not_recommend]
impl<T: Clone> Handed for T {
    fn handed(&self) -> Self {
        self.clone()
    }
}
