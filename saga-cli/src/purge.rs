//! `saga purge`: deletes what ended long ago.

use crate::{
    args,
    failure::Failure,
    journal::Own,
    look::Reader,
    person::{self, Asked, Person},
    report::Report,
    style,
    table::{Cell, Table, styled},
};
use saga_engine::{Filter, State, Store, StoreError, Time, Worker};
use serde::Serialize;
use std::{collections::BTreeMap, pin::pin, sync::Arc, time::Duration};
use tokio::time::timeout;

/// The time after which a worker that was killed while it purged counts as dead.
const LEASE: Duration = Duration::from_secs(15);

#[derive(Serialize)]
struct Sweep {
    /// Sagas that were last changed before this moment are purged.
    before: String,
    dry_run: bool,
    /// The sagas that match.
    sagas: Vec<Group>,
    found: u64,
    /// The number of deleted sagas.
    purged: u64,
}

#[derive(Serialize)]
struct Group {
    saga: String,
    state: State,
    count: u64,
}

/// Deletes sagas that have ended, are not parked, and did not change for long: as one more worker where
/// there may be many, else as the owner, if no engine is that.
pub(crate) async fn purge(
    reader: &Reader,
    args: &args::Purge,
    own: Own,
    person: &mut dyn Person,
) -> Result<Report, Failure> {
    let millis = i64::try_from(args.older_than.as_millis()).unwrap_or(i64::MAX);
    let before = Time(reader.now.0.saturating_sub(millis));
    let filter = filter(args);
    let sagas = count(reader, &filter, before).await?;
    let found = sagas.iter().map(|count| count.count).sum();
    let mut view = Sweep {
        before: before.to_string(),
        dry_run: args.dry_run,
        sagas,
        found,
        purged: 0,
    };
    let shown = shown(&view);
    if found == 0 {
        return Report::of(&view, shown);
    }
    if args.dry_run {
        let text = format!("{shown}\n{}\n", styled(style::FAINT, "nothing was done"));
        return Report::of(&view, text);
    }
    if let Own::Alone(_) = own {
        let workers = reader.journal.workers().await?;
        if !workers.is_empty() {
            let owner = workers.join(", ");
            return Err(owned(StoreError::Owned { owner }));
        }
    }
    let seen = person::ask(person, args.yes, &shown)? == Asked::Now;
    let store = match own {
        Own::Alone(open) => open().map_err(owned)?,
        Own::Beside(store) => store,
    };
    view.purged = delete(&*store, filter, before).await?;
    let shown = if seen { String::new() } else { shown + "\n" };
    let (done, purged) = (styled(style::GOOD, "done"), view.purged);
    let text = format!("{shown}{done}: {purged} purged; their ids are free again\n");
    Report::of(&view, text)
}

/// Deletes as a worker, which it is no more when this is done.
async fn delete(store: &dyn Store, filter: Filter, before: Time) -> Result<u64, Failure> {
    let worker = Worker {
        name: "saga purge".into(),
        lease: LEASE,
        runs: Vec::new(),
        after: None,
    };
    let epoch = store.open(worker).await.map_err(owned)?.epoch;
    let mut purging = pin!(store.purge(epoch, filter, before));
    let purged = loop {
        match timeout(LEASE / 3, &mut purging).await {
            Ok(purged) => break purged,
            // Should the lease be lost, purging ends by itself.
            Err(_) => drop(store.renew(epoch).await),
        }
    };
    let closed = store.close(epoch).await;
    let purged = purged?;
    closed?;
    Ok(purged)
}

fn filter(args: &args::Purge) -> Filter {
    let states = if args.state.is_empty() {
        vec![State::Completed, State::Compensated, State::Abandoned]
    } else {
        args.state.iter().map(|ended| ended.state()).collect()
    };
    Filter {
        saga: args.saga.as_deref().map(Into::into),
        states,
        ..Filter::default()
    }
}

/// An engine that is alive does it itself.
fn owned(error: StoreError) -> Failure {
    match error {
        StoreError::Owned { owner } => Failure::Refused(format!(
            "{owner} owns the journal: its engine purges by itself (`Builder::retain`), or when it is asked (`Engine::purge`); \
             `saga purge` is for a journal that no engine has open"
        )),
        error => error.into(),
    }
}

async fn count(reader: &Reader, filter: &Filter, before: Time) -> Result<Vec<Group>, Failure> {
    let mut counts = BTreeMap::<(Arc<str>, State), u64>::new();
    let mut rows = reader.rows(filter.clone());
    while let Some(page) = rows.next().await? {
        for row in page {
            if row.is_at_rest() && row.updated < before {
                *counts.entry((row.saga.saga, row.state)).or_default() += 1;
            }
        }
    }
    let counts = counts.into_iter().map(|((saga, state), count)| Group {
        saga: saga.to_string(),
        state,
        count,
    });
    Ok(counts.collect())
}

fn shown(view: &Sweep) -> String {
    if view.found == 0 {
        return format!("no such saga ended before {}\n", view.before);
    }
    let mut table = Table::new(["saga", "state", "count"]);
    for count in &view.sagas {
        table.row([
            count.saga.as_str().into(),
            Cell::new(style::of(count.state), count.state.as_str()),
            count.count.to_string().into(),
        ]);
    }
    let table = table.show("  ", None);
    let (found, before) = (view.found, &view.before);
    let sagas = if found == 1 { "saga" } else { "sagas" };
    format!("{found} {sagas} ended before {before}\n\n{table}")
}
