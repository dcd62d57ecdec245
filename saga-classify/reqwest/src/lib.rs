//! What reqwest 0.12 reports when real connections fail, and what is said of it by the function that
//! `typed_saga_classify::reqwest` writes for this version.

#![cfg(test)]

#[allow(dead_code, reason = "other clients use more of it")]
#[path = "../../tests/classify/common/mod.rs"]
mod common;

use common::{answers_and_resets, full, listen, nobody, read_head, silent};
use reqwest::{Client, ClientBuilder, redirect::Policy};
use std::{net::SocketAddr, time::Duration};
use tokio::io::AsyncWriteExt;
use typed_saga::Verdict;

fn verdict(error: &reqwest::Error) -> Verdict {
    match error.status() {
        Some(status) => typed_saga_classify::http::code(status.as_u16()),
        None if error.is_connect() || error.is_builder() => Verdict::Transient,
        None => Verdict::Unknown,
    }
}

/// The lines of the function, each without this mark.
fn written<'t>(text: &'t str, mark: &str) -> Vec<&'t str> {
    let lines = text.lines();
    let lines = lines.map(|line| line.strip_prefix(mark).unwrap_or(line));
    let function = lines.skip_while(|line| !line.starts_with("fn verdict(error: "));
    function.take_while(|line| *line != "}").collect()
}

#[test]
fn it_is_the_function_of_the_documentation() {
    let own = written(include_str!("lib.rs"), "");
    assert!(own.len() > 2);
    assert_eq!(written(include_str!("../../src/reqwest.rs"), "//! "), own);
}

fn client() -> ClientBuilder {
    Client::builder().no_proxy().redirect(Policy::none())
}

async fn failure(client: ClientBuilder, url: String) -> reqwest::Error {
    let client = client.build().unwrap();
    client.post(url).send().await.unwrap_err()
}

/// Answers each request with `answer`, and closes the connection.
async fn serve(answer: &'static str) -> SocketAddr {
    let listener = listen().await;
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        loop {
            let (mut connection, _) = listener.accept().await.unwrap();
            read_head(&mut connection).await;
            connection.write_all(answer.as_bytes()).await.unwrap();
            connection.shutdown().await.unwrap();
        }
    });
    address
}

#[tokio::test]
async fn a_connection_that_is_refused_has_sent_nothing() {
    let failure = failure(client(), format!("http://{}", nobody().await)).await;
    assert!(failure.is_connect(), "{failure:?}");
    assert_eq!(verdict(&failure), Verdict::Transient);
}

/// A name with a label of 64 letters is none, which the resolver knows without asking anybody.
#[tokio::test]
async fn a_name_that_is_unknown_has_sent_nothing() {
    let failure = failure(client(), format!("http://{}.invalid", "x".repeat(64))).await;
    assert_eq!(verdict(&failure), Verdict::Transient, "{failure:?}");
}

#[cfg(target_os = "linux")] // elsewhere the queue is longer
#[tokio::test]
async fn a_connection_that_takes_too_long_to_make_has_sent_nothing() {
    let (address, _full) = full().await;
    let client = client().connect_timeout(Duration::from_millis(50));
    let failure = failure(client, format!("http://{address}")).await;
    assert!(failure.is_timeout() && failure.is_connect(), "{failure:?}");
    assert_eq!(verdict(&failure), Verdict::Transient);
}

#[tokio::test]
async fn a_request_that_cannot_be_made_was_not_sent() {
    let failure = failure(client(), "no address".to_owned()).await;
    assert!(failure.is_builder(), "{failure:?}");
    assert_eq!(verdict(&failure), Verdict::Transient);
}

#[tokio::test]
async fn a_connection_that_is_lost_before_the_response_leaves_doubt() {
    for heard in ["", "HTTP/1.1 200 OK\r\nContent-Le"] {
        let address = answers_and_resets(heard).await;
        let failure = failure(client(), format!("http://{address}")).await;
        assert_eq!(
            verdict(&failure),
            Verdict::Unknown,
            "{heard:?}: {failure:?}"
        );
    }
}

#[tokio::test]
async fn an_answer_that_does_not_come_leaves_doubt() {
    let address = silent().await;
    let limit = Duration::from_millis(50);
    for client in [client().timeout(limit), client().read_timeout(limit)] {
        let failure = failure(client, format!("http://{address}")).await;
        assert!(failure.is_timeout(), "{failure:?}");
        assert_eq!(verdict(&failure), Verdict::Unknown);
    }
}

#[tokio::test]
async fn an_answer_that_ends_too_early_leaves_doubt() {
    let address = serve("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n12345").await;
    let request = client().build().unwrap().post(format!("http://{address}"));
    let failure = request.send().await.unwrap().bytes().await.unwrap_err();
    assert_eq!(verdict(&failure), Verdict::Unknown, "{failure:?}");
}

#[tokio::test]
async fn an_error_made_of_a_status_is_classified_by_it() {
    for (answer, expected) in [
        (
            "HTTP/1.1 402 Payment Required\r\nContent-Length: 0\r\n\r\n",
            Verdict::Refused,
        ),
        (
            "HTTP/1.1 429 Too Many Requests\r\nContent-Length: 0\r\n\r\n",
            Verdict::Transient,
        ),
        (
            "HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\n\r\n",
            Verdict::Unknown,
        ),
    ] {
        let request = client().build().unwrap();
        let request = request.post(format!("http://{}", serve(answer).await));
        let failure = request
            .send()
            .await
            .unwrap()
            .error_for_status()
            .unwrap_err();
        assert_eq!(verdict(&failure), expected, "{answer}");
    }
}
