//! hyper, and the client of hyper-util: what they report when a real connection fails.

use std::net::SocketAddr;

use crate::common::{answers_and_resets, listen, nobody, read_head, silent};
use bytes::Bytes;
use http_body_util::Empty;
use hyper::Request;
use hyper::client::conn::http1;
use hyper_util::client::legacy::{self, Client};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::net::TcpStream;
use typed_saga::Verdict;
use typed_saga_classify::http::Http;
use typed_saga_classify::hyper::{client, error};

fn request(address: SocketAddr) -> Request<Empty<Bytes>> {
    let request = Request::post(format!("http://{address}/charges"));
    request.body(Empty::new()).unwrap()
}

/// What the client of hyper-util says about a request to this address.
pub(crate) async fn failure(address: SocketAddr) -> legacy::Error {
    let client = Client::builder(TokioExecutor::new()).build_http();
    client.request(request(address)).await.unwrap_err()
}

#[track_caller]
fn is_recorded(cause: legacy::Error, verdict: Verdict) {
    assert_eq!(client(&cause), verdict, "{cause:?}");
    let source = std::error::Error::source(&cause)
        .expect("it has one")
        .to_string();
    let recorded = Http::from(cause);
    assert_eq!((recorded.verdict(), recorded.status()), (verdict, None));
    assert!(recorded.to_string().contains(&source), "{recorded}");
}

#[tokio::test]
async fn a_connection_that_is_refused_has_sent_nothing() {
    let failure = failure(nobody().await).await;
    assert!(failure.is_connect(), "{failure:?}");
    is_recorded(failure, Verdict::Transient);
}

#[tokio::test]
async fn a_connection_that_is_lost_before_the_response_leaves_doubt() {
    for heard in ["", "HTTP/1.1 200 OK\r\nContent-Le"] {
        let failure = failure(answers_and_resets(heard).await).await;
        is_recorded(failure, Verdict::Unknown);
    }
}

#[tokio::test]
async fn an_answer_that_cannot_be_read_leaves_doubt() {
    let failure = failure(answers_and_resets("no HTTP\r\n\r\n").await).await;
    is_recorded(failure, Verdict::Unknown);
}

/// The connection was closed while nobody looked.
#[tokio::test]
async fn a_request_that_was_never_started_was_not_sent() {
    let address = silent().await;
    let stream = TokioIo::new(TcpStream::connect(address).await.unwrap());
    let (mut sender, connection) = http1::handshake(stream).await.unwrap();
    drop(connection);
    let failure = sender.send_request(request(address)).await.unwrap_err();
    assert!(failure.is_canceled(), "{failure:?}");
    assert_eq!(error(&failure), Verdict::Transient);
    assert_eq!(Http::from(failure).verdict(), Verdict::Transient);
}

#[tokio::test]
async fn a_request_whose_connection_is_dropped_after_it_was_sent_leaves_doubt() {
    let listener = listen().await;
    let address = listener.local_addr().unwrap();
    let stream = TokioIo::new(TcpStream::connect(address).await.unwrap());
    let (mut sender, connection) = http1::handshake(stream).await.unwrap();
    let connection = tokio::spawn(connection);
    let answer = sender.send_request(request(address));
    let (mut server, _) = listener.accept().await.unwrap();
    read_head(&mut server).await;
    connection.abort();
    let failure = answer.await.unwrap_err();
    assert!(!failure.is_canceled(), "{failure:?}");
    assert_eq!(error(&failure), Verdict::Unknown);
}
