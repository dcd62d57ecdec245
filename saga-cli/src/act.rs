//! `saga resume`, `settle`, `signal`, `abandon`, `cancel`: what a person asks of a saga, left in the journal
//! for an engine.

mod event;
pub(crate) mod many;
mod plan;

use crate::{
    args,
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
    Action, Attribution, Plan, Settled, State,
    look::{Answered, Look},
};

/// A request of an operator.
pub(crate) struct Asks<'a> {
    id: &'a str,
    action: Action,
    /// As the command is called.
    name: &'static str,
    why: Option<&'a str>,
    how: &'a args::How,
}

#[derive(Serialize)]
struct Acted<'a> {
    saga: &'a str,
    id: &'a str,
    action: &'static str,
    /// Null if it cannot be said before a call that runs has ended.
    plan: Option<&'a Plan>,
    dry_run: bool,
    /// The number of the message in the journal.
    message: Option<u64>,
    /// Null if no engine has answered yet.
    answer: Option<&'static str>,
    /// Why the engine refused.
    reason: Option<&'a str>,
}

impl<'a> From<&'a args::Cancel> for Asks<'a> {
    fn from(args: &'a args::Cancel) -> Self {
        let why = args.why.as_deref();
        Self::new(&args.id, Action::Cancel, "cancel", why, &args.how)
    }
}

impl<'a> From<&'a args::Abandon> for Asks<'a> {
    fn from(args: &'a args::Abandon) -> Self {
        let why = Some(args.why.as_str());
        Self::new(&args.id, Action::Abandon, "abandon", why, &args.how)
    }
}

impl<'a> From<&'a args::Signal> for Asks<'a> {
    fn from(args: &'a args::Signal) -> Self {
        let (signal, value) = (args.name.clone(), args.value.clone());
        let action = Action::Signal { signal, value };
        Self::new(&args.id, action, "signal", args.why.as_deref(), &args.how)
    }
}

impl<'a> From<&'a args::Settle> for Asks<'a> {
    fn from(args: &'a args::Settle) -> Self {
        let settled = match &args.applied {
            Some(effect) => Settled::Applied(effect.clone()),
            None if args.not_applied => Settled::NotApplied,
            None => Settled::Undone,
        };
        let step = args.step.clone();
        let action = Action::Settle { step, settled };
        Self::new(&args.id, action, "settle", Some(&args.why), &args.how)
    }
}

impl<'a> Asks<'a> {
    pub(crate) fn new(
        id: &'a str,
        action: Action,
        name: &'static str,
        why: Option<&'a str>,
        how: &'a args::How,
    ) -> Self {
        Self {
            id,
            action,
            name,
            why,
            how,
        }
    }

    fn who(&self) -> Attribution {
        who(self.how.by.as_deref(), self.why)
    }
}

/// The operator, and the reason.
fn who(by: Option<&str>, why: Option<&str>) -> Attribution {
    Attribution {
        actor: by.map(str::to_owned),
        reason: why.map(str::to_owned),
    }
}

/// Leaves what is asked in the journal, if the person agrees to what would follow, and waits for
/// the answer.
pub(crate) async fn act(
    reader: &Reader,
    asks: Asks<'_>,
    person: &mut dyn Person,
) -> Result<Report, Failure> {
    let look = reader.one(asks.id).await?;
    let plan = plan::plan(&look, &asks.action)?;
    event::is_there(reader, look.saga(), &asks.action).await?;
    let asked = reader.journal.messages().await?;
    let asked = asked.iter().any(|message| message.saga == *look.saga());
    let shown = shown(&look, &asks, plan.as_ref(), asked);
    let saga = look.saga();
    let mut acted = Acted {
        saga: &saga.saga,
        id: &saga.id,
        action: asks.name,
        plan: plan.as_ref(),
        dry_run: asks.how.dry_run,
        message: None,
        answer: None,
        reason: None,
    };
    if asks.how.dry_run {
        let text = format!("{shown}\n{}\n", styled(style::FAINT, "nothing was done"));
        return Report::of(&acted, text);
    }
    let seen = person::ask(person, asks.how.yes, &shown)? == Agreed::Now;
    let number = reader.ask(saga, asks.action.clone(), asks.who()).await?;
    let answer = reader.answer(number, asks.how.wait).await;
    let odd = |error| Failure::Error(format!("the answer cannot be read: {error}"));
    let answered = Answered::of(number, answer.map_err(odd)?.as_ref());
    acted.message = Some(number);
    acted.answer = answered.answer;
    acted.reason = answered.reason.as_deref();
    let said = match (answered.answer, &answered.reason) {
        (None, _) => not_yet(reader).await,
        (Some(_), None) => done(&look, &asks),
        (Some(_), Some(reason)) => {
            format!("{}: {}\n", styled(style::BAD, "refused"), plain(reason))
        }
    };
    let shown = if seen { "" } else { &shown };
    let mut report = Report::of(&acted, format!("{shown}{}{said}", gap(shown)))?;
    if answered.reason.is_some() {
        report.code = Failure::Refused(String::new()).code();
    }
    Ok(report)
}

