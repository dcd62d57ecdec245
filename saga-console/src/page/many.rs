//! Asking the same of many sagas at once, by filter.

use super::{
    act::capital,
    confirm::Confirm,
    layout::{Here, badge, link, named, rendered, text},
};
use crate::{
    act::{WAIT, may_act, send, who},
    api::{Asked, query},
    app::App,
    base::Base,
    form::{Token, check},
    mark::mark,
    person::Person,
    problem::Problem,
    view::list,
};
use axum::{
    Extension, Form,
    extract::{State, rejection::FormRejection},
    http::{HeaderMap, StatusCode, header},
    response::Response,
};
use maud::{Markup, html};
use serde::Deserialize;
use std::{sync::Arc, time::Duration};
use tokio::time::{Instant, timeout_at};
use typed_saga_engine::{
    Action, EngineError, Outlook, Plan, SagaId, State as SagaState,
    look::{Answered, Look, Reader, Tone},
};

/// Of how many sagas the same is asked at once.
const MOST: usize = 100;
/// The time for sending the requests, which leaves some of that of the page for the answers.
const SENDING: Duration = Duration::from_secs(8);

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct ManyForm {
    #[serde(flatten)]
    asked: list::ListQuery,
    action: String,
    by: String,
    why: String,
    seen: String,
    token: String,
}

/// One that is meant, and what would follow, or why nothing can.
struct One {
    look: Look,
    follows: Result<Option<Plan>, String>,
}

/// All that are meant, as far as there is room, and whether there are more.
struct Meant {
    sagas: Vec<One>,
    more: bool,
}

/// What became of the requests.
struct Outcomes<'a> {
    /// The sagas that were asked, and what was answered.
    asked: Vec<(&'a SagaId, Answered)>,
    /// Why not all of them were asked.
    failed: Option<Failed<'a>>,
    /// Those that were not asked then.
    left: Vec<&'a SagaId>,
}

/// A request that could not be sent.
struct Failed<'a> {
    /// The saga, which may have been asked: only the answer of the store may be missing.
    saga: &'a SagaId,
    problem: Problem,
}

/// What is said where the store is too slow.
const SLOW: &str = "it took too long to send the requests";

impl ManyForm {
    fn action(&self) -> Result<Action, Problem> {
        match self.action.as_str() {
            "resume" => Ok(Action::Resume),
            "cancel" => Ok(Action::Cancel),
            "abandon" => Ok(Action::Abandon),
            other => Err(Problem::bad(format!(
                "`{other}` cannot be applied to many sagas"
            ))),
        }
    }
}

impl Meant {
    async fn of(reader: &Reader, wanted: &ManyForm) -> Result<Self, Problem> {
        let action = wanted.action()?;
        let mut filter = wanted.asked.filter()?;
        filter.limit = Some(MOST + 1);
        if filter.states.is_empty() {
            // Sagas that have ended are not meant.
            filter.states = vec![SagaState::Parked, SagaState::Running, SagaState::Waiting];
        }
        let rows = reader.journal.list(filter).await?;
        let more = rows.len() > MOST;
        let mut sagas = Vec::new();
        for row in rows.into_iter().take(MOST) {
            let Some(look) = reader.look(row).await? else {
                continue;
            };
            let follows = look.plan(&action).map_err(|error| match error {
                EngineError::Refused { why, .. } => why.to_string(),
                error => error.to_string(),
            });
            sagas.push(One { look, follows });
        }
        Ok(Self { sagas, more })
    }

    /// Tells whether they are still as they were seen.
    fn seen(&self) -> String {
        let sagas = self.sagas.iter();
        let sagas = sagas.map(|One { look, .. }| (look.saga(), look.row().commits));
        mark(&sagas.collect::<Vec<_>>())
    }
}

pub(crate) async fn plan(
    State(app): State<Arc<App>>,
    Extension(base): Extension<Base>,
    Extension(person): Extension<Person>,
    headers: HeaderMap,
    wanted: Asked<ManyForm>,
) -> Result<Response, Problem> {
    let wanted = query(wanted)?;
    let meant = Meant::of(&app.reader().await?, &wanted).await?;
    let token = Token::of(&app.secret, &headers, &base, person)?;
    let here = Here::new(&app, &base, "sagas");
    Ok(page(&here, token, &wanted, &meant, false))
}

pub(crate) async fn act(
    State(app): State<Arc<App>>,
    Extension(base): Extension<Base>,
    Extension(person): Extension<Person>,
    headers: HeaderMap,
    wanted: Result<Form<ManyForm>, FormRejection>,
) -> Result<Response, Problem> {
    let Form(wanted) = wanted.map_err(|wrong| Problem::bad(wrong.body_text()))?;
    check(&app.secret, &headers, &person, &wanted.token)?;
    app.pace()?;
    may_act(&app)?;
    let who = who(person.by(&wanted.by)?, &wanted.why)?;
    let (reader, action) = (app.reader().await?, wanted.action()?);
    let meant = Meant::of(&reader, &wanted).await?;
    let here = Here::new(&app, &base, "sagas");
    if meant.seen() != wanted.seen {
        let token = Token::of(&app.secret, &headers, &base, person)?;
        return Ok(page(&here, token, &wanted, &meant, true));
    }
    let can = meant.sagas.iter().filter(|one| one.follows.is_ok());
    let sagas: Vec<_> = can.map(|one| one.look.saga()).collect();
    let mut left = sagas.into_iter();
    let (mut sent, mut numbers, mut failed) = (Vec::new(), Vec::new(), None);
    let until = Instant::now() + SENDING;
    for saga in left.by_ref() {
        let sending = timeout_at(until, send(&app, &reader, saga, &action, &who)).await;
        let slow = |_| Err(Problem::new(StatusCode::GATEWAY_TIMEOUT, SLOW));
        match sending.unwrap_or_else(slow) {
            Ok(message) => {
                sent.push(saga);
                numbers.push(message);
            }
            Err(problem) => {
                failed = Some(Failed { saga, problem });
                break;
            }
        }
    }
    // An answer that cannot be read is none.
    let answers = reader.answers(&numbers, WAIT).await.into_iter();
    let answers = answers.zip(numbers).map(|(answer, message)| {
        let answer = answer.ok().flatten();
        Answered::of(message, answer.as_ref())
    });
    let told = Outcomes {
        asked: sent.into_iter().zip(answers).collect(),
        failed,
        left: left.collect(),
    };
    let mut page = rendered(&here, "Done", &done(&here, &wanted, &told));
    if let Some(Failed { problem, .. }) = &told.failed {
        *page.status_mut() = problem.status;
    }
    Ok(page)
}

