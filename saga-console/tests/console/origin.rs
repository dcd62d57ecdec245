//! Where a request comes from: forms of other sites, and of other ports, do nothing.

use crate::{
    asking::{acting, ask, page},
    form::{Form, OWN, RESUME, WHO},
    sagas::Site,
};
use axum::{
    Router,
    body::Body,
    http::{Request, StatusCode},
};
use serde_json::json;

const HOST: (&str, &str) = ("host", "console.test:7242");
const ORIGIN: (&str, &str) = ("origin", "http://console.test:7242");
const CHANCE: &str = "0123456789abcdef0123456789abcdef";

async fn is_parked(console: &Router) {
    let saga = page(console, "/api/sagas/BookTrip/trip-2").await.json();
    assert_eq!(saga["state"], "parked");
    assert_eq!(saga["inbox"], json!([]));
}

#[tokio::test]
async fn a_form_says_that_it_comes_from_the_console() {
    let site = Site::open().await;
    site.parked("trip-2", "the hotel is closed").await;
    let console = acting(site.store.clone());
    let form = Form::of(&console, RESUME).await.with(&WHO);
    let refused: [&[(&str, &str)]; 11] = [
        &[],
        &[HOST],
        &[ORIGIN],
        &[HOST, ("origin", "http://console.test:8000")],
        &[HOST, ("origin", "http://console.test")],
        &[HOST, ("origin", "http://other.test:7242")],
        &[HOST, ("origin", "null")],
        &[HOST, ("origin", "")],
        &[HOST, ORIGIN, ("sec-fetch-site", "same-site")],
        &[HOST, ORIGIN, ("sec-fetch-site", "cross-site")],
        &[HOST, ORIGIN, ("sec-fetch-site", "")],
    ];
    for path in ["/act", "/act-many"] {
        for headers in refused {
            let sent = form.send_as(&console, path, headers).await;
            assert_eq!(sent.status, StatusCode::FORBIDDEN, "{path} {headers:?}");
        }
    }
    is_parked(&console).await;
    // Each of these is enough. `seen` is of another state, so that all of them can be tried.
    let accepted: [&[(&str, &str)]; 5] = [
        &OWN,
        &[HOST, ("origin", "http://other.test"), OWN[0]],
        &[("sec-fetch-site", "none")],
        &[HOST, ORIGIN],
        &[("host", "Console.Test"), ("origin", "https://console.test")],
    ];
    let stale = form.clone().with(&[("seen", "0")]);
    for headers in accepted {
        let sent = stale.send_as(&console, "/act", headers).await;
        assert_eq!(sent.status, StatusCode::CONFLICT, "{headers:?}: {sent:?}");
    }
    let sent = form.send_as(&console, "/act", &[HOST, ORIGIN]).await;
    assert_eq!(sent.status, StatusCode::SEE_OTHER, "{sent:?}");
}

#[tokio::test]
async fn a_form_needs_the_token_of_its_page() {
    let site = Site::open().await;
    site.parked("trip-2", "the hotel is closed").await;
    let console = acting(site.store.clone());
    let form = Form::of(&console, RESUME).await.with(&WHO);
    let right = form.field("token").to_owned();
    let (cookie, token) = (form.cookie.clone(), |text: &str| {
        form.clone().with(&[("token", text)])
    });
    let planted = Form {
        cookie: format!("saga-console={CHANCE}"),
        ..token(CHANCE)
    };
    let forged = [
        token(""),
        token("0"),
        token(&"0".repeat(right.len())),
        token(&right[..right.len() - 2]),
        token(&format!("{right}00")),
        token("é"),
        // A page on another port can set the cookie, and knows what it has set; and a server there
        // is sent the cookie of whoever comes by.
        planted.clone(),
        token(cookie.strip_prefix("saga-console=").unwrap()),
        // The token of somebody else's page, and of another console's.
        token(Form::of(&console, RESUME).await.field("token")),
        Form::of(&acting(site.store.clone()), RESUME)
            .await
            .with(&WHO),
        Form {
            cookie: String::new(),
            ..form.clone()
        },
    ];
    for form in forged {
        let sent = form.send(&console, "/act").await;
        assert_eq!(sent.status, StatusCode::FORBIDDEN, "{:?}", form.fields);
    }
    is_parked(&console).await;
    // What cannot be a cookie of a console is passed over.
    let disturbed = Form {
        cookie: format!("other=1; saga-console=x; {cookie}"),
        ..form.clone()
    };
    let sent = disturbed.send(&console, "/act").await;
    assert_eq!(sent.status, StatusCode::SEE_OTHER, "{sent:?}");
}

#[tokio::test]
async fn a_program_says_nothing_of_where_it_is_and_no_form_can_do_what_it_does() {
    let site = Site::open().await;
    site.parked("trip-2", "the hotel is closed").await;
    let console = acting(site.store.clone());
    let path = "/api/sagas/BookTrip/trip-2/actions";
    let body = json!({ "action": "resume", "by": "eve", "why": "so" }).to_string();
    let post = async |headers: &[(&str, &str)]| {
        let mut request = Request::post(path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        ask(&console, request.body(Body::from(body.clone())).unwrap()).await
    };
    // What forms can send.
    for kind in [
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
    ] {
        for site in ["none", "same-origin"] {
            let headers = [("content-type", kind), ("sec-fetch-site", site)];
            let sent = post(&headers).await;
            assert_eq!(sent.status, StatusCode::UNSUPPORTED_MEDIA_TYPE, "{kind}");
        }
        let sent = post(&[("content-type", kind)]).await;
        assert_eq!(sent.status, StatusCode::UNSUPPORTED_MEDIA_TYPE, "{kind}");
    }
    // What the browser says comes from elsewhere.
    for site in ["cross-site", "same-site"] {
        let headers = [
            ("content-type", "application/json"),
            ("sec-fetch-site", site),
        ];
        let sent = post(&headers).await;
        assert_eq!(sent.status, StatusCode::FORBIDDEN);
        sent.has("another site");
    }
    is_parked(&console).await;
    let sent = post(&[("content-type", "application/json")]).await;
    assert_eq!(sent.status, StatusCode::OK, "{sent:?}");
}
