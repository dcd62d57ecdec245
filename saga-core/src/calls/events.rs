//! The events of a saga that has ended, and their delivery.

use crate::{
    basics::{
        discard::{discard, quietly},
        panic::{caught, caught_poll},
    },
    calls::attempt::{timed, untimed},
    values::{cause::Cause, codec::Codec, id::Key},
};
use std::{
    convert::Infallible,
    fmt,
    future::{Future, poll_fn},
    marker::PhantomData,
    pin::Pin,
    sync::Arc,
    time::Duration,
};

type Boxed<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// The events of a saga as a type: [`NoEvents`], or [`Emits`] of their type.
pub trait Events: 'static {
    /// Whether the saga declares events.
    const EMITS: bool;
    /// The type of the events.
    type Event: Send + Sync + 'static;
    /// [`EMITS`](Self::EMITS) as a type.
    type How;
}

/// The saga has no events.
#[derive(Clone, Copy, Debug)]
pub enum NoEvents {}

/// The saga has events of this type.
#[doc(hidden)]
pub struct Emits<E>(PhantomData<fn() -> E>);

/// The marker of a saga that has events.
pub enum Emitting {}

impl Events for NoEvents {
    const EMITS: bool = false;
    type Event = Infallible;
    type How = NoEvents;
}

impl<E: Send + Sync + 'static> Events for Emits<E> {
    const EMITS: bool = true;
    type Event = E;
    type How = Emitting;
}

/// The value of an `emit` expression.
#[diagnostic::on_unimplemented(
    message = "`emit` expects a list of `{E}`, but this is `{Self}`",
    label = "not a list of `{E}`",
    note = "write `[event]` for one event; an `Option` and a `Vec` are lists, too"
)]
#[doc(hidden)]
pub trait Emitted<E> {
    /// The events of an `emit`.
    #[doc(hidden)]
    fn emitted(self) -> Vec<E>;
}

#[diagnostic::do_not_recommend]
impl<E, I: IntoIterator<Item = E>> Emitted<E> for I {
    fn emitted(self) -> Vec<E> {
        self.into_iter().collect()
    }
}

/// An event type into which the events of a child saga are converted. `H` indicates whether the
/// child has any.
#[diagnostic::on_unimplemented(
    message = "`{X}`, the event of the child saga, does not convert to `{Self}`",
    label = "emits `{X}`",
    note = "the parent emits the events of a child saga, converted by `From`: write `impl From<{X}> for {Self}`; if `{Self}` is a type parameter, write the bound `{Self}: From<{X}>`"
)]
#[doc(hidden)]
pub trait EventFrom<X, H>: Sized {
    /// The argument of [`Is`](crate::generated::shared::Is), so that naming the type checks this
    /// trait.
    #[doc(hidden)]
    const CHECKED: usize = 0;

    /// Converts the event.
    fn from_event(event: X) -> Self;
}

#[diagnostic::do_not_recommend]
impl<E> EventFrom<Infallible, NoEvents> for E {
    fn from_event(event: Infallible) -> Self {
        match event {}
    }
}

#[diagnostic::do_not_recommend]
impl<E: From<X>, X> EventFrom<X, Emitting> for E {
    fn from_event(event: X) -> Self {
        event.into()
    }
}

/// A saga without events, which may be a child of a saga that declares no events.
#[diagnostic::on_unimplemented(
    message = "the child saga emits `{X}`, but its parent declares no events",
    label = "emits `{X}`",
    note = "the parent emits the events of a child saga: write `emit {X}` after its `-> Result<…>`, and `publish(bus, event, key) = path;` after its steps"
)]
pub trait Silent<X> {
    /// The argument of [`Is`](crate::generated::shared::Is), so that naming the type checks this
    /// trait.
    #[doc(hidden)]
    const CHECKED: usize = 0;
}

impl<X> Silent<X> for NoEvents {}

/// Makes one attempt to deliver an event, with the values that `publish` reads, the event, and its
/// key.
type Call<H, T, E> = for<'c> fn(&'c H, &'c T, &'c Key) -> Boxed<'c, Result<(), E>>;

/// The text of a call's error, and whether the delivery is given up after it.
type Judge<E> = (fn(&E) -> Option<String>, fn(&E) -> bool);

/// Why an attempt to deliver an event failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Undelivered {
    /// The text of the failure: an error, a panic, a timeout, or the reason why the JSON is not an
    /// event.
    pub error: String,
    /// Whether the delivery is given up: the `#[classify]` of `publish` says so of the error.
    pub refused: bool,
}

