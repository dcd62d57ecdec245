//! A page that is open while what it shows changes.

use crate::{
    asking::{acting, page, post},
    chromium::{Driver, Person, served, until},
    sagas::Site,
};
use axum::{
    Router,
    extract::Request,
    http::StatusCode,
    middleware::{Next, from_fn},
    response::{IntoResponse as _, Response},
};
use serde_json::{Value, json};
use std::sync::Arc;
use tokio::sync::{Notify, watch};

/// What the page was told last, once it has done what it does about that.
const TELLS: &str = "const listen = EventSource.prototype.addEventListener;
    EventSource.prototype.addEventListener = function (name, heard) {
        listen.call(this, name, heard);
        listen.call(this, name, (event) => { window.told = event.data; });
    };\n";

/// Keeps new content back that a page has asked for, as it was then.
struct Slow {
    /// One has asked for it, and its answer is ready.
    ready: Notify,
    released: watch::Sender<bool>,
}

impl Slow {
    /// A console whose script also tells what it heard, with the new content of its pages kept back.
    fn over(self: &Arc<Self>, console: Router) -> Router {
        let slow = Arc::clone(self);
        console.layer(from_fn(move |request: Request, next: Next| {
            let slow = Arc::clone(&slow);
            async move {
                if request.uri().path() == "/live.js" {
                    return told(next.run(request).await).await;
                }
                // Not a person who goes to it, but the script.
                let of_the_script = request.uri().path() == "/saga"
                    && request.headers()["sec-fetch-dest"] == "empty";
                let answer = next.run(request).await;
                if of_the_script {
                    slow.ready.notify_one();
                    let released = slow.released.subscribe().wait_for(|it| *it).await.is_ok();
                    assert!(released);
                }
                answer
            }
        }))
    }
}

async fn told(script: Response) -> Response {
    let (parts, body) = script.into_parts();
    let body = axum::body::to_bytes(body, usize::MAX).await.unwrap();
    let headers = [("content-type", parts.headers["content-type"].clone())];
    (headers, [TELLS.as_bytes(), &body].concat()).into_response()
}

/// The mark of a page as it is now.
async fn mark(console: &Router, address: &str) -> String {
    let text = page(console, address).await.text;
    let (_, mark) = text.split_once("seen=").expect("a live page");
    let ends = |letter: char| !letter.is_ascii_alphanumeric();
    mark.split(ends).next().unwrap().to_owned()
}

async fn act(console: &Router, action: Value) {
    let body = json!({ "action": action, "by": "bob", "why": "by hand" });
    let acted = post(console, "/api/sagas/BookTrip/trip-1/actions", &body).await;
    assert_eq!(acted.status, StatusCode::OK, "{acted:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_changes_while_new_content_is_on_its_way_is_shown_too() {
    let Some(driver) = Driver::start() else {
        return;
    };
    let site = Site::open().await;
    site.parked("trip-1", "the hotel is closed").await;
    let console = acting(site.store.clone());
    let slow = Arc::new(Slow {
        ready: Notify::new(),
        released: watch::Sender::new(false),
    });
    let port = served(slow.over(console.clone())).await;
    let person = Person::at(&driver, format!("127.0.0.1:{port}"), 1).await;
    let address = "/saga?saga=BookTrip&id=trip-1";
    person.goes_to(address).await;

    // The page asks for what is new …
    let settle = json!({ "settle": { "step": "hotel", "settled": "undone" } });
    act(&console, settle).await;
    slow.ready.notified().await;
    // … and before it has that, it is told that there is more.
    act(&console, json!("resume")).await;
    site.settled("trip-1", &console).await;
    let is_told = async || {
        let told = person.measures("return window.told").await;
        told == mark(&console, address).await.as_str()
    };
    until("the last change", is_told).await;
    assert!(person.reads().await.contains("parked"));
    slow.released.send(true).unwrap();
    person
        .sees("compensated: failed first: `charge`: no money")
        .await;
    person.window.close().await.unwrap();
}
