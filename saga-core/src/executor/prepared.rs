//! A saga that is ready to run, and the future that it becomes: one allocation, and a run that outlives its caller.

use super::{
    Begin, Conduct, Control, Core, Handle, Settings, drain::listed, execute, goes_straight,
    straight,
};
use crate::{
    attempt::caught,
    context::LazyId,
    error::Error,
    id::Id,
    journal::{Journal, Volatile},
    machine::Machine,
    observe::{Audience, Observer, What},
    outcome::{Outcome, Parked},
};
use std::{
    fmt,
    future::{Future, poll_fn},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};
use tokio::runtime;

type Boxed<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// A saga with its inputs and services: `.await` runs it.
///
/// Nothing happens before it is awaited, or started with [`start`](Self::start). What is awaited once runs to its end: see [`Running`].
#[must_use = "a saga does nothing until it is awaited or started"]
pub struct Prepared<M: Machine> {
    machine: M,
    id: LazyId,
    settings: Option<Box<Settings>>,
    parked: Option<Box<(M::Slots, Core<M>)>>,
}

impl<M: Machine> Prepared<M> {
    /// What `with` and `run` of a saga call.
    pub fn new(machine: M) -> Self {
        Self {
            machine,
            id: LazyId::default(),
            settings: None,
            parked: None,
        }
    }

    pub(crate) fn resumed(parked: Parked<M>) -> Self {
        let (machine, slots, core, given) = parked.into_parts();
        let mut id = LazyId::default();
        id.set(given);
        Self {
            machine,
            id,
            settings: None,
            parked: Some(Box::new((slots, core))),
        }
    }

    /// Names the saga: keys are made of it, so the same operation has the same key whoever runs it. Without it, the id is random.
    pub fn id(mut self, id: impl Into<Id>) -> Self {
        self.id.set(id.into());
        self
    }

    /// Turns the saga back when it has not passed its pivot this long after its start. Needs a tokio runtime with its timer enabled.
    pub fn deadline(mut self, limit: Duration) -> Self {
        self.settings().deadline = Some(limit);
        self
    }

    /// Has an observer hear of everything that happens in this run; several may.
    pub fn observe(mut self, observer: impl Observer) -> Self {
        self.settings().observers.push(Arc::new(observer));
        self
    }

    /// Draws the waits of this run (retries and turns, which are spread at random) from a seed: with the same one they are the same.
    pub fn seed(mut self, seed: u64) -> Self {
        self.settings().seed = Some(seed);
        self
    }

    /// What was prepared, for somebody who runs it by a journal of their own: inputs and services, the id, and who interrupts and observes it.
    #[must_use]
    pub fn into_parts(self) -> (M, Id, Conduct) {
        let settings = self.settings.map(|settings| *settings).unwrap_or_default();
        let conduct = Conduct {
            control: settings.control,
            deadline: settings.deadline,
            observers: settings.observers,
        };
        (self.machine, self.id.get().clone(), conduct)
    }

    fn settings(&mut self) -> &mut Settings {
        self.settings.get_or_insert_default()
    }

    /// Runs the saga and tells all of how it ended; `.await` alone gives a `Result`.
    pub fn outcome(self) -> Running<Outcome<M>> {
        Running::new(M::DEFINITION.name, self.boxed(|outcome| outcome))
    }

    /// Runs the saga as a task of its own and gives a handle to it.
    ///
    /// # Panics
    /// Outside of a tokio runtime.
    pub fn start(mut self) -> Handle<M> {
        let control = Arc::new(Control::default());
        let id = self.id.get().clone();
        self.settings().control = Some(Arc::clone(&control));
        let run = self.boxed(|outcome| outcome);
        let run = listed(M::DEFINITION.name, run);
        Handle::new(id, control, runtime::Handle::current().spawn(run))
    }

