//! The requirements on inputs, services and effects, checked once and at the user's own type.

/// A type that a saga can contain: the saga runs on any thread, and its steps share the values that
/// they read. Implemented by everything that is `Send + Sync + 'static`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be part of a saga: it is not `Send + Sync + 'static`",
    label = "cannot be shared between threads",
    note = "a saga runs on any thread and lends its inputs, services and effects to its steps",
    note = "use `Arc` instead of `Rc`, `Mutex` or an atomic instead of `RefCell` or `Cell`, and `dyn Trait + Send + Sync` instead of `dyn Trait`"
)]
#[doc(hidden)]
pub trait Shared: Send + Sync + 'static {}

#[diagnostic::do_not_recommend]
impl<T: Send + Sync + 'static> Shared for T {}

/// The check of [`Shared`]: since this trait has no supertraits, rustc's error names it alone.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be part of a saga: it is not `Send + Sync + 'static`",
    label = "cannot be shared between threads",
    note = "a saga runs on any thread and lends its inputs, services and effects to its steps",
    note = "use `Arc` instead of `Rc`, `Mutex` or an atomic instead of `RefCell` or `Cell`, and `dyn Trait + Send + Sync` instead of `dyn Trait`"
)]
#[doc(hidden)]
pub trait PartOfASaga {
    /// The argument of [`Is`], so that naming the type checks this trait.
    #[doc(hidden)]
    const CHECKED: usize = 0;
}

#[diagnostic::do_not_recommend]
impl<T: Send + Sync + 'static> PartOfASaga for T {}

/// A type that a saga can return. Implemented by everything that is `Send + 'static`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the output of a saga: it is not `Send + 'static`",
    label = "cannot be sent between threads",
    note = "a saga runs on any thread, and returns its output to another",
    note = "use `Arc` instead of `Rc`, and `dyn Trait + Send` instead of `dyn Trait`"
)]
#[doc(hidden)]
pub trait OutputOfASaga {
    /// The argument of [`Is`], so that naming the type checks this trait.
    #[doc(hidden)]
    const CHECKED: usize = 0;
}

#[diagnostic::do_not_recommend]
impl<T: Send + 'static> OutputOfASaga for T {}

/// The type itself, if the constant `CHECKED` exists. If not, rustc reports that error, and accepts
/// any type here, so it reports no others.
#[doc(hidden)]
pub trait Is<const CHECKED: usize> {
    /// The type itself.
    type Type;
}

impl<T, const CHECKED: usize> Is<CHECKED> for T {
    type Type = T;
}

/// The type itself, if the types `H` exist. If one of them is in error, rustc accepts any type
/// here.
#[doc(hidden)]
pub trait Beside<H> {
    /// The type itself.
    type Type;
}

impl<T, H> Beside<H> for T {
    type Type = T;
}
