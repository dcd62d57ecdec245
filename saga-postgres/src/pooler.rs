//! Whether a pooler in between gives each transaction another connection of the server.

use crate::{error, line::Connector};
use std::time::Duration;
use tokio::time::timeout;
use tokio_postgres::{Client, Error, SimpleQueryMessage, error::SqlState};
use typed_saga_engine::StoreError;

/// How long the other connection may take to answer. A pooler in session mode may have none of the
/// server's left for it, which is no reason to wait.
const PATIENCE: Duration = Duration::from_secs(2);

/// How often it is tried: other programs that use the pooler meanwhile may hide from one round what it does.
/// Of 1600 starts beside such programs, `PgBouncer` 1.18 hid it from one round in 37, and from four in one.
const ROUNDS: usize = 4;

/// What the operator reads.
const TRANSACTIONS: &str = "a pooler gives each transaction another connection of the server: \
     set it to session mode for this role, or connect without it";

/// Refuses a pooler in transaction or statement mode, before anything is prepared or set on a connection:
/// a prepared statement would be missing sooner or later, and a setting would reach other programs.
///
/// A connection that has the server's to itself always has the same one, whatever another connection does
/// between. A connection that cannot be made proves nothing.
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

/// Takes a connection of the server away by a transaction, and gives it back. Whether a pooler uses first
/// what was given back last, or what was given back first, the next query then gets another connection.
async fn is_shared(client: &Client, other: &Client, own: Option<&str>) -> Result<bool, Error> {
    for _ in 0..ROUNDS {
        match backend(other, "BEGIN; ").await {
            Ok(it) if it.as_deref() != own => {}
            Ok(_) => return Ok(true),
            Err(error) if has_no_transactions(&error) => return Ok(true),
            Err(error) => return Err(error),
        }
        let within = backend(client, "").await?;
        other.simple_query("COMMIT").await?;
        let after = backend(client, "").await?;
        if within.as_deref() != own || after.as_deref() != own {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Whether it is a pooler's in statement mode: `PgBouncer` calls a transaction a violation of the protocol,
/// and cuts off who begins one.
fn has_no_transactions(error: &Error) -> bool {
    error.code() == Some(&SqlState::PROTOCOL_VIOLATION)
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
