//! Asking for something: what would follow, then a second button.

use super::{
    confirm::Confirm,
    layout::{Here, badge, named, rendered, text},
};
use crate::{
    act::{Foreseen, Said, answered, planned, send, who},
    api::{Asked, query},
    app::App,
    base::Base,
    form::{Token, check},
    person::Person,
    problem::Problem,
};
use axum::{
    Extension, Form,
    extract::{State, rejection::FormRejection},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Redirect, Response},
};
use maud::{Markup, html};
use serde::Deserialize;
use std::sync::Arc;
use typed_saga_core::{definition::Kind, kernel::Hearing};
use typed_saga_engine::{
    Outlook, Plan, SagaId, State as SagaState,
    look::{Answered, Look, Reader, StepLine, Tone, plain, tone_of},
};

/// Of which saga, what, and of a form that is sent: who asks, why, and what they saw.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct ActForm {
    saga: String,
    id: String,
    #[serde(flatten)]
    said: Said,
    by: String,
    why: String,
    seen: String,
    token: String,
}

pub(crate) async fn plan(
    State(app): State<Arc<App>>,
    Extension(base): Extension<Base>,
    Extension(person): Extension<Person>,
    headers: HeaderMap,
    wanted: Asked<ActForm>,
) -> Result<Response, Problem> {
    let wanted = query(wanted)?;
    let token = Token::of(&app.secret, &headers, &base, person)?;
    let here = Here::new(&app, &base, "sagas");
    page(&app, &here, token, &wanted, false).await
}

pub(crate) async fn act(
    State(app): State<Arc<App>>,
    Extension(base): Extension<Base>,
    Extension(person): Extension<Person>,
    headers: HeaderMap,
    wanted: Result<Form<ActForm>, FormRejection>,
) -> Result<Response, Problem> {
    let Form(wanted) = wanted.map_err(|wrong| Problem::bad(wrong.body_text()))?;
    check(&app.secret, &headers, &person, &wanted.token)?;
    app.pace()?;
    let (saga, action) = (
        SagaId::new(&*wanted.saga, &*wanted.id),
        wanted.said.action()?,
    );
    let who = who(person.by(&wanted.by)?, &wanted.why)?;
    let reader = app.reader().await?;
    let look = crate::view::saga::look(&reader, &saga).await?;
    let here = Here::new(&app, &base, "sagas");
    if look.row().commits.to_string() != wanted.seen {
        let token = Token::of(&app.secret, &headers, &base, person)?;
        return page(&app, &here, token, &wanted, true).await;
    }
    planned(&reader, &saga, &action).await?;
    let message = send(&app, &reader, &saga, &action, &who).await?;
    answered(&reader, message).await?;
    let address = format!("{}&message={message}", here.saga(&wanted.saga, &wanted.id));
    Ok(Redirect::to(&address).into_response())
}

/// The answer to a request.
pub(super) async fn answer(reader: &Reader, message: u64) -> Result<Answered, Problem> {
    let sent = reader.journal.message(message).await?;
    let answer = sent.and_then(|sent| serde_json::from_str(&sent.answer?).ok());
    Ok(Answered::of(message, answer.as_ref()))
}

/// The page with the plan. `stale`: the saga has changed since it was seen, and nothing was done.
async fn page(
    app: &App,
    here: &Here<'_>,
    token: Token,
    wanted: &ActForm,
    stale: bool,
) -> Result<Response, Problem> {
    let saga = SagaId::new(&*wanted.saga, &*wanted.id);
    let action = wanted.said.action()?;
    let reader = app.reader().await?;
    let planned = match planned(&reader, &saga, &action).await {
        // The request no longer fits: that is the change.
        Err(problem) if stale => {
            let detail = format!(
                "it has changed meanwhile, and nothing was done; {}",
                problem.detail
            );
            return Err(Problem::new(StatusCode::CONFLICT, detail));
        }
        planned => planned?,
    };
    let shown = shown(here, wanted, &planned, &token, stale);
    let mut page = rendered(here, &format!("{}: {saga}", wanted.said.action), &shown);
    if stale {
        *page.status_mut() = StatusCode::CONFLICT;
    }
    if let Some(cookie) = token.cookie {
        page.headers_mut().append(header::SET_COOKIE, cookie);
    }
    Ok(page)
}

