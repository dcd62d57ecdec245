//! Waiting for the outcome of a saga, without its types: compiled once for all sagas.

use crate::{
    error::{EngineError, Unreadable},
    journal::action::{Action, Attribution},
    journal::record::{self, RecordKind},
    people::act::closed,
    runtime::{
        inner::{ByType, Inner, Report, Reported, Tell},
        resumed::Restored,
    },
    store::{EventFilter, Filter, SagaId, State, Stored},
};
use std::{
    any::Any,
    future::pending,
    sync::{Arc, Weak},
};
use tokio::time::sleep;
use typed_saga_core::run::{Boxed, discard};

/// A [`Reply`](crate::runtime::end::Reply) of the saga's error.
pub(crate) type AnyTold = Arc<dyn Any + Send + Sync>;

/// A saga whose outcome somebody may wait for.
#[derive(Clone)]
pub(crate) struct Awaited {
    inner: Weak<Inner>,
    pub(crate) saga: SagaId,
    tell: Arc<Tell>,
    of: ByType,
}

impl Awaited {
    pub(crate) fn new(inner: &Arc<Inner>, of: ByType, saga: SagaId) -> Self {
        Self {
            inner: Arc::downgrade(inner),
            tell: inner.tell(&saga),
            saga,
            of,
        }
    }