fn page(here: &Here<'_>, token: Token, wanted: &ManyForm, meant: &Meant, stale: bool) -> Response {
    let shown = shown(here, wanted, meant, &token, stale);
    let mut page = rendered(here, &format!("{} many", capital(&wanted.action)), &shown);
    if stale {
        *page.status_mut() = StatusCode::CONFLICT;
    }
    if let Some(cookie) = token.cookie {
        page.headers_mut().append(header::SET_COOKIE, cookie);
    }
    page
}

fn shown(here: &Here<'_>, wanted: &ManyForm, meant: &Meant, token: &Token, stale: bool) -> Markup {
    let can = meant.sagas.iter().filter(|one| one.follows.is_ok()).count();
    let seen = meant.seen();
    let hidden = [
        ("saga", &wanted.asked.saga),
        ("id", &wanted.asked.id),
        ("prefix", &wanted.asked.prefix),
        ("state", &wanted.asked.state),
        ("since", &wanted.asked.since),
        ("before", &wanted.asked.before),
        ("action", &wanted.action),
        ("seen", &seen),
    ]
    .map(|(name, value)| (name, value.as_str()));
    let asked = &wanted.asked;
    let second = Confirm {
        page: "act-many",
        hidden: &hidden,
        token,
        by: &wanted.by,
        why: &wanted.why,
        button: &format!("Confirm {} of {can}", wanted.action),
        back: &here.to("sagas", &[("saga", &asked.saga), ("state", &asked.state)]),
    };
    html! {
        h1 { (capital(&wanted.action)) " " (can) " sagas" }
        @if stale {
            p.why.alarm role="alert" { "Some have changed meanwhile, and nothing was done. This is how they are now." }
        }
        @if meant.more { p.loud { "More than " (MOST) " match: these are the first ones." } }
        div.wide {
            table {
                thead { tr { th { "Saga" } th { "State" } th { "Why" } th { "What would follow" } } }
                tbody { @for one in &meant.sagas { (line(here, one)) } }
            }
        }
        @if can > 0 || !here.acts { (second.shown(here)) }
    }
}

fn line(here: &Here<'_>, one: &One) -> Markup {
    let One { look, follows } = one;
    let saga = look.saga();
    html! {
        tr {
            td data-of="Saga" { (link(here, &saga.saga, &saga.id)) }
            td data-of="State" { (badge(look.state())) }
            td data-of="Why" { (text(&look.why)) }
            td data-of="Follows" {
                @match follows {
                    Err(why) => { (badge(("cannot", Tone::Faint))) " " (text(why)) }
                    Ok(None) => { "it depends on a call that runs" }
                    Ok(Some(plan)) => { (briefly(plan)) }
                }
            }
        }
    }
}

/// The calls that would be made, and the end if they succeed.
fn briefly(plan: &Plan) -> Markup {
    html! {
        @for (number, planned) in plan.calls.iter().enumerate() {
            @if number > 0 { ", " }
            (text(&planned.step)) " " (planned.call)
        }
        @if plan.calls.is_empty() { "no call" }
        @if let Outlook::Ends(end) = plan.end {
            @if plan.calls.is_empty() { "; it is then " (end) }
            @else { "; if these calls succeed, it is then " (end) }
        }
    }
}

fn done(here: &Here<'_>, wanted: &ManyForm, told: &Outcomes<'_>) -> Markup {
    html! {
        h1 { (capital(&wanted.action)) ": " (told.asked.len()) " asked" }
        @if let Some(Failed { problem, .. }) = &told.failed {
            p.why.alarm role="alert" { "Not all were asked: " (text(&problem.detail)) }
        }
        ul {
            @for (saga, answer) in &told.asked {
                li {
                    a href=(format!("{}&message={}", here.saga(&saga.saga, &saga.id), answer.message)) { (text(named(&saga.id))) } " "
                    @match (answer.answer, &answer.reason) {
                        (None, _) => { (badge(("sent", Tone::Waits))) }
                        (Some(_), Some(reason)) => { (badge(("refused", Tone::Bad))) " " (text(reason)) }
                        (Some(_), None) => { (badge(("done", Tone::Good))) }
                    }
                }
            }
            @if let Some(Failed { saga, .. }) = &told.failed {
                li { (link(here, &saga.saga, &saga.id)) " " (badge(("perhaps asked", Tone::Unknown))) }
            }
            @for saga in &told.left {
                li { (link(here, &saga.saga, &saga.id)) " " (badge(("not asked", Tone::Faint))) }
            }
        }
    }
}