impl From<String> for Undelivered {
    fn from(error: String) -> Self {
        let refused = false;
        Self { error, refused }
    }
}

/// Delivers the events of a saga, by its `publish`.
pub struct Publisher<T>(Arc<dyn Publish<T>>);

trait Publish<T>: Send + Sync {
    /// Makes one attempt to deliver.
    fn attempt(self: Arc<Self>, event: Arc<T>, key: Key)
    -> Boxed<'static, Result<(), Undelivered>>;

    fn codec(&self) -> Codec<T>;
}

/// The values that `publish` reads, and the function that calls it.
struct Held<H, T, E> {
    reads: Arc<H>,
    call: Call<H, T, E>,
    limit: Option<fn() -> Duration>,
    describe: fn(&E) -> Option<String>,
    gives_up: fn(&E) -> bool,
    codec: Codec<T>,
}

impl<H, T, E> Publish<T> for Held<H, T, E>
where
    H: Send + Sync + 'static,
    T: Send + Sync + 'static,
    E: Send + 'static,
{
    fn attempt(
        self: Arc<Self>,
        event: Arc<T>,
        key: Key,
    ) -> Boxed<'static, Result<(), Undelivered>> {
        Box::pin(async move {
            let words = |error: &E| {
                let words = quietly(|| (self.describe)(error)).flatten();
                words.unwrap_or_else(|| "an error that has no text".to_owned())
            };
            match self.caught(&event, &key).await {
                Ok(()) => Ok(()),
                Err(cause) => {
                    let undelivered = match &cause {
                        Cause::Failed(error) => Undelivered {
                            error: words(error),
                            refused: quietly(|| (self.gives_up)(error)).unwrap_or(false),
                        },
                        cause => {
                            let mut text = String::new();
                            // Writing to a `String` cannot fail.
                            let _ = cause.write(&mut text, |_, _| Ok(()));
                            text.into()
                        }
                    };
                    discard(cause);
                    Err(undelivered)
                }
            }
        })
    }

    fn codec(&self) -> Codec<T> {
        self.codec
    }
}

impl<H, T, E: Send + 'static> Held<H, T, E> {
    async fn caught(&self, event: &T, key: &Key) -> Result<(), Cause<E>> {
        let call = match caught(|| (self.call)(&self.reads, event, key)) {
            Ok(call) => call,
            Err(panic) => return Err(Cause::Panicked(panic)),
        };
        let mut attempt: Boxed<'_, Result<(), Cause<E>>> = match self.limit {
            Some(limit) => Box::pin(timed(limit, call)),
            None => Box::pin(untimed(call)),
        };
        let ended = poll_fn(|cx| {
            caught_poll(
                || attempt.as_mut().poll(cx),
                |panic| Err(Cause::Panicked(panic)),
            )
        })
        .await;
        discard(attempt);
        ended
    }
}

impl<T: Send + Sync + 'static> Publisher<T> {
    /// Creates a publisher of the values that `publish` reads and the function that calls it, each
    /// call within `limit`. The error of a call is described as text, and may give the delivery up.
    pub fn new<H: Send + Sync + 'static, E: Send + 'static>(
        reads: Arc<H>,
        call: Call<H, T, E>,
        limit: Option<fn() -> Duration>,
        (describe, gives_up): Judge<E>,
        codec: Codec<T>,
    ) -> Self {
        Self(Arc::new(Held {
            reads,
            call,
            limit,
            describe,
            gives_up,
            codec,
        }))
    }

    /// Makes one attempt to deliver an event.
    ///
    /// # Errors
    /// [`Undelivered`].
    pub(crate) fn attempt(
        &self,
        event: Arc<T>,
        key: Key,
    ) -> impl Future<Output = Result<(), Undelivered>> + Send + 'static {
        Arc::clone(&self.0).attempt(event, key)
    }

    /// Makes one attempt to deliver an event that a durable saga has stored as JSON.
    ///
    /// # Errors
    /// [`Undelivered`].
    #[must_use]
    pub fn attempt_json(&self, json: &str, key: Key) -> Boxed<'static, Result<(), Undelivered>> {
        match self.0.codec().decode(json) {
            Ok(event) => Arc::clone(&self.0).attempt(Arc::new(event), key),
            Err(why) => {
                let why = format!("it cannot be read: {why}");
                Box::pin(async move { Err(why.into()) })
            }
        }
    }
}

impl<T> Clone for Publisher<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<T> fmt::Debug for Publisher<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Publisher")
    }
}
