use crate::{
    asking::{get, looking, overview, page},
    sagas::{Site, Tour},
};
use axum::{Router, http::StatusCode};
use std::sync::Arc;
use typed_saga::Verdict;
use typed_saga_console::{Options, router};

#[tokio::test]
async fn the_overview_counts_and_names_what_needs_somebody_first() {
    let site = Site::open().await;
    let console = looking(site.store.clone());
    overview(&console).await.has("No sagas.");

    let console = looking(site.store.clone());
    drop(site.trip("trip-1", "Lisbon").await);
    site.parked("trip-2", "the hotel is closed").await;
    let overview = overview(&console).await;
    overview.has("<strong>1</strong> parked");
    overview.has("trip-2");
    overview.has("the hotel is closed");
    overview.lacks("trip-1");
    overview.has("2 in all");
    overview.has("href=\"/sagas?saga=BookTrip&amp;state=completed\"");
}

#[tokio::test]
async fn a_list_is_by_name_state_and_id_and_goes_on_page_by_page() {
    let site = Site::open().await;
    for id in ["a", "b", "c"] {
        drop(site.trip(id, "Lisbon").await);
    }
    site.vendors.fail("+hotel", Verdict::Refused, "no room");
    drop(site.trip("d", "Lisbon").await);
    let console = looking(site.store.clone());
    let all = page(&console, "/sagas").await;
    for id in ["a", "b", "c", "d"] {
        all.has(&format!("saga=BookTrip&amp;id={id}\""));
    }
    page(&console, "/sagas?state=compensated")
        .await
        .lacks("id=a\"");
    page(&console, "/sagas?saga=Other")
        .await
        .has("No such sagas.");
    page(&console, "/sagas?id=b").await.lacks("id=a\"");
    let first = page(&console, "/sagas?limit=2").await;
    first.has("after_saga=BookTrip&amp;after_id=b\"");
    let second = page(&console, "/sagas?limit=2&after_saga=BookTrip&after_id=b").await;
    second.has("id=c\"");
    second.lacks("rel=\"next\"");
    let wrong = get(&console, "/sagas?state=happy").await;
    assert_eq!(wrong.status, StatusCode::BAD_REQUEST);
    wrong.has("there is no state `happy`");
}

#[tokio::test]
async fn an_id_that_is_very_long_is_cut_in_tables() {
    let site = Site::open().await;
    let long = "trip-".repeat(80);
    site.parked(&long, "the hotel is closed").await;
    let console = looking(site.store.clone());
    overview(&console).await;
    for address in ["/", "/sagas", "/act-many?state=parked&action=resume"] {
        let shown = page(&console, address).await;
        let link = format!("&amp;id={long}\" title=\"{long}\"><bdi>");
        let (_, text) = shown.text.split_once(&link).unwrap();
        let (text, _) = text.split_once("</bdi>").unwrap();
        assert!(text.chars().count() <= 64, "{address}: {text}");
        assert!(text.ends_with('…'));
    }
}

#[tokio::test]
async fn one_saga_shows_why_and_where_each_step_is() {
    let site = Site::open().await;
    site.parked("trip-2", "the hotel is closed").await;
    let console = looking(site.store.clone());
    let saga = page(&console, "/saga?saga=BookTrip&id=trip-2").await;
    saga.has("the hotel is closed");
    // On the picture.
    saga.has("class=\"saga-at-bad\">not compensated</text>");
    saga.has("class=\"saga-at-undone\">failed</text>");
    // In the history.
    saga.has(">compensation_failed</span>");
    saga.has("no money");
    let none = get(&console, "/saga?saga=BookTrip&id=trip-9").await;
    assert_eq!(none.status, StatusCode::NOT_FOUND);
    none.has("there is no saga `BookTrip/trip-9`");
}

#[tokio::test]
async fn items_and_sagas_that_are_steps_are_unfolded() {
    let site = Site::open().await;
    let cities = ["Lisbon", "Porto"].map(str::to_owned).to_vec();
    let handle = site.engine.submit("tour-1", Tour { cities }).await.unwrap();
    drop(handle.outcome().await.unwrap());
    let console = looking(site.store.clone());
    let shown = page(&console, "/saga?saga=Tour&id=tour-1").await;
    let unfolded: Vec<_> = shown.text.matches("<details>").collect();
    assert_eq!(unfolded.len(), 2, "{}", shown.text);
    for step in ["legs", "legs[0]/room", "legs[1]/room"] {
        shown.has(&format!("<td data-of=\"Step\"><bdi>{step}</bdi></td>"));
    }
    shown.lacks("Porto");
    let valued = page(&console, "/saga?saga=Tour&id=tour-1&values=true").await;
    valued.has("room in Porto");
}

