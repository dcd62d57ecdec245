//! The listener of a service.

use hyper::server::conn::http2;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use restate_sdk::{endpoint::Endpoint, hyper::HyperEndpoint};
use std::{
    future::Future,
    io::{self, ErrorKind, Write as _},
    time::Duration,
};
use tokio::{
    net::{TcpListener, TcpStream},
    task::JoinSet,
    time::sleep,
};

/// How often a silent line is asked whether it is alive, and how long it may take to answer.
const PING: (Duration, Duration) = (Duration::from_secs(5), Duration::from_secs(5));

/// Each saga under way is a stream, and one that waits for a while, too.
const STREAMS: u32 = 1 << 16;

/// How long it waits where there is no room for another line.
const PAUSE: Duration = Duration::from_secs(1);

/// Serves an endpoint until `stop`. Sagas that run then are as if the process had ended: they go on
/// elsewhere, or when it is back.
///
/// Beside the SDK's `HttpServer` it sends what there is to send at once (`TCP_NODELAY`: without it a
/// commit takes 20 ms more), and notices dead lines, whose calls it drops. A line that cannot be
/// accepted ends no other: if there is no room for more, it says so on standard error, and tries again
/// each second.
pub async fn serve(endpoint: Endpoint, listener: TcpListener, stop: impl Future) {
    let endpoint = HyperEndpoint::new(endpoint);
    let (mut lines, mut full) = (JoinSet::new(), false);
    let mut stop = std::pin::pin!(stop);
    loop {
        let stream = tokio::select! {
            stream = accept(&listener, &mut full) => stream,
            Some(_) = lines.join_next() => continue,
            _ = &mut stop => return,
        };
        // Of a line that is gone already, this fails.
        drop(stream.set_nodelay(true));
        let line = http2::Builder::new(TokioExecutor::new())
            .timer(TokioTimer::new())
            .keep_alive_interval(PING.0)
            .keep_alive_timeout(PING.1)
            .max_concurrent_streams(STREAMS)
            .serve_connection(TokioIo::new(stream), endpoint.clone());
        lines.spawn(async move {
            // A line that breaks is the server's to make anew.
            drop(line.await);
        });
    }
}

/// The next line. `full`: whether it has been said that there is no room.
async fn accept(listener: &TcpListener, full: &mut bool) -> TcpStream {
    loop {
        let error = match listener.accept().await {
            Ok((stream, _)) => {
                *full = false;
                return stream;
            }
            Err(error) => error,
        };
        if is_of_one_line(&error) {
            continue;
        }
        if !*full {
            *full = true;
            // Nobody hears it if that fails.
            drop(writeln!(
                io::stderr(),
                "typed-saga-restate: no connection can be accepted, and it is tried again each second: {error}"
            ));
        }
        sleep(PAUSE).await;
    }
}

/// Whether somebody went away before they were heard: the next one may be there.
fn is_of_one_line(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::ConnectionRefused | ErrorKind::ConnectionAborted | ErrorKind::ConnectionReset
    )
}
