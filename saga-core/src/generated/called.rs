//! The requirements on the path of a step: it returns a future of a `Result` whose error converts.
//! They have their own traits and messages, because the user wrote neither an `.await` nor a `?`.

use std::future::Future;

/// The return value of a path. Implemented by every future.
#[diagnostic::on_unimplemented(
    message = "this path does not name an `async fn`",
    label = "returns `{Self}`, not a future",
    note = "the function that a path names is called with what the list reads, in that order, and awaited",
    note = "to call a function that is not async, write a block, as in `{{ Ok(now(billing, trip)?) }}`, or without `?` if the function returns no `Result`"
)]
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

/// An error that converts to the saga's error. Implemented for every `From` conversion.
#[diagnostic::on_unimplemented(
    message = "the error of this path does not convert to `{E}`",
    label = "its error is `{Self}`",
    note = "write `impl From<{Self}> for {E}`, or convert the error in a block"
)]
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

/// Converts the error of a path's result to the saga's error.
///
/// # Errors
///
/// The converted error.
#[inline]
pub fn returned<T, E, F>(result: Result<T, F>, convert: fn(F) -> E) -> Result<T, E> {
    result.map_err(convert)
}
