//! A batch of calls without a decision between them.

use crate::basics::panic::{Panic, caught_poll};
use pin_project_lite::pin_project;
use std::{
    pin::Pin,
    task::{Context, Poll},
};

/// Polls a batch of calls, and catches its panic once for all of them.
#[inline]
pub(crate) fn caught_batch(poll: impl FnOnce() -> Poll<()>) -> Poll<Option<Box<Panic>>> {
    caught_poll(|| poll().map(|()| None), Some)
}

pin_project! {
    /// A batch of calls, which is compiled once, whatever polls it: an `async` block is compiled
    /// again in each codegen unit that refers to it.
    pub(crate) struct Batch<F> {
        #[pin]
        calls: F,
    }
}

impl<F: Future<Output = ()>> Batch<F> {
    pub(crate) fn new(calls: F) -> Self {
        Self { calls }
    }
}

impl<F: Future<Output = ()>> Future for Batch<F> {
    type Output = ();

    #[inline(never)]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        self.project().calls.poll(cx)
    }
}