    /// A saga that is recorded.
    #[inline(never)]
    pub(crate) fn recorded<'a>(
        inner: &'a Arc<Inner>,
        of: ByType,
        id: &'a str,
    ) -> Boxed<'a, Result<Self, EngineError>> {
        Box::pin(async move {
            inner.entry(of)?;
            let saga = of.saga(id);
            inner.stored(&saga).await?;
            Ok(Self::new(inner, of, saga))
        })
    }

    /// Waits until the saga has ended or parked.
    #[inline(never)]
    pub(crate) fn outcome(&self) -> Boxed<'_, Result<AnyTold, EngineError>> {
        Box::pin(async move { Ok(self.ended().await?.told) })
    }

    /// Waits until the saga has ended or parked, its `finally` has run, and its events are
    /// delivered.
    #[inline(never)]
    pub(crate) fn finished(&self) -> Boxed<'_, Result<AnyTold, EngineError>> {
        Box::pin(async move { Ok(self.at_rest().await?.told) })
    }

    async fn ended(&self) -> Report {
        // Subscribed before the look, so that an end in between is not missed.
        let mut told = self.tell.told.subscribe();
        loop {
            let look = self.tell.look.notified();
            let Some(inner) = self.inner.upgrade() else {
                return ended_so(told.borrow().clone());
            };
            self.forget_if_ended(&inner).await?;
            let begun = {
                let live = inner.live();
                if let Some(why) = live.unreadable.get(&self.saga).cloned() {
                    let saga = self.saga.clone();
                    return Err(EngineError::Unreadable { saga, why });
                }
                live.at_hand.get(&self.saga).map(|saga| saga.begun.clone())
            };
            // Looked at afterwards: whoever ends the saga reports that first, and then releases it.
            let known = told.borrow().clone();
            if known.as_ref().map_or(begun.is_none(), may_change) {
                if let Some(outcome) = self.on_record(&inner, known.as_ref()).await? {
                    return Ok(outcome);
                }
                if let Some(known) = known {
                    self.forget(known);
                    continue;
                }
            }
            let left = async {
                match begun {
                    Some(begun) => closed(begun).await,
                    None => pending().await,
                }
            };
            let ended = tokio::select! {
                biased;
                ended = told.wait_for(Option::is_some) => ended.map(|told| told.clone()).ok().flatten(),
                // The saga ended before this handle existed, or was released: look in the store.
                () = left => continue,
                () = look => continue,
            };
            return ended_so(ended);
        }
    }

    async fn at_rest(&self) -> Report {
        let mut outcome = self.ended().await?;
        loop {
            // Made before the look, so that a delivery in between is not missed.
            let look = self.tell.look.notified();
            let inner = self.inner()?;
            let here = inner
                .live()
                .at_hand
                .get(&self.saga)
                .map(|saga| saga.begun.clone());
            if let Some(begun) = here {
                closed(begun).await;
            }
            // While this engine delivers an event of the saga, the store need not be asked.
            let delivers = inner.outbox.delivers(&self.saga);
            if !delivers && self.is_told(&inner).await? && self.is_at_rest(&inner).await? {
                let parked = outcome.parked;
                if parked.is_some() {
                    // It may have been resumed meanwhile, here or by another worker.
                    outcome = self.ended().await?;
                }
                if outcome.parked == parked {
                    return Ok(outcome);
                }
                continue;
            }
            inner.check()?;
            tokio::select! {
                () = look => {}
                () = sleep(inner.settings.inbox_interval) => {}
            }
        }
    }

    /// Resumes the saga, which is parked.
    pub(crate) async fn resume(&self, who: Attribution) -> Result<(), EngineError> {
        let inner = self.inner()?;
        let resumed = inner.act_on(self.of, &self.saga.id, Action::Resume, who);
        resumed.await
    }

    /// Whether the saga has no undelivered event.
    async fn is_told(&self, inner: &Inner) -> Result<bool, EngineError> {
        if self.of.definition.emits.is_none() {
            return Ok(true);
        }
        let left = EventFilter::first_undelivered_of(self.saga.clone());
        Ok(inner.store.events(left).await?.is_empty())
    }

    /// Whether nothing is left to run: a saga that has ended is due only for its `finally`.
    async fn is_at_rest(&self, inner: &Inner) -> Result<bool, EngineError> {
        let rows = inner.store.list(Filter::of(self.saga.clone())).await?;
        Ok(rows.iter().all(|row| row.due.is_none()))
    }

    /// The engine, if it still exists.
    pub(crate) fn inner(&self) -> Result<Arc<Inner>, EngineError> {
        let stopped = EngineError::Stopped { reason: None };
        self.inner.upgrade().ok_or(stopped)
    }

    /// If this engine cannot read the saga, another engine may have ended it.
    async fn forget_if_ended(&self, inner: &Inner) -> Result<(), EngineError> {
        let listed = inner.live().unreadable.contains_key(&self.saga);
        if listed {
            let of = vec![self.saga.clone()];
            for saga in inner.store.ended(of).await? {
                inner.live().unreadable.remove(&saga);
            }
        }
        Ok(())
    }

    /// Forgets an outcome that does not hold any more, unless another one was reported since.
    fn forget(&self, known: Report) {
        let mut forgotten = None;
        self.tell.told.send_if_modified(|told| {
            let is_known = match (&*told, &known) {
                (Some(Ok(now)), Ok(then)) => Arc::ptr_eq(&now.told, &then.told),
                (Some(Err(_)), Err(_)) => true,
                _ => false,
            };
            if is_known {
                forgotten = told.take();
            }
            is_known
        });
        discard((forgotten, known));
    }

    /// The outcome, if the saga has ended: the one that is known, if that still holds, or else as
    /// it is recorded.
    async fn on_record(
        &self,
        inner: &Arc<Inner>,
        known: Option<&Report>,
    ) -> Result<Option<Reported>, EngineError> {
        let entry = inner.entry(self.of)?;
        let stored = inner.stored(&self.saga).await?;
        if let Some(Ok(known)) = known {
            let parked = known.parked;
            if parked.is_some_and(|since| rests_since(&stored, since)) {
                return Ok(Some(known.clone()));
            }
        }
        if stored.commits.is_empty() {
            // The saga was submitted, and no engine has started it yet.
            inner.check()?;
            return Ok(None);
        }
        let is_open = matches!(stored.row.state, State::Running | State::Waiting);
        if is_open && stored.row.fingerprint == entry.fingerprint() {
            inner.check()?;
            return Ok(None);
        }
        let told = match stored.row.state {
            // An output is read by its type alone, even if the steps have changed.
            State::Completed | State::Abandoned => entry.told(&stored),
            State::Running
            | State::Waiting
            | State::Compensated
            | State::Parked
            | State::Damaged => {
                let reading = inner.reading(&**entry, &stored).await?;
                let reading = reading.map_err(|why| self.unreadable(why))?;
                if is_open {
                    inner.check()?;
                    return Ok(None);
                }
                entry.failed(
                    &stored.row,
                    &mut Restored::at_rest(&stored.row, reading.folded),
                )
            }
        };
        let parked = (stored.row.state == State::Parked).then_some(stored.row.commits);
        let told = told.map_err(|why| self.unreadable(why))?;
        Ok(Some(Reported { told, parked }))
    }

    fn unreadable(&self, why: Unreadable) -> EngineError {
        EngineError::unreadable(&self.saga, why)
    }
}

/// The outcome in a notification, or the reason why there is none.
fn ended_so(told: Option<Report>) -> Report {
    told.unwrap_or(Err(EngineError::Stopped { reason: None }))
}

/// Whether what was reported may not hold any more, since any worker can resume a saga that is
/// parked or could not be read.
fn may_change(report: &Report) -> bool {
    match report {
        Ok(reported) => reported.parked.is_some(),
        Err(error) => matches!(error, EngineError::Unreadable { .. }),
    }
}

/// Whether a saga is parked, and nothing but the end of its `finally` is recorded after this number
/// of commits.
fn rests_since(stored: &Stored, commits: u64) -> bool {
    let all = stored.commits.iter();
    let mut since = all.filter(|commit| commit.seq >= commits);
    let is_finished = |text: &str| {
        let records = record::decode(text);
        records.is_ok_and(|records| {
            let mut kinds = records.iter().map(|record| record.what);
            kinds.all(|kind| kind == RecordKind::Finished)
        })
    };
    stored.row.state == State::Parked && since.all(|commit| is_finished(&commit.records))
}
