//! `saga locks --free`: takes a key from a saga that no engine can read.

use crate::{
    failure::Failure,
    find::full,
    look::Reader,
    person::{self, Agreed, Person},
    report::Report,
    style,
    table::{plain, styled},
};
use serde::Serialize;
use typed_saga_engine::{
    Attribution, Filter, Freed, LockFilter, LockKey, LockRow, LockState, SagaId, State,
    look::{LockLine, Look},
};

#[derive(Debug, clap::Args)]
pub(super) struct Options {
    /// Take the key from the saga that has it, which no engine can read, and pass it on
    #[arg(long, requires_all = ["name", "key", "why"])]
    pub(super) free: bool,
    /// The reason, which is recorded
    #[arg(long, value_name = "TEXT", requires = "free")]
    why: Option<String>,
    /// Your name, which is recorded
    #[arg(long, value_name = "NAME", env = "USER", hide_env_values = true)]
    by: Option<String>,
    /// Show what would change, and do nothing
    #[arg(long, requires = "free")]
    dry_run: bool,
    /// Do not ask for confirmation
    #[arg(long, requires = "free")]
    yes: bool,
}

#[derive(Serialize)]
struct Deed {
    /// The saga that loses the key.
    from: LockLine,
    /// The saga that waits for it first.
    next: Option<LockLine>,
    dry_run: bool,
    /// The number of the message that says who asked for it; null if nothing was done.
    message: Option<u64>,
}

/// Passes a key on to whoever waits for it, if no engine can read the saga that has it.
pub(super) async fn free(
    reader: &Reader,
    key: &LockKey,
    options: &Options,
    person: &mut dyn Person,
) -> Result<Report, Failure> {
    let queue = LockFilter {
        limit: Some(2),
        ..LockFilter::queue(key.clone())
    };
    let queue = reader.journal.locks(queue).await?;
    let is_free = || Failure::NotFound(format!("no saga has `{key}`: there is nothing to free"));
    let holder = queue.first().ok_or_else(is_free)?;
    let rows = reader.journal.list(Filter::of(holder.saga.clone())).await?;
    let row = rows.into_iter().next().ok_or_else(is_free)?;
    let look = reader.look(row).await?.ok_or_else(is_free)?;
    if let Some(why) = keeps(reader, &look, key).await? {
        return Err(Failure::Refused(why));
    }
    let shown = shown(&look, holder, queue.get(1));
    let mut deed = Deed {
        from: LockLine::of(holder),
        next: queue.get(1).map(LockLine::of),
        dry_run: options.dry_run,
        message: None,
    };
    if options.dry_run {
        let text = format!("{shown}\n{}\n", styled(style::FAINT, "nothing was done"));
        return Report::of(&deed, text);
    }
    let seen = person::ask(person, options.yes, &shown)? == Agreed::Now;
    let who = Attribution {
        actor: options.by.clone(),
        reason: options.why.clone(),
    };
    let freed = reader.free(key.clone(), holder.saga.clone(), &who).await?;
    let message = match freed {
        Freed::Done(message) => message,
        Freed::Untried => return Err(Failure::Refused(kept(&holder.saga, key, UNTRIED))),
        Freed::NotFirst | Freed::Readable => {
            let saga = full(&holder.saga);
            let text = format!(
                "{} has changed meanwhile, and nothing was done: saga why {saga}",
                holder.saga
            );
            return Err(Failure::Refused(text));
        }
    };
    deed.message = Some(message);
    let shown = if seen { String::new() } else { shown + "\n" };
    let done = styled(style::GOOD, "done");
    let lost = plain(&format!("{} has lost `{key}`", holder.saga));
    Report::of(&deed, format!("{shown}{done}: {lost}\n"))
}

/// It was marked by an engine that cannot read it, and another one may be able to.
const UNTRIED: &str = "an engine has started since it was found unreadable, and may be able to read it: that \
                       one finds out within two leases, so try again then";

fn kept(saga: &SagaId, key: &LockKey, instead: &str) -> String {
    let name = full(saga);
    format!("{saga} keeps `{key}`, as {instead} (saga why {name})")
}

/// Why the saga keeps the key, and what to do instead; `None` if no engine can read it.
async fn keeps(reader: &Reader, look: &Look, key: &LockKey) -> Result<Option<String>, Failure> {
    let (row, saga) = (look.row(), look.saga());
    let instead = if row.is_quarantined() {
        "it is quarantined: resume or abandon it"
    } else if row.unreadable.is_some() && row.claimed.is_some() {
        "an engine is looking at it now: try again in a moment"
    } else if row.unreadable.is_some() {
        if !reader.journal.is_untried(saga.clone()).await? {
            return Ok(None);
        }
        UNTRIED
    } else if look.folded.is_err() {
        "no engine has found it unreadable yet: one finds out when it starts"
    } else if row.state == State::Parked {
        "it is parked: resume, settle or abandon it"
    } else {
        "it can be read: wait for its end, or cancel or abandon it"
    };
    Ok(Some(kept(saga, key, instead)))
}

/// What would change, and what is at stake.
fn shown(look: &Look, holder: &LockRow, next: Option<&LockRow>) -> String {
    let (saga, key) = (
        plain(&holder.saga.to_string()),
        plain(&holder.key.to_string()),
    );
    let next = next.map_or_else(
        || "no saga waits for it".to_owned(),
        |next| format!("{} is next", plain(&next.saga.to_string())),
    );
    let then = if holder.state == LockState::Taken {
        format!("as soon as an engine can read it, it goes on: two sagas may then work on `{key}`")
    } else {
        "as soon as an engine can read it, it gets in line again: it was still waiting at the lock"
            .to_owned()
    };
    format!(
        "{}: {}\n\nit would lose `{key}`: {next}\n{then}\n",
        styled(style::NAME, &saga),
        plain(&look.why)
    )
}
