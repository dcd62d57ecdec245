//! `saga resume`: one saga, or many parked ones at once, with what became of each.

use super::{Asks, act, not_yet, who};
use crate::{
    args,
    failure::Failure,
    look::Reader,
    person::{self, Agreed, Person},
    report::Report,
    style,
    table::{plain, styled},
};
use serde::Serialize;
use std::fmt::Write;
use typed_saga_core::{definition::bare_path, kernel::Phase};
use typed_saga_engine::{
    Action, Filter, Folded, SagaId, Spot, State,
    look::{Answered, Look},
};

#[derive(Serialize)]
struct Summary {
    action: &'static str,
    dry_run: bool,
    /// The number of parked sagas that match.
    found: usize,
    /// The number of resumed sagas.
    resumed: usize,
    /// The number of requests that no engine has answered yet.
    unanswered: usize,
    /// The number of sagas that cannot be resumed, or whose request was refused.
    failed: usize,
    sagas: Vec<One>,
}

#[derive(Serialize)]
struct One {
    saga: String,
    id: String,
    /// The number of the message in the journal.
    message: Option<u64>,
    /// Null if no engine has answered yet.
    answer: Option<&'static str>,
    /// Why it cannot be resumed, or why the engine refused.
    error: Option<String>,
    #[serde(skip)]
    key: SagaId,
    #[serde(skip)]
    why: String,
}

/// Resumes one saga, or many.
pub(crate) async fn resume(
    reader: &Reader,
    args: &args::Resume,
    person: &mut dyn Person,
) -> Result<Report, Failure> {
    let Some(id) = &args.id else {
        return resume_many(reader, args, person).await;
    };
    let why = args.why.as_deref();
    let asks = Asks::new(id, Action::Resume, "resume", why, &args.how);
    act(reader, asks, person).await
}

/// Resumes all parked sagas that are meant, if the person agrees to it, and waits for the answers.
async fn resume_many(
    reader: &Reader,
    args: &args::Resume,
    person: &mut dyn Person,
) -> Result<Report, Failure> {
    let mut sagas = meant(reader, args).await?;
    let shown = shown(&sagas);
    if args.how.dry_run || sagas.is_empty() {
        let nothing = styled(style::FAINT, "nothing was done");
        let text = format!("{shown}\n{nothing}\n");
        return Report::of(&counted(sagas, args.how.dry_run), text);
    }
    let seen = person::ask(person, args.how.yes, &shown)? == Agreed::Now;
    let who = who(args.how.by.as_deref(), args.why.as_deref());
    for one in sagas.iter_mut().filter(|one| one.error.is_none()) {
        let sent = reader.ask(&one.key, Action::Resume, who.clone());
        match sent.await {
            Ok(number) => one.message = Some(number),
            Err(error) => one.error = Some(error.to_string()),
        }
    }
    hear(reader, &mut sagas, args).await;
    let resumed = counted(sagas, false);
    let shown = if seen { String::new() } else { shown + "\n" };
    let text = format!("{shown}{}", said(reader, &resumed).await);
    let failed = resumed.failed > 0;
    let mut report = Report::of(&resumed, text)?;
    if failed {
        report.code = Failure::Refused(String::new()).code();
    }
    Ok(report)
}

/// The parked sagas that are meant. One that cannot be read is among them, unless its steps decide.
async fn meant(reader: &Reader, args: &args::Resume) -> Result<Vec<One>, Failure> {
    let filter = Filter {
        saga: args.saga.as_deref().map(Into::into),
        states: vec![State::Parked],
        ..Filter::default()
    };
    let (mut meant, mut rows) = (Vec::new(), reader.rows(filter));
    while let Some(page) = rows.next().await? {
        for row in page {
            let Some(look) = reader.look(row).await? else {
                continue;
            };
            let error = look.unreadable();
            let error = error.map(|why| format!("it is unreadable: {why}"));
            let fits = look
                .folded
                .as_ref()
                .map_or(true, |folded| fits(folded, args));
            let by_step = args.step.is_some() || !args.state.is_empty();
            if error.is_some() && !by_step || error.is_none() && fits {
                meant.push(One::of(&look, error));
            }
        }
    }
    Ok(meant)
}

