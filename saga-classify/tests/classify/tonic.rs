//! gRPC: each row of the table, and what a real client reports of a real server and of connections
//! that fail.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::future::{self, Future};
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use crate::common::{full, listen, nobody, reset, table};
use bytes::{Buf, BufMut};
use tokio::io::{AsyncReadExt, copy_bidirectional};
use tokio::net::TcpStream;
use tonic::body::Body;
use tonic::codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder};
use tonic::server::{NamedService, UnaryService};
use tonic::transport::{Endpoint, Server, server::TcpIncoming};
use tonic::{Code, Request, Response, Status};
use typed_saga::Verdict;
use typed_saga_classify::tonic::status;

/// Messages are bytes.
#[derive(Clone, Copy, Default)]
struct Bytes;

impl Codec for Bytes {
    type Encode = Vec<u8>;
    type Decode = Vec<u8>;
    type Encoder = Self;
    type Decoder = Self;

    fn encoder(&mut self) -> Self {
        *self
    }

    fn decoder(&mut self) -> Self {
        *self
    }
}

impl Encoder for Bytes {
    type Item = Vec<u8>;
    type Error = Status;

    fn encode(&mut self, item: Vec<u8>, buffer: &mut EncodeBuf<'_>) -> Result<(), Status> {
        buffer.put_slice(&item);
        Ok(())
    }
}

impl Decoder for Bytes {
    type Item = Vec<u8>;
    type Error = Status;

    fn decode(&mut self, buffer: &mut DecodeBuf<'_>) -> Result<Option<Vec<u8>>, Status> {
        Ok(Some(buffer.copy_to_bytes(buffer.remaining()).to_vec()))
    }
}

type Boxed<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// Answers with the status, the size or the silence that it is asked for.
#[derive(Clone)]
struct Bank;

impl NamedService for Bank {
    const NAME: &'static str = "bank.Bank";
}

impl UnaryService<Vec<u8>> for Bank {
    type Response = Vec<u8>;
    type Future = Boxed<Result<Response<Vec<u8>>, Status>>;

    fn call(&mut self, request: Request<Vec<u8>>) -> Self::Future {
        let wish = String::from_utf8(request.into_inner()).unwrap();
        Box::pin(async move {
            match wish.split_once(' ').unwrap() {
                ("code", code) => Err(Status::new(Code::from_bytes(code.as_bytes()), "a reason")),
                ("bytes", size) => Ok(Response::new(vec![0; size.parse().unwrap()])),
                _ => future::pending().await,
            }
        })
    }
}

impl tower_service::Service<http::Request<Body>> for Bank {
    type Response = http::Response<Body>;
    type Error = Infallible;
    type Future = Boxed<Result<Self::Response, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<Body>) -> Self::Future {
        let method = request.uri().path().rsplit('/').next().unwrap_or_default();
        // As a proxy would answer, which does not know gRPC.
        if let Ok(status) = method.parse::<u16>() {
            let answer = http::Response::builder().status(status).body(Body::empty());
            return Box::pin(async move { Ok(answer.unwrap()) });
        }
        let bank = self.clone();
        Box::pin(async move { Ok(tonic::server::Grpc::new(Bytes).unary(bank, request).await) })
    }
}

async fn serve() -> SocketAddr {
    let listener = listen().await;
    let address = listener.local_addr().unwrap();
    let server = Server::builder().add_service(Bank);
    let server = server.serve_with_incoming(TcpIncoming::from(listener));
    tokio::spawn(server);
    address
}

fn endpoint(address: impl std::fmt::Display) -> Endpoint {
    Endpoint::from_shared(format!("http://{address}")).unwrap()
}

async fn ask(endpoint: Endpoint, method: &str, wish: &str) -> Result<Vec<u8>, Status> {
    let mut client = tonic::client::Grpc::new(endpoint.connect_lazy());
    client
        .ready()
        .await
        .map_err(|error| Status::from_error(error.into()))?;
    let path = format!("/bank.Bank/{method}").try_into().unwrap();
    let request = Request::new(wish.as_bytes().to_vec());
    client
        .unary(request, path, Bytes)
        .await
        .map(Response::into_inner)
}

const CODES: [(Code, &str); 17] = [
    (Code::Ok, "OK"),
    (Code::Cancelled, "CANCELLED"),
    (Code::Unknown, "UNKNOWN"),
    (Code::InvalidArgument, "INVALID_ARGUMENT"),
    (Code::DeadlineExceeded, "DEADLINE_EXCEEDED"),
    (Code::NotFound, "NOT_FOUND"),
    (Code::AlreadyExists, "ALREADY_EXISTS"),
    (Code::PermissionDenied, "PERMISSION_DENIED"),
    (Code::ResourceExhausted, "RESOURCE_EXHAUSTED"),
    (Code::FailedPrecondition, "FAILED_PRECONDITION"),
    (Code::Aborted, "ABORTED"),
    (Code::OutOfRange, "OUT_OF_RANGE"),
    (Code::Unimplemented, "UNIMPLEMENTED"),
    (Code::Internal, "INTERNAL"),
    (Code::Unavailable, "UNAVAILABLE"),
    (Code::DataLoss, "DATA_LOSS"),
    (Code::Unauthenticated, "UNAUTHENTICATED"),
];

