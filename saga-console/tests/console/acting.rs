use crate::{
    asking::{acting, get, looking, page, post},
    form::{Form, RESUME, WHO},
    sagas::{Approve, Ask, Site},
};
use axum::{Router, http::StatusCode};
use serde_json::{Value, json};
use typed_saga_conformance::Faulty;

async fn state(console: &Router, id: &str) -> Value {
    let saga = page(console, &format!("/api/sagas/BookTrip/{id}?values=true")).await;
    saga.json()
}

#[tokio::test]
async fn a_parked_saga_is_resumed_by_a_second_button_and_it_is_on_record_by_whom_and_why() {
    let site = Site::open().await;
    site.parked("trip-2", "the hotel is closed").await;
    let console = acting(site.store.clone());
    let saga = page(&console, "/saga?saga=BookTrip&id=trip-2").await;
    saga.has("Each button previews the effect; nothing happens until you confirm.");
    for action in ["resume", "abandon", "settle"] {
        saga.has(&format!("Preview {action}"));
    }
    let plan = page(&console, RESUME).await;
    plan.has("Confirm resume");
    plan.has("These calls will be made, in this order:");
    plan.has("<li><strong><bdi>hotel</bdi></strong> compensation");
    plan.has("If these calls succeed, it is then <span class=\"badge undone\">compensated</span>");
    let many = page(&console, "/act-many?state=parked&action=resume").await;
    many.has("<bdi>hotel</bdi> compensation; if these calls succeed, it is then compensated");
    // Where there is none, there is no condition.
    let abandon = RESUME.replace("resume", "abandon");
    let plan = page(&console, &abandon).await;
    plan.has("Then it is <span");
    plan.lacks("If these calls succeed");
    assert_eq!(state(&console, "trip-2").await["state"], "parked");

    let form = Form::of(&console, RESUME).await.with(&WHO);
    let sent = form.send(&console, "/act").await;
    assert_eq!(sent.status, StatusCode::SEE_OTHER, "{sent:?}");
    let back = sent.headers["location"].to_str().unwrap().to_owned();
    page(&console, &back).await.has("Recorded.");
    let saga = site.settled("trip-2", &console).await;
    assert_eq!(saga["state"], "compensated");
    let history = saga["history"].as_array().unwrap().iter();
    let mut resumed = history.filter(|line| line["record"]["what"] == "resumed");
    let record = &resumed.next().unwrap()["record"];
    assert_eq!(
        (&record["by"], &record["why"]),
        (&json!("ada"), &json!(WHO[1].1))
    );
}

#[tokio::test]
async fn who_asks_and_why_must_be_said() {
    let site = Site::open().await;
    site.parked("trip-2", "the hotel is closed").await;
    let console = acting(site.store.clone());
    for (by, why) in [("", "so"), ("ada", ""), (" ", "so")] {
        let form = Form::of(&console, RESUME).await;
        let sent = form
            .with(&[("by", by), ("why", why)])
            .send(&console, "/act")
            .await;
        assert_eq!(sent.status, StatusCode::BAD_REQUEST);
        sent.has("it is recorded");
    }
}

#[tokio::test]
async fn a_page_whose_saga_has_moved_refuses_and_shows_how_it_is() {
    let site = Site::open().await;
    site.parked("trip-2", "the hotel is closed").await;
    let console = acting(site.store.clone());
    let form = Form::of(&console, RESUME).await.with(&WHO);
    let settle = json!({ "settle": { "step": "hotel", "settled": "undone" } });
    let body = json!({ "action": settle, "by": "bob", "why": "by hand" });
    let settled = post(&console, "/api/sagas/BookTrip/trip-2/actions", &body).await;
    assert_eq!(settled.status, StatusCode::OK, "{settled:?}");

    let before = state(&console, "trip-2").await["commits"].clone();
    let sent = form.send(&console, "/act").await;
    assert_eq!(sent.status, StatusCode::CONFLICT);
    sent.has("It has changed meanwhile, and nothing was done.");
    // What would follow now: nothing is left to be undone.
    sent.has("No call is made.");
    assert_eq!(state(&console, "trip-2").await["commits"], before);
    // By the new page it can be done.
    let form = Form::of(&console, RESUME).await.with(&WHO);
    assert_eq!(
        form.send(&console, "/act").await.status,
        StatusCode::SEE_OTHER
    );
    assert_eq!(
        site.settled("trip-2", &console).await["state"],
        "compensated"
    );
    // And then it does not fit at all.
    let again = form.send(&console, "/act").await;
    assert_eq!(again.status, StatusCode::CONFLICT);
}

