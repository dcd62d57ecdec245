//! The listener of a service.

use hyper::server::conn::http2;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use restate_sdk::{endpoint::Endpoint, hyper::HyperEndpoint};
use std::{future::Future, io, time::Duration};
use tokio::{net::TcpListener, task::JoinSet};

/// How often a silent line is asked whether it is alive, and how long it may take to answer.
const PING: (Duration, Duration) = (Duration::from_secs(5), Duration::from_secs(5));

/// Each saga under way is a stream, and one that waits for a while, too.
const STREAMS: u32 = 1 << 16;

/// Serves an endpoint until `stop`. Sagas that run then are as if the process had ended: they go on
/// elsewhere, or when it is back.
///
/// Beside the SDK's `HttpServer` it sends what there is to send at once (`TCP_NODELAY`: without it a
/// commit takes 20 ms more), and notices dead lines, whose calls it drops.
///
/// # Errors
/// If the listener has no more connections to give.
pub async fn serve(endpoint: Endpoint, listener: TcpListener, stop: impl Future) -> io::Result<()> {
    let endpoint = HyperEndpoint::new(endpoint);
    let mut lines = JoinSet::new();
    let mut stop = std::pin::pin!(stop);
    loop {
        let stream = tokio::select! {
            accepted = listener.accept() => accepted?.0,
            Some(_) = lines.join_next() => continue,
            _ = &mut stop => return Ok(()),
        };
        stream.set_nodelay(true)?;
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
