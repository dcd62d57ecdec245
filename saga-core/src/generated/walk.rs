//! Walking a saga by hand, one step at a time.

use crate::{
    generated::machine::Machine,
    report::{context::Context, error::Failure},
    values::{
        cause::Cause,
        id::{Id, Key},
    },
};
use std::{
    fmt,
    future::Future,
    marker::PhantomData,
    ops::Deref,
    pin::Pin,
    task::{Context as TaskContext, Poll},
};

/// A sibling of a `concurrent` block that has not happened, as a type parameter of the block's
/// typestate.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Pending;

/// A sibling of a `concurrent` block that has happened, with an effect of type `T`, as a type
/// parameter of the block's typestate. There are no values of it: the typestate has the effect.
pub struct Done<T>(PhantomData<fn() -> T>);

/// Whether a sibling has happened: [`Pending`] or [`Done`].
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not say whether a step of a `concurrent` block has happened",
    label = "neither `typed_saga::Pending` nor `typed_saga::Done<…>`",
    note = "the typestate of a block has a parameter for each step in it: `typed_saga::Pending`, or \
            `typed_saga::Done<…>` of its effect"
)]
pub trait Sibling {
    /// What the typestate has in place of the sibling's effect.
    type Effect;
}

impl Sibling for Pending {
    type Effect = Self;
}

impl<T> Sibling for Done<T> {
    type Effect = T;
}

/// The position of a walk after the decision on a `when` block. Going forward,
/// [`Taken`](Self::Taken) is before the block's first step, and [`Skipped`](Self::Skipped) after
/// the block. Compensating, `Taken` is at the end of the block, and `Skipped` before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[must_use]
pub enum Branch<Inside, Past> {
    /// The condition was true.
    Taken(Inside),
    /// The condition was false.
    Skipped(Past),
}

/// The effect of a step in a `when` block that was taken.
///
/// # Panics
/// If there is no effect: a defect of the library.
pub fn there<T>(effect: Option<T>) -> T {
    effect.expect("the block was taken")
}

/// The type of the effect of a step that may not have happened.
pub enum NotHappened {}

/// Takes the place of the effect of such a step, so that reading it is an error, whatever the type
/// of the effect is.
///
/// # Panics
/// Always: generated code names it only to be rejected by rustc.
#[must_use]
pub fn absent<T>(_: &T) -> &NotHappened {
    unreachable!("what has not happened is not read")
}

/// The values that can be read at a position of a walk; and the proof that the walk is there, since
/// only [`begin`], [`rename`], [`give`] and [`step`] create it, which only generated code calls. It
/// cannot be copied, and its fields cannot be changed.
pub struct Proof<F> {
    fields: F,
    walk: Walk,
}

/// The saga and the id of a walk.
struct Walk {
    saga: &'static str,
    id: Id,
}

impl<F> Deref for Proof<F> {
    type Target = F;

    #[inline]
    fn deref(&self) -> &F {
        &self.fields
    }
}

/// The start of a new walk.
pub fn begin<F>(saga: &'static str, fields: F) -> Proof<F> {
    let id = Id::random();
    let walk = Walk { saga, id };
    Proof { fields, walk }
}

/// Converts the fields of a position, which stays the same.
pub fn rename<F, G>(proof: Proof<F>, rename: fn(F) -> G) -> Proof<G> {
    let Proof { fields, walk } = proof;
    let fields = rename(fields);
    Proof { fields, walk }
}

/// Returns the position after a signal, with its value.
pub fn give<F, T, G>(proof: Proof<F>, value: T, next: fn(F, T) -> G) -> Proof<G> {
    let Proof { fields, walk } = proof;
    let fields = next(fields, value);
    Proof { fields, walk }
}

/// Returns the fields at the end of a walk.
pub fn open<F>(proof: Proof<F>) -> F {
    proof.fields
}

/// A step of a walk that returned an error: the state before the step, and the error.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Stopped<S, E> {
    /// The state before the step, from which the walk can continue.
    pub state: S,
    /// The error of the step.
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

/// The future of a step's call.
type Calling<'r, T, E> = Pin<Box<dyn Future<Output = Result<T, E>> + Send + 'r>>;

/// The function that calls or undoes a step, with the fields `F`, an environment `V`, and both keys.
type Caller<F, V, T, E> =
    for<'r> fn(&'r F, &'r V, &'r Context<'r>, &'r Key, &'r Key) -> Calling<'r, T, E>;

/// A typestate, which dereferences to its fields.
#[doc(hidden)]
pub trait State: Deref<Target: Sized> {}

impl<S: Deref<Target: Sized>> State for S {}

/// A move of a walk, to be awaited: returns the next state, or a [`Stopped`].
// Not an `async fn` for each step: that would be one more coroutine to check, which takes rustc
// four times as long as a method that returns this.
#[must_use = "futures do nothing unless polled"]
pub struct Move<'w, S: State, V, T, N: State, E> {
    /// `Some` until the first poll.
    start: Option<Start<S::Target, V>>,
    plan: Plan<S, V, T, N, E>,
    /// `Some` from the first poll on.
    taken: Option<Calling<'w, N, Stopped<S, E>>>,
}