fn gap(shown: &str) -> &'static str {
    if shown.is_empty() { "" } else { "\n" }
}

/// The state of the saga, and the plan. `asked` says whether an earlier request has no answer yet.
fn shown(look: &Look, asks: &Asks<'_>, plan: Option<&Plan>, asked: bool) -> String {
    let name = plain(&look.saga().to_string());
    let why = plain(&look.why);
    let mut text = format!("{}: {why}\n\n", styled(style::NAME, &name));
    if asked {
        let saga = full(look.saga());
        let note = format!("an earlier request is not answered yet: saga show {saga}");
        text += &styled(style::UNDONE, &note);
        text += "\n\n";
    }
    let row = look.row();
    let event = match asks.action {
        Action::Redeliver { number } => Some((number, "would be delivered at once")),
        Action::Skip { number } => Some((number, "would not be delivered")),
        _ => None,
    };
    let reads = event.is_none();
    if reads && row.unreadable.is_some() && !row.is_quarantined() {
        text += "the engine that looked at it last could not read it, and may refuse this\n\n";
    }
    let (Some(plan), action) = (plan, asks.name) else {
        text += "a call of this step is still running: the request is applied when it ends, and the plan depends on its result\n";
        return text;
    };
    let settles = matches!(asks.action, Action::Settle { .. });
    let would = if settles && look.row().state == State::Parked {
        "settle only records this; `saga resume` would then run".to_owned()
    } else {
        format!("{action} would run")
    };
    if let Some((number, would)) = event {
        let which = number.map_or("its first undelivered event".to_owned(), |number| {
            format!("its event {number}")
        });
        return format!("{text}{which} {would}\n");
    }
    let nothing = if plan.calls.is_empty() {
        " nothing"
    } else {
        ""
    };
    let follows = plan::text(plan);
    format!("{text}{would}{nothing}\n{follows}")
}

fn done(look: &Look, asks: &Asks<'_>) -> String {
    let done = styled(style::GOOD, "done");
    let saga = full(look.saga());
    let parked = look.row().state == State::Parked;
    match asks.action {
        Action::Settle { .. } if parked => {
            format!("{done}: recorded; to continue: saga resume {saga}\n")
        }
        Action::Abandon => format!("{done}: recorded; nothing more of it will run\n"),
        Action::Redeliver { .. } => {
            format!("{done}: it is due now; to follow it: saga outbox {saga}\n")
        }
        Action::Skip { .. } => format!("{done}: it will not be delivered\n"),
        _ => format!("{done}: recorded; to follow it: saga why {saga}\n"),
    }
}

async fn not_yet(reader: &Reader) -> String {
    let sent = styled(style::UNDONE, "sent");
    let sent = format!("{sent}: no engine has answered yet");
    match reader.journal.workers().await {
        // The request has been sent, whether or not the store can be read now.
        Err(_) => format!("{sent}\n"),
        Ok(alive) if alive.is_empty() => {
            format!("{sent}: the next one that opens the journal will act on it\n")
        }
        Ok(alive) => format!(
            "{sent}: the engine of {}, or the next one that opens the journal, will act on it\n",
            alive.join(" or ")
        ),
    }
}
