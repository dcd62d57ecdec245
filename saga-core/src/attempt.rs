//! The layers around one call, as struct futures: an `async` block around an argument would store it twice and cost four times as much
//! (rust-lang/rust#62958, measured).

use crate::{error::Panic, journal::Attempt, policy::Timing};
use pin_project_lite::pin_project;
use std::{
    future::Future,
    panic::{AssertUnwindSafe, catch_unwind},
    pin::Pin,
    task::{Context, Poll},
};
use tokio::{
    task::coop::{Unconstrained, unconstrained},
    time::{Sleep, sleep},
};

pin_project! {
    /// A call whose panic becomes an outcome.
    #[must_use = "futures do nothing unless polled"]
    pub struct Caught<F> {
        #[pin]
        call: F,
    }
}

/// A call without a time limit.
pub fn untimed<T, E, F: Future<Output = Result<T, E>>>(call: F) -> Caught<F> {
    Caught { call }
}

impl<T, E, F: Future<Output = Result<T, E>>> Future for Caught<F> {
    type Output = Attempt<T, E>;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let call = self.project().call;
        // Unwind safe: a call that panicked is never polled again, and what it borrows is shared.
        match catch_unwind(AssertUnwindSafe(|| call.poll(cx))) {
            Ok(Poll::Pending) => Poll::Pending,
            Ok(Poll::Ready(Ok(value))) => Poll::Ready(Attempt::Ok(value)),
            Ok(Poll::Ready(Err(error))) => Poll::Ready(Attempt::Err(error)),
            Err(payload) => Poll::Ready(Attempt::Panicked(Box::new(Panic::new(payload)))),
        }
    }
}

pin_project! {
    /// A call that is given up after a time limit, counted from its first poll.
    #[must_use = "futures do nothing unless polled"]
    pub struct Timed<F> {
        #[pin]
        call: Caught<F>,
        limit: Timing,
        // Outside of tokio's cooperative budget: a call that uses the budget up must not put its own timeout off.
        #[pin]
        timer: Option<Unconstrained<Sleep>>,
    }
}

/// A call with a time limit. Needs a tokio runtime with its timer enabled.
pub fn timed<T, E, F: Future<Output = Result<T, E>>>(limit: Timing, call: F) -> Timed<F> {
    Timed {
        call: untimed(call),
        limit,
        timer: None,
    }
}

impl<T, E, F: Future<Output = Result<T, E>>> Future for Timed<F> {
    type Output = Attempt<T, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        if this.timer.is_none() {
            // Caught, too: the limit may be the user's expression, and there may be no runtime with a timer.
            match catch_unwind(AssertUnwindSafe(|| sleep(this.limit.get()))) {
                Ok(timer) => this.timer.set(Some(unconstrained(timer))),
                Err(payload) => {
                    return Poll::Ready(Attempt::Panicked(Box::new(Panic::new(payload))));
                }
            }
        }
        if let Poll::Ready(outcome) = this.call.poll(cx) {
            return Poll::Ready(outcome);
        }
        match this.timer.as_pin_mut().map(|timer| timer.poll(cx)) {
            Some(Poll::Ready(())) => Poll::Ready(Attempt::TimedOut),
            _ => Poll::Pending,
        }
    }
}
