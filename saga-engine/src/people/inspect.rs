//! Reads sagas: one with its effects, lists, histories, and the reason why a saga does not move.

use crate::{
    error::{EngineError, Unreadable},
    journal::fold::Folded,
    journal::history::Entry,
    journal::why::Runner,
    people::look::Look,
    runtime::engine::Engine,
    runtime::inner::{ByType, Inner},
    runtime::recorded::{Recorded, Version},
    runtime::resumed::timeless,
    store::{Filter, Row, SagaId, Stat, Stored, Time},
};
use std::{any::Any, fmt, sync::Arc};
use typed_saga_core::{Durable, run::Boxed};

/// The state of a saga, and the reason why it does not move.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Status {
    /// Its row in the store.
    pub row: Row,
    /// The reason why the saga does not move, or what it is doing, in one sentence.
    pub why: String,
}

/// A saga with its effects.
#[non_exhaustive]
pub struct Loaded<S: Durable> {
    /// The state of the saga.
    pub status: Status,
    /// Its inputs.
    pub input: S,
    /// Its effects, as far as they exist.
    pub effects: S::Snapshot,
}

impl Engine {
    /// A saga with its inputs and effects, as recorded now.
    ///
    /// # Errors
    /// [`EngineError::NotRegistered`], [`EngineError::NotFound`], [`EngineError::Unreadable`],
    /// [`EngineError::Store`].
    pub async fn load<S: Durable>(&self, id: &str) -> Result<Loaded<S>, EngineError> {
        let of = ByType::of::<S>();
        let read = self.inner.loaded(of, id).await?;
        let input = S::INPUT.decode(&read.input);
        let input = input.map_err(|why| {
            EngineError::unreadable(&read.status.row.saga, Unreadable::Input { why })
        })?;
        let effects = read.effects.downcast();
        let effects = effects.map_err(|_| EngineError::NotRegistered {
            saga: &of.definition.name,
        })?;
        Ok(Loaded {
            status: read.status,
            input,
            effects: *effects,
        })
    }

    /// The state of a saga, and the reason why it does not move.
    ///
    /// # Errors
    /// [`EngineError::NotFound`], [`EngineError::Store`].
    pub async fn status(&self, saga: &SagaId) -> Result<Status, EngineError> {
        self.inner.status(saga).await
    }

    /// The sagas that match the filter, ordered by name and id.
    ///
    /// # Errors
    /// [`EngineError::Store`].
    pub async fn list(&self, filter: Filter) -> Result<Vec<Row>, EngineError> {
        Ok(self.inner.store.list(filter).await?)
    }

    /// All records of a saga, in order.
    ///
    /// # Errors
    /// [`EngineError::NotFound`], [`EngineError::Unreadable`], [`EngineError::Store`].
    pub async fn history(&self, saga: &SagaId) -> Result<Vec<Entry>, EngineError> {
        let stored = self.inner.stored(saga).await?;
        history(&stored).map_err(|why| EngineError::unreadable(saga, why))
    }

    /// The sagas in flight that this engine cannot read, and the reasons. They are left as they
    /// are, because another version may still run them. In a store with one owner, an engine looks
    /// for them when it starts, in the background, at the pace of
    /// [`recovery_rate`](crate::Builder::recovery_rate). In a store that several workers share, a
    /// saga is listed when it was due and could not be read.
    #[must_use]
    pub fn unreadable(&self) -> Vec<(SagaId, Arc<Unreadable>)> {
        let live = self.inner.live();
        let mut list: Vec<_> = live
            .unreadable
            .iter()
            .map(|(saga, why)| (saga.clone(), Arc::clone(why)))
            .collect();
        list.sort_by(|(one, _), (other, _)| one.cmp(other));
        list
    }

    /// The number of sagas in each state, by name.
    ///
    /// # Errors
    /// [`EngineError::Store`].
    pub async fn stats(&self) -> Result<Vec<Stat>, EngineError> {
        Ok(self.inner.store.stats().await?)
    }

    /// Deletes the sagas that match, have ended, are not parked, and were last changed before
    /// `before`. Returns the number of deleted sagas. Their ids may be submitted again, and then
    /// the sagas run again.
    ///
    /// # Errors
    /// [`EngineError::Store`].
    pub async fn purge(&self, filter: Filter, before: Time) -> Result<u64, EngineError> {
        let inner = &self.inner;
        let session = inner.session().await?;
        Ok(inner.store.purge(session.epoch, filter, before).await?)
    }

