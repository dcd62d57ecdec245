//! What holds for every request: where the console is mounted, how much goes on at once and for
//! how long, and the headers that keep a page from doing what it should not.

use crate::{app::App, base::Base, form::is_foreign, page, problem::Problem};
use axum::{
    Json,
    extract::{OriginalUri, Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use serde_json::json;
use std::{sync::Arc, time::Duration};
use tokio::time::timeout;

/// How long a request may take.
const LIMIT: Duration = Duration::from_secs(15);

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
    mut request: Request,
    next: Next,
) -> Response {
    let base = Base::of(&original, request.uri());
    let api = request.uri().path().starts_with("/api/");
    request.extensions_mut().insert(base.clone());
    let writes = !request.method().is_safe();
    let answer = match app.room.try_acquire() {
        Ok(_) if writes && is_foreign(request.headers()) => {
            Problem::new(StatusCode::FORBIDDEN, "this was sent by another site").into_response()
        }
        Err(_) => Problem::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "too much is asked at once: come again",
        )
        .into_response(),
        Ok(_room) => timeout(LIMIT, next.run(request)).await.unwrap_or_else(|_| {
            Problem::new(StatusCode::GATEWAY_TIMEOUT, "it took too long").into_response()
        }),
    };
    let mut answer = told(&app, answer, &base, api);
    add_headers(answer.headers_mut());
    answer
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
        // What seldom changes says so itself.
        if name != header::CACHE_CONTROL || !headers.contains_key(&name) {
            headers.insert(name, value);
        }
    }
}
