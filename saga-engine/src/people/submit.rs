//! Submitting: a saga is started once, however often it is submitted.

use crate::{
    error::{EngineError, Unreadable},
    journal::record::{self, Record},
    people::act::closed,
    people::awaited::Awaited,
    people::handle::Handle,
    runtime::engine::{Engine, WeakEngine},
    runtime::inner::{ByType, Inner, SubmitStatus},
    runtime::journal::limited,
    runtime::lease::Session,
    runtime::life::Start,
    runtime::run::AnySaga,
    runtime::submission::{allowed, id_of, input_of},
    runtime::task::{NotBegun, Submitted},
    store::{Commit, Created, Epoch, NewSaga, SagaId, StoreError, Turn},
};
use std::{
    any::Any,
    fmt,
    future::Future,
    pin::Pin,
    sync::{Arc, Weak},
    time::Duration,
};
use tokio::sync::watch;
use typed_saga_core::{
    Definition, Durable, Id, InputsOf,
    run::{Boxed, discard, is_observed},
};

/// A saga to be submitted: `.await` returns its [`Handle`] once the saga is recorded.
#[must_use = "nothing is submitted before it is awaited"]
pub struct Submit<S: Durable> {
    inner: Weak<Inner>,
    id: Id,
    saga: S,
    deadline: Option<Duration>,
}

impl Engine {
    /// Submits a saga, which is the struct of its inputs (`BookTrip { … }`), under an id. Submitting
    /// the same saga with the same inputs under the same id again, from this process or another,
    /// joins the saga that runs, or has run.
    ///
    /// Inputs are equal if their type's `==` says so; those of a type without `==` are compared as
    /// JSON, regardless of the order of keys.
    ///
    /// # Errors
    /// `.await` returns [`EngineError::OtherInput`] if the id was used with other inputs,
    /// [`EngineError::Input`] if the inputs cannot be recorded, [`EngineError::NotRegistered`],
    /// [`EngineError::Unreadable`] if its services panicked when they were cloned,
    /// [`EngineError::Stopped`], or [`EngineError::Store`]: then it is not known whether the saga
    /// is recorded, so submit it again.
    pub fn submit<S: Durable>(&self, id: impl Into<Id>, saga: impl InputsOf<S>) -> Submit<S> {
        self.downgrade().submit(id, saga)
    }
}

impl WeakEngine {
    /// Submits a saga, as [`Engine::submit`] does.
    ///
    /// # Errors
    /// As [`Engine::submit`]; [`EngineError::Stopped`] once the engine is gone.
    pub fn submit<S: Durable>(&self, id: impl Into<Id>, saga: impl InputsOf<S>) -> Submit<S> {
        Submit {
            inner: self.inner.clone(),
            id: id.into(),
            saga: saga.inputs(),
            deadline: None,
        }
    }

    /// Submits a saga by its name, with inputs as JSON, for callers that do not have the Rust
    /// types, such as a program in another language. Inputs with a default may be left out.
    ///
    /// # Errors
    /// As [`submit`](Self::submit); [`EngineError::Unreadable`] if no saga of this name is
    /// registered, [`EngineError::Input`] if these are not valid inputs of it.
    pub async fn submit_json(&self, saga: SagaId, input: &str) -> Result<(), EngineError> {
        let stopped = EngineError::Stopped { reason: None };
        let inner = self.inner.upgrade().ok_or(stopped)?;
        let id = allowed(saga)?;
        let entry = inner.entries.get(&id.saga).cloned();
        let entry = entry.ok_or_else(|| EngineError::unreadable(&id, Unreadable::Unknown))?;
        let wrong = |why| EngineError::Input { why };
        let limit = inner.settings.effect_limit;
        let input = limited(entry.kept(input).map_err(wrong)?, limit).map_err(wrong)?;
        let asked = AnySubmission {
            entry: &*entry,
            id: &id,
            input: &input,
            deadline: None,
        };
        inner.submit(asked).await
    }
}

impl<S: Durable> Submit<S> {
    /// Rolls the saga back if it has not passed its pivot this long after it was submitted. A saga
    /// that is joined keeps its own deadline. The deadline of `#[within]` holds as well, if it is
    /// earlier.
    pub fn deadline(mut self, limit: Duration) -> Self {
        self.deadline = Some(limit);
        self
    }
}

