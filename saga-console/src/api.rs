//! The JSON API: the same as the pages show, under names that stay.

use crate::{
    act,
    app::App,
    person::Person,
    problem::Problem,
    view::{
        list, overview,
        saga::{self, How},
    },
};
use axum::{
    Extension, Json,
    extract::{
        OriginalUri, Path, Query, State,
        rejection::{JsonRejection, QueryRejection},
    },
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::{Deserialize, Serialize};
use serde_json::{json, value::RawValue};
use std::sync::Arc;
use typed_saga_engine::{
    Action, EngineError, Plan, SagaId, State as SagaState, Unreadable,
    look::{Answered, Listed, Shown},
};

/// The query of a request, or why it cannot be read.
pub(crate) type Asked<T> = Result<Query<T>, QueryRejection>;

pub(crate) fn query<T>(asked: Asked<T>) -> Result<T, Problem> {
    let wrong = |wrong: QueryRejection| Problem::bad(wrong.body_text());
    asked.map(|Query(asked)| asked).map_err(wrong)
}

pub(crate) async fn overview(State(app): State<Arc<App>>) -> Result<Response, Problem> {
    Ok(Json(&*overview::overview(&app.counts).await?).into_response())
}

pub(crate) async fn list(
    State(app): State<Arc<App>>,
    asked: Asked<list::ListQuery>,
) -> Result<Json<Listed>, Problem> {
    let reader = app.reader().await?;
    Ok(Json(list::list(&reader, &query(asked)?).await?))
}

pub(crate) async fn saga(
    State(app): State<Arc<App>>,
    Path((saga, id)): Path<(String, String)>,
    how: Asked<How>,
) -> Result<Json<Shown>, Problem> {
    let reader = app.reader().await?;
    let look = saga::look(&reader, &SagaId::new(saga, id)).await?;
    let how = query(how)?;
    let veil = app.veil(look.saga(), how.values);
    Ok(Json(saga::shown(&reader, &look, &how, &veil).await?))
}

/// A request for a saga.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Wanted {
    action: Action,
    #[serde(default)]
    by: String,
    #[serde(default)]
    why: String,
    /// The number of commits that the saga had when it was seen: if it has others, nothing is done.
    seen: Option<u64>,
    /// Only say what would follow.
    #[serde(default)]
    dry_run: bool,
}

/// The plan, and the answer to the request.
#[derive(Serialize)]
pub(crate) struct Acted {
    state: SagaState,
    commits: u64,
    plan: Option<Plan>,
    dry_run: bool,
    /// Null if nothing was asked.
    asked: Option<Answered>,
}

pub(crate) async fn act(
    State(app): State<Arc<App>>,
    Extension(person): Extension<Person>,
    Path((saga, id)): Path<(String, String)>,
    wanted: Result<Json<Wanted>, JsonRejection>,
) -> Result<Response, Problem> {
    let Json(wanted) = wanted.map_err(|wrong| Problem::new(wrong.status(), wrong.body_text()))?;
    let saga = SagaId::new(saga, id);
    let reader = app.reader().await?;
    let planned = act::planned(&reader, &saga, &wanted.action).await?;
    let row = planned.look.row();
    let stale = wanted.seen.is_some_and(|seen| seen != row.commits);
    let asked = if wanted.dry_run || stale {
        None
    } else {
        app.pace()?;
        let who = act::who(person.by(&wanted.by)?, &wanted.why)?;
        let message = act::send(&app, &reader, &saga, &wanted.action, &who).await?;
        Some(act::answered(&reader, message).await?)
    };
    let refused = asked.as_ref().is_some_and(|asked| asked.reason.is_some());
    let status = match asked {
        _ if stale || refused => StatusCode::CONFLICT,
        Some(Answered { answer: None, .. }) => StatusCode::ACCEPTED,
        _ => StatusCode::OK,
    };
    let acted = Acted {
        state: row.state,
        commits: row.commits,
        plan: planned.plan,
        dry_run: wanted.dry_run,
        asked,
    };
    Ok((status, Json(acted)).into_response())
}

/// Submits a saga to the engine in the console's process.
pub(crate) async fn submit(
    State(app): State<Arc<App>>,
    OriginalUri(uri): OriginalUri,
    Path((saga, id)): Path<(String, String)>,
    input: Result<Json<Box<RawValue>>, JsonRejection>,
) -> Result<Response, Problem> {
    let Some(engine) = &app.options.engine else {
        let text = "this console runs without an engine: sagas cannot be submitted here";
        return Err(Problem::new(StatusCode::NOT_IMPLEMENTED, text));
    };
    let Json(input) = input.map_err(|wrong| Problem::new(wrong.status(), wrong.body_text()))?;
    let saga = SagaId::new(saga, id);
    let submitted = engine.submit_json(saga.clone(), input.get()).await;
    submitted.map_err(|error| {
        let status = match &error {
            EngineError::OtherInput { .. } => StatusCode::CONFLICT,
            EngineError::Input { .. } | EngineError::Id { .. } => StatusCode::UNPROCESSABLE_ENTITY,
            EngineError::Unreadable { why, .. } if matches!(**why, Unreadable::Unknown) => {
                StatusCode::NOT_FOUND
            }
            _ => StatusCode::SERVICE_UNAVAILABLE,
        };
        Problem::new(status, error.to_string())
    })?;
    let location = [(header::LOCATION, uri.path().to_owned())];
    let body = Json(json!({ "saga": &*saga.saga, "id": &*saga.id }));
    Ok((StatusCode::ACCEPTED, location, body).into_response())
}
