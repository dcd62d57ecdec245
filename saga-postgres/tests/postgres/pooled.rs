//! A pooler between a worker and the server.

use saga_engine::{Filter, ReadStore, StoreError};
use saga_postgres::{Options, Postgres};
use saga_postgres_server::Server;
use std::{
    io::{self, ErrorKind, Read, Write},
    net::{TcpListener, TcpStream},
    sync::{Arc, Mutex},
    thread,
};

/// When a client gives back the connection of the server that it has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mode {
    Session,
    Transaction,
}

/// A connection of the server, and what the server has said to it first.
struct Backend {
    stream: TcpStream,
    greeting: Vec<u8>,
}

/// As `PgBouncer`, it gives out first what was given back last.
#[derive(Clone)]
struct Pooler {
    server: u16,
    mode: Mode,
    free: Arc<Mutex<Vec<Backend>>>,
}

/// The answer to a request ends with this message, which says whether a transaction is open.
const READY: u8 = b'Z';
const IDLE: u8 = b'I';

/// A message, with its kind, which the first one of a client has not.
fn message(stream: &mut TcpStream, has_kind: bool) -> io::Result<Vec<u8>> {
    let mut head = vec![0; 4 + usize::from(has_kind)];
    stream.read_exact(&mut head)?;
    let length = head[head.len() - 4..].try_into().expect("four bytes");
    let rest = u32::from_be_bytes(length) - 4;
    let mut body = vec![0; usize::try_from(rest).expect("it is short")];
    stream.read_exact(&mut body)?;
    head.append(&mut body);
    Ok(head)
}

/// All messages until the server is ready.
fn answer(stream: &mut TcpStream) -> io::Result<Vec<u8>> {
    let mut all = Vec::new();
    loop {
        let one = message(stream, true)?;
        all.extend_from_slice(&one);
        if one[0] == READY {
            return Ok(all);
        }
    }
}

/// All messages of a client until it wants an answer.
fn request(client: &mut TcpStream) -> io::Result<Vec<u8>> {
    let mut all = Vec::new();
    loop {
        let one = message(client, true)?;
        all.extend_from_slice(&one);
        match one[0] {
            b'Q' | b'S' => return Ok(all),
            b'X' => return Err(ErrorKind::ConnectionAborted.into()),
            _ => {}
        }
    }
}

impl Pooler {
    /// Returns where it listens.
    fn start(server: &Server, mode: Mode) -> u16 {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let pooler = Self {
            server: server.port(),
            mode,
            free: Arc::default(),
        };
        thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                let pooler = pooler.clone();
                // It ends when either side has gone.
                thread::spawn(move || drop(pooler.serve(client)));
            }
        });
        port
    }

    fn take(&self, startup: &[u8]) -> io::Result<Backend> {
        if let Some(free) = self.free.lock().unwrap().pop() {
            return Ok(free);
        }
        let mut stream = TcpStream::connect(("127.0.0.1", self.server))?;
        stream.write_all(startup)?;
        let greeting = answer(&mut stream)?;
        Ok(Backend { stream, greeting })
    }

    fn serve(&self, mut client: TcpStream) -> io::Result<()> {
        let startup = message(&mut client, false)?;
        let first = self.take(&startup)?;
        let mut said = first.greeting.clone();
        let mut own = Some(first);
        loop {
            client.write_all(&said)?;
            if self.mode == Mode::Transaction && said.ends_with(&[IDLE]) {
                self.free.lock().unwrap().extend(own.take());
            }
            let asked = request(&mut client)?;
            let mut backend = match own.take() {
                Some(backend) => backend,
                None => self.take(&startup)?,
            };
            backend.stream.write_all(&asked)?;
            said = answer(&mut backend.stream)?;
            own = Some(backend);
        }
    }
}

/// How a worker connects through a pooler.
async fn connect(server: &Server, mode: Mode) -> Result<Postgres, StoreError> {
    let port = Pooler::start(server, mode);
    let url = format!("postgres://postgres@127.0.0.1:{port}/d0?sslmode=disable");
    Options::new().connect(&url).await
}

#[tokio::test]
async fn a_pooler_in_transaction_mode_is_refused_before_anything_is_done() {
    let Some(server) = Server::start(&["fsync=off"]) else {
        return;
    };
    drop(server.database());
    let told = connect(&server, Mode::Transaction).await.unwrap_err();
    assert_eq!(
        told.to_string(),
        "the store is not available: a pooler gives each transaction another connection of the server: \
         set it to session mode for this role, or connect without it"
    );
    let made = server.sql(
        "d0",
        "SELECT count(*) FROM pg_namespace WHERE nspname = 'saga'",
    );
    assert_eq!(made, "0");
}

#[tokio::test]
async fn a_pooler_in_session_mode_is_as_good_as_none() {
    let Some(server) = Server::start(&["fsync=off"]) else {
        return;
    };
    drop(server.database());
    let store = connect(&server, Mode::Session).await.unwrap();
    assert_eq!(store.list(Filter::default()).await.unwrap(), []);
}
