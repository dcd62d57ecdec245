//! The layers around one call, as hand-written futures: an `async` block around an argument would
//! store it twice and cost four times as much (rust-lang/rust#62958, measured).

use crate::{
    basics::{discard::quietly, panic::caught_poll},
    calls::report::Report,
    values::cause::Cause,
};
use pin_project_lite::pin_project;
use std::{
    future::Future,
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};
use tokio::{
    task::coop::{Unconstrained, unconstrained},
    time::{Instant, Sleep, sleep_until},
};

pin_project! {
    /// A call whose panic becomes an outcome, for a journal that records it.
    #[derive(Debug)]
    #[must_use = "futures do nothing unless polled"]
    pub struct Caught<F> {
        #[pin]
        attempt: F,
    }
}

impl<F> Caught<F> {
    /// The same call, which no longer panics.
    pub fn new(attempt: F) -> Self {
        Self { attempt }
    }
}

impl<T, E, F: Future<Output = Result<T, Cause<E>>>> Future for Caught<F> {
    type Output = Result<T, Cause<E>>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let attempt = self.project().attempt;
        caught_poll(|| attempt.poll(cx), |panic| Err(Cause::Panicked(panic)))
    }
}

pin_project! {
    /// A call whose result becomes an outcome. A panic passes through: the code that polls a run of
    /// calls catches it, once for all of them.
    #[must_use = "futures do nothing unless polled"]
    pub struct Untimed<F> {
        #[pin]
        call: F,
    }
}

/// A call without a time limit.
pub fn untimed<T, E, F: Future<Output = Result<T, E>>>(call: F) -> Untimed<F> {
    Untimed { call }
}

impl<T, E, F: Future<Output = Result<T, E>>> Future for Untimed<F> {
    type Output = Result<T, Cause<E>>;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.project().call.poll(cx).map_err(Cause::Failed)
    }
}

pin_project! {
    /// An attempt that returns its value, or a report of its failure.
    #[must_use = "futures do nothing unless polled"]
    pub struct Reported<A> {
        #[pin]
        attempt: A,
    }
}

/// Makes an attempt return its value, or a report of its failure.
#[inline]
pub fn valued<T, E, A: Future<Output = Result<T, Cause<E>>>>(attempt: A) -> Reported<A> {
    Reported { attempt }
}

pin_project! {
    /// A call that stores its value, if it has one, in its slot itself.
    #[must_use = "futures do nothing unless polled"]
    pub struct Whole<C> {
        #[pin]
        call: C,
    }
}

/// Wraps a call that stores its value, if it has one, in its slot itself.
pub fn whole<E, C: Future<Output = Report<E>>>(call: C) -> Whole<C> {
    Whole { call }
}

impl<E, C: Future<Output = Report<E>>> Future for Whole<C> {
    type Output = Result<(), Report<E>>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.project().call.poll(cx).map(Err)
    }
}

impl<T, E, A: Future<Output = Result<T, Cause<E>>>> Future for Reported<A> {
    type Output = Result<T, Report<E>>;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.project().attempt.poll(cx).map_err(Report::Failed)
    }
}

pin_project! {
    /// An attempt whose value is stored in its slot.
    #[must_use = "futures do nothing unless polled"]
    pub struct Stored<A, S> {
        #[pin]
        attempt: A,
        store: S,
    }
}

/// An attempt whose value `store` puts into its slot; returns a report if it fails.
#[inline]
pub fn stored<T, E, A, S>(attempt: A, store: S) -> Stored<A, S>
where
    A: Future<Output = Result<T, Cause<E>>>,
    S: Fn(T),
{
    Stored { attempt, store }
}

impl<T, E, A: Future<Output = Result<T, Cause<E>>>, S: Fn(T)> Future for Stored<A, S> {
    type Output = Result<(), Report<E>>;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let attempt = this.attempt.poll(cx).map_err(Report::Failed);
        attempt.map_ok(this.store)
    }
}

