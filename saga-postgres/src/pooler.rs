//! Whether a pooler in between gives each transaction another connection of the server.

use crate::{error, line::Connector};
use saga_engine::StoreError;
use std::time::Duration;
use tokio::time::timeout;
use tokio_postgres::{Client, Error, SimpleQueryMessage};

/// How long the other connection may take to answer. A pooler in session mode may have none of the
/// server's left for it, which is no reason to wait.
const PATIENCE: Duration = Duration::from_secs(2);

/// What the operator reads.
const TRANSACTIONS: &str = "a pooler gives each transaction another connection of the server: \
     set it to session mode for this role, or connect without it";

/// Refuses a pooler in transaction mode, before anything is prepared or set on a connection: a prepared
/// statement would be missing sooner or later, and a setting would reach other programs.
///
/// While another connection is within a transaction, a connection that has the server's to itself still
/// has the same one, and the other has another one. A connection that cannot be made proves nothing.
pub(crate) async fn check(connector: &Connector, client: &Client) -> Result<(), StoreError> {
    let own = backend(client, "").await.map_err(error::of)?;
    let Ok(Ok((other, task))) = timeout(PATIENCE, connector.connect("saga", true)).await else {
        return Ok(());
    };
    let shared = timeout(PATIENCE, is_shared(client, &other, own.as_deref())).await;
    task.abort();
    match shared {
        Ok(Ok(true)) => Err(StoreError::unavailable(TRANSACTIONS)),
        Ok(Ok(false)) | Err(_) => Ok(()),
        Ok(Err(error)) => Err(error::of(error)),
    }
}

async fn is_shared(client: &Client, other: &Client, own: Option<&str>) -> Result<bool, Error> {
    // It stays open until the connection ends.
    if backend(other, "BEGIN; ").await?.as_deref() == own {
        return Ok(true);
    }
    for _ in 0..2 {
        if backend(client, "").await?.as_deref() != own {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The process of the server that answers, as a text. The query is a simple one: a pooler may not know
/// others.
async fn backend(client: &Client, begin: &str) -> Result<Option<String>, Error> {
    let sql = format!("{begin}SELECT pg_backend_pid()");
    let said = client.simple_query(&sql).await?;
    Ok(said.iter().find_map(|message| match message {
        SimpleQueryMessage::Row(row) => row.get(0).map(str::to_owned),
        _ => None,
    }))
}