struct Start<F, V> {
    proof: Proof<F>,
    step: &'static str,
    environment: V,
}

struct Plan<S: State, V, T, N: State, E> {
    call: Caller<S::Target, V, T, E>,
    next: fn(S::Target, T) -> N::Target,
    stays: fn(Proof<S::Target>) -> S,
    goes: fn(Proof<N::Target>) -> N,
}

/// Creates a move that calls a step and continues with its value.
pub fn step<'w, S: State, V, T, N: State, E>(
    proof: Proof<S::Target>,
    step: &'static str,
    environment: V,
    call: Caller<S::Target, V, T, E>,
    next: fn(S::Target, T) -> N::Target,
    stays: fn(Proof<S::Target>) -> S,
    goes: fn(Proof<N::Target>) -> N,
) -> Move<'w, S, V, T, N, E> {
    Move {
        start: Some(Start {
            proof,
            step,
            environment,
        }),
        plan: Plan {
            call,
            next,
            stays,
            goes,
        },
        taken: None,
    }
}

/// The pinned future is boxed.
impl<S: State, V, T, N: State, E> Unpin for Move<'_, S, V, T, N, E> {}

impl<'w, S, V, T, N, E> Future for Move<'w, S, V, T, N, E>
where
    S: State<Target: Send + Sync> + 'w,
    V: Send + Sync + 'w,
    T: 'w,
    N: State + 'w,
    E: Send + 'w,
{
    type Output = Result<N, Stopped<S, E>>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut TaskContext<'_>) -> Poll<Self::Output> {
        let plan = Plan { ..self.plan };
        if let Some(start) = self.start.take() {
            self.taken = Some(Box::pin(taken(start, plan)));
        }
        let taken = self.taken.as_mut();
        taken.expect("started above").as_mut().poll(cx)
    }
}

async fn taken<S: State, V, T, N: State, E>(
    start: Start<S::Target, V>,
    plan: Plan<S, V, T, N, E>,
) -> Result<N, Stopped<S, E>> {
    let Start {
        proof,
        step,
        environment,
    } = start;
    let context = Context::new(proof.walk.saga, &proof.walk.id, step);
    let (key, undo_key) = (context.key(), Key::of_undo(&context));
    let result = (plan.call)(&proof, &environment, &context, &key, &undo_key).await;
    match result {
        Ok(value) => {
            let Proof { fields, walk } = proof;
            let fields = (plan.next)(fields, value);
            Ok((plan.goes)(Proof { fields, walk }))
        }
        Err(error) => {
            let state = (plan.stays)(proof);
            Err(Stopped { state, error })
        }
    }
}

/// Calls a step whose `when` is true.
///
/// # Errors
/// The error of the step.
pub async fn happens<T, E>(call: impl Future<Output = Result<T, E>>) -> Result<Option<T>, E> {
    call.await.map(Some)
}

/// The value of `failure` in the compensations of the items before one that returned an error.
pub fn failed<M: Machine>(step: &'static str, error: M::Error) -> Failure<M::Error> {
    let mut steps = M::DEFINITION.steps.iter();
    let place = steps.position(|declared| &*declared.name == step);
    let place = place.and_then(|place| u16::try_from(place).ok());
    let verdict = M::classify(place.unwrap_or(u16::MAX), &error);
    Failure::new(step, Cause::Failed(error)).judged(verdict)
}

/// Returns the error that [`failed`] was given.
///
/// # Panics
/// If it is any other failure.
pub fn error_of<E>(failure: Failure<E>) -> E {
    match failure.into_cause() {
        Cause::Failed(error) => error,
        _ => unreachable!("it was made of an error"),
    }
}

/// Returns the output of a walk, which `make` puts into its place.
///
/// # Panics
/// If `make` leaves the place empty: a defect of the library.
pub fn made<T>(make: impl FnOnce(&mut Option<T>)) -> T {
    let mut output = None;
    make(&mut output);
    output.expect("the output is there when the tail has ended")
}

/// The `Debug` of a typestate: its name, since its fields need not be `Debug`.
///
/// # Errors
/// If the formatter returns one.
pub fn debug_state(name: &str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    f.debug_struct(name).finish_non_exhaustive()
}

/// The implementations that all typestates have: each dereferences to its fields, and prints its
/// name. A macro, because it costs rustc less than the same tokens emitted by `saga!`.
#[macro_export]
#[doc(hidden)]
macro_rules! __typestate {
    ([$($declared:tt)*] $name:ident $fields:ident [$($names:tt)*] [$($predicates:tt)*]) => {
        #[automatically_derived]
        impl<$($declared)*> ::core::ops::Deref for $name<$($names)*> where $($predicates)* {
            type Target = $fields<$($names)*>;
            fn deref(&self) -> &Self::Target {
                &self.0
            }
        }
        #[automatically_derived]
        impl<$($declared)*> ::core::fmt::Debug for $name<$($names)*> where $($predicates)* {
            fn fmt(&self, __f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                $crate::__private::debug_state(::core::stringify!($name), __f)
            }
        }
    };
}
