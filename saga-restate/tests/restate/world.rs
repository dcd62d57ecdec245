//! A small world outside, and services that the server knows.

use crate::server::Server;
use restate_sdk::endpoint::Endpoint;
use std::{
    borrow::Cow,
    collections::BTreeMap,
    fmt,
    sync::{Arc, Mutex, MutexGuard, OnceLock},
    time::Duration,
};
use tokio::{
    net::{TcpListener, TcpSocket},
    task::JoinHandle,
    time::sleep,
};
use typed_saga::{
    Key, Verdict,
    runtime::{Durable, Services},
};
use typed_saga_restate::{Client, Workflow, serve, workflow};

/// Why a call fails.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(crate) struct Trouble(pub(crate) Verdict, pub(crate) Cow<'static, str>);

impl Trouble {
    pub(crate) fn verdict(&self) -> Verdict {
        self.0
    }
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.1)
    }
}

/// What was called, in order, and what stands under which key.
#[derive(Clone, Debug, Default)]
pub(crate) struct World(Arc<Mutex<Ledger>>);

#[derive(Debug, Default)]
pub(crate) struct Ledger {
    pub(crate) calls: Vec<String>,
    pub(crate) standing: BTreeMap<String, String>,
    /// What is to go wrong with a call, in order, by its name.
    trouble: BTreeMap<String, Vec<Trouble>>,
    /// How long a call takes, by its name.
    takes: BTreeMap<String, Duration>,
}

impl World {
    pub(crate) fn ledger(&self) -> MutexGuard<'_, Ledger> {
        self.0.lock().unwrap()
    }

    pub(crate) fn fails(&self, call: &str, trouble: Trouble) {
        let mut ledger = self.ledger();
        ledger
            .trouble
            .entry(call.to_owned())
            .or_default()
            .push(trouble);
    }

    pub(crate) fn takes(&self, call: &str, time: Duration) {
        self.ledger().takes.insert(call.to_owned(), time);
    }

    /// Calls the world: `+name` puts something up, `-name` takes it down.
    pub(crate) async fn call(&self, call: &str, key: &Key) -> Result<u32, Trouble> {
        let takes = {
            let mut ledger = self.ledger();
            ledger.calls.push(call.to_owned());
            let trouble = ledger.trouble.get_mut(call).filter(|left| !left.is_empty());
            if let Some(trouble) = trouble {
                return Err(trouble.remove(0));
            }
            if let Some(what) = call.strip_prefix('+') {
                ledger.standing.insert(key.to_string(), what.to_owned());
            } else if call.starts_with('-') {
                ledger.standing.remove(key.as_str());
            }
            ledger.takes.get(call).copied()
        };
        if let Some(takes) = takes {
            sleep(takes).await;
        }
        Ok(1)
    }

    pub(crate) fn found(&self, key: &Key) -> Option<u32> {
        self.ledger()
            .standing
            .contains_key(key.as_str())
            .then_some(1)
    }

    pub(crate) fn calls(&self) -> String {
        self.ledger().calls.join(" ")
    }

    pub(crate) async fn called(&self, call: &str) {
        until(|| self.ledger().calls.iter().any(|it| it == call)).await;
    }

    pub(crate) fn standing(&self) -> Vec<String> {
        self.ledger().standing.values().cloned().collect()
    }
}

/// Waits until something is so.
pub(crate) async fn until(mut is: impl FnMut() -> bool) {
    for _ in 0..3000 {
        if is() {
            return;
        }
        sleep(Duration::from_millis(10)).await;
    }
    panic!("that did not come");
}

/// The server that the tests of this process share, one after the other: a name of a saga is known
/// under one address at a time.
pub(crate) struct Turn {
    server: &'static Server,
    _turn: tokio::sync::MutexGuard<'static, ()>,
}

impl std::ops::Deref for Turn {
    type Target = Server;

    fn deref(&self) -> &Server {
        self.server
    }
}

pub(crate) async fn server() -> Option<Turn> {
    static SERVER: OnceLock<Option<Server>> = OnceLock::new();
    static TURN: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());
    let turn = TURN.lock().await;
    let server = SERVER.get_or_init(Server::start).as_ref()?;
    Some(Turn {
        server,
        _turn: turn,
    })
}

/// A service on a port of its own; dropped it is as if its process had ended.
pub(crate) struct Service {
    pub(crate) port: u16,
    task: JoinHandle<()>,
}

impl Drop for Service {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// The guard of all workflows here.
pub(crate) const GUARD: Duration = Duration::from_millis(500);

pub(crate) fn flow<S: Durable>(services: impl Services<S>) -> Workflow<S> {
    workflow::<S>(services).guard(GUARD)
}

/// Serves a workflow under an address that is free, or that it had before, and has the server know.
pub(crate) async fn service<S: Durable>(
    server: &Server,
    flow: Workflow<S>,
    port: Option<u16>,
) -> Service {
    let endpoint = Endpoint::builder().bind(flow.service().unwrap()).build();
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_reuseaddr(true).unwrap();
    socket
        .bind(([127, 0, 0, 1], port.unwrap_or(0)).into())
        .unwrap();
    let listener: TcpListener = socket.listen(1024).unwrap();
    let port = listener.local_addr().unwrap().port();
    let task = tokio::spawn(serve(endpoint, listener, std::future::pending::<()>()));
    let admin = server.admin;
    tokio::task::block_in_place(|| server.register(port));
    assert_ne!(admin, port);
    Service { port, task }
}

pub(crate) fn client(server: &Server) -> Client {
    Client::connect(&server.url()).unwrap()
}
