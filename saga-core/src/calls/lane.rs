//! The lane of a sibling of a `concurrent` block, what is remembered of the step it works at, and
//! who runs the lanes: what the machine and the executor share of a block.

use crate::{
    basics::panic::caught_poll,
    calls::{perform::Call, report::Report},
    report::progress::StepProgress,
    values::call::{CallKind, CallSite},
};
use pin_project_lite::pin_project;
use std::{
    future::{Future, poll_fn},
    pin::Pin,
    task::{Context, Poll, ready},
};
use tokio::time::Sleep;

pin_project! {
    /// What is in a lane: a call that runs, or its value.
    #[project = InLaneProjection]
    pub enum InLane<'a, E, Fut, T> {
        /// A call as most are: the lane makes room for it.
        Here {
            #[pin]
            call: Fut,
        },
        /// What few steps come to, in a box of its own.
        Apart { call: Pin<Box<dyn Future<Output = Report<E>> + Send + 'a>> },
        /// What a call [here](Self::Here) gave, until the block is over and it is put into its slot.
        Held { value: Option<T> },
    }
}

/// A call that the lane makes room for.
#[inline]
pub fn here<'a, E, Fut, T>(call: Fut) -> InLane<'a, E, Fut, T> {
    InLane::Here { call }
}

/// A call in a box of its own.
pub fn apart<'a, E, Fut, T>(
    call: impl Future<Output = Report<E>> + Send + 'a,
) -> InLane<'a, E, Fut, T> {
    let call = Box::pin(call);
    InLane::Apart { call }
}

pin_project! {
    /// One sibling: makes the future of a call and holds it while it runs.
    pub struct Lane<'a, E, Make, Fut, T> {
        make: Make,
        step: u16,
        // Which call runs.
        call: Option<CallKind>,
        #[pin]
        has: Option<InLane<'a, E, Fut, T>>,
        // Most steps have nothing to remember.
        progress: Option<Box<StepProgress<E>>>,
    }
}

/// The lane of `step`, whose calls `make` performs.
#[inline]
pub fn lane<'a, E: 'a, Make, Fut, T>(step: u16, make: Make) -> Lane<'a, E, Make, Fut, T>
where
    Make: Fn(Call<'a, E>) -> InLane<'a, E, Fut, T> + Send,
    Fut: Future<Output = Result<T, Report<E>>> + Send,
{
    Lane {
        make,
        step,
        call: None,
        has: None,
        progress: None,
    }
}

impl<E, Make, Fut, T> Lane<'_, E, Make, Fut, T> {
    /// What its call gave.
    #[inline]
    #[must_use]
    pub fn held(self: Pin<&mut Self>) -> Option<T> {
        match self.project().has.as_pin_mut()?.project() {
            InLaneProjection::Held { value } => value.take(),
            InLaneProjection::Here { .. } | InLaneProjection::Apart { .. } => None,
        }
    }
}

/// A pinned lane of whatever step.
pub(crate) type AnyLane<'a, 'c, E> = Pin<&'a mut (dyn LaneFuture<'c, E> + 'a)>;

/// A [`Lane`] without its types.
pub trait LaneFuture<'a, E>: Send {
    /// The call that runs.
    fn running(&self) -> Option<CallKind>;
    /// What is remembered of it.
    fn progress(self: Pin<&mut Self>) -> &mut StepProgress<E>;
    /// The same, if there may be anything.
    fn remembered(self: Pin<&mut Self>) -> Option<&mut StepProgress<E>>;
    /// Starts a call.
    fn begin(self: Pin<&mut Self>, call: Call<'a, E>);
    /// Starts a call that is handed nothing, and polls it: is it [done](Report::Done)?
    ///
    /// # Errors
    /// What else it reported.
    fn attempt(
        self: Pin<&mut Self>,
        at: CallSite,
        cx: &mut Context<'_>,
    ) -> Result<Poll<()>, Report<E>>;
    /// Polls the call, if one runs, and drops it when it has ended: says which one it was, and how
    /// it went.
    fn poll_call(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<(CallKind, Report<E>)>;
}

impl<'a, E, Make, Fut, T> LaneFuture<'a, E> for Lane<'a, E, Make, Fut, T>
where
    E: Send + Sync + 'a,
    Make: Fn(Call<'a, E>) -> InLane<'a, E, Fut, T> + Send,
    Fut: Future<Output = Result<T, Report<E>>> + Send,
    T: Send,
{
    fn running(&self) -> Option<CallKind> {
        self.call
    }

    fn progress(self: Pin<&mut Self>) -> &mut StepProgress<E> {
        let this = self.project();
        let new = || Box::new(StepProgress::of(*this.step));
        this.progress.get_or_insert_with(new)
    }

    fn remembered(self: Pin<&mut Self>) -> Option<&mut StepProgress<E>> {
        self.project().progress.as_deref_mut()
    }

    #[inline]
    fn begin(self: Pin<&mut Self>, call: Call<'a, E>) {
        let mut this = self.project();
        *this.call = Some(call.at.call);
        let call = (this.make)(call);
        this.has.set(Some(call));
    }

    fn attempt(
        mut self: Pin<&mut Self>,
        at: CallSite,
        cx: &mut Context<'_>,
    ) -> Result<Poll<()>, Report<E>> {
        self.as_mut().begin(Call::plain(at));
        match self.poll_call(cx) {
            Poll::Pending => Ok(Poll::Pending),
            Poll::Ready((_, report)) => report.done().map(Poll::Ready),
        }
    }

    #[inline]
    fn poll_call(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<(CallKind, Report<E>)> {
        let mut this = self.project();
        let (Some(has), Some(call)) = (this.has.as_mut().as_pin_mut(), *this.call) else {
            return Poll::Pending;
        };
        let result = ready!(caught_poll(
            || match has.project() {
                InLaneProjection::Here { call } => call.poll(cx),
                InLaneProjection::Apart { call } => call.as_mut().poll(cx).map(Err),
                InLaneProjection::Held { .. } => Poll::Pending,
            },
            |panic| Err(Report::panicked(panic)),
        ));
        // It is an `async fn` that has ended: nothing of the user's is left in it to be dropped.
        let (has, report) = match result {
            Ok(value) => (Some(InLane::Held { value: Some(value) }), Report::Done),
            Err(report) => (None, report),
        };
        this.has.set(has);
        *this.call = None;
        Poll::Ready((call, report))
    }
}

/// Runs the lanes of one block.
pub(crate) trait RunLanes<E>: Send {
    /// Runs the lanes until all have ended. `timer` is for the waits of this block.
    fn poll(
        &mut self,
        lanes: &mut [AnyLane<'_, '_, E>],
        timer: &mut Option<Pin<Box<Sleep>>>,
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
    pub fn run(self, lanes: &mut [AnyLane<'_, '_, E>]) -> impl Future<Output = ()> + Send {
        let mut timer = None;
        poll_fn(move |cx| self.0.poll(lanes, &mut timer, cx))
    }
}
