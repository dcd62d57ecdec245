//! The lane of a sibling of a `concurrent` block, what is remembered of the step it works at, and
//! who runs the lanes: what the machine and the executor share of a block.

use crate::{
    call::{CallKind, CallSite},
    panic::caught_poll,
    perform::Call,
    progress::StepProgress,
    report::Report,
};
use pin_project_lite::pin_project;
use std::{
    future::{Future, poll_fn},
    pin::{Pin, pin},
    task::{Context, Poll, ready},
};
use tokio::time::Sleep;

pin_project! {
    /// One sibling: makes the future of a call and holds it while it runs.
    pub struct Lane<E, Make, Fut> {
        make: Make,
        // What `call` is, while it runs.
        at: Option<CallSite>,
        #[pin]
        call: Option<Fut>,
        progress: StepProgress<E>,
    }
}

/// The lane of `step`, whose calls `make` performs.
pub fn lane<'a, E: 'a, Make, Fut>(step: u16, make: Make) -> Lane<E, Make, Fut>
where
    Make: Fn(Call<'a, E>) -> Fut + Send,
    Fut: Future<Output = Report<E>> + Send,
{
    Lane {
        make,
        at: None,
        call: None,
        progress: StepProgress::of(step),
    }
}

/// A pinned lane of whatever step.
pub(crate) type AnyLane<'a, 'c, E> = Pin<&'a mut (dyn LaneFuture<'c, E> + 'a)>;

/// A [`Lane`] without its types.
pub trait LaneFuture<'a, E>: Send {
    /// The call that runs.
    fn running(&self) -> Option<CallSite>;
    /// What is remembered of it.
    fn progress(self: Pin<&mut Self>) -> &mut StepProgress<E>;
    /// Starts a call.
    fn begin(self: Pin<&mut Self>, call: Call<'a, E>);
    /// Polls the call, if one runs, and drops it when it has ended: says which one it was, and how
    /// it went.
    fn poll_call(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<(CallKind, Report<E>)>;
}

impl<'a, E, Make, Fut> LaneFuture<'a, E> for Lane<E, Make, Fut>
where
    E: Send + Sync + 'a,
    Make: Fn(Call<'a, E>) -> Fut + Send,
    Fut: Future<Output = Report<E>> + Send,
{
    fn running(&self) -> Option<CallSite> {
        self.at
    }

    fn progress(self: Pin<&mut Self>) -> &mut StepProgress<E> {
        self.project().progress
    }

    fn begin(self: Pin<&mut Self>, call: Call<'a, E>) {
        let mut this = self.project();
        *this.at = Some(call.at);
        let future = (this.make)(call);
        this.call.set(Some(future));
    }

    fn poll_call(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<(CallKind, Report<E>)> {
        let mut this = self.project();
        let (Some(call), Some(at)) = (this.call.as_mut().as_pin_mut(), *this.at) else {
            return Poll::Pending;
        };
        let report = ready!(caught_poll(|| call.poll(cx), Report::Panicked));
        // It is an `async fn` that has ended: nothing of the user's is left in it to be dropped.
        this.call.set(None);
        *this.at = None;
        Poll::Ready((at.call, report))
    }
}

/// Runs the lanes of one block.
pub(crate) trait RunLanes<E>: Send {
    /// Runs the lanes until all have ended. `timer` is for the waits of this block.
    fn poll(
        &mut self,
        lanes: &mut [AnyLane<'_, '_, E>],
        timer: Pin<&mut Option<Sleep>>,
        cx: &mut Context<'_>,
    ) -> Poll<()>;
}

/// A block that is to be run, as the machine sees it: it knows nothing of the run.
pub struct Lanes<'a, E>(&'a mut (dyn RunLanes<E> + 'a));

impl<'a, E> Lanes<'a, E> {
    pub(crate) fn new(block: &'a mut (dyn RunLanes<E> + 'a)) -> Self {
        Self(block)
    }

    /// Runs the lanes until all have ended.
    pub async fn run(self, lanes: &mut [AnyLane<'_, '_, E>]) {
        let mut timer = pin!(None::<Sleep>);
        poll_fn(|cx| self.0.poll(lanes, timer.as_mut(), cx)).await;
    }
}
