//! Guards every request: the path of the console, the limits of concurrency and time, and the
//! headers that restrict the pages.

use crate::{app::App, base::Base, form::is_own, page, person::Person, problem::Problem};
use axum::{
    Json,
    body::{Body, to_bytes},
    extract::{OriginalUri, Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, Uri, header, request::Parts},
    middleware::Next,
    response::{IntoResponse, Response},
};
use serde_json::json;
use std::{sync::Arc, time::Duration};
use tokio::time::timeout;

/// The time limit of a request, once it has arrived.
const LIMIT: Duration = Duration::from_secs(15);
/// The time limit for receiving a body, and the maximum number of its bytes.
const BODY: Duration = Duration::from_secs(10);
const LARGEST: usize = 1024 * 1024;

/// A page may load its own style sheet and script, and ask its own host; nothing else.
const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; \
                      img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

const HEADERS: [(HeaderName, HeaderValue); 7] = [
    (
        header::CONTENT_SECURITY_POLICY,
        HeaderValue::from_static(POLICY),
    ),
    (
        header::X_CONTENT_TYPE_OPTIONS,
        HeaderValue::from_static("nosniff"),
    ),
    (header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
    (
        header::REFERRER_POLICY,
        HeaderValue::from_static("same-origin"),
    ),
    (
        HeaderName::from_static("cross-origin-opener-policy"),
        HeaderValue::from_static("same-origin"),
    ),
    (
        HeaderName::from_static("cross-origin-resource-policy"),
        HeaderValue::from_static("same-origin"),
    ),
    (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
];

/// Stands around every route.
pub(crate) async fn guard(
    State(app): State<Arc<App>>,
    OriginalUri(original): OriginalUri,
    request: Request,
    next: Next,
) -> Response {
    let base = Base::of(&original, request.uri());
    let api = request.uri().path().starts_with("/api/");
    let (mut parts, body) = request.into_parts();
    let person = Person::of(app.options.person.as_ref(), &parts);
    parts.extensions.insert(person);
    parts.extensions.insert(base.clone());
    let answer = admitted(parts, body, &original, api);
    let answer = match answer.await {
        Ok(request) => answered(&app, request, next).await,
        Err(problem) => Err(problem),
    };
    let answer = answer.unwrap_or_else(IntoResponse::into_response);
    let mut answer = told(&app, answer, &base, api);
    add_headers(answer.headers_mut());
    answer
}

/// The request with its whole body, which is read before the request takes up room, so that a
/// slow sender keeps no other out; and only if the headers are accepted.
async fn admitted(parts: Parts, body: Body, original: &Uri, api: bool) -> Result<Request, Problem> {
    if parts.method.is_safe() {
        return Ok(Request::from_parts(parts, body));
    }
    is_own(&parts.headers, original, api)?;
    let slow = |_| Problem::new(StatusCode::REQUEST_TIMEOUT, "the body does not come");
    // If the client broke off, there is no reader for this answer.
    let long = |_| Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "the body is too long");
    let body = timeout(BODY, to_bytes(body, LARGEST)).await.map_err(slow)?;
    Ok(Request::from_parts(parts, body.map_err(long)?.into()))
}

/// The answer, if there is room and time for it.
async fn answered(app: &App, request: Request, next: Next) -> Result<Response, Problem> {
    let Ok(_room) = app.room.try_acquire() else {
        let text = "too much is asked at once: come again";
        return Err(Problem::new(StatusCode::SERVICE_UNAVAILABLE, text));
    };
    let late = |_| Problem::new(StatusCode::GATEWAY_TIMEOUT, "it took too long");
    timeout(LIMIT, next.run(request)).await.map_err(late)
}

/// A problem as a page, or as JSON.
fn told(app: &App, answer: Response, base: &Base, api: bool) -> Response {
    let problem = match answer.extensions().get::<Problem>() {
        Some(problem) => problem.clone(),
        None if answer.status() == StatusCode::METHOD_NOT_ALLOWED => {
            Problem::new(answer.status(), "that cannot be done here")
        }
        None => return answer,
    };
    let status = problem.status;
    let mut told = if api {
        let title = status.canonical_reason();
        let body = json!({ "status": status.as_u16(), "title": title, "detail": problem.detail });
        (status, Json(body)).into_response()
    } else {
        (status, page::problem(app, base, &problem)).into_response()
    };
    if status == StatusCode::SERVICE_UNAVAILABLE {
        let later = HeaderValue::from_static("1");
        told.headers_mut().insert(header::RETRY_AFTER, later);
    }
    told
}

fn add_headers(headers: &mut HeaderMap) {
    for (name, value) in HEADERS {
        // Responses that seldom change say so themselves.
        if name != header::CACHE_CONTROL || !headers.contains_key(&name) {
            headers.insert(name, value);
        }
    }
}
