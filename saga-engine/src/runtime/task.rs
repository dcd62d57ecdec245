//! Taking sagas at hand: one that is submitted, or one that is on record; by which definition its records are read.

use crate::{
    error::Unreadable,
    journal::fold::Folded,
    journal::history::History,
    journal::record::Record,
    journal::schema,
    runtime::engine::{AtHand, Begun, Inner},
    runtime::held::Held,
    runtime::journal::Shared,
    runtime::run::Entry,
    store::{DefinitionRow, NewSaga, SagaId, StoreError, Stored},
};
use saga_core::{Definition, definition::DefinitionRef, run::Control};
use std::{any::Any, sync::Arc, time::Duration};
use tokio::{
    sync::{OwnedSemaphorePermit, watch},
    task::AbortHandle,
    time::sleep,
};

/// A saga that is submitted, and has a slot.
pub(crate) struct Submitted {
    pub(crate) saga: Box<dyn Any + Send>,
    pub(crate) new: NewSaga,
    pub(crate) started: Record,
    pub(crate) deadline: Option<Duration>,
    pub(crate) permit: OwnedSemaphorePermit,
}

impl Inner {
    /// Has a task of its own begin a saga. `Err`: it is at hand already, or the engine stops.
    pub(crate) fn begin(
        self: &Arc<Self>,
        entry: &dyn Entry,
        submitted: Submitted,
    ) -> Result<watch::Receiver<Begun>, Box<Submitted>> {
        let id = submitted.new.saga.clone();
        let Some((mut held, begun)) = self.hold(&id, entry.definition(), Begun::NotYet) else {
            return Err(Box::new(submitted));
        };
        let Submitted {
            saga,
            new,
            started,
            deadline,
            permit,
        } = submitted;
        held.permit = Some(permit);
        held.shared.push(started);
        let given = held.given();
        let run = entry.begin(saga, given, deadline);
        let deadline = deadline.map(|limit| self.now().after(limit));
        let shared = Arc::clone(&held.shared);
        let task = tokio::spawn(async move {
            let driver = held.driver(run, deadline, 0, Some(new), None);
            held.follow(driver).await;
            held.let_go();
        });
        self.at_work(&id, &shared, task.abort_handle());
        Ok(begun)
    }

    /// Has a task of its own take a saga up, unless it is at hand already or the engine stops. `wait`: before that.
    pub(crate) fn take_up(
        self: &Arc<Self>,
        saga: &SagaId,
        permit: Option<OwnedSemaphorePermit>,
        wait: Duration,
    ) {
        let Some(entry) = self.entries.get(&saga.saga).cloned() else {
            return self.unreadable(saga, Unreadable::Unknown);
        };
        let Some((mut held, _)) = self.hold(saga, entry.definition(), Begun::Yes) else {
            // It may have been claimed a moment before it is let go.
            if let Some(at_hand) = self.live().at_hand.get_mut(saga) {
                at_hand.wanted = true;
            }
            return;
        };
        held.permit = permit;
        let shared = Arc::clone(&held.shared);
        let task = tokio::spawn(async move {
            if !wait.is_zero() {
                sleep(wait).await;
            }
            held.recover(&*entry).await;
            held.let_go();
        });
        self.at_work(saga, &shared, task.abort_handle());
    }

    /// Puts a saga among those at hand, without a task: nobody else takes it up as long as what is given back is there.
    pub(crate) fn hold_only(
        self: &Arc<Self>,
        saga: &SagaId,
        definition: &'static Definition,
    ) -> Option<Held> {
        self.hold(saga, definition, Begun::Yes)
            .map(|(held, _)| held)
    }