    #[inline]
    fn boxed<T: Send + 'static>(
        self,
        finish: impl FnOnce(Outcome<M>) -> T + Send + 'static,
    ) -> Boxed<T> {
        let Self {
            machine,
            id,
            settings,
            parked,
        } = self;
        match (parked, settings) {
            (Some(parked), _) => {
                let (slots, core) = *parked;
                Box::pin(execute(machine, id, slots, core, Begin::Resumed, finish))
            }
            (None, None) if goes_straight(M::DEFINITION) => Box::pin(straight(machine, id, finish)),
            (None, settings) => {
                let core = Core::new(M::DEFINITION, Volatile::DURABLE, None);
                let (slots, begin) = (M::Slots::default(), Begin::Started(settings));
                Box::pin(execute(machine, id, slots, core, begin, finish))
            }
        }
    }
}

impl<M: Machine> IntoFuture for Prepared<M> {
    type Output = Result<M::Output, Error<M::Error>>;
    type IntoFuture = Running<Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Running::new(M::DEFINITION.name, self.boxed(Outcome::into_result))
    }
}

impl<M: Machine> fmt::Debug for Prepared<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Prepared")
            .field("saga", &M::DEFINITION.name)
            .finish_non_exhaustive()
    }
}

/// A saga that runs.
///
/// Dropping it before its first poll is as if it had never been. Dropping it later hands it to the tokio runtime, where it runs to its end: a
/// caller who loses patience must not leave a booking behind. Where there is no runtime to hand it to, it stops where it is.
#[must_use = "a saga does nothing until it is awaited"]
pub struct Running<T: Send + 'static> {
    saga: &'static str,
    /// `None` once it has ended.
    future: Option<Boxed<T>>,
    started: bool,
    /// Where it was last polled, for a drop that happens elsewhere. A saga that never waits never looks.
    runtime: Option<runtime::Handle>,
}

impl<T: Send + 'static> Running<T> {
    fn new(saga: &'static str, future: Boxed<T>) -> Self {
        Self {
            saga,
            future: Some(future),
            started: false,
            runtime: None,
        }
    }
}

impl<T: Send + 'static> Future for Running<T> {
    type Output = T;

    #[inline]
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<T> {
        // Taken out, so that a future that panics is not handed over by the drop that follows.
        let mut future = self
            .future
            .take()
            .expect("a saga is not polled after it has ended");
        let poll = future.as_mut().poll(cx);
        if poll.is_pending() {
            self.future = Some(future);
            self.started = true;
            if self.runtime.is_none() {
                self.runtime = runtime::Handle::try_current().ok();
            }
        }
        poll
    }
}

impl<T: Send + 'static> Drop for Running<T> {
    fn drop(&mut self) {
        if let (true, Some(future)) = (self.started, self.future.take()) {
            if let Some(runtime) = self
                .runtime
                .take()
                .or_else(|| runtime::Handle::try_current().ok())
            {
                runtime.spawn(listed(self.saga, future));
            }
        }
    }
}

impl<T: Send + 'static> fmt::Debug for Running<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Running")
            .field("saga", &self.saga)
            .field("started", &self.started)
            .finish_non_exhaustive()
    }
}

/// Runs `finally` beside the saga; where there is no runtime to do so, before its outcome is told.
pub(super) async fn run_beside(finally: Boxed<()>, audience: Option<Arc<Audience>>) {
    let finally = caught_finally(finally, audience);
    if let Ok(runtime) = runtime::Handle::try_current() {
        drop(runtime.spawn(finally));
    } else {
        finally.await;
    }
}

/// A panic of `finally` is told to the observers alone.
pub(super) async fn caught_finally(mut finally: Boxed<()>, audience: Option<Arc<Audience>>) {
    let ended = poll_fn(|cx| caught(|| finally.as_mut().poll(cx).map(Ok), Err));
    if let (Err(panic), Some(audience)) = (ended.await, audience) {
        let message = panic.message();
        audience.tell(&What::FinallyPanicked { message });
    }
}
