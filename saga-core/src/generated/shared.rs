//! What inputs, services and effects must be, said once and at the user's own type.

/// What a saga holds: it runs on any thread, and its steps share what they read. Implemented by
/// everything that is `Send + Sync + 'static`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be part of a saga: it is not `Send + Sync + 'static`",
    label = "cannot be shared between threads",
    note = "a saga runs on any thread and lends its inputs, services and effects to its steps",
    note = "use `Arc` instead of `Rc`, `Mutex` or an atomic instead of `RefCell` or `Cell`, and `dyn Trait + Send + Sync` instead of `dyn Trait`"
)]
pub trait Shared: Send + Sync + 'static {}

#[diagnostic::do_not_recommend]
impl<T: Send + Sync + 'static> Shared for T {}

/// The bounds of [`Shared`], for checks: of a trait without supertraits, rustc names the trait alone.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be part of a saga: it is not `Send + Sync + 'static`",
    label = "cannot be shared between threads",
    note = "a saga runs on any thread and lends its inputs, services and effects to its steps",
    note = "use `Arc` instead of `Rc`, `Mutex` or an atomic instead of `RefCell` or `Cell`, and `dyn Trait + Send + Sync` instead of `dyn Trait`"
)]
pub trait PartOfASaga {
    /// A number that stands in [`Is`].
    #[doc(hidden)]
    const CHECKED: usize = 0;
}

#[diagnostic::do_not_recommend]
impl<T: Send + Sync + 'static> PartOfASaga for T {}

/// What a saga returns. Implemented by everything that is `Send + 'static`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the output of a saga: it is not `Send + 'static`",
    label = "cannot be sent between threads",
    note = "a saga runs on any thread, and returns its output to another",
    note = "use `Arc` instead of `Rc`, and `dyn Trait + Send` instead of `dyn Trait`"
)]
pub trait OutputOfASaga {
    /// A number that stands in [`Is`].
    #[doc(hidden)]
    const CHECKED: usize = 0;
}

#[diagnostic::do_not_recommend]
impl<T: Send + 'static> OutputOfASaga for T {}

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