/// The verdict of each code, as the table says.
fn said() -> BTreeMap<String, String> {
    let mut said = BTreeMap::new();
    for row in table(include_str!("../../src/tonic.rs"), "status") {
        for code in row
            .codes
            .iter()
            .filter(|code| !code.contains("ConnectError"))
        {
            let before = said.insert(code.clone(), row.verdict.clone());
            assert_eq!(before, None, "{code} stands in two rows");
        }
    }
    assert_eq!(said.len(), CODES.len());
    said
}

#[tokio::test]
async fn every_code_of_a_server_means_what_the_table_says() {
    let said = said();
    let address = serve().await;
    for (code, name) in CODES {
        assert_eq!(format!("{:?}", status(&Status::new(code, ""))), said[name]);
        if code == Code::Ok {
            continue; // no server gives it as an error
        }
        let wish = format!("code {}", code as u8);
        let answer = ask(endpoint(address), "Charge", &wish).await.unwrap_err();
        assert_eq!(answer.code(), code);
        assert_eq!(format!("{:?}", status(&answer)), said[name], "{name}");
    }
    assert_eq!(
        ask(endpoint(address), "Charge", "bytes 3").await.unwrap(),
        [0; 3]
    );
}

/// A proxy that answers in place of the service never speaks for it.
#[tokio::test]
async fn what_proxies_answer_is_no_refusal() {
    let address = serve().await;
    for proxy in 400..=599 {
        let answer = ask(endpoint(address), &proxy.to_string(), "code 0")
            .await
            .unwrap_err();
        let expected = match proxy {
            401 | 403 => Verdict::Transient,
            _ => Verdict::Unknown,
        };
        assert_eq!(status(&answer), expected, "{proxy}: {answer:?}");
    }
}

#[tokio::test]
async fn a_connection_that_is_refused_has_sent_nothing() {
    let lazy = ask(endpoint(nobody().await), "Charge", "code 0")
        .await
        .unwrap_err();
    assert_eq!(lazy.code(), Code::Unavailable);
    assert_eq!(status(&lazy), Verdict::Transient, "{lazy:?}");
}

#[tokio::test]
async fn a_name_that_is_unknown_has_sent_nothing() {
    let unknown = endpoint(format!("{}.invalid", "x".repeat(64)));
    let failure = ask(unknown, "Charge", "code 0").await.unwrap_err();
    assert_eq!(status(&failure), Verdict::Transient, "{failure:?}");
}

#[cfg(target_os = "linux")] // elsewhere the queue is longer
#[tokio::test]
async fn a_connection_that_takes_too_long_to_make_has_sent_nothing() {
    let (address, _full) = full().await;
    let impatient = endpoint(address).connect_timeout(Duration::from_millis(50));
    let failure = ask(impatient, "Charge", "code 0").await.unwrap_err();
    assert_eq!(status(&failure), Verdict::Transient, "{failure:?}");
}

#[tokio::test]
async fn a_connection_that_is_reset_leaves_doubt() {
    let listener = listen().await;
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        loop {
            let (mut connection, _) = listener.accept().await.unwrap();
            connection.read_u8().await.unwrap();
            reset(connection);
        }
    });
    let failure = ask(endpoint(address), "Charge", "code 0")
        .await
        .unwrap_err();
    assert_eq!(status(&failure), Verdict::Unknown, "{failure:?}");
}

/// The server has the call, and the connection is lost on the way.
#[tokio::test]
async fn a_connection_that_is_lost_within_a_call_leaves_doubt() {
    let server = serve().await;
    let between = listen().await;
    let address = between.local_addr().unwrap();
    tokio::spawn(async move {
        let (mut client, _) = between.accept().await.unwrap();
        let mut server = TcpStream::connect(server).await.unwrap();
        let passed_on = copy_bidirectional(&mut client, &mut server);
        drop(tokio::time::timeout(Duration::from_millis(100), passed_on).await);
        reset(client);
    });
    let failure = ask(endpoint(address), "Charge", "silence please")
        .await
        .unwrap_err();
    assert_eq!(status(&failure), Verdict::Unknown, "{failure:?}");
}

#[tokio::test]
async fn an_answer_that_does_not_come_leaves_doubt() {
    let address = serve().await;
    let impatient = endpoint(address).timeout(Duration::from_millis(50));
    let failure = ask(impatient, "Charge", "silence please")
        .await
        .unwrap_err();
    assert_eq!(failure.code(), Code::Cancelled);
    assert_eq!(status(&failure), Verdict::Unknown, "{failure:?}");
}

/// The call has succeeded, and the client itself makes an error of the answer.
#[tokio::test]
async fn an_answer_that_is_too_large_leaves_doubt() {
    let address = serve().await;
    let failure = ask(endpoint(address), "Charge", "bytes 5000000")
        .await
        .unwrap_err();
    assert_eq!(failure.code(), Code::OutOfRange);
    assert_eq!(status(&failure), Verdict::Unknown, "{failure:?}");
}
