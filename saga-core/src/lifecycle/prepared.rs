//! A saga that is ready to run, and the ways to run it: as a future of one allocation that outlives
//! its caller, or as a task with a handle, [`Started`].

use super::{
    execute::{Opening, SlotsAndRun, execute},
    started::{Deposit, Started},
    straight::{goes_straight, straight},
};
#[cfg(feature = "testing")]
use crate::values::codec::{Encode, Encoded};
use crate::{
    basics::{control::Control, discard::discard, drain::spawn},
    calls::{
        journal::{Journal, Volatile},
        lock_table::LockTable,
        watch::RunOptions,
    },
    executor::{object::Boxed, run_state::RunState},
    generated::{
        machine::{Machine, name},
        object::rules,
    },
    lifecycle::outcome::{Outcome, Parked},
    observers::{Observer, is_interested},
    report::error::Error,
    values::{
        codec::Codec,
        id::{Id, LazyId},
    },
};
use std::{
    convert::identity,
    fmt,
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};
use tokio::runtime;

/// A saga with its inputs and services, ready to run: `.await` runs it.
///
/// Nothing happens before it is awaited, or started with [`start`](Self::start). Once it has been
/// polled, it runs to its end even if it is dropped: see [`Running`].
///
/// A saga with a time limit needs a tokio runtime with its timer enabled (`enable_time`). Elsewhere
/// it panics at its first poll, before its first step.
#[must_use = "a saga does nothing until it is awaited or started"]
pub struct Prepared<M: Machine> {
    machine: M,
    id: LazyId,
    options: Option<Box<RunOptions>>,
    parked: Option<Box<SlotsAndRun<M>>>,
    /// The inputs of a durable saga in serde's data model, before and after they were read back.
    #[cfg(feature = "testing")]
    inputs: [Encoded; 2],
}

impl<M: Machine> Prepared<M> {
    /// Called by `with` and `run` of a durable saga, which runs with its inputs as they are read
    /// back.
    pub fn recorded<I>(codec: Codec<I>, input: I, give: impl FnOnce(I) -> M) -> Self {
        #[cfg(feature = "testing")]
        let before = codec.model(&input);
        let input = codec.read_back_inputs(input);
        #[cfg(feature = "testing")]
        let inputs = [before, codec.model(&input)];
        Self {
            #[cfg(feature = "testing")]
            inputs,
            ..Self::new(give(input))
        }
    }

    /// Called by `with` and `run` of a saga.
    pub fn new(machine: M) -> Self {
        Self {
            machine,
            id: LazyId::default(),
            options: const { M::DEFINITION.deadline }.map(|deadline| {
                Box::new(RunOptions {
                    deadline: Some(deadline),
                    ..RunOptions::default()
                })
            }),
            parked: None,
            #[cfg(feature = "testing")]
            inputs: [None, None],
        }
    }

    pub(crate) fn resumed(parked: Parked<M>) -> Self {
        let (machine, slots, run, given) = parked.into_parts();
        let mut id = LazyId::default();
        id.set(given);
        Self {
            machine,
            id,
            options: None,
            parked: Some(Box::new((slots, run))),
            #[cfg(feature = "testing")]
            inputs: [None, None],
        }
    }

    /// Sets the id of the saga. Keys are derived from it, so the same operation has the same key in
    /// every process. Without it, the id is random.
    ///
    /// A second run under the id of the first repeats its calls under the same keys. That is safe
    /// only if the first run completed, and its steps are `#[idempotent]`. After a run that was
    /// compensated, use a new id for a new attempt: the keys of the old id name operations that
    /// were undone, and an idempotent service would return their results. After a run that died
    /// with its process, first undo what it left. A run in memory remembers none of this.
    pub fn id(mut self, id: impl Into<Id>) -> Self {
        self.id.set(id.into());
        self
    }

    /// Rolls the saga back if it has not passed its pivot this long after its start. If the
    /// deadline of `#[within]` is earlier, that one applies. Needs a tokio runtime with its timer
    /// enabled.
    pub fn deadline(mut self, limit: Duration) -> Self {
        self.options().deadline = M::DEFINITION.deadline_of_run(Some(limit));
        self
    }

    /// Adds an observer of this run, if it needs [anything](Observer::interest); there may be
    /// several.
    pub fn observe(mut self, observer: impl Observer) -> Self {
        if is_interested(&observer) {
            self.options().observers.push(Arc::new(observer));
        }
        self
    }

    /// Draws the random waits of this run, before retries and at savepoints, from a seed: with the
    /// same seed they are the same.
    pub fn seed(mut self, seed: u64) -> Self {
        self.options().seed = Some(seed);
        self
    }

    /// The maximum number of items of a loop. Default: 10,000. A loop with more items fails before
    /// its first item begins.
    pub fn items_limit(mut self, limit: usize) -> Self {
        self.options().items_limit = Some(limit);
        self
    }

    /// Takes the saga's locks from this table instead of the process's table. Only sagas that share
    /// a table exclude each other.
    pub fn locks(mut self, table: &LockTable) -> Self {
        self.options().locks = Some(table.clone());
        self
    }

    /// The inputs of a durable saga in serde's data model, before and after they were read back.
    #[cfg(feature = "testing")]
    #[doc(hidden)] // for the testing kit alone
    #[must_use]
    pub fn inputs(&self) -> &[Encoded; 2] {
        &self.inputs
    }