/// Whether it parked at the step, and in the way, that is meant.
fn fits(folded: &Folded, args: &args::Resume) -> bool {
    if args.step.is_none() && args.state.is_empty() {
        return true;
    }
    let held = folded.whole().held();
    let mut places = Vec::new();
    for (spots, how) in [
        (&held.still_applied, args::Held::StillApplied),
        (&held.in_doubt, args::Held::InDoubt),
        (&held.unfinished, args::Held::Unfinished),
    ] {
        let at_fault = spots.iter().filter(|spot| is_at_fault(spot));
        places.extend(at_fault.map(|spot| (&spot.path, how)));
    }
    // A step that is a saga is meant with all that is in it.
    let meant = args.step.as_deref().map(bare_path);
    let named = |path: &str| {
        meant.as_deref().is_none_or(|meant| {
            let below = path.strip_prefix(meant);
            below.is_some_and(|below| below.is_empty() || below.starts_with(['/', '[']))
        })
    };
    let so = |how| args.state.is_empty() || args.state.contains(&how);
    places.iter().any(|(path, how)| named(path) && so(*how))
}

/// Whether the saga parked because of this step: one that is kept, or applied, or was never begun, only
/// waits for another.
fn is_at_fault(spot: &Spot<'_>) -> bool {
    let kernel = spot.kernel();
    match kernel.phase(spot.step) {
        Phase::Uncompensated | Phase::Unsettled | Phase::InDoubt | Phase::Failed => true,
        // Its effect could not be recorded.
        Phase::Applied => kernel.has_failed(spot.step),
        _ => false,
    }
}

impl One {
    fn of(look: &Look, error: Option<String>) -> Self {
        let key = look.saga().clone();
        Self {
            saga: key.saga.to_string(),
            id: key.id.to_string(),
            message: None,
            answer: None,
            error,
            why: look.why.clone(),
            key,
        }
    }

    fn is_open(&self) -> bool {
        self.answer.is_none() && self.error.is_none()
    }
}

/// Waits for the answers.
async fn hear(reader: &Reader, sagas: &mut [One], args: &args::Resume) {
    let numbers: Vec<_> = sagas.iter().filter_map(|one| one.message).collect();
    let answers = reader.answers(&numbers, args.how.wait).await;
    let asked = sagas.iter_mut().filter(|one| one.message.is_some());
    for (one, answer) in asked.zip(answers) {
        match answer {
            Ok(answer) => {
                let answered = Answered::of(one.message.unwrap_or_default(), answer.as_ref());
                (one.answer, one.error) = (answered.answer, answered.reason);
            }
            Err(error) => one.error = Some(format!("the answer cannot be read: {error}")),
        }
    }
}

fn counted(sagas: Vec<One>, dry_run: bool) -> Summary {
    let count = |which: fn(&One) -> bool| sagas.iter().filter(|one| which(one)).count();
    Summary {
        action: "resume",
        dry_run,
        found: sagas.len(),
        resumed: count(|one| one.answer == Some("done")),
        unanswered: count(|one| one.is_open() && one.message.is_some()),
        failed: count(|one| one.error.is_some()),
        sagas,
    }
}

fn shown(sagas: &[One]) -> String {
    if sagas.is_empty() {
        return "no such saga is parked\n".to_owned();
    }
    let line = |one: &One| {
        let name = styled(style::NAME, &plain(&one.key.to_string()));
        format!("{name}: {}\n", plain(&one.why))
    };
    let lines: String = sagas.iter().map(line).collect();
    let can = sagas.iter().filter(|one| one.error.is_none()).count();
    format!("{lines}\nthis would resume {}\n", many(can))
}

fn many(sagas: usize) -> String {
    match sagas {
        1 => "1 saga".to_owned(),
        sagas => format!("{sagas} sagas"),
    }
}

async fn said(reader: &Reader, resumed: &Summary) -> String {
    let mut text = String::new();
    for one in &resumed.sagas {
        if let Some(error) = &one.error {
            let name = plain(&one.key.to_string());
            let failed = styled(style::BAD, "failed");
            // Writing to a string cannot fail.
            let _ = writeln!(text, "{failed}: {name}: {}", plain(error));
        }
    }
    let done = styled(style::GOOD, "done");
    let (of, found) = (resumed.resumed, many(resumed.found));
    let _ = writeln!(
        text,
        "{done}: {of} of {found} resumed, {} failed",
        resumed.failed
    );
    if resumed.unanswered > 0 {
        let not_yet = not_yet(reader).await;
        let _ = write!(text, "{} of them: {not_yet}", resumed.unanswered);
    }
    text
}
