//! A pooler between a worker and the server: `PgBouncer`, and one that hides its mode, as a busy one does
//! now and then.

use crate::trouble::is_taken_over;
use saga_postgres_server::{Pooler, Server};
use std::{
    io::{self, ErrorKind, Read, Write},
    net::{TcpListener, TcpStream},
    sync::{Arc, Mutex},
    thread,
    time::Duration,
};
use typed_saga_conformance::run_shared;
use typed_saga_engine::{Filter, ReadStore, StoreError};
use typed_saga_postgres::{Options, Postgres};

/// What is said of each that gives a worker no connection of its own.
const REFUSED: &str = "the store is not available: a pooler gives each transaction another connection of the server: \
                       set it to session mode for this role, or connect without it";

fn why(result: Result<Postgres, StoreError>) -> String {
    result.unwrap_err().to_string()
}

fn schemas(server: &Server) -> String {
    let made = "SELECT count(*) FROM pg_namespace WHERE nspname = 'saga'";
    server.sql("d0", made)
}

/// In statement mode, `PgBouncer` answers `BEGIN` with "transaction blocks not allowed in statement pooling
/// mode", as a violation of the protocol, and cuts the client off.
#[tokio::test]
async fn a_pooler_in_transaction_mode_is_refused_before_anything_is_done() {
    let Some(server) = Server::start(&["fsync=off"]) else {
        return;
    };
    drop(server.database());
    for settings in [
        ["pool_mode=transaction", "server_round_robin=0"],
        ["pool_mode=transaction", "server_round_robin=1"],
        ["pool_mode=statement", "server_round_robin=0"],
    ] {
        let Some(pooler) = Pooler::start(&server, &settings) else {
            return;
        };
        let url = pooler.url("d0");
        // The second time it has connections left of the first one.
        for options in [
            Options::new().application("test"),
            Options::new()
                .application("test")
                .migrate(false)
                .standby(true),
        ] {
            assert_eq!(why(options.connect(&url).await), REFUSED, "{settings:?}");
        }
        assert_eq!(schemas(&server), "0", "{settings:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_pooler_in_session_mode_is_as_good_as_none() {
    let Some(server) = Server::start(&["fsync=off", "max_connections=500"]) else {
        return;
    };
    // Each rule has a database of its own, and many connections.
    let settings = [
        "pool_mode=session",
        "default_pool_size=100",
        "max_client_conn=500",
        "server_idle_timeout=1",
    ];
    let Some(pooler) = Pooler::start(&server, &settings) else {
        return;
    };
    let empty = async || {
        let url = server.database();
        let (_, name) = url.rsplit_once('/').unwrap();
        Postgres::connect(&pooler.url(name), "test").await.unwrap()
    };
    run_shared(empty, Duration::from_millis(400)).await;
}

/// That there is no second connection, by which a pooler would show its mode, is no reason to refuse it.
/// `PgBouncer` resets the connection before the next client has it (`server_reset_query`).
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_connection_is_enough_to_look_and_is_handed_on_as_it_was() {
    let Some(server) = Server::start(&["fsync=off"]) else {
        return;
    };
    drop(server.database());
    let settings = ["pool_mode=session", "default_pool_size=1"];
    let Some(pooler) = Pooler::start(&server, &settings) else {
        return;
    };
    let store = Postgres::connect(&pooler.url("d0"), "test").await.unwrap();
    assert_eq!(store.list(Filter::default()).await.unwrap(), []);
    drop(store);
    let set = "SELECT string_agg(name, ',') FROM pg_settings
               WHERE source = 'session' AND name <> 'application_name'";
    assert_eq!(server.sql_at(&pooler.url("d0"), set), "");
}

/// A worker's connections are found by their name, to which `PgBouncer` may add where its client is.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_stalls_behind_a_pooler_is_taken_over() {
    let Some(server) = Server::start(&["fsync=off"]) else {
        return;
    };
    drop(server.database());
    for adds in ["application_name_add_host=0", "application_name_add_host=1"] {
        let settings = ["pool_mode=session", adds];
        let Some(pooler) = Pooler::start(&server, &settings) else {
            return;
        };
        is_taken_over(&pooler.url("d0")).await;
        server.sql("d0", "DROP SCHEMA saga CASCADE");
    }
}

/// A pooler in transaction mode. A new client gets a new connection of the server, as if all others were
/// in use; then each request gets the connection that was given back last.
#[derive(Clone)]
struct Busy {
    server: u16,
    free: Arc<Mutex<Vec<TcpStream>>>,
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

impl Busy {
    /// Returns where it listens.
    fn start(server: &Server) -> u16 {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let pooler = Self {
            server: server.port(),
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

    /// A connection of the server, and what that says first.
    fn open(&self, startup: &[u8]) -> io::Result<(TcpStream, Vec<u8>)> {
        let mut stream = TcpStream::connect(("127.0.0.1", self.server))?;
        stream.write_all(startup)?;
        let greeting = answer(&mut stream)?;
        Ok((stream, greeting))
    }

    fn take(&self, startup: &[u8]) -> io::Result<TcpStream> {
        if let Some(free) = self.free.lock().unwrap().pop() {
            return Ok(free);
        }
        Ok(self.open(startup)?.0)
    }

    fn serve(&self, mut client: TcpStream) -> io::Result<()> {
        let startup = message(&mut client, false)?;
        let (stream, mut said) = self.open(&startup)?;
        let mut own = Some(stream);
        loop {
            // Before the client can do anything more.
            if said.ends_with(&[IDLE]) {
                self.free.lock().unwrap().extend(own.take());
            }
            client.write_all(&said)?;
            let asked = request(&mut client)?;
            let mut backend = match own.take() {
                Some(backend) => backend,
                None => self.take(&startup)?,
            };
            backend.write_all(&asked)?;
            said = answer(&mut backend)?;
            own = Some(backend);
        }
    }
}

#[tokio::test]
async fn a_busy_pooler_in_transaction_mode_is_noticed_too() {
    let Some(server) = Server::start(&["fsync=off"]) else {
        return;
    };
    drop(server.database());
    let port = Busy::start(&server);
    let url = format!("postgres://postgres@127.0.0.1:{port}/d0?sslmode=disable");
    assert_eq!(why(Postgres::connect(&url, "test").await), REFUSED);
    assert_eq!(schemas(&server), "0");
}
