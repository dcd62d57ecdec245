//! What a run continues from, without the types of its saga.

use crate::{
    clock::Clock,
    journal::fold::{Folded, Wait},
    runtime::journal::{Shared, Site},
    store::{Row, Time},
};
use std::{mem, sync::Arc, time::Duration};
use tokio::time::Instant;
use typed_saga_core::{
    Before, Id, Observer,
    run::{Control, RunHistory, RunOptions},
};

/// The context of a run.
pub(crate) struct RunContext<'a> {
    pub(crate) id: Id,
    pub(crate) control: Arc<Control>,
    pub(crate) shared: Arc<Shared>,
    pub(crate) observers: &'a [Arc<dyn Observer>],
    /// The maximum number of items of a loop.
    pub(crate) items_limit: usize,
    /// The shortest sleep for which the saga is unloaded.
    pub(crate) unload_after: Duration,
    /// The time limit of its `finally`.
    pub(crate) finally_limit: Duration,
    pub(crate) clock: Clock,
}

impl RunContext<'_> {
    /// What a new run is given.
    #[inline(never)]
    pub(super) fn into_parts(self, deadline: Option<Duration>) -> (Id, RunOptions, Arc<Shared>) {
        let options = self.options(deadline);
        (self.id, options, self.shared)
    }

    fn options(&self, deadline: Option<Duration>) -> RunOptions {
        RunOptions {
            control: Some(Arc::clone(&self.control)),
            deadline,
            observers: self.observers.to_vec(),
            seed: None,
            items_limit: Some(self.items_limit),
            locks: None,
        }
    }

    /// The waits that are recorded go on.
    fn waits_on(&self, folded: &Folded) {
        for (spot, wait) in folded.whole().waits() {
            let Wait { until, before } = wait;
            let late = spot.awaits_late();
            let site = Site::new(spot.part.path, spot.step);
            self.shared.waits(site, (before, late), until);
        }
        for (path, until) in folded.deadlines() {
            let site = Site::whole(path);
            self.shared.waits(site, (Before::Attempt, false), until);
        }
    }
}

/// What a saga is rebuilt from, by the clock of this process.
pub(crate) struct Restored {
    pub(super) history: RunHistory<Instant>,
    id: Id,
    options: RunOptions,
}

impl Restored {
    /// Of a saga of which nothing is to run, as of its last commit.
    pub(crate) fn at_rest(row: &Row, folded: Folded) -> Self {
        let clock = Clock::at(row.updated);
        Self {
            history: on_clock(folded.run, &clock),
            id: Id::of_life(Arc::clone(&row.saga.id), row.life),
            options: RunOptions::default(),
        }
    }

    /// The id and the options, which it has once.
    #[inline(never)]
    pub(super) fn take(&mut self) -> (Id, RunOptions) {
        (self.id.clone(), mem::take(&mut self.options))
    }
}

/// What a saga is resumed from.
pub(crate) struct Resumed {
    pub(super) from: Restored,
    pub(super) rest: Rest,
    /// That of the saga, unless it is recorded that it has passed.
    pub(super) deadline: Option<Time>,
    pub(super) shared: Arc<Shared>,
}

/// What is left to run of a saga.
pub(super) enum Rest {
    Nothing,
    Finally,
    Steps,
}

impl Resumed {
    pub(crate) fn of(folded: Folded, given: RunContext<'_>) -> Self {
        // A deadline that has passed, and is recorded, need not wake the run any more.
        let deadline = folded.deadline.filter(|_| !folded.is_late());
        let options = given.options(deadline.map(|deadline| given.clock.until(deadline)));
        let rest = match (&folded.abandoned, &folded.ended) {
            (None, None) => Rest::Steps,
            (None, Some(_)) if !folded.finished => Rest::Finally,
            _ => Rest::Nothing,
        };
        if let Rest::Steps = rest {
            given.waits_on(&folded);
        }
        let RunContext {
            id, shared, clock, ..
        } = given;
        let history = on_clock(folded.run, &clock);
        Self {
            from: Restored {
                history,
                id,
                options,
            },
            rest,
            deadline,
            shared,
        }
    }
}

/// By value: the history of a large loop is large.
fn on_clock(run: RunHistory<Time>, clock: &Clock) -> RunHistory<Instant> {
    run.on_clock(&|time| clock.instant(time))
}

/// What the effects of a saga are read from: none depends on a clock.
pub(crate) fn timeless(folded: &Folded) -> RunHistory<Instant> {
    folded.run.clone().on_clock(&|_| None)
}