pin_project! {
    /// A call that is given up after a time limit, counted from its first poll, or from the moment
    /// at which the journal recorded its start.
    ///
    /// An answer counts even if it comes in the poll in which the time is over. But a call that is
    /// overdue by more than its limit is not polled: the process was suspended, and a request that
    /// it sends now would be too late.
    #[must_use = "futures do nothing unless polled"]
    pub struct Timed<F> {
        // `None` once it has timed out.
        #[pin]
        call: Option<Untimed<F>>,
        #[pin]
        limit: Limit,
    }
}

pin_project! {
    /// The time limit of a call, without the type of the call, so that it is compiled once.
    struct Limit {
        lasts: fn() -> Duration,
        // Before the first poll: when the call began, if that is known. Then: the moment from which
        // on it is not polled any more.
        moment: Option<Instant>,
        // Outside of tokio's cooperative budget: a call that uses up the budget must not postpone
        // its own timeout.
        #[pin]
        timer: Option<Unconstrained<Sleep>>,
    }
}

/// A call with a time limit. Needs a tokio runtime with its timer enabled.
pub fn timed<T, E, F: Future<Output = Result<T, E>>>(limit: fn() -> Duration, call: F) -> Timed<F> {
    Timed {
        call: Some(untimed(call)),
        limit: Limit {
            lasts: limit,
            moment: None,
            timer: None,
        },
    }
}

/// So long that a timer never reaches it: 30 years.
const NEVER: Duration = Duration::from_secs(86_400 * 365 * 30);

impl Limit {
    /// Whether the call is overdue by more than its limit. Called before each poll of the call; the
    /// first one starts the time.
    ///
    /// # Panics
    /// If the limit is an expression of the user's that panics, or there is no runtime with a timer.
    #[inline(never)]
    fn is_overdue(self: Pin<&mut Self>) -> bool {
        let mut this = self.project();
        let now = Instant::now();
        if this.timer.is_none() {
            let limit = (this.lasts)();
            let end = this.moment.unwrap_or(now).checked_add(limit);
            let end = end.unwrap_or_else(|| now + NEVER);
            this.timer.set(Some(unconstrained(sleep_until(end))));
            *this.moment = end.checked_add(limit);
        }
        this.moment.is_some_and(|moment| moment < now)
    }

    /// Waits until the time is over.
    #[inline(never)]
    fn poll_over(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let timer = self.project().timer.as_pin_mut();
        timer.map_or(Poll::Ready(()), |timer| timer.poll(cx))
    }
}

impl<T, E, F: Future<Output = Result<T, E>>> Future for Timed<F> {
    type Output = Result<T, Cause<E>>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        if !this.limit.as_mut().is_overdue() {
            if let Some(call) = this.call.as_mut().as_pin_mut() {
                if let Poll::Ready(outcome) = call.poll(cx) {
                    return Poll::Ready(outcome);
                }
            }
            ready!(this.limit.poll_over(cx));
        }
        // A panic in its `drop` does not change the outcome.
        quietly(|| this.call.set(None));
        Poll::Ready(Err(Cause::TimedOut))
    }
}

/// A call that may have a time limit.
pub trait Limited: Future {
    /// Counts the limit from `at` instead of from the first poll. Called before the first poll.
    fn began(self: Pin<&mut Self>, at: Instant);
}

impl<T, E, F: Future<Output = Result<T, E>>> Limited for Untimed<F> {
    #[inline]
    fn began(self: Pin<&mut Self>, _: Instant) {}
}

impl<T, E, F: Future<Output = Result<T, E>>> Limited for Timed<F> {
    fn began(self: Pin<&mut Self>, at: Instant) {
        *self.project().limit.project().moment = Some(at);
    }
}

impl<T, E, F: Limited<Output = Result<T, Cause<E>>>> Limited for Caught<F> {
    fn began(self: Pin<&mut Self>, at: Instant) {
        self.project().attempt.began(at);
    }
}
