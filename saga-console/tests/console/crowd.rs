//! Many who want something at once, slowly, or nothing at all.

use crate::{
    asking::{acting, ask, looking, page, post},
    sagas::Site,
};
use axum::{
    body::{Body, Bytes},
    http::{Request, StatusCode},
};
use futures_util::{FutureExt as _, stream};
use serde_json::json;
use std::{convert::Infallible, net::SocketAddr};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpSocket, TcpStream},
};
use tower::ServiceExt as _;

#[tokio::test]
async fn whoever_sends_slowly_keeps_nobody_out() {
    let site = Site::open().await;
    site.parked("trip-2", "the hotel is closed").await;
    let console = acting(site.store.clone());
    let actions = "/api/sagas/BookTrip/trip-2/actions";
    let mut slow = Vec::new();
    for _ in 0..100 {
        let nothing = stream::pending::<Result<Bytes, Infallible>>();
        let request = Request::post(actions).header("content-type", "application/json");
        let request = request.body(Body::from_stream(nothing)).unwrap();
        let mut answer = Box::pin(console.clone().oneshot(request));
        assert!((&mut answer).now_or_never().is_none());
        slow.push(answer);
    }
    page(&console, "/sagas").await;
    let body = json!({ "action": "resume", "by": "ada", "why": "so" });
    let sent = post(&console, actions, &body).await;
    assert_eq!(sent.status, StatusCode::OK, "{sent:?}");
}

#[tokio::test]
async fn a_body_that_does_not_come_is_not_waited_for() {
    let site = Site::open().await;
    let console = acting(site.store.clone());
    let nothing = stream::pending::<Result<Bytes, Infallible>>();
    let request = Request::post("/api/sagas/BookTrip/trip-2/actions");
    let request = request.body(Body::from_stream(nothing)).unwrap();
    let answer = ask(&console, request).await;
    assert_eq!(answer.status, StatusCode::REQUEST_TIMEOUT, "{answer:?}");
}

#[tokio::test]
async fn what_is_refused_is_refused_before_its_body_is_read() {
    let site = Site::open().await;
    let console = acting(site.store.clone());
    let form = "application/x-www-form-urlencoded";
    for (path, kind, site) in [
        ("/act", form, "cross-site"),
        // There is no cookie.
        ("/act", form, "same-origin"),
        ("/act-many", form, "same-origin"),
        (
            "/api/sagas/BookTrip/trip-2/actions",
            "application/json",
            "cross-site",
        ),
    ] {
        // Whoever reads it panics.
        let unread = stream::repeat_with(|| -> Result<Bytes, Infallible> { unreachable!() });
        let request = Request::post(path)
            .header("content-type", kind)
            .header("sec-fetch-site", site);
        let request = request.body(Body::from_stream(unread)).unwrap();
        let answer = ask(&console, request).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{path} {answer:?}");
    }
}

#[tokio::test]
async fn a_body_that_is_too_long_is_not_read() {
    let site = Site::open().await;
    let console = acting(site.store.clone());
    let megabytes = stream::repeat_with(|| Ok::<_, Infallible>(Bytes::from(vec![b' '; 1 << 16])));
    let request = Request::post("/api/sagas/BookTrip/trip-2/actions")
        .header("content-type", "application/json");
    let request = request.body(Body::from_stream(megabytes)).unwrap();
    let answer = ask(&console, request).await;
    assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE, "{answer:?}");
    assert_eq!(answer.json()["status"], 413);
}

#[tokio::test]
async fn a_page_that_cannot_be_is_not_kept_up_to_date() {
    let site = Site::open().await;
    let console = looking(site.store.clone());
    for address in [
        "/live?page=nonsense",
        "/live?page=sagas&state=happy",
        "/live?page=sagas&since=yesterday",
    ] {
        let request = Request::get(address).body(Body::empty()).unwrap();
        let answer = console.clone().oneshot(request).await.unwrap();
        assert_eq!(answer.status(), StatusCode::BAD_REQUEST, "{address}");
    }
}

/// A connection from this address of the machine; `None` where it has no such address.
async fn connected(from: &str, to: SocketAddr) -> Option<TcpStream> {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind(format!("{from}:0").parse().unwrap()).ok()?;
    socket.connect(to).await.ok()
}

/// Waits until the other side has ended the connection.
async fn ended(mut connection: TcpStream) {
    // It may be reset, since something was sent that nobody has read.
    let _ = connection.read_to_end(&mut Vec::new()).await;
}

async fn answer(mut connection: TcpStream) -> String {
    let request = "GET /style.css HTTP/1.1\r\nhost: console\r\nconnection: close\r\n\r\n";
    let mut answer = String::new();
    // Who is turned away reads nothing.
    let _ = connection.write_all(request.as_bytes()).await;
    let _ = connection.read_to_string(&mut answer).await;
    answer
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_sends_nothing_is_disconnected_and_keeps_nobody_out() {
    let site = Site::open().await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let console = looking(site.store.clone());
    tokio::spawn(typed_saga_console::serve(listener, console));

    let mut idle = Vec::new();
    for number in 0..300 {
        let mut connection = connected("127.0.0.1", address).await.unwrap();
        // Some say a little, and no more.
        if number % 2 == 0 {
            let _ = connection
                .write_all(b"GET /style.css HTTP/1.1\r\nhost")
                .await;
        }
        idle.push(connection);
    }
    // One address has only so many connections; others have theirs.
    match connected("127.0.0.2", address).await {
        Some(other) => assert!(answer(other).await.starts_with("HTTP/1.1 200 OK")),
        None => saga_tests::leave_out("this machine has no second address on loopback"),
    }
    let turned_away = idle.pop().unwrap();
    ended(turned_away).await;
    for connection in idle {
        ended(connection).await;
    }
    let again = connected("127.0.0.1", address).await.unwrap();
    assert!(answer(again).await.starts_with("HTTP/1.1 200 OK"));
}