fn shown(
    here: &Here<'_>,
    wanted: &ActForm,
    planned: &Foreseen,
    token: &Token,
    stale: bool,
) -> Markup {
    let (look, said) = (&planned.look, &wanted.said);
    let (row, back) = (look.row(), here.saga(&wanted.saga, &wanted.id));
    let seen = row.commits.to_string();
    let hidden = [
        ("saga", &wanted.saga),
        ("id", &wanted.id),
        ("action", &said.action),
        ("step", &said.step),
        ("settled", &said.settled),
        ("effect", &said.effect),
        ("signal", &said.signal),
        ("value", &said.value),
        ("seen", &seen),
    ]
    .map(|(name, value)| (name, value.as_str()));
    let second = Confirm {
        page: "act",
        hidden: &hidden,
        token,
        by: &wanted.by,
        why: &wanted.why,
        button: &format!("Confirm {}", said.action),
        back: &back,
    };
    html! {
        p.crumbs { a href=(back) { (text(&wanted.saga)) " / " (text(named(&wanted.id))) } }
        h1 { (capital(&said.action)) " " (text(named(&wanted.id))) " " (badge(look.state())) }
        @if stale {
            p.why.alarm role="alert" { "It has changed meanwhile, and nothing was done. This is how it is now." }
        }
        p.why { (text(&look.why)) }
        @if planned.asked {
            p.loud { "An earlier request is not answered yet." }
        }
        section {
            h2 { "What would follow" }
            @if said.action == "settle" && row.state == SagaState::Parked {
                p { "Settling only records this. If you then resume the saga:" }
            }
            (follows(planned.plan.as_ref()))
        }
        (second.shown(here))
    }
}

/// The calls that would be made, in order.
fn follows(plan: Option<&Plan>) -> Markup {
    let Some(plan) = plan else {
        return html! { p { "A call of this step is still running: the request is applied when it ends, and the plan depends on its result." } };
    };
    // A plan without calls cannot fail.
    let (then, listens) = if plan.calls.is_empty() {
        ("Then it is ", "Then it waits for the signal ")
    } else {
        (
            "If these calls succeed, it is then ",
            "If these calls succeed, it then waits for the signal ",
        )
    };
    html! {
        @if plan.calls.is_empty() {
            p { "No call is made." }
        } @else {
            p { "These calls will be made, in this order:" }
            ol.plan {
                @for planned in &plan.calls {
                    li { strong { (text(&planned.step)) } " " (planned.call) " " span.faint { (planned.note()) } }
                }
            }
        }
        @match &plan.end {
            Outlook::Ends(end) => p { (then) (badge((end.as_str(), tone_of(*end)))) "." }
            Outlook::Listens(step) => p { (listens) (text(step)) "." }
            Outlook::Answer(step) => p { "What follows depends on what " code { "resolve" } " of " (text(step)) " answers." }
        }
    }
}

/// The actions that are possible on a saga in its state.
pub(super) fn offers(here: &Here<'_>, look: &Look) -> Markup {
    let row = look.row();
    let (saga, id) = (&*row.saga.saga, &*row.saga.id);
    let (parked, ended) = (row.state == SagaState::Parked, row.is_at_rest());
    let folded = look.folded.as_ref().ok().filter(|_| !ended);
    let Some(folded) = folded else {
        return html! {};
    };
    let actions: &[&str] = if parked {
        &["resume", "abandon"]
    } else {
        &["cancel", "abandon"]
    };
    let whole = folded.whole();
    let in_doubt =
        |line: &StepLine| line.in_doubt || matches!(line.shown.1, Tone::Bad | Tone::Unknown);
    let lines = whole.spots().into_iter().map(|spot| StepLine::of(&spot));
    let open: Vec<_> = lines.filter(in_doubt).collect();
    let signals = (0..).zip(folded.declaration().steps.iter());
    let signals: Vec<_> = signals
        .filter(|(_, step)| step.kind == Kind::Signal)
        .filter(|(index, _)| folded.run.kernel.hearing(*index) == Hearing::Accepted)
        .map(|(_, step)| step)
        .collect();
    let which = html! {
        input type="hidden" name="saga" value=(saga);
        input type="hidden" name="id" value=(id);
    };
    html! {
        section.offers {
            h2 { "Put it right" }
            p.faint { "Each button previews the effect; nothing happens until you confirm." }
            form action=(here.to("act", &[])) {
                (which)
                @for action in actions { button name="action" value=(action) { "Preview " (action) } }
            }
            @if !open.is_empty() {
                form action=(here.to("act", &[])) {
                    (which)
                    input type="hidden" name="action" value="settle";
                    label { "Step " select name="step" { @for line in &open { option value=(line.step) { (plain(&line.step)) } } } }
                    label { "is " select name="settled" {
                        option value="undone" { "undone, and can no longer happen" }
                        option value="not_applied" { "not done, and no longer can be" }
                        option value="applied" { "done, with this effect:" }
                    } }
                    label { "Effect " input name="effect" placeholder="JSON"; }
                    button { "Preview settle" }
                }
            }
            @if !signals.is_empty() {
                form action=(here.to("act", &[])) {
                    (which)
                    input type="hidden" name="action" value="signal";
                    label { "Signal " select name="signal" { @for step in &signals { option value=(step.name) { (plain(&step.name)) } } } }
                    label { "Value " input name="value" placeholder="JSON"; }
                    button { "Preview signal" }
                }
            }
        }
    }
}

pub(super) fn capital(word: &str) -> String {
    let mut letters = word.chars();
    let first = letters.next().map(|first| first.to_ascii_uppercase());
    first.into_iter().chain(letters).collect()
}