    /// Puts a saga among those at hand.
    fn hold(
        self: &Arc<Self>,
        saga: &SagaId,
        definition: &'static Definition,
        begun: Begun,
    ) -> Option<(Held, watch::Receiver<Begun>)> {
        let mut live = self.live();
        if live.stopping || live.at_hand.contains_key(saga) {
            return None;
        }
        let control = Arc::new(Control::default());
        let shared = Arc::new(Shared::new(
            definition,
            self.settings.effect_limit,
            self.clock,
        ));
        let (sender, receiver) = watch::channel(begun);
        let at_hand = AtHand {
            control: Arc::clone(&control),
            shared: Arc::clone(&shared),
            begun: receiver.clone(),
            task: None,
            wanted: false,
        };
        live.at_hand.insert(saga.clone(), at_hand);
        let held = Held {
            inner: Arc::clone(self),
            saga: saga.clone(),
            control,
            shared,
            begun: Some(sender),
            permit: None,
            again: false,
        };
        Some((held, receiver))
    }

    /// Keeps the task of a saga at hand, unless it has ended by now: another one may have the saga since.
    fn at_work(&self, saga: &SagaId, shared: &Arc<Shared>, task: AbortHandle) {
        let mut live = self.live();
        if live.stopped {
            task.abort();
        } else if let Some(at_hand) = live.at_hand.get_mut(saga) {
            if Arc::ptr_eq(&at_hand.shared, shared) {
                at_hand.task = Some(task);
            }
        }
    }

    /// Lists a saga as unreadable, and tells those who wait for it.
    pub(crate) fn unreadable(&self, saga: &SagaId, why: Unreadable) {
        let why = Arc::new(why);
        let mut live = self.live();
        live.unreadable.insert(saga.clone(), Arc::clone(&why));
        let tell = live.tell(saga);
        drop(live);
        if let Some(tell) = tell {
            let saga = saga.clone();
            tell.told
                .send_replace(Some(Err(crate::EngineError::Unreadable { saga, why })));
        }
    }

    /// By which definition the saga's records are read: the one at hand, if it is the one that it was run with, or else one that goes on where that
    /// left off, if there is one.
    pub(crate) async fn reading(
        &self,
        entry: &dyn Entry,
        stored: &Stored,
    ) -> Result<Result<Reading, Unreadable>, StoreError> {
        let (definition, then) = (entry.definition(), stored.row.fingerprint);
        if entry.fingerprint() == then {
            return Ok(Ok(Reading {
                definition: definition.into(),
                redefined: None,
                history: None,
            }));
        }
        let saga = Arc::clone(&stored.row.saga.saga);
        let Some(row) = self.store.definition(Arc::clone(&saga), then).await? else {
            return Ok(Err(Unreadable::NoDefinition { fingerprint: then }));
        };
        let read = || {
            let old = self
                .definitions
                .read(&row)
                .map_err(Unreadable::Definition)?;
            let history = History::of(&stored.commits).map_err(Unreadable::Fold)?;
            let folded = Folded::over(old, &history).map_err(Unreadable::Fold)?;
            let (old, touched) = (folded.declaration(), |step| folded.touched(step));
            let definition =
                schema::continued(old, definition, &touched).map_err(Unreadable::Changed)?;
            let fingerprint = definition.fingerprint();
            Ok(Reading {
                redefined: (fingerprint != then).then(|| DefinitionRow {
                    saga,
                    fingerprint,
                    json: definition.to_json(),
                }),
                definition,
                history: Some(history),
            })
        };
        Ok(read())
    }
}

/// How a saga's records are read.
pub(crate) struct Reading {
    pub(crate) definition: DefinitionRef,
    /// Another definition than it was run with: it is put on record when the saga goes on by it.
    pub(crate) redefined: Option<DefinitionRow>,
    /// The records, if they had to be looked at for that.
    history: Option<History>,
}

impl Reading {
    /// The saga, read so.
    pub(crate) fn folded(&self, stored: &Stored) -> Result<Folded, Unreadable> {
        let folded = match &self.history {
            Some(history) => Folded::over(self.definition.clone(), history),
            None => Folded::of(self.definition.clone(), &stored.commits),
        };
        folded.map_err(Unreadable::Fold)
    }

    /// Whether it is the definition that the saga was run with.
    pub(crate) fn is_as_it_was(&self) -> bool {
        self.history.is_none()
    }
}
