//! `saga purge ID`: deletes one saga, whenever it ended.

use super::worker;
use crate::{
    args,
    failure::Failure,
    find::full,
    journal::Own,
    look::Reader,
    person::{self, Agreed, Person},
    report::Report,
    style,
    table::{plain, styled},
};
use serde::Serialize;
use typed_saga_engine::{
    Attribution, EventFilter, State, StoreError,
    look::{self, Look},
};

#[derive(Serialize)]
struct Deed<'a> {
    saga: &'a str,
    id: &'a str,
    dry_run: bool,
    purged: bool,
    /// The number of the message that says who asked for it; null if nothing was done.
    message: Option<u64>,
    /// Whether the file was rewritten, if that was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    vacuumed: Option<bool>,
}

/// Deletes a saga that has ended, and records who asked for it, and why.
pub(super) async fn purge(
    reader: &Reader,
    id: &str,
    args: &args::Purge,
    own: Own,
    person: &mut dyn Person,
) -> Result<Report, Failure> {
    let look = reader.one(id).await?;
    let saga = look.saga();
    if let Some(why) = stays(reader, &look).await? {
        let text = format!("{saga} is not purged: {why}");
        return Err(Failure::Refused(text));
    }
    let mut deed = Deed {
        saga: &saga.saga,
        id: &saga.id,
        dry_run: args.dry_run,
        purged: false,
        message: None,
        vacuumed: None,
    };
    let shown = shown(&look);
    if args.dry_run {
        let text = format!("{shown}\n{}\n", styled(style::FAINT, "nothing was done"));
        return Report::of(&deed, text);
    }
    worker::is_free(reader, &own).await?;
    let seen = person::ask(person, args.yes, &shown)? == Agreed::Now;
    let who = Attribution {
        actor: args.by.clone(),
        reason: args.why.clone(),
    };
    let done = worker::as_worker(own, async |store, epoch| {
        let Some(message) = look::purge(store, epoch, saga, &who).await? else {
            return Ok(None);
        };
        let vacuumed = worker::vacuum(store, epoch, args).await?;
        Ok::<_, StoreError>(Some((message, vacuumed)))
    });
    let Some((message, vacuumed)) = done.await? else {
        let text = format!("{saga} has changed meanwhile, and nothing was done");
        return Err(Failure::Refused(text));
    };
    deed.purged = true;
    deed.message = Some(message);
    deed.vacuumed = vacuumed;
    let shown = if seen { String::new() } else { shown + "\n" };
    let done = styled(style::GOOD, "done");
    let text = format!("{shown}{done}: purged; its id is free again\n");
    Report::of(&deed, text + worker::vacuumed(vacuumed))
}

/// Why a saga is not purged; `None` if it may be.
async fn stays(reader: &Reader, look: &Look) -> Result<Option<String>, Failure> {
    let (row, saga) = (look.row(), look.saga());
    let name = full(saga);
    if row.state == State::Parked {
        let why = format!("it is parked: resume, settle or abandon it (saga why {name})");
        return Ok(Some(why));
    }
    if !row.is_at_rest() {
        let why = format!(
            "it has not ended: wait for its end, or cancel or abandon it (saga why {name})"
        );
        return Ok(Some(why));
    }
    let first = EventFilter::first_undelivered_of(saga.clone());
    let events = reader.journal.events(first).await?;
    if !events.is_empty() {
        let why = format!("it has an event that is not delivered: saga outbox {name}");
        return Ok(Some(why));
    }
    // The request would stay, with all that it says, until an engine answers it.
    let requests = reader.journal.messages().await?;
    let is_asked = requests.iter().any(|request| request.saga == *saga);
    let why = || format!("it has a request that no engine has answered yet: saga show {name}");
    Ok(is_asked.then(why))
}

/// What would be deleted.
fn shown(look: &Look) -> String {
    let name = plain(&look.saga().to_string());
    let why = plain(&look.why);
    let name = styled(style::NAME, &name);
    format!("{name}: {why}\n\nits journal, its events and its requests would be deleted\n")
}