#[tokio::test]
async fn many_are_resumed_at_once_and_none_if_one_has_moved() {
    let site = Site::open().await;
    for id in ["a", "b", "c"] {
        site.parked(id, "the hotel is closed").await;
    }
    let console = acting(site.store.clone());
    let list = page(&console, "/sagas?state=parked").await;
    list.has("All that match:");
    list.has("Preview resume");
    let address = "/act-many?state=parked&action=resume";
    let preview = page(&console, address).await;
    preview.has("Resume 3 sagas");
    preview.has("Confirm resume of 3");
    let form = Form::of(&console, address).await.with(&WHO);

    let body = json!({ "action": "resume", "by": "bob", "why": "first" });
    post(&console, "/api/sagas/BookTrip/b/actions", &body).await;
    site.settled("b", &console).await;
    let sent = form.send(&console, "/act-many").await;
    assert_eq!(sent.status, StatusCode::CONFLICT);
    sent.has("Some have changed meanwhile, and nothing was done.");
    sent.has("Resume 2 sagas");

    let form = Form::of(&console, address).await.with(&WHO);
    let sent = form.send(&console, "/act-many").await;
    assert_eq!(sent.status, StatusCode::OK);
    sent.has("Resume: 2 asked");
    for id in ["a", "c"] {
        assert_eq!(site.settled(id, &console).await["state"], "compensated");
    }
}

/// A store that fails half way, once it has written the request, and before.
#[tokio::test]
async fn of_many_the_page_says_which_were_asked_though_the_store_has_failed() {
    for (heard, written) in [(true, 1), (false, 2)] {
        let site = Site::open().await;
        for id in ["a", "b", "c"] {
            site.parked(id, "the hotel is closed").await;
        }
        let store = Faulty::new(site.store.clone());
        let store = if heard {
            store.unavailable(1..2)
        } else {
            store.unheard(1..2)
        };
        let console = acting(store.clone());
        let address = "/act-many?state=parked&action=resume";
        let form = Form::of(&console, address).await.with(&WHO);
        assert_eq!(store.writes(), 0, "who only looks writes nothing");
        let sent = form.send(&console, "/act-many").await;
        assert_eq!(sent.status, StatusCode::SERVICE_UNAVAILABLE);
        sent.has("Resume: 1 asked");
        sent.has("Not all were asked: ");
        assert_eq!(store.writes(), 2, "it stops where the store fails");
        // In the order of their ids.
        let mut rest = &*sent.text;
        for (id, word) in [("a", "done"), ("b", "perhaps asked"), ("c", "not asked")] {
            let (_, after) = rest.split_once(&format!("<bdi>{id}</bdi>")).unwrap();
            let (badge, _) = after.split_once("</span>").unwrap();
            assert!(badge.ends_with(&format!(">{word}")), "{id}: {badge}");
            rest = after;
        }
        for id in &["a", "b"][..written] {
            site.settled(id, &console).await;
        }
        assert_eq!(state(&console, "c").await["state"], "parked");
    }
}

