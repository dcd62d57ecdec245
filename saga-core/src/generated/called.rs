//! What the path of a step gives: a future of a `Result` whose error converts. Said in these words,
//! because the user wrote neither an `.await` nor a `?`.

use std::future::Future;

/// What a path gives when it is called. Implemented by every future.
#[diagnostic::on_unimplemented(
    message = "this path does not name an `async fn`",
    label = "returns `{Self}`, not a future",
    note = "a path is called with the reads, in their order, and awaited",
    note = "name an `async fn`, or call this one in a block, as in `{{ Ok(….await?) }}`"
)]
pub trait Awaited {
    /// Itself.
    type Future: Future;

    /// Itself.
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

/// The future that a path gives.
#[inline]
pub fn awaited<F: Awaited>(future: F) -> F::Future {
    future.awaited()
}

/// An error that becomes the saga's. Implemented by all that `From` converts.
#[diagnostic::on_unimplemented(
    message = "the error of this path does not convert to `{E}`",
    label = "its error is `{Self}`",
    note = "implement `From<{Self}>` for `{E}`, or convert it in a block"
)]
pub trait Converts<E> {
    /// The saga's error.
    fn convert(self) -> E;
}

#[diagnostic::do_not_recommend]
impl<E, F: Into<E>> Converts<E> for F {
    #[inline]
    fn convert(self) -> E {
        self.into()
    }
}

/// What a path returned, with the saga's error.
///
/// # Errors
///
/// The same.
#[inline]
pub fn returned<T, E, F: Converts<E>>(result: Result<T, F>) -> Result<T, E> {
    result.map_err(Converts::convert)
}
