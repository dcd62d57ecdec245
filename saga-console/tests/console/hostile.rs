use crate::{
    asking::{ask, get, looking, overview, page},
    sagas::Site,
};
use axum::{
    body::Body,
    http::{Request, StatusCode},
};
use typed_saga::Verdict;

const HOSTILE: [&str; 8] = [
    "<script>alert(1)</script>",
    "\"><img src=x onerror=alert(1)>",
    "'; DROP TABLE saga; --",
    "a\u{1b}[31mb\u{7}\r\nc",
    "\u{202e}txt.exe",
    "../../etc/passwd",
    "..",
    "%2e%2e/%00?#&+",
];

/// A text as part of an address: all of it by numbers.
fn encoded(text: &str) -> String {
    let bytes: Vec<_> = text.bytes().map(|byte| format!("%{byte:02X}")).collect();
    bytes.concat()
}

#[tokio::test]
async fn whatever_a_saga_says_is_shown_as_text() {
    let site = Site::open().await;
    for (number, text) in HOSTILE.iter().enumerate() {
        site.parked(&format!("{number} {text}"), text).await;
        site.vendors.fail("+hotel", Verdict::Refused, text);
        drop(site.trip(&format!("{number} back {text}"), text).await);
        site.vendors.mend();
    }
    let console = looking(site.store.clone());
    let mut addresses = vec!["/".to_owned(), "/sagas".to_owned()];
    for (number, text) in HOSTILE.iter().enumerate() {
        for id in [format!("{number} {text}"), format!("{number} back {text}")] {
            let id = encoded(&id);
            addresses.push(format!("/saga?saga=BookTrip&id={id}&values=true"));
            addresses.push(format!("/sagas?id={id}&saga={id}"));
        }
    }
    for address in addresses {
        let shown = page(&console, &address).await;
        for forbidden in [
            "<script>",
            "<img",
            "onerror=alert(1)>",
            "\u{1b}",
            "\u{7}",
            "\u{202e}",
        ] {
            shown.lacks(forbidden);
        }
    }
    // Its own script is the only one.
    let shown = overview(&console).await;
    assert_eq!(shown.text.matches("<script").count(), 1, "{}", shown.text);
    // Each can be found by the link that is shown of it, and by the API.
    for (number, text) in HOSTILE.iter().enumerate() {
        let id = format!("{number} {text}");
        let address = format!("/api/sagas/BookTrip/{}?values=true", encoded(&id));
        let shown = page(&console, &address).await;
        assert_eq!(shown.json()["id"], id.as_str());
        assert_eq!(shown.headers["content-type"], "application/json");
    }
}

#[tokio::test]
async fn an_error_of_megabytes_is_cut() {
    let site = Site::open().await;
    let long = "x".repeat(3 << 20);
    site.parked("trip-1", &long).await;
    let console = looking(site.store.clone());
    for address in ["/", "/sagas", "/saga?saga=BookTrip&id=trip-1&values=true"] {
        let shown = page(&console, address).await;
        assert!(
            shown.text.len() < 100_000,
            "{address}: {}",
            shown.text.len()
        );
        shown.has("xxx…");
    }
}

#[tokio::test]
async fn a_problem_is_a_page_or_json_and_says_nothing_as_html() {
    let site = Site::open().await;
    let console = looking(site.store.clone());
    let evil = encoded("<script>alert(1)</script>");
    for (address, status) in [
        (format!("/saga?saga={evil}&id=1"), StatusCode::NOT_FOUND),
        (format!("/sagas?state={evil}"), StatusCode::BAD_REQUEST),
        (format!("/sagas?limit={evil}"), StatusCode::BAD_REQUEST),
        (format!("/{evil}"), StatusCode::NOT_FOUND),
        ("/saga?saga=BookTrip".to_owned(), StatusCode::BAD_REQUEST),
    ] {
        let answer = get(&console, &address).await;
        assert_eq!(answer.status, status, "{address}");
        answer.lacks("<script>");
        answer.has("<main");
    }
    let answer = get(&console, &format!("/api/sagas/{evil}/{evil}")).await;
    assert_eq!(answer.status, StatusCode::NOT_FOUND);
    assert_eq!(answer.headers["content-type"], "application/json");
    assert_eq!(answer.json()["status"], 404);
    let nowhere = get(&console, "/api/nowhere").await;
    assert_eq!(nowhere.json()["detail"], "there is nothing here");
}

#[tokio::test]
async fn nothing_can_be_changed_by_a_console_that_looks() {
    let site = Site::open().await;
    let console = looking(site.store.clone());
    for method in ["POST", "PUT", "DELETE", "PATCH"] {
        for path in [
            "/",
            "/saga",
            "/sagas",
            "/api/sagas",
            "/api/sagas/BookTrip/trip-1",
        ] {
            let request = Request::builder().method(method).uri(path);
            let answer = ask(&console, request.body(Body::empty()).unwrap()).await;
            assert!(
                !answer.status.is_success() && !answer.status.is_redirection(),
                "{method} {path}: {answer:?}"
            );
        }
    }
}
