//! The tables of the documentation, and servers that fail.

use std::net::SocketAddr;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpSocket, TcpStream};

/// One row: what is set as code in its first column, and its verdict.
pub(crate) struct Row {
    pub(crate) codes: Vec<String>,
    pub(crate) verdict: String,
}

/// The rows of the table in `source` whose head is `head`. What stands after a "but" is left out.
pub(crate) fn table(source: &str, head: &str) -> Vec<Row> {
    let head = format!("/// | {head} | verdict | why |");
    let (_, rows) = source.split_once(&head).expect("the table");
    let rows = rows.lines().skip(2);
    rows.take_while(|row| row.starts_with("/// |"))
        .map(|row| {
            let cells: Vec<_> = row["/// | ".len()..].split(" | ").collect();
            let is_meant = |before: &str| !before.ends_with("but ");
            let parts: Vec<_> = cells[0].split('`').collect();
            let codes = parts.chunks_exact(2).filter(|pair| is_meant(pair[0]));
            let codes = codes.map(|pair| pair[1].to_owned());
            Row {
                codes: codes.collect(),
                verdict: cells[1].trim_matches('`').to_owned(),
            }
        })
        .collect()
}

/// An address on which nobody listens.
pub(crate) async fn nobody() -> SocketAddr {
    let listener = listen().await;
    listener.local_addr().unwrap()
}

pub(crate) async fn listen() -> TcpListener {
    TcpListener::bind("127.0.0.1:0").await.unwrap()
}

/// A server that reads a request of HTTP/1.1 without a body, answers with `answer`, and resets the
/// connection.
pub(crate) async fn answers_and_resets(answer: &'static str) -> SocketAddr {
    let listener = listen().await;
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        loop {
            let (mut connection, _) = listener.accept().await.unwrap();
            read_head(&mut connection).await;
            connection.write_all(answer.as_bytes()).await.unwrap();
            reset(connection);
        }
    });
    address
}

/// A server that takes what is sent, and never answers.
pub(crate) async fn silent() -> SocketAddr {
    let listener = listen().await;
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let mut taken = Vec::new();
        loop {
            taken.push(listener.accept().await.unwrap());
        }
    });
    address
}

/// An address at which connections are neither made nor refused: the queue of those that wait to be
/// accepted is full. Keep what fills it.
pub(crate) async fn full() -> (SocketAddr, impl Sized) {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let listener = socket.listen(0).unwrap();
    let address = listener.local_addr().unwrap();
    let first = TcpStream::connect(address).await.unwrap();
    (address, (listener, first))
}

pub(crate) async fn read_head(connection: &mut TcpStream) {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(connection.read_u8().await.unwrap());
    }
}

/// Closes the connection so that the other side sees a reset, instead of an end.
pub(crate) fn reset(connection: TcpStream) {
    connection.set_zero_linger().unwrap();
    drop(connection);
}
