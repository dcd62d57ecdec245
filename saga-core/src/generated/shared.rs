//! What inputs, services and effects must be, said once and at the user's own type.

/// What a saga holds: it runs on any thread, and its steps share what they read. Implemented by
/// everything that is `Send + Sync + 'static`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be part of a saga: it is not `Send + Sync + 'static`",
    label = "cannot be shared between threads",
    note = "a saga runs on any thread and lends its inputs, services and effects to its steps",
    note = "a type is `Send + Sync` if all that it holds is: write `Arc` in place of `Rc`, `Mutex` or an atomic in place of `RefCell` and `Cell`, and `dyn Trait + Send + Sync`"
)]
pub trait Shared: Send + Sync + 'static {}

#[diagnostic::do_not_recommend]
impl<T: Send + Sync + 'static> Shared for T {}

/// That a type can be part of a saga, as a number that stands in [`Is`].
#[must_use]
pub const fn shared<T: Shared>() -> usize {
    0
}

/// What a saga gives: it goes to whoever awaits it. Implemented by everything that is
/// `Send + 'static`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the output of a saga: it is not `Send + 'static`",
    label = "cannot be sent between threads",
    note = "a saga runs on any thread, and gives its output to another",
    note = "a type is `Send` if all that it holds is: write `Arc` in place of `Rc`, and `dyn Trait + Send`"
)]
pub trait Sent: Send + 'static {}

#[diagnostic::do_not_recommend]
impl<T: Send + 'static> Sent for T {}

/// That a type can be the output of a saga, as a number that stands in [`Is`].
#[must_use]
pub const fn sent<T: Sent>() -> usize {
    0
}

/// A type, if a number is there: where rustc could not find the number, it has said so, and takes
/// the type for any.
pub trait Is<const CHECKED: usize> {
    /// Itself.
    type Type;
}

impl<T, const CHECKED: usize> Is<CHECKED> for T {
    type Type = T;
}

/// A type, if others are there: where one of them is in error, rustc takes it for any.
pub trait Beside<H> {
    /// The type itself.
    type Type;
}

impl<T, H> Beside<H> for T {
    type Type = T;
}