/// What is submitted, without its types.
struct Offer {
    of: ByType,
    id: Id,
    /// The inputs as they are stored, if they can be.
    input: Result<String, EngineError>,
    deadline: Option<Duration>,
}

/// Records a saga, or joins the existing one. Compiled once for all sagas.
#[inline(never)]
fn recorded(inner: Weak<Inner>, new: Offer) -> Boxed<'static, Result<Awaited, EngineError>> {
    Box::pin(async move {
        let stopped = EngineError::Stopped { reason: None };
        let inner = inner.upgrade().ok_or(stopped)?;
        let entry = Arc::clone(inner.entry(new.of)?);
        let id = id_of(new.of.definition, &new.id)?;
        let input = limited(new.input?, inner.settings.effect_limit);
        let input = input.map_err(|why| EngineError::Input { why })?;
        let awaited = Awaited::new(&inner, new.of, id);
        let asked = AnySubmission {
            entry: &*entry,
            id: &awaited.saga,
            input: &input,
            deadline: new.deadline,
        };
        inner.submit(asked).await?;
        Ok(awaited)
    })
}

/// A submission, without its types.
#[derive(Clone, Copy)]
struct AnySubmission<'a> {
    entry: &'a dyn AnySaga,
    id: &'a SagaId,
    input: &'a str,
    deadline: Option<Duration>,
}

impl AnySubmission<'_> {
    /// Checks that the saga which exists has the same inputs.
    fn joins(&self, input: &str) -> Result<(), EngineError> {
        match self.entry.other_inputs(self.input, input) {
            None => Ok(()),
            Some(inputs) => Err(EngineError::OtherInput {
                saga: self.id.clone(),
                inputs,
            }),
        }
    }
}

impl Inner {
    /// Records a saga, or joins the existing one.
    async fn submit(self: &Arc<Self>, asked: AnySubmission<'_>) -> Result<(), EngineError> {
        loop {
            let session = self.session().await?;
            let value = asked.entry.input(asked.input);
            let value = value.map_err(|why| EngineError::Input { why })?;
            match self.submit_under(&session, asked, value).await {
                Err(EngineError::Store(StoreError::Fenced { .. } | StoreError::Life { .. })) => {}
                done => return done,
            }
        }
    }

    /// Records a saga, or joins the existing one, under one epoch.
    async fn submit_under(
        self: &Arc<Self>,
        session: &Session,
        asked: AnySubmission<'_>,
        saga: Box<dyn Any + Send>,
    ) -> Result<(), EngineError> {
        let AnySubmission {
            entry,
            id,
            input,
            deadline,
        } = asked;
        let deadline = entry.definition().deadline_of_run(deadline);
        if is_observed(&self.settings.observers) || asks_first(entry.definition()) {
            // If the run turns out to exist already, observers must not see it start, and no `when`
            // may be evaluated.
            if let Some(stored) = self.found(id).await? {
                return asked.joins(&stored.row.input);
            }
        }
        let start = Start::of(entry, &self.clock, deadline);
        let new = NewSaga {
            saga: id.clone(),
            input: input.to_owned(),
            fingerprint: entry.fingerprint(),
            due: None,
            life: None,
        };
        let backlog = self.live().backlog;
        let permit = Arc::clone(&self.slots).try_acquire_owned();
        let Ok(permit) = permit
            .map_err(drop)
            .and_then(|permit| if backlog { Err(()) } else { Ok(permit) })
        else {
            return self.line_up(session, asked, new, &start.record).await;
        };
        let mut submitted = Submitted {
            saga,
            new,
            start,
            permit,
        };
        loop {
            match self.begin(entry, submitted) {
                Ok(begun) => return self.join(session.epoch, begun, asked).await,
                Err(NotBegun::AtHand(back)) => submitted = *back,
                Err(NotBegun::Unfit(why)) => return Err(EngineError::unreadable(id, why)),
            }
            self.session().await?;
            if self.join_at_hand(asked).await? {
                return Ok(());
            }
        }
    }