    /// Rewrites the file of the store, so that no byte of what was purged is left in it. This takes
    /// as much disk space again as the file has, and meanwhile no saga can commit. Returns `false`,
    /// and does nothing, if the store is not a file.
    ///
    /// # Errors
    /// [`EngineError::Store`].
    pub async fn vacuum(&self) -> Result<bool, EngineError> {
        let inner = &self.inner;
        let session = inner.session().await?;
        Ok(inner.store.vacuum(session.epoch).await?)
    }
}

/// All records of a saga, in order.
///
/// # Errors
/// If a record cannot be read.
pub fn history(stored: &Stored) -> Result<Vec<Entry>, Unreadable> {
    let mut entries = Vec::new();
    for commit in &stored.commits {
        entries.extend(Entry::all(commit).map_err(Unreadable::record(commit))?);
    }
    Ok(entries)
}

/// A saga with its effects, without its types.
struct Read {
    status: Status,
    /// As JSON.
    input: String,
    /// An `S::Snapshot`.
    effects: Box<dyn Any + Send>,
}

impl Inner {
    /// Compiled once for all sagas.
    #[inline(never)]
    fn loaded<'a>(
        self: &'a Arc<Self>,
        of: ByType,
        id: &'a str,
    ) -> Boxed<'a, Result<Read, EngineError>> {
        Box::pin(async move {
            let entry = self.entry(of)?;
            let saga = of.saga(id);
            let stored = self.stored(&saga).await?;
            let unread = |why| EngineError::unreadable(&saga, why);
            let reading = self.reading(&**entry, &stored).await?.map_err(unread)?;
            let effects = entry.snapshot(&timeless(&reading.folded)).map_err(unread)?;
            let folded = reading.redefined.is_none().then_some(reading.folded);
            let input = stored.row.input.clone();
            Ok(Read {
                status: self.status_of(stored, folded).await?,
                input,
                effects,
            })
        })
    }

    pub(crate) async fn status(&self, saga: &SagaId) -> Result<Status, EngineError> {
        let stored = self.stored(saga).await?;
        self.status_of(stored, None).await
    }

    /// The state of a saga. `folded` is the saga, folded with the definition with which it was run,
    /// if that was already done.
    async fn status_of(
        &self,
        stored: Stored,
        folded: Option<Folded>,
    ) -> Result<Status, EngineError> {
        let (listed, at_hand) = {
            let live = self.live();
            let saga = &stored.row.saga;
            (
                live.unreadable.get(saga).cloned(),
                live.at_hand.contains_key(saga) || self.runs_elsewhere(&stored.row),
            )
        };
        let folded = match (listed, folded) {
            (Some(why), _) => Err(why),
            (None, Some(folded)) => Ok(folded),
            (None, None) => self.read_as_it_was(&stored).await?.map_err(Arc::new),
        };
        let runner = if at_hand {
            Runner::AtHand
        } else {
            Runner::Alive
        };
        let look = Look::of(&*self.store, stored, folded, None, self.now(), runner);
        let look = look.await?.with_events(&*self.store).await?;
        Ok(Status {
            row: look.stored.row,
            why: look.why,
        })
    }

    /// Whether another living worker has claimed it, according to its row.
    fn runs_elsewhere(&self, row: &Row) -> bool {
        let session = self.current();
        // In a store with one owner the claim may belong to an epoch that has ended.
        session.is_some_and(|session| {
            session.lease.length().is_some() && row.claimed.is_some_and(|of| of != session.epoch)
        })
    }

    /// Folds a journal with the definitions that wrote it, which may be older than the registered
    /// one.
    pub(super) async fn read_as_it_was(
        &self,
        stored: &Stored,
    ) -> Result<Result<Folded, Unreadable>, EngineError> {
        let registered = self.entries.get(&stored.row.saga.saga);
        let own = registered.map(|entry| Version::from(&**entry));
        let recorded = Recorded::found(&*self.store, own, stored, &self.definitions).await?;
        Ok(recorded.and_then(|recorded| recorded.folded()))
    }
}

impl<S: Durable> fmt::Debug for Loaded<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Loaded")
            .field("status", &self.status)
            .field("effects", &self.effects)
            .finish_non_exhaustive()
    }
}
