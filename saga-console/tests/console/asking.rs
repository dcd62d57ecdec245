//! Requests, and what is answered.

use axum::{
    Router,
    body::{Body, to_bytes},
    http::{HeaderMap, Request, StatusCode},
};
use serde_json::Value;
use std::sync::Arc;
use tower::ServiceExt as _;
use typed_saga_console::{Options, router};
use typed_saga_engine::ReadStore;

/// What was answered.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {}", self.text))
    }

    #[track_caller]
    pub(crate) fn has(&self, text: &str) {
        assert!(self.text.contains(text), "no `{text}` in {}", self.text);
    }

    #[track_caller]
    pub(crate) fn lacks(&self, text: &str) {
        assert!(!self.text.contains(text), "`{text}` in {}", self.text);
    }
}

pub(crate) fn looking(store: impl ReadStore) -> Router {
    router(Arc::new(store), Options::new())
}

pub(crate) fn acting(store: impl ReadStore) -> Router {
    router(Arc::new(store), Options::new().acting())
}

pub(crate) async fn post(router: &Router, address: &str, body: &Value) -> Answer {
    let request = Request::post(address).header("content-type", "application/json");
    ask(router, request.body(Body::from(body.to_string())).unwrap()).await
}

pub(crate) async fn ask(router: &Router, request: Request<Body>) -> Answer {
    let answer = router.clone().oneshot(request).await.unwrap();
    let (parts, body) = answer.into_parts();
    let body = to_bytes(body, usize::MAX).await.unwrap();
    Answer {
        status: parts.status,
        headers: parts.headers,
        text: String::from_utf8(body.to_vec()).unwrap(),
    }
}

pub(crate) async fn get(router: &Router, address: &str) -> Answer {
    let request = Request::get(address).body(Body::empty()).unwrap();
    ask(router, request).await
}

/// The overview, once it is counted.
pub(crate) async fn overview(router: &Router) -> Answer {
    page(router, "/api/overview").await;
    page(router, "/").await
}

/// A page that is there.
pub(crate) async fn page(router: &Router, address: &str) -> Answer {
    let answer = get(router, address).await;
    assert_eq!(answer.status, StatusCode::OK, "{address}: {answer:?}");
    answer
}