    /// Records a saga that gets a slot later.
    async fn line_up(
        self: &Arc<Self>,
        session: &Session,
        asked: AnySubmission<'_>,
        mut new: NewSaga,
        started: &Record,
    ) -> Result<(), EngineError> {
        let now = self.now();
        new.due = Some(now);
        let first = Commit {
            seq: 0,
            at: now,
            records: record::encode(std::slice::from_ref(started)),
        };
        // It is claimed by whoever has a slot for it.
        let by = (session.epoch, Turn::random());
        match self.store.create(Some(by), new, Some(first)).await {
            Ok(Created::New) => {
                self.live().backlog = true;
                self.wake.notify_one();
                Ok(())
            }
            Ok(Created::Exists(row)) => asked.joins(&row.input),
            Err(error) => Err(self.lost(error)),
        }
    }

    /// Waits until the saga is recorded, whichever epoch created it.
    async fn join(
        self: &Arc<Self>,
        epoch: Epoch,
        mut begun: watch::Receiver<SubmitStatus>,
        asked: AnySubmission<'_>,
    ) -> Result<(), EngineError> {
        loop {
            let now = begun.borrow_and_update().clone();
            match now {
                SubmitStatus::Yes => return Ok(()),
                SubmitStatus::Exists { input: other } => return asked.joins(&other),
                SubmitStatus::Failed(error) => return Err(self.lost(error)),
                SubmitStatus::NotYet => {}
            }
            if begun.changed().await.is_err() && matches!(*begun.borrow(), SubmitStatus::NotYet) {
                self.check()?;
                // The run of the saga was dropped with its epoch: the saga is submitted once more.
                let goes_on = self.current().is_some_and(|now| now.epoch == epoch);
                return Err(if goes_on {
                    EngineError::Stopped { reason: None }
                } else {
                    EngineError::Store(StoreError::Fenced { epoch })
                });
            }
        }
    }

    /// Joins a saga that is at hand, once it is recorded. `false` if it is not at hand any more,
    /// and was never recorded.
    async fn join_at_hand(self: &Arc<Self>, asked: AnySubmission<'_>) -> Result<bool, EngineError> {
        self.check()?;
        let id = asked.id;
        let begun = {
            let live = self.live();
            live.at_hand.get(id).map(|saga| saga.begun.clone())
        };
        if let Some(begun) = &begun {
            // Closed: the saga is not at hand any more, and is looked for in the store.
            let mut begun = begun.clone();
            // A failure before this submission is not the answer to it: start again.
            let failed_before = matches!(*begun.borrow(), SubmitStatus::Failed(_));
            let known = begun.wait_for(|begun| !matches!(begun, SubmitStatus::NotYet));
            drop(known.await);
            if !failed_before {
                if let SubmitStatus::Failed(error) = &*begun.borrow() {
                    return Err(self.lost(error.clone()));
                }
            }
        }
        if let Some(stored) = self.found(id).await? {
            asked.joins(&stored.row.input)?;
            return Ok(true);
        }
        if let Some(begun) = begun {
            // What has the saga at hand lets go of it: nothing is recorded.
            closed(begun).await;
        }
        Ok(false)
    }

    /// Translates an error of the store for a caller.
    pub(crate) fn lost(&self, error: StoreError) -> EngineError {
        if let StoreError::Fenced { epoch } = error {
            self.fenced(epoch);
        }
        EngineError::Store(error)
    }
}

/// Whether a `when` is evaluated before anything is recorded.
fn asks_first(definition: &Definition) -> bool {
    let mut unit = definition.units().next().unwrap_or_default();
    unit.any(|step| definition.steps[usize::from(step)].when.is_some())
}

impl<S: Durable> IntoFuture for Submit<S> {
    type Output = Result<Handle<S>, EngineError>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        let Self {
            inner,
            id,
            saga,
            deadline,
        } = self;
        let input = input_of(&saga);
        // The saga runs with its inputs as they are recorded.
        discard(saga);
        let of = ByType::of::<S>();
        let recorded = recorded(
            inner,
            Offer {
                of,
                id,
                input,
                deadline,
            },
        );
        Box::pin(async move { recorded.await.map(Handle::new) })
    }
}

impl<S: Durable> fmt::Debug for Submit<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Submit")
            .field("saga", &S::DEFINITION.name)
            .field("id", &self.id)
            .field("deadline", &self.deadline)
            .finish_non_exhaustive()
    }
}