#[tokio::test]
async fn a_signal_is_sent_and_a_saga_abandoned() {
    let site = Site::open().await;
    for id in ["yes", "never"] {
        site.engine.submit(id, Approve {}).await.unwrap();
    }
    let console = acting(site.store.clone());
    let waiting = site.until("Approve", "yes", "waiting", &console).await;
    assert!(waiting["why"].as_str().unwrap().contains("word"));
    page(&console, "/saga?saga=Approve&id=yes")
        .await
        .has("<option value=\"word\">");
    let address = "/act?saga=Approve&id=yes&action=signal&signal=word&value=7";
    let form = Form::of(&console, address).await.with(&WHO);
    let sent = form.send(&console, "/act").await;
    assert_eq!(sent.status, StatusCode::SEE_OTHER, "{sent:?}");
    site.until("Approve", "yes", "completed", &console).await;
    let wrong = get(
        &console,
        "/act?saga=Approve&id=never&action=signal&signal=word&value=x",
    )
    .await;
    assert_eq!(wrong.status, StatusCode::BAD_REQUEST);
    wrong.has("the value is not JSON");

    site.until("Approve", "never", "waiting", &console).await;
    let body = json!({ "action": "abandon", "by": "ada", "why": "by hand" });
    let path = "/api/sagas/Approve/never/actions";
    let dry = json!({ "action": "abandon", "dry_run": true });
    assert_eq!(
        post(&console, path, &dry).await.json()["plan"]["then"],
        "abandoned"
    );
    let stale = json!({ "action": "abandon", "by": "ada", "why": "so", "seen": 0 });
    assert_eq!(
        post(&console, path, &stale).await.status,
        StatusCode::CONFLICT
    );
    let sent = post(&console, path, &body).await;
    assert_eq!(sent.json()["asked"]["answer"], "done", "{sent:?}");
    site.until("Approve", "never", "abandoned", &console).await;
    let late = post(&console, path, &body).await;
    assert_eq!(late.status, StatusCode::UNPROCESSABLE_ENTITY);
}

#[tokio::test]
async fn only_signals_that_would_be_accepted_are_offered() {
    let site = Site::open().await;
    for (id, first) in [("short", false), ("long", true)] {
        site.engine.submit(id, Ask { first }).await.unwrap();
    }
    let console = acting(site.store.clone());
    let offered = async |id: &str| {
        site.until("Ask", id, "waiting", &console).await;
        let shown = page(&console, &format!("/saga?saga=Ask&id={id}")).await;
        let is_offered =
            |signal: &&str| shown.text.contains(&format!("<option value=\"{signal}\">"));
        ["word", "last"]
            .into_iter()
            .filter(is_offered)
            .collect::<Vec<_>>()
    };
    // The first is skipped.
    assert_eq!(offered("short").await, ["last"]);
    assert_eq!(offered("long").await, ["word", "last"]);
    let signal = json!({ "signal": { "signal": "last", "value": 7 } });
    let body = json!({ "action": signal, "by": "ada", "why": "so" });
    let sent = post(&console, "/api/sagas/Ask/long/actions", &body).await;
    assert_eq!(sent.status, StatusCode::OK, "{sent:?}");
    // The last counts, though it is not taken yet.
    assert_eq!(offered("long").await, ["word"]);
}

#[tokio::test]
async fn where_its_host_does_not_let_it_act_it_only_looks() {
    let site = Site::open().await;
    site.parked("trip-2", "the hotel is closed").await;
    let console = looking(site.store.clone());
    for address in ["/saga?saga=BookTrip&id=trip-2", "/sagas", "/"] {
        page(&console, address).await.lacks("method=\"post\"");
        page(&console, address).await.lacks("Preview");
    }
    // What would follow may be seen.
    page(&console, RESUME).await.lacks("method=\"post\"");
    let form = Form::of(&acting(site.store.clone()), RESUME)
        .await
        .with(&WHO);
    assert_eq!(
        form.send(&console, "/act").await.status,
        StatusCode::FORBIDDEN
    );
    let many = "/act-many?state=parked&action=resume";
    let form = Form::of(&acting(site.store.clone()), many).await.with(&WHO);
    assert_eq!(
        form.send(&console, "/act-many").await.status,
        StatusCode::FORBIDDEN
    );
    let body = json!({ "action": "resume", "by": "ada", "why": "so" });
    let sent = post(&console, "/api/sagas/BookTrip/trip-2/actions", &body).await;
    assert_eq!(sent.status, StatusCode::FORBIDDEN);
    assert_eq!(state(&console, "trip-2").await["inbox"], json!([]));
}

#[tokio::test]
async fn no_more_is_asked_for_than_a_person_does() {
    let site = Site::open().await;
    site.parked("trip-2", "the hotel is closed").await;
    let console = acting(site.store.clone());
    // One that does nothing, since it is of another state.
    let form = Form::of(&console, RESUME).await.with(&WHO);
    let form = form.with(&[("seen", "0")]);
    for _ in 0..60 {
        let sent = form.send(&console, "/act").await;
        assert_eq!(sent.status, StatusCode::CONFLICT);
    }
    let sent = form.send(&console, "/act").await;
    assert_eq!(sent.status, StatusCode::TOO_MANY_REQUESTS);
}
