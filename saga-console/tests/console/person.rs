//! A console behind a login that says who acts.

use crate::{
    asking::{get, page, post},
    form::{Form, RESUME, WHO},
    sagas::Site,
};
use axum::{Extension, Router, http::StatusCode};
use serde_json::{Value, json};
use std::sync::Arc;
use typed_saga_console::{Options, router};

/// What a login leaves with a request.
#[derive(Clone)]
struct User(&'static str);

fn console(site: &Site) -> Router {
    let options = Options::new().acting().person(|request| {
        let User(name) = request.extensions.get()?;
        Some((*name).to_owned())
    });
    router(Arc::new(site.store.clone()), options)
}

/// The console as it is to this user.
fn of(console: &Router, user: &'static str) -> Router {
    console.clone().layer(Extension(User(user)))
}

async fn resumed_by(console: &Router, id: &str) -> Value {
    let saga = page(console, &format!("/api/sagas/BookTrip/{id}")).await;
    let saga = saga.json();
    let mut history = saga["history"].as_array().unwrap().iter();
    let record = history.find(|line| line["record"]["what"] == "resumed");
    record.unwrap()["record"]["by"].clone()
}

#[tokio::test]
async fn whoever_the_login_names_is_on_record_whatever_they_say() {
    let site = Site::open().await;
    for id in ["trip-1", "trip-2", "trip-3"] {
        site.parked(id, "the hotel is closed").await;
    }
    let grace = of(&console(&site), " grace ");
    let plan = page(&grace, RESUME).await;
    plan.has("Asked by <strong><bdi>grace</bdi></strong>");
    plan.lacks("name=\"by\"");

    // `by` is ada.
    let form = Form::of(&grace, RESUME).await.with(&WHO);
    let sent = form.send(&grace, "/act").await;
    assert_eq!(sent.status, StatusCode::SEE_OTHER, "{sent:?}");
    let body = json!({ "action": "resume", "by": "ada", "why": "so" });
    let sent = post(&grace, "/api/sagas/BookTrip/trip-1/actions", &body).await;
    assert_eq!(sent.status, StatusCode::OK, "{sent:?}");
    for id in ["trip-1", "trip-2"] {
        site.settled(id, &grace).await;
    }
    let many = "/act-many?state=parked&action=resume";
    page(&grace, many).await.lacks("name=\"by\"");
    let form = Form::of(&grace, many).await.with(&WHO);
    assert_eq!(form.send(&grace, "/act-many").await.status, StatusCode::OK);
    site.settled("trip-3", &grace).await;
    for id in ["trip-1", "trip-2", "trip-3"] {
        assert_eq!(resumed_by(&grace, id).await, "grace", "{id}");
    }
}

#[tokio::test]
async fn whoever_the_login_does_not_name_only_looks() {
    let site = Site::open().await;
    site.parked("trip-2", "the hotel is closed").await;
    let console = console(&site);
    let form = Form::of(&of(&console, "grace"), RESUME).await.with(&WHO);
    for nobody in [console.clone(), of(&console, ""), of(&console, " ")] {
        page(&nobody, "/saga?saga=BookTrip&id=trip-2").await;
        let plan = get(&nobody, RESUME).await;
        plan.has("does not say who you are");
        plan.lacks("method=\"post\"");
        for path in ["/act", "/act-many"] {
            let sent = form.send(&nobody, path).await;
            assert_eq!(sent.status, StatusCode::FORBIDDEN, "{sent:?}");
        }
        let body = json!({ "action": "resume", "by": "ada", "why": "so" });
        let sent = post(&nobody, "/api/sagas/BookTrip/trip-2/actions", &body).await;
        assert_eq!(sent.status, StatusCode::FORBIDDEN, "{sent:?}");
    }
    // The form of one person is none of another's.
    let sent = form.send(&of(&console, "eve"), "/act").await;
    assert_eq!(sent.status, StatusCode::FORBIDDEN, "{sent:?}");
    sent.has("not of this console, or too old");
    let saga = page(&console, "/api/sagas/BookTrip/trip-2").await.json();
    assert_eq!(
        (&saga["state"], &saga["inbox"]),
        (&json!("parked"), &json!([]))
    );
}
