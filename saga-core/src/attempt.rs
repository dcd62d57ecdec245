//! The layers around one call, as struct futures: an `async` block around an argument would store
//! it twice and cost four times as much (rust-lang/rust#62958, measured).

use crate::{call::Attempt, discard::quietly, panic::caught_poll, report::Report};
use pin_project_lite::pin_project;
use std::{
    future::Future,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};
use tokio::{
    task::coop::{Unconstrained, unconstrained},
    time::{Sleep, sleep},
};

pin_project! {
    /// A call whose panic becomes an outcome: for a journal, which records it.
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

impl<T, E, F: Future<Output = Attempt<T, E>>> Future for Caught<F> {
    type Output = Attempt<T, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let attempt = self.project().attempt;
        caught_poll(|| attempt.poll(cx), Attempt::Panicked)
    }
}

pin_project! {
    /// A call whose result becomes an outcome. A panic goes through: whoever polls a run of calls
    /// catches it, once for all of them.
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
    type Output = Attempt<T, E>;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.project().call.poll(cx).map(|result| match result {
            Ok(value) => Attempt::Ok(value),
            Err(error) => Attempt::Err(error),
        })
    }
}

pin_project! {
    /// An attempt as its value, or as a report of how it went.
    #[must_use = "futures do nothing unless polled"]
    pub(crate) struct Reported<A> {
        #[pin]
        attempt: A,
    }
}

impl<A> Reported<A> {
    pub(crate) fn new(attempt: A) -> Self {
        Self { attempt }
    }
}

impl<T, E, A: Future<Output = Attempt<T, E>>> Future for Reported<A> {
    type Output = Result<T, Report<E>>;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.project().attempt.poll(cx).map(Attempt::value)
    }
}

pin_project! {
    /// A call that is given up after a time limit, counted from its first poll.
    #[must_use = "futures do nothing unless polled"]
    pub struct Timed<F> {
        // Until it has taken too long.
        #[pin]
        call: Option<Untimed<F>>,
        limit: fn() -> Duration,
        // Outside of tokio's cooperative budget: a call that uses the budget up must not put its
        // own timeout off.
        #[pin]
        timer: Option<Unconstrained<Sleep>>,
    }
}

/// A call with a time limit. Needs a tokio runtime with its timer enabled.
pub fn timed<T, E, F: Future<Output = Result<T, E>>>(limit: fn() -> Duration, call: F) -> Timed<F> {
    Timed {
        call: Some(untimed(call)),
        limit,
        timer: None,
    }
}

impl<T, E, F: Future<Output = Result<T, E>>> Future for Timed<F> {
    type Output = Attempt<T, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        if this.timer.is_none() {
            // May panic: the limit may be the user's expression, and there may be no runtime with a
            // timer.
            this.timer.set(Some(unconstrained(sleep((this.limit)()))));
        }
        if let Some(call) = this.call.as_mut().as_pin_mut() {
            if let Poll::Ready(outcome) = call.poll(cx) {
                return Poll::Ready(outcome);
            }
        }
        match this.timer.as_pin_mut().map(|timer| timer.poll(cx)) {
            Some(Poll::Ready(())) => {
                // What it does when it is dropped changes nothing about that.
                quietly(|| this.call.set(None));
                Poll::Ready(Attempt::TimedOut)
            }
            _ => Poll::Pending,
        }
    }
}