#[tokio::test]
async fn values_are_hidden_until_somebody_asks_and_then_as_the_host_says() {
    let site = Site::open().await;
    drop(site.trip("trip-1", "Lisbon").await);
    let console = looking(site.store.clone());
    let address = "/saga?saga=BookTrip&id=trip-1";
    for address in [address, "/api/sagas/BookTrip/trip-1", "/", "/sagas"] {
        page(&console, address).await.lacks("Lisbon");
    }
    let shown = page(&console, &format!("{address}&values=true")).await;
    shown.has("room in Lisbon");
    shown.has("&quot;city&quot;: &quot;Lisbon&quot;");

    let options = Options::new().redact(|value| {
        assert_eq!(&*value.saga().id, "trip-1");
        (value.step() == Some("charge")).then(|| value.json().to_owned())
    });
    let console = router(Arc::new(site.store.clone()), options);
    for address in [address, "/api/sagas/BookTrip/trip-1?"] {
        let shown = page(&console, &format!("{address}&values=true")).await;
        shown.lacks("Lisbon");
        shown.has("90");
    }
}

#[tokio::test]
async fn it_is_mounted_below_any_path() {
    let site = Site::open().await;
    drop(site.trip("trip-1", "Lisbon").await);
    let console = || looking(site.store.clone());
    let nested = Router::new().nest("/admin/sagas", console());
    let service = Router::new().nest_service("/admin/sagas", console());
    for (service, address) in [
        (&nested, "/admin/sagas"),
        (&nested, "/admin/sagas/sagas"),
        (&service, "/admin/sagas"),
        (&service, "/admin/sagas/"),
        (&service, "/admin/sagas/sagas"),
    ] {
        let shown = page(service, address).await;
        shown.has("href=\"/admin/sagas/style.css\"");
        shown.has("href=\"/admin/sagas/sagas\"");
        shown.lacks("\"/sagas");
        page(service, "/admin/sagas/style.css")
            .await
            .has(".saga-at-good");
    }
}

#[tokio::test]
async fn a_page_may_load_nothing_but_its_own_and_stand_in_no_other() {
    let site = Site::open().await;
    let console = looking(site.store.clone());
    for address in ["/", "/sagas", "/nowhere", "/api/overview", "/style.css"] {
        let headers = get(&console, address).await.headers;
        let policy = headers["content-security-policy"].to_str().unwrap();
        assert!(policy.starts_with("default-src 'none'"), "{policy}");
        assert!(policy.contains("frame-ancestors 'none'"), "{policy}");
        assert!(!policy.contains("unsafe"), "{policy}");
        assert_eq!(headers["x-content-type-options"], "nosniff");
        assert_eq!(headers["x-frame-options"], "DENY");
        assert_eq!(headers["referrer-policy"], "same-origin");
        let kept = address == "/style.css";
        let cache = if kept { "max-age=300" } else { "no-store" };
        assert_eq!(headers["cache-control"], cache, "{address}");
    }
    // What the policy forbids a page has not: styles and handlers within it.
    let shown = overview(&console).await;
    for forbidden in ["<style", " style=", " onclick", "javascript:", "http://"] {
        shown.lacks(forbidden);
    }
}

#[tokio::test]
async fn one_saga_shows_the_keys_that_it_has_or_waits_for() {
    let site = Site::open().await;
    let console = looking(site.store.clone());
    site.refits(&console).await;
    for (id, state, badge, why) in [
        (
            "refit-1",
            "taken",
            "has it",
            "it holds `room 12`, and one saga waits for it",
        ),
        (
            "refit-2",
            "waiting",
            "waits",
            "`room 12` is held by Refit/refit-1",
        ),
    ] {
        let shown = page(&console, &format!("/saga?saga=Refit&id={id}")).await;
        shown.has("<td data-of=\"Key\"><bdi>12</bdi></td>");
        shown.has(&format!(">{badge}</span>"));
        shown.has(why);
        let told = page(&console, &format!("/api/sagas/Refit/{id}"))
            .await
            .json();
        let place = &told["locks"][0];
        assert_eq!(
            (&place["name"], &place["state"]),
            (&"room".into(), &state.into()),
            "{told}"
        );
    }
    drop(site.trip("trip-1", "Lisbon").await);
    page(&console, "/saga?saga=BookTrip&id=trip-1")
        .await
        .lacks("<h2>Locks</h2>");
}
