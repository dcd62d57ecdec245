//! Walking a saga by hand, one step at a time.

use crate::{context::Context, id::Id};
use std::{
    fmt,
    future::Future,
    pin::Pin,
    sync::OnceLock,
    task::{Context as TaskContext, Poll},
};

/// A sibling of a `concurrent` block that has not happened, as a type parameter of the block's
/// typestate.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Pending;

/// A step of a walk that gave an error: the state before it, given back, and the error.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Stopped<S, E> {
    /// Where the walk was, and is.
    pub state: S,
    /// What the step said.
    pub error: E,
}

impl<S, E: fmt::Display> fmt::Display for Stopped<S, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.error.fmt(f)
    }
}

/// Without the state, whose fields need not be `Debug`.
impl<S, E: fmt::Debug> fmt::Debug for Stopped<S, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stopped")
            .field("error", &self.error)
            .finish_non_exhaustive()
    }
}

impl<S, E: std::error::Error + 'static> std::error::Error for Stopped<S, E> {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        // The message is that of the error.
        self.error.source()
    }
}

/// The call of a step, of whatever code.
type Calling<'r, T, E> = Pin<Box<dyn Future<Output = Result<T, E>> + Send + 'r>>;

/// What calls a step in a state `S`, with an environment `V`.
type Caller<S, V, T, E> = for<'r> fn(&'r S, &'r V) -> Calling<'r, T, E>;

/// A move of a walk, to be awaited: gives the next state, or a [`Stopped`].
// Not an `async fn` for each step: that is one more coroutine to check, which takes rustc four
// times as long as a method that gives this.
#[must_use = "futures do nothing unless polled"]
pub struct Move<'w, S, V, T, N, E> {
    /// Until the first poll.
    start: Option<(S, V)>,
    call: Caller<S, V, T, E>,
    next: fn(S, T) -> N,
    /// From the first poll on.
    taken: Option<Calling<'w, N, Stopped<S, E>>>,
}

/// A move that calls a step and goes on with what it gives.
pub fn step<'w, S, V, T, N, E>(
    state: S,
    environment: V,
    call: Caller<S, V, T, E>,
    next: fn(S, T) -> N,
) -> Move<'w, S, V, T, N, E> {
    Move {
        start: Some((state, environment)),
        call,
        next,
        taken: None,
    }
}

/// What is pinned is boxed.
impl<S, V, T, N, E> Unpin for Move<'_, S, V, T, N, E> {}

impl<'w, S, V, T, N, E> Future for Move<'w, S, V, T, N, E>
where
    S: Send + Sync + 'w,
    V: Send + Sync + 'w,
    T: 'w,
    N: 'w,
    E: Send + 'w,
{
    type Output = Result<N, Stopped<S, E>>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut TaskContext<'_>) -> Poll<Self::Output> {
        let (call, next) = (self.call, self.next);
        if let Some((state, environment)) = self.start.take() {
            self.taken = Some(Box::pin(taken(state, environment, call, next)));
        }
        let taken = self.taken.as_mut();
        taken.expect("started above").as_mut().poll(cx)
    }
}

async fn taken<S, V, T, N, E>(
    state: S,
    environment: V,
    call: Caller<S, V, T, E>,
    next: fn(S, T) -> N,
) -> Result<N, Stopped<S, E>> {
    let result = call(&state, &environment).await;
    match result {
        Ok(value) => Ok(next(state, value)),
        Err(error) => Err(Stopped { state, error }),
    }
}

/// The call of a step that its `when` lets happen.
///
/// # Errors
/// The step's.
pub async fn happens<T, E>(call: impl Future<Output = Result<T, E>>) -> Result<Option<T>, E> {
    call.await.map(Some)
}

/// The context of a step of a walk: the saga's id is `walk`.
#[must_use]
pub fn walk_context(saga: &'static str, step: &'static str) -> Context<'static> {
    static WALK: OnceLock<Id> = OnceLock::new();
    Context::new(saga, WALK.get_or_init(|| Id::from("walk")), step)
}

/// The `Debug` of a typestate: its name, since its fields need not be `Debug`.
///
/// # Errors
/// If the formatter gives one.
pub fn debug_state(name: &str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    f.debug_struct(name).finish_non_exhaustive()
}
