//! The part of a `concurrent` block that the machine and the executor share: the lane of a step,
//! with the progress of the step, and the interface to whatever runs the lanes.

use crate::{
    basics::panic::caught_poll,
    calls::{
        perform::{AnyCall, Call},
        report::Report,
    },
    report::{progress::StepProgress, raised::Raised},
    values::call::{CallKind, CallSite},
};
use pin_project_lite::pin_project;
use std::{
    future::{Future, poll_fn},
    marker::PhantomData,
    pin::Pin,
    task::{Context, Poll, ready},
};
use tokio::time::Sleep;

pin_project! {
    /// The content of a lane: a call that runs, or its value.
    #[project = InLaneProjection]
    pub enum InLane<'a, E, Fut, T> {
        /// A call of the kind that most steps make, stored in the lane itself.
        Here {
            #[pin]
            call: Fut,
        },
        /// Any other call, in a box, because few steps make one.
        Apart { call: Pin<Box<dyn Future<Output = Report<E>> + Send + 'a>> },
        /// The value of a call [here](Self::Here), until the block is over and the value is put
        /// into its slot.
        Held { value: Option<T> },
    }
}

/// A call that is stored in the lane itself.
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
    /// The lane of one step: creates the future of a call and stores it while it runs.
    pub struct Lane<'a, E, Make, Fut, T> {
        make: Make,
        step: u16,
        // The call that runs.
        call: Option<CallKind>,
        #[pin]
        has: Option<InLane<'a, E, Fut, T>>,
        // Boxed, because most steps have no progress to remember.
        progress: Option<Box<StepProgress>>,
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
    /// Takes the value of the lane's call.
    #[inline]
    #[must_use]
    pub fn held(self: Pin<&mut Self>) -> Option<T> {
        match self.project().has.as_pin_mut()?.project() {
            InLaneProjection::Held { value } => value.take(),
            InLaneProjection::Here { .. } | InLaneProjection::Apart { .. } => None,
        }
    }
}

/// A pinned lane of any step.
pub(crate) type AnyLane<'a, 'c> = Pin<&'a mut (dyn LaneFuture<'c> + 'a)>;

/// A [`Lane`] without its types.
pub trait LaneFuture<'a>: Send {
    /// The call that runs.
    fn running(&self) -> Option<CallKind>;
    /// The progress of the lane's step.
    fn progress(self: Pin<&mut Self>) -> &mut StepProgress;
    /// The progress of the lane's step, if there may be any.
    fn remembered(self: Pin<&mut Self>) -> Option<&mut StepProgress>;
    /// Starts a call.
    fn begin(self: Pin<&mut Self>, call: AnyCall<'a>);
    /// Starts a call that is passed nothing, and polls it. It is ready if the report is
    /// [done](Report::Done).
    ///
    /// # Errors
    /// Any other report.
    fn attempt(
        self: Pin<&mut Self>,
        at: CallSite,
        cx: &mut Context<'_>,
    ) -> Result<Poll<()>, Report<Raised>>;
    /// Polls the call, if one runs, and drops it when it has ended. Returns which call it was, and
    /// its report.
    fn poll_call(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<(CallKind, Report<Raised>)>;
}

impl<'a, E, Make, Fut, T> LaneFuture<'a> for Lane<'a, E, Make, Fut, T>
where
    E: Send + Sync + 'static,
    Make: Fn(Call<'a, E>) -> InLane<'a, E, Fut, T> + Send,
    Fut: Future<Output = Result<T, Report<E>>> + Send,
    T: Send,
{
    fn running(&self) -> Option<CallKind> {
        self.call
    }

    fn progress(self: Pin<&mut Self>) -> &mut StepProgress {
        let this = self.project();
        let new = || Box::new(StepProgress::of(*this.step));
        this.progress.get_or_insert_with(new)
    }

    fn remembered(self: Pin<&mut Self>) -> Option<&mut StepProgress> {
        self.project().progress.as_deref_mut()
    }

    #[inline]
    fn begin(self: Pin<&mut Self>, call: AnyCall<'a>) {
        let mut this = self.project();
        *this.call = Some(call.at.call);
        let call = (this.make)(call.typed());
        this.has.set(Some(call));
    }

    fn attempt(
        mut self: Pin<&mut Self>,
        at: CallSite,
        cx: &mut Context<'_>,
    ) -> Result<Poll<()>, Report<Raised>> {
        self.as_mut().begin(AnyCall::plain(at));
        match self.poll_call(cx) {
            Poll::Pending => Ok(Poll::Pending),
            Poll::Ready((_, report)) => report.done().map(Poll::Ready),
        }
    }

    #[inline]
    fn poll_call(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<(CallKind, Report<Raised>)> {
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
        // The call is an `async fn` that has ended, so nothing of the user's is left in it to be
        // dropped.
        *this.call = None;
        let report = match result {
            Ok(value) => {
                let value = Some(value);
                this.has.set(Some(InLane::Held { value }));
                Report::Done
            }
            Err(report) => {
                this.has.set(None);
                report.raised()
            }
        };
        Poll::Ready((call, report))
    }
}

/// Runs the lanes of one block.
pub(crate) trait RunLanes: Send {
    /// Runs the lanes until all have ended. `timer` is for the waits of this block.
    fn poll(
        &mut self,
        lanes: &mut [AnyLane<'_, '_>],
        timer: &mut Option<Pin<Box<Sleep>>>,
        cx: &mut Context<'_>,
    ) -> Poll<()>;
}

/// A block to be run, for the machine, which does not know the type of the run.
pub struct Lanes<'a, E> {
    block: &'a mut (dyn RunLanes + 'a),
    errors: PhantomData<fn(E) -> E>,
}

impl<'a, E> Lanes<'a, E> {
    pub(crate) fn new(block: &'a mut (dyn RunLanes + 'a)) -> Self {
        Self {
            block,
            errors: PhantomData,
        }
    }

    /// Runs the lanes until all have ended.
    pub fn run(self, lanes: &mut [AnyLane<'_, '_>]) -> impl Future<Output = ()> + Send {
        let mut timer = None;
        poll_fn(move |cx| self.block.poll(lanes, &mut timer, cx))
    }
}