    /// Returns the parts, to run the saga over a journal of your own: inputs and services, the id,
    /// and the options of the run.
    #[doc(hidden)] // its options have no name that users see
    #[must_use]
    pub fn into_parts(self) -> (M, Id, RunOptions) {
        let options = self.options.map(|options| *options).unwrap_or_default();
        (self.machine, self.id.get().clone(), options)
    }

    fn options(&mut self) -> &mut RunOptions {
        self.options.get_or_insert_default()
    }

    /// Runs the saga and returns its outcome; `.await` alone returns a `Result`, whose error keeps a
    /// parked saga ([`Error::into_parked`]).
    pub fn outcome(self) -> Running<Outcome<M>> {
        Running::new(const { name::<M>() }, self.boxed(identity))
    }

    /// Runs the saga as a task of its own and returns a handle to it.
    ///
    /// # Panics
    /// Outside of a tokio runtime.
    pub fn start(mut self) -> Started<M> {
        let control = Arc::new(Control::default());
        let id = self.id.get().clone();
        let mail = self.machine.mail().cloned();
        self.options().control = Some(Arc::clone(&control));
        let run = self.boxed(identity);
        let ended = Arc::new(Deposit::default());
        let place = Arc::clone(&ended);
        let run = Box::pin(async move {
            place.put(run.await);
        });
        let task = spawn(&runtime::Handle::current(), &M::DEFINITION.name, run);
        Started {
            id,
            control,
            mail,
            task,
            ended,
        }
    }

    #[inline]
    fn boxed<T: Send + 'static>(
        self,
        finish: impl FnOnce(Outcome<M>) -> T + Send + 'static,
    ) -> Boxed<'static, T> {
        if self.parked.is_none() && self.options.is_none() && goes_straight::<M>() {
            return Box::pin(straight(self.machine, self.id, finish));
        }
        self.executed(finish)
    }

    /// Kept out of the fast path that most sagas take.
    #[inline(never)]
    fn executed<T: Send + 'static>(
        self,
        finish: impl FnOnce(Outcome<M>) -> T + Send + 'static,
    ) -> Boxed<'static, T> {
        let (state, begin) = match self.parked {
            Some(parked) => (*parked, Opening::Resumed),
            None => (begun::<M>(), Opening::Started(self.options)),
        };
        let run = execute(self.machine, self.id, state, begin);
        // Most of a run is in a box of its own, which is the same whatever its caller wants to know.
        Box::pin(async move { finish(run.await) })
    }
}

/// The state of a run that begins.
#[inline]
fn begun<M: Machine>() -> SlotsAndRun<M> {
    let run = RunState::new(rules::<M>(), M::DEFINITION, Volatile::DURABLE, None);
    (M::Slots::default(), run)
}

impl<M: Machine> IntoFuture for Prepared<M> {
    type Output = Result<M::Output, Error<M::Error>>;
    type IntoFuture = Running<Self::Output>;

    #[inline]
    fn into_future(self) -> Self::IntoFuture {
        Running::new(const { name::<M>() }, self.boxed(Outcome::into_result))
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
/// Dropping it before its first poll has no effect. Dropping it later moves it to the tokio
/// runtime, where it runs to its end, so that a caller that gives up does not leave half a trip
/// booked. Without a runtime, it stops where it is.
#[must_use = "a saga does nothing until it is awaited"]
pub struct Running<T: Send + 'static> {
    saga: &'static str,
    /// `None` once it has ended.
    future: Option<Boxed<'static, T>>,
    started: bool,
    /// The runtime on which it was last polled, in case it is dropped elsewhere. Not looked up for
    /// a saga that never waits.
    runtime: Option<runtime::Handle>,
}

impl<T: Send + 'static> Running<T> {
    fn new(saga: &'static str, future: Boxed<'static, T>) -> Self {
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
        // Taken out, so that a future that panics is not spawned by the drop that follows.
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

// There is no `async` drop, so what is left of the run becomes a task.
impl<T: Send + 'static> Drop for Running<T> {
    fn drop(&mut self) {
        if let (true, Some(future)) = (self.started, self.future.take()) {
            if let Some(runtime) = self
                .runtime
                .take()
                .or_else(|| runtime::Handle::try_current().ok())
            {
                let task = Box::pin(async move { discard(future.await) });
                spawn(&runtime, self.saga, task);
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

impl<M: Machine> Parked<M> {
    /// Resumes the saga where it stopped: tries the steps that could not be undone, settled or
    /// finished again, with all attempts available again.
    pub fn resume(self) -> Resumed<M> {
        Resumed(self)
    }
}

/// A parked saga to be resumed: `.await` it, or `.outcome().await`.
#[must_use = "nothing happens before it is awaited"]
pub struct Resumed<M: Machine>(Parked<M>);

impl<M: Machine> Resumed<M> {
    /// Resumes the saga and returns its outcome.
    pub fn outcome(self) -> Running<Outcome<M>> {
        Prepared::resumed(self.0).outcome()
    }
}

impl<M: Machine> IntoFuture for Resumed<M> {
    type Output = Result<M::Output, Error<M::Error>>;
    type IntoFuture = Running<Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Prepared::resumed(self.0).into_future()
    }
}
