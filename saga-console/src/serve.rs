//! A server for a console on its own. A client that sends nothing, sends slowly or connects too
//! often does not keep others out.

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    service::TowerToHyperService,
};
use std::{
    collections::HashMap,
    net::{IpAddr, Ipv6Addr},
    pin::pin,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::{
    net::{TcpListener, TcpStream},
    select,
    task::JoinSet,
    time::{sleep, timeout},
};

/// The time limits of a connection.
#[derive(Clone, Copy)]
struct Limits {
    /// The head of a request, from the end of the one before.
    head: Duration,
    /// All of it: browsers open another one, and whoever does not read what is answered holds it no
    /// longer than this.
    life: Duration,
}

const LIMITS: Limits = Limits {
    head: Duration::from_secs(10),
    life: Duration::from_secs(600),
};
/// The maximum number of connections of an address: as many as there are requests and open pages,
/// and some more, because all visitors of a proxy have its address.
const EACH: usize = 128;
/// The time for which no connection is accepted after a failure, such as a lack of file handles.
const AGAIN: Duration = Duration::from_millis(50);

/// Serves a console, or a service that it is mounted in, by HTTP/1, until the future is dropped,
/// which ends all connections.
///
/// A connection is ended if no head of a request is complete within 10 seconds, from the start of the
/// connection or from the answer before. It is also ended when it is 10 minutes old: the request that
/// it is at then has 10 seconds left. An address may have 128 connections, and further ones are closed
/// at once. An address is one of IPv4, or the first half of one of IPv6, which is what a provider gives
/// to one customer. While the process can open no further file, connections wait.
///
/// axum's own server has no such limits, and suits where a proxy in front has them.
pub async fn serve(listener: TcpListener, console: Router) {
    let peers = Peers::default();
    let mut connections = JoinSet::new();
    loop {
        let Ok((stream, address)) = listener.accept().await else {
            sleep(AGAIN).await;
            continue;
        };
        // Forgets those that have ended.
        while connections.try_join_next().is_some() {}
        if let Some(place) = peers.place(address.ip()) {
            connections.spawn(connection(stream, console.clone(), place, LIMITS));
        }
    }
}

async fn connection(stream: TcpStream, console: Router, _place: Seat, limits: Limits) {
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.head)
        .serve_connection(TokioIo::new(stream), TowerToHyperService::new(console));
    let mut connection = pin!(connection);
    // A failure of a connection concerns its client alone.
    select! {
        _ = connection.as_mut() => return,
        () = sleep(limits.life) => {}
    }
    connection.as_mut().graceful_shutdown();
    let _ = timeout(limits.head, connection).await;
}

/// The number of connections of each address.
#[derive(Clone, Default)]
struct Peers(Arc<Mutex<HashMap<IpAddr, usize>>>);

/// One of the connections that an address may have.
struct Seat {
    peers: Peers,
    address: IpAddr,
}

impl Peers {
    fn with<T>(&self, act: impl FnOnce(&mut HashMap<IpAddr, usize>) -> T) -> T {
        act(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn place(&self, address: IpAddr) -> Option<Seat> {
        let address = peer(address);
        self.with(|peers| {
            let taken = peers.entry(address).or_default();
            (*taken < EACH).then(|| *taken += 1)
        })?;
        let peers = self.clone();
        Some(Seat { peers, address })
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.peers.with(|peers| {
            if let Some(taken) = peers.get_mut(&self.address) {
                *taken -= 1;
                if *taken == 0 {
                    peers.remove(&self.address);
                }
            }
        });
    }
}

/// Whom an address belongs to.
fn peer(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => {
            let half = u128::from(address) >> 64 << 64;
            Ipv6Addr::from(half).into()
        }
        address @ IpAddr::V4(_) => address,
    }
}

#[cfg(test)]
mod tests {
    use super::{EACH, Limits, Peers, connection};
    use axum::{Router, body::Body, routing::get};
    use futures_util::stream;
    use std::{convert::Infallible, time::Duration};
    use tokio::{
        io::{AsyncReadExt as _, AsyncWriteExt as _},
        net::{TcpListener, TcpStream},
    };

    #[tokio::test]
    async fn an_answer_without_end_is_ended_with_its_connection() {
        let endless = async || Body::from_stream(stream::pending::<Result<&str, Infallible>>());
        let console = Router::new().route("/", get(endless));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let mut client = TcpStream::connect(address).await.unwrap();
        let (stream, peer) = listener.accept().await.unwrap();
        let place = Peers::default().place(peer.ip()).unwrap();
        client
            .write_all(b"GET / HTTP/1.1\r\nhost: console\r\n\r\n")
            .await
            .unwrap();
        let second = Duration::from_secs(1);
        let limits = Limits {
            head: second,
            life: second,
        };
        tokio::spawn(connection(stream, console, place, limits));
        let mut answer = Vec::new();
        let _ = client.read_to_end(&mut answer).await;
        assert!(answer.starts_with(b"HTTP/1.1 200 OK"), "{answer:?}");
    }

    #[test]
    fn each_has_so_many_places_and_gives_them_back() {
        let peers = Peers::default();
        let place = |address: &str| peers.place(address.parse().unwrap());
        let taken: Vec<_> = (0..EACH).map(|_| place("10.0.0.1")).collect();
        assert!(taken.iter().all(Option::is_some));
        assert!(place("10.0.0.1").is_none());
        assert!(place("::ffff:10.0.0.1").is_none());
        assert!(place("10.0.0.2").is_some());
        drop(taken);
        assert!(place("10.0.0.1").is_some());
        assert!(peers.with(|peers| peers.is_empty()));
        let taken: Vec<_> = (0..EACH).map(|_| place("2001:db8:0:1::1")).collect();
        assert!(place("2001:db8:0:1:ffff::2").is_none());
        assert!(place("2001:db8:0:2::1").is_some());
        drop(taken);
    }
}
