//! reqwest: each row of its table, and what a real client reports when a real connection fails.

use std::time::Duration;

use crate::common::{answers_and_resets, full, listen, nobody, read_head, reset, silent};
use reqwest::header::LOCATION;
use reqwest::{Client, ClientBuilder, Response, redirect::Policy};
use tokio::io::AsyncWriteExt;
use typed_saga::Verdict;
use typed_saga_classify::http::Http;
use typed_saga_classify::reqwest::{error, response};

fn client() -> ClientBuilder {
    Client::builder().no_proxy().redirect(Policy::none())
}

async fn failure(client: ClientBuilder, url: String) -> reqwest::Error {
    let client = client.build().unwrap();
    client.post(url).send().await.unwrap_err()
}

#[tokio::test]
async fn a_connection_that_is_refused_has_sent_nothing() {
    let failure = failure(client(), format!("http://{}", nobody().await)).await;
    assert!(failure.is_connect(), "{failure:?}");
    assert_eq!(error(&failure), Verdict::Transient);
}

/// A name with a label of 64 letters is none, which the resolver knows without asking anybody.
#[tokio::test]
async fn a_name_that_is_unknown_has_sent_nothing() {
    let failure = failure(client(), format!("http://{}.invalid", "x".repeat(64))).await;
    assert!(failure.is_dns(), "{failure:?}");
    assert_eq!(error(&failure), Verdict::Transient);
}

#[cfg(target_os = "linux")] // elsewhere the queue is longer
#[tokio::test]
async fn a_connection_that_takes_too_long_to_make_has_sent_nothing() {
    let (address, _full) = full().await;
    let client = client().connect_timeout(Duration::from_millis(50));
    let failure = failure(client, format!("http://{address}")).await;
    assert!(failure.is_timeout() && failure.is_connect(), "{failure:?}");
    assert_eq!(error(&failure), Verdict::Transient);
}

#[tokio::test]
async fn a_request_that_cannot_be_made_was_not_sent() {
    let failure = failure(client(), "no address".to_owned()).await;
    assert!(failure.is_builder(), "{failure:?}");
    assert_eq!(error(&failure), Verdict::Transient);
}

/// The bodies are large enough that the connection is lost while they are being sent.
#[tokio::test]
async fn a_connection_that_is_lost_within_the_request_leaves_doubt() {
    let listener = listen().await;
    let url = format!("http://{}", listener.local_addr().unwrap());
    let server = tokio::spawn(async move {
        let (mut connection, _) = listener.accept().await.unwrap();
        read_head(&mut connection).await;
        reset(connection);
    });
    let request = client().build().unwrap().post(url);
    let failure = request.body(vec![0; 64 << 20]).send().await.unwrap_err();
    assert!(failure.is_request(), "{failure:?}");
    assert_eq!(error(&failure), Verdict::Unknown);
    server.await.unwrap();
}

#[tokio::test]
async fn a_connection_that_is_lost_before_the_response_leaves_doubt() {
    for heard in ["", "HTTP/1.1 200 OK\r\nContent-Le"] {
        let failure = failure(
            client(),
            format!("http://{}", answers_and_resets(heard).await),
        )
        .await;
        assert!(failure.is_request(), "{failure:?}");
        assert_eq!(error(&failure), Verdict::Unknown, "{heard:?}");
    }
}

#[tokio::test]
async fn a_connection_that_is_lost_within_the_response_leaves_doubt() {
    let half = "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n12345";
    let url = format!("http://{}", answers_and_resets(half).await);
    let request = client().build().unwrap().post(url);
    let failure = match request.send().await {
        Ok(response) => response.bytes().await.unwrap_err(),
        Err(error) => error, // the reset has overtaken the head
    };
    assert_eq!(error(&failure), Verdict::Unknown, "{failure:?}");
}

#[tokio::test]
async fn an_answer_that_does_not_come_leaves_doubt() {
    let address = silent().await;
    let limit = Duration::from_millis(50);
    for client in [client().timeout(limit), client().read_timeout(limit)] {
        let failure = failure(client, format!("http://{address}")).await;
        assert!(failure.is_timeout(), "{failure:?}");
        assert_eq!(error(&failure), Verdict::Unknown);
    }
}

/// Answers each request with `answer`, and closes the connection.
async fn serve(answer: String) -> String {
    let listener = listen().await;
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        loop {
            let (mut connection, _) = listener.accept().await.unwrap();
            read_head(&mut connection).await;
            connection.write_all(answer.as_bytes()).await.unwrap();
        }
    });
    url
}

async fn answered(line: &str) -> Response {
    let answer =
        format!("HTTP/1.1 {line}\r\nContent-Length: 9\r\nConnection: close\r\n\r\nno number");
    let request = client().build().unwrap().post(serve(answer).await);
    request.send().await.unwrap()
}

#[tokio::test]
async fn a_response_is_classified_by_its_status_and_headers() {
    for (line, verdict) in [
        ("422 Unprocessable Content", Verdict::Refused),
        ("404 Not Found", Verdict::Transient),
        ("409 Conflict", Verdict::Unknown),
        (
            "429 Too Many Requests\r\nRetry-After: 1",
            Verdict::Transient,
        ),
        ("500 Internal Server Error", Verdict::Unknown),
        ("503 Service Unavailable", Verdict::Unknown),
        (
            "503 Service Unavailable\r\nRetry-After: 1",
            Verdict::Transient,
        ),
        (
            "503 first byte timeout\r\nRetry-After: 0\r\nVia: 1.1 varnish",
            Verdict::Unknown,
        ),
        ("303 See Other\r\nLocation: /7", Verdict::Unknown),
    ] {
        let answer = answered(line).await;
        let status = answer.status();
        assert_eq!(response(&answer), verdict, "{line}");
        let recorded = Http::from(answer);
        assert_eq!(
            (recorded.verdict(), recorded.status()),
            (verdict, Some(status))
        );
    }
}

#[tokio::test]
async fn an_error_made_of_a_status_is_classified_without_headers() {
    for (line, verdict) in [
        ("402 Payment Required", Verdict::Refused),
        ("403 Forbidden", Verdict::Transient),
        ("502 Bad Gateway", Verdict::Unknown),
        (
            "503 Service Unavailable\r\nRetry-After: 1",
            Verdict::Unknown,
        ),
    ] {
        let failure = answered(line).await.error_for_status().unwrap_err();
        assert_eq!(error(&failure), verdict, "{line}");
    }
}

#[tokio::test]
async fn a_success_that_cannot_be_read_leaves_doubt() {
    let failure = answered("200 OK").await.json::<u64>().await.unwrap_err();
    assert!(failure.is_decode(), "{failure:?}");
    assert_eq!(error(&failure), Verdict::Unknown);
}

/// Why redirects are to be off: this is the error of a charge that was made.
#[tokio::test]
async fn a_client_that_follows_redirects_reports_the_end_of_the_second_request() {
    let there = nobody().await;
    let answer = format!("HTTP/1.1 303 See Other\r\nLocation: http://{there}\r\n\r\n");
    let url = serve(answer).await;
    let follows = Client::builder().no_proxy();
    let failure = failure(follows, url.clone()).await;
    assert_eq!(error(&failure), Verdict::Transient);

    let request = client().build().unwrap().post(url);
    let answer = request.send().await.unwrap();
    assert!(answer.headers().contains_key(LOCATION));
    assert_eq!(response(&answer), Verdict::Unknown);
}
