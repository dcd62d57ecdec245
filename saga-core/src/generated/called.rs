//! The requirements on the path of a step: it returns a future of a `Result` whose error converts.
//! They have their own traits and messages, because the user wrote neither an `.await` nor a `?`.

use std::future::Future;

/// The return value of a path. Implemented by every future.
#[diagnostic::on_unimplemented(
    message = "this path does not name an `async fn`",
    label = "returns `{Self}`, not a future",
    note = "the function is called with the names in the parentheses, in that order, and awaited",
    note = "to call a function that is not async, write a block, `{{ Ok(…?) }}`, with the call in place of `…`; without `?`, if the function does not return a `Result`"
)]
#[doc(hidden)]
pub trait Awaited {
    /// The future.
    type Future: Future;

    /// Returns the future.
    fn awaited(self) -> Self::Future;
}

#[diagnostic::do_not_recommend]
impl<F: Future> Awaited for F {
    type Future = F;

    #[inline]
    fn awaited(self) -> F {
        self
    }
}

/// The output of a path's future. Implemented by every `Result`.
#[diagnostic::on_unimplemented(
    message = "this path names a function that does not return a `Result`",
    label = "returns `{Self}`",
    note = "to call a function that cannot fail, write a block, `{{ Ok(….await) }}`, with the call in place of `…`"
)]
pub trait Returned {
    /// The effect.
    type Effect;
    /// The error.
    type Error;

    /// Converts the error to the saga's error.
    ///
    /// # Errors
    ///
    /// The converted error.
    fn returned<E>(self, convert: fn(Self::Error) -> E) -> Result<Self::Effect, E>;
}

#[diagnostic::do_not_recommend]
impl<T, F> Returned for Result<T, F> {
    type Effect = T;
    type Error = F;

    #[inline]
    fn returned<E>(self, convert: fn(F) -> E) -> Result<T, E> {
        self.map_err(convert)
    }
}

/// An error that converts to the saga's error. Implemented for every `From` conversion.
#[diagnostic::on_unimplemented(
    message = "the error of this path does not convert to `{E}`",
    label = "its error is `{Self}`",
    note = "write `impl From<{Self}> for {E}`, or convert the error in a block"
)]
#[doc(hidden)]
pub trait Converts<E> {
    /// Converts the error.
    fn convert(self) -> E;
}

#[diagnostic::do_not_recommend]
impl<E, F: Into<E>> Converts<E> for F {
    #[inline]
    fn convert(self) -> E {
        self.into()
    }
}
