//! Beside an engine: sagas are submitted, and pages live.

use crate::{
    asking::{acting, ask, looking, page},
    sagas::Site,
};
use axum::{
    Router,
    body::{Body, BodyDataStream},
    http::{Request, StatusCode},
};
use futures_util::StreamExt as _;
use serde_json::{Value, json};
use std::{sync::Arc, time::Duration};
use tokio::time::timeout;
use tower::ServiceExt as _;
use typed_saga_console::{Options, router};

async fn put(console: &Router, path: &str, body: &Value) -> crate::asking::Answer {
    let request = Request::put(path).header("content-type", "application/json");
    ask(console, request.body(Body::from(body.to_string())).unwrap()).await
}

#[tokio::test]
async fn a_program_in_any_language_submits_a_saga_once_and_watches_it() {
    let site = Site::open().await;
    let options = Options::new().submitting(site.engine.downgrade());
    let console = Router::new().nest("/sagas", router(Arc::new(site.store.clone()), options));
    let (path, trip) = (
        "/sagas/api/sagas/BookTrip/trip-1",
        json!({ "city": "Lisbon" }),
    );
    for _ in 0..3 {
        let sent = put(&console, path, &trip).await;
        assert_eq!(sent.status, StatusCode::ACCEPTED, "{sent:?}");
        assert_eq!(sent.headers["location"], path);
    }
    let mut saga = Value::Null;
    for _ in 0..6000 {
        saga = page(&console, path).await.json();
        if saga["state"] == "completed" {
            break;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert_eq!(saga["state"], "completed");
    let other = put(&console, path, &json!({ "city": "Porto" })).await;
    assert_eq!(other.status, StatusCode::CONFLICT);
    for (path, body, status) in [
        (
            "/sagas/api/sagas/BookTrip/trip-2",
            json!({ "town": 7 }),
            422,
        ),
        ("/sagas/api/sagas/BookTrip/a%00b", trip.clone(), 422),
        ("/sagas/api/sagas/Nothing/trip-2", trip.clone(), 404),
    ] {
        let sent = put(&console, path, &body).await;
        assert_eq!(sent.status.as_u16(), status, "{sent:?}");
    }
    assert_eq!(
        page(&console, "/sagas/api/sagas").await.json()["sagas"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
}

#[tokio::test]
async fn where_no_engine_is_beside_it_nothing_can_be_submitted() {
    let site = Site::open().await;
    let console = acting(site.store.clone());
    let trip = json!({ "city": "Lisbon" });
    let sent = put(&console, "/api/sagas/BookTrip/trip-1", &trip).await;
    assert_eq!(sent.status, StatusCode::NOT_IMPLEMENTED);
    sent.has("this console runs without an engine");
}

/// Where it is told that a page has changed.
async fn live(console: &Router, address: &str) -> String {
    let shown = page(console, address).await;
    let (_, live) = shown.text.split_once("data-live=\"").unwrap();
    live.split('"').next().unwrap().replace("&amp;", "&")
}

/// What is told there, to whoever was told this last.
async fn told(console: &Router, live: &str, last: Option<&str>) -> BodyDataStream {
    let mut request = Request::get(live);
    if let Some(last) = last {
        request = request.header("last-event-id", last);
    }
    let request = request.body(Body::empty()).unwrap();
    let answer = console.clone().oneshot(request).await.unwrap();
    assert_eq!(answer.headers()["content-type"], "text/event-stream");
    answer.into_body().into_data_stream()
}

#[tokio::test]
async fn who_looks_at_a_page_is_told_when_it_has_changed() {
    let site = Site::open().await;
    site.parked("trip-2", "the hotel is closed").await;
    for (number, address) in ["/saga?saga=BookTrip&id=trip-2", "/sagas?state=parked", "/"]
        .into_iter()
        .enumerate()
    {
        let console = acting(site.store.clone());
        let live = live(&console, address).await;
        let mut told = told(&console, &live, None).await;
        let quiet = timeout(Duration::from_millis(700), told.next()).await;
        assert!(quiet.is_err(), "{address}: {quiet:?}");
        if number > 0 {
            site.parked(&format!("trip-{number}-more"), "closed, too")
                .await;
        } else {
            let body = json!({ "action": "resume", "by": "ada", "why": "so" });
            crate::asking::post(&console, "/api/sagas/BookTrip/trip-2/actions", &body).await;
        }
        let event = timeout(Duration::from_secs(10), told.next()).await;
        let event = event.expect(address).unwrap().unwrap();
        assert!(event.starts_with(b"event: changed\n"), "{event:?}");
    }
    let script = page(&looking(site.store.clone()), "/live.js").await;
    assert_eq!(
        script.headers["content-type"],
        "text/javascript; charset=utf-8"
    );
}

#[tokio::test]
async fn whoever_lost_the_connection_is_told_what_has_changed_since() {
    let site = Site::open().await;
    let console = looking(site.store.clone());
    let live = live(&console, "/sagas").await;
    let mut last: Option<String> = None;
    for id in ["trip-1", "trip-2", "trip-3"] {
        let mut told = told(&console, &live, last.as_deref()).await;
        drop(site.trip(id, "Lisbon").await);
        let event = told.next().await.unwrap().unwrap();
        let event = String::from_utf8(event.to_vec()).unwrap();
        let (_, id) = event.split_once("id: ").unwrap();
        let id = id.lines().next().unwrap().to_owned();
        assert_ne!(last.as_ref(), Some(&id), "{event}");
        last = Some(id);
    }
}
