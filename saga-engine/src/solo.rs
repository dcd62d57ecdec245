//! One durable saga without an engine, for callers that keep its journal in a log of their own, as
//! `typed-saga-restate` does in Restate's log.

mod act;
mod run;
mod tape;

use crate::{
    error::{EngineError, Unreadable},
    journal::schema::Definitions,
    runtime::patience,
    runtime::run::{AnySaga, registered},
    store::{NewEvent, SagaId},
};
use std::{fmt, future::Future, marker::PhantomData, sync::Arc, time::Duration};
use typed_saga_core::{Definition, Durable, Observer, ServicesOf};

pub use run::{SoloRun, SoloStep, TooLate};
pub use tape::{Begins, Tape, Unfitting, Written};

/// A saga and its services, to be run without an engine, by a caller that keeps its journal in a log.
///
/// An [`Engine`](crate::Engine) has a store and writes to it. A `Solo` has none: it passes each
/// commit to its caller, and the calls that follow start once the caller has
/// [acknowledged](SoloRun::acknowledge) that the commit is recorded.
///
/// ```text
///  begin ─▶ SoloRun ── step ──▶ Written ──▶ the log ──▶ acknowledge ─▶ step ──▶ …
///                                             │ after a crash
///                                             ▼
///                                           Tape ── go_on ──▶ SoloRun
/// ```
///
/// **Requirements on the log.** It keeps the commits in order, each once. It returns them complete
/// after a crash. And it lets only one run of a saga write at a time, so that the commit of a run
/// is never acknowledged if it is not recorded. The [guard](Self::guard) limits what a run can
/// still do after it has lost its log.
///
/// A recorded value has at most 1 MiB of JSON: the default of an engine's
/// [`effect_limit`](crate::Builder::effect_limit), by which errors name the limit.
pub struct Solo<S> {
    entry: Arc<dyn AnySaga>,
    definitions: Definitions,
    guard: Duration,
    nap: Duration,
    observers: Vec<Arc<dyn Observer>>,
    of: PhantomData<fn() -> S>,
}

impl<S> Solo<S> {
    /// Runs the durable saga `S` with its services, in the struct that `saga!` declares for them.
    ///
    /// # Panics
    /// If it takes locks: all sagas share these, but the log has only one saga.
    pub fn new(services: impl ServicesOf<S>) -> Self {
        let entry = registered::<S, _>(services);
        let definition = entry.definition();
        assert!(
            !definition.takes_locks(),
            "`{}` takes a lock, which only the store of an engine keeps",
            definition.name
        );
        Self {
            entry,
            definitions: Definitions::default(),
            guard: Duration::from_secs(1),
            nap: Duration::from_secs(1),
            observers: Vec::new(),
            of: PhantomData,
        }
    }

    /// How long after a commit was passed to the log its calls may start. Default: one second. If
    /// the acknowledgement comes later, the run starts no call, because another run may have taken
    /// over the saga. `#[late]` must cover this time and the timeout of the step.
    #[must_use]
    pub fn guard(mut self, guard: Duration) -> Self {
        self.guard = guard;
        self
    }

    /// The longest wait that happens in memory. Default: one second. A longer wait is a [`Written`]
    /// that [rests](Written::rests) until its end.
    #[must_use]
    pub fn nap(mut self, nap: Duration) -> Self {
        self.nap = nap;
        self
    }

    /// Adds an observer of all runs; there may be several. An observer is notified of an event
    /// before the event is recorded, so after a crash it may be notified of the event again.
    #[must_use]
    pub fn observe(mut self, observer: impl Observer) -> Self {
        self.observers.push(Arc::new(observer));
        self
    }
}

impl<S: Durable> Solo<S> {
    /// The declaration.
    #[must_use]
    pub fn definition(&self) -> &'static Definition {
        S::DEFINITION
    }

    /// Makes one attempt to deliver an event of a saga that has ended.
    ///
    /// # Errors
    /// What went wrong, in words.
    pub fn deliver(
        &self,
        event: &NewEvent,
    ) -> impl Future<Output = Result<(), String>> + Send + use<S> {
        let key = event.key.parse();
        let attempt = key.map(|key| self.entry.publish(&event.payload, key));
        async move {
            let attempt = attempt.map_err(|error| error.to_string())?;
            attempt.await.map_err(|undelivered| undelivered.error)
        }
    }

    /// The wait before the next attempt to deliver an event, after this many failures.
    #[must_use]
    pub fn delivery_wait(&self, failures: u32) -> Duration {
        patience::wait(self.entry.backoff(), failures)
    }

    fn unreadable(saga: &SagaId) -> impl Fn(Unreadable) -> EngineError {
        let saga = saga.clone();
        move |why| EngineError::unreadable(&saga, why)
    }
}

impl<S: Durable> fmt::Debug for Solo<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Solo")
            .field("saga", &S::DEFINITION.name)
            .field("guard", &self.guard)
            .field("nap", &self.nap)
            .finish_non_exhaustive()
    }
}
