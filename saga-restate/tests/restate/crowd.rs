//! A service that is asked for more lines than it may open.

use crate::world::World;
use bytes::Bytes;
use http_body_util::Empty;
use hyper::client::conn::http2;
use hyper_util::rt::{TokioExecutor, TokioIo};
use restate_sdk::endpoint::Endpoint;
use std::{
    convert::Infallible,
    env,
    io::{BufRead as _, BufReader, Read, stdin},
    process::{Command, Stdio},
};
use tokio::net::{TcpListener, TcpStream};
use typed_saga::saga;
use typed_saga_restate::{serve, workflow};

saga! {
    #[classify(typed_saga::transient)]
    #[timeout(1s)]
    durable saga Crowd() with (world: World) -> Result<(), Infallible> {
        read calls(world) -> String { Ok(world.calls()) }

        let _ = calls;
    }
}

/// Set in the process of the service.
const SERVICE: &str = "SAGA_RESTATE_CROWD";
const TEST: &str = "crowd::a_service_without_room_goes_on_and_accepts_when_there_is_some";

/// Serves until nobody holds its standard input.
async fn service() {
    let services = CrowdServices {
        world: World::default(),
    };
    let flow = workflow::<Crowd>(services).service().unwrap();
    let endpoint = Endpoint::builder().bind(flow).build();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    println!("\nport {}", listener.local_addr().unwrap().port());
    let closed = tokio::task::spawn_blocking(|| stdin().read(&mut [0]));
    serve(endpoint, listener, closed).await;
}

type Line = http2::SendRequest<Empty<Bytes>>;

async fn line(port: u16) -> Line {
    let stream = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
    let line = http2::handshake(TokioExecutor::new(), TokioIo::new(stream)).await;
    let (line, driver) = line.unwrap();
    tokio::spawn(driver);
    line
}

async fn answers(line: &mut Line) -> bool {
    let request = http::Request::get("http://localhost/discover");
    let request = request.body(Empty::new()).unwrap();
    line.send_request(request).await.is_ok()
}

/// The rest of the first line that begins so.
fn said(by: impl Read, begins: &str) -> String {
    let mut lines = BufReader::new(by).lines().map_while(Result::ok);
    let found = lines.find_map(|line| Some(line.strip_prefix(begins)?.to_owned()));
    found.unwrap_or_else(|| panic!("it ended without the word: {begins}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_without_room_goes_on_and_accepts_when_there_is_some() {
    if env::var_os(SERVICE).is_some() {
        return service().await;
    }
    let mut process = Command::new("sh")
        .args(["-c", r#"ulimit -n 64; exec "$0" --exact "$1" --nocapture"#])
        .arg(env::current_exe().unwrap())
        .arg(TEST)
        .env(SERVICE, "1")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut out = process.stdout.take().unwrap();
    let port = said(&mut out, "port ").parse().unwrap();
    let mut first = line(port).await;
    assert!(answers(&mut first).await);

    let mut crowd = Vec::new();
    for _ in 0..80 {
        crowd.push(TcpStream::connect(("127.0.0.1", port)).await.unwrap());
    }
    let mut err = process.stderr.take().unwrap();
    said(
        &mut err,
        "typed-saga-restate: no connection can be accepted",
    );
    assert!(answers(&mut first).await, "it has lost a line");
    drop(crowd);
    assert!(answers(&mut line(port).await).await);

    drop(process.stdin.take());
    assert!(process.wait().unwrap().success());
}
