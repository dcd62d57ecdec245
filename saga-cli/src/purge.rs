//! `saga purge`: deletes what ended long ago, or one saga.

mod one;
mod worker;

use crate::{
    args,
    failure::Failure,
    journal::Own,
    look::Reader,
    person::{self, Agreed, Person},
    report::Report,
    style,
    table::{Cell, Table, styled},
};
use serde::Serialize;
use std::{collections::BTreeMap, sync::Arc, time::Duration};
use typed_saga_engine::{Filter, State, StoreError, Time};

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
    /// Whether the file was rewritten, if that was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    vacuumed: Option<bool>,
}

#[derive(Serialize)]
struct Group {
    saga: String,
    state: State,
    count: u64,
}

/// Deletes sagas that have ended, are not parked, and did not change for long; or one that has ended.
pub(crate) async fn purge(
    reader: &Reader,
    args: &args::Purge,
    own: Own,
    person: &mut dyn Person,
) -> Result<Report, Failure> {
    if let Some(id) = &args.id {
        return one::purge(reader, id, args, own, person).await;
    }
    // The arguments have the one or the other.
    let age = args.older_than.unwrap_or(Duration::MAX);
    let millis = i64::try_from(age.as_millis()).unwrap_or(i64::MAX);
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
        vacuumed: None,
    };
    let shown = shown(&view);
    if found == 0 && !args.vacuum {
        return Report::of(&view, shown);
    }
    if args.dry_run {
        let text = format!("{shown}\n{}\n", styled(style::FAINT, "nothing was done"));
        return Report::of(&view, text);
    }
    worker::is_free(reader, &own).await?;
    let seen = person::ask(person, args.yes, &shown)? == Agreed::Now;
    let done = worker::as_worker(own, async |store, epoch| {
        let purged = store.purge(epoch, filter, before).await?;
        Ok::<_, StoreError>((purged, worker::vacuum(store, epoch, args).await?))
    });
    (view.purged, view.vacuumed) = done.await?;
    let shown = if seen { String::new() } else { shown + "\n" };
    let (done, purged) = (styled(style::GOOD, "done"), view.purged);
    let free = if purged > 0 {
        "; their ids are free again"
    } else {
        ""
    };
    let text = format!("{shown}{done}: {purged} purged{free}\n");
    Report::of(&view, text + worker::vacuumed(view.vacuumed))
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
